/*-------------------------------------------------------------------------
 *
 * unit_rate_limit.c
 *	  Unit test of the arithmetic of rate limiting.
 *
 * unit_rate_simulation.c tests it with a simulated service.
 *
 * IDENTIFICATION
 *	  test/unit/unit_rate_limit.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/rate_limit.h"

#include <limits.h>
#include <math.h>

#include "tap.h"

/* The moment from which seconds count here. */
#define START		1000000000LL
#define AT(seconds)	(START + llround((seconds) * 1e6))

typedef enum StepKind
{
	END,
	TAKE,
	SUCCESS,
	REFUSAL
} StepKind;

#define GO			0

/* An action, and its result. */
typedef struct TraceStep
{
	StepKind	what;
	double		at;
	int			number;			/* the epoch; for a token, the number under
								 * way */
	double		again_at;		/* or GO */
	unsigned	epoch;
	double		cut_from;
	double		fill;
	double		tokens;			/* looked at if there is a limit */
} TraceStep;

typedef struct Trace
{
	const char *name;
	int			successes;		/* at first, ... */
	double		interval;		/* ... one after each such time */
	TraceStep	steps[25];
} Trace;

static const Trace traces[] = {
	{"slow start", 0, 0, {
			{TAKE, 0, 0, GO, 0},
			{TAKE, 0, 1, 1, 0},
			{SUCCESS, 0.02, 0},
			{TAKE, 0.02, 0, GO, 0},
			{TAKE, 0.02, 1, 1.02, 0},
			{SUCCESS, 0.04, 0},
			{SUCCESS, 0.06, 0},
			{SUCCESS, 0.08, 0},
			{TAKE, 0.08, 0, GO, 0},
			{TAKE, 0.08, 1, GO, 0},
			{TAKE, 0.08, 2, 1.08, 0},
			{SUCCESS, 0.1, 0},
			{SUCCESS, 0.1, 0},
			{SUCCESS, 0.12, 0},
			{SUCCESS, 0.12, 0},
			{TAKE, 0.12, 2, GO, 0},
			{TAKE, 0.12, 3, 1.12, 0},
			{TAKE, 1.12, 3, GO, 0},
			{TAKE, 1.13, 4, 2.12, 0},
	}},
	{"refused twice", 10, 0.02, {
			{REFUSAL, 0.23, 0, 0, 1, 10, 7, 0},
			{REFUSAL, 0.235, 0, 0, 1, 10, 7, 0},
			{TAKE, 0.23, 0, 0.372857, 1, 10, 7, 0},
			{TAKE, 0.35, 0, 0.372857, 1, 10, 7, 0.84},
			{TAKE, 0.372858, 50, GO, 1, 10, 7, 0},
			{TAKE, 0.372859, 51, 0.515715, 1, 10, 7, 0.000007},
			{SUCCESS, 0.4, 1, 0, 1, 10, 7.715717, 0.189994},
			{REFUSAL, 0.5, 1, 0, 2, 7.715717, 5.401002, 0},
			{SUCCESS, 0.7, 2, 0, 2, 7.715717, 6.091602, 1},
	}},
	{"growth, up to twice as much", 10, 0.1, {
			{REFUSAL, 1.05, 0, 0, 1, 10, 7, 0},
			{SUCCESS, 1.3, 1, 0, 1, 10, 8.008907, 1},
			{SUCCESS, 1.8, 1, 0, 1, 10, 9.295875, 1},
			{SUCCESS, 2.05, 1, 0, 1, 10, 9.648936, 1},
			{SUCCESS, 2.55, 1, 0, 1, 10, 9.961714, 1},
			{SUCCESS, 3.05, 1, 0, 1, 10, 10.000031, 1},
			{SUCCESS, 3.3, 1, 0, 1, 10, 10.010017, 1.000003},
			{SUCCESS, 3.55, 1, 0, 1, 10, 10.063888, 1.001002},
			{SUCCESS, 4.05, 1, 0, 1, 10, 10.453285, 1.006389},
			{SUCCESS, 4.55, 1, 0, 1, 10, 11.468221, 1.045328},
			{SUCCESS, 5.05, 1, 0, 1, 10, 13.408697, 1.146822},
			{SUCCESS, 5.55, 1, 0, 1, 10, 16.574713, 1.34087},
			{SUCCESS, 5.8, 1, 0, 1, 10, 18.711048, 1.657471},
			{SUCCESS, 6.05, 1, 0, 1, 10, 20, 1.871105},
			{SUCCESS, 6.3, 1, 0, 1, 10, 20, 2},
			{SUCCESS, 7.05, 1, 0, 1, 10, 20, 2},
	}},
	{"nothing is forgotten in half a minute", 10, 0.1, {
			{REFUSAL, 1.05, 0, 0, 1, 10, 7, 0},
			{SUCCESS, 1.3, 1, 0, 1, 10, 8.008907, 1},
			{SUCCESS, 31.3, 1, 0, 1, 10, 20, 1},
			{SUCCESS, 31.35, 1, 0, 1, 10, 20, 2},
			{TAKE, 31.4, 0, GO, 1, 10, 20, 1},
	}},
	{"the lowest rate", 1, 0.1, {
			{REFUSAL, 0.2, 0, 0, 1, 1, 0.7, 0},
			{REFUSAL, 0.5, 1, 0, 2, 0.7, 0.5, 0},
			{REFUSAL, 0.8, 2, 0, 3, 0.5, 0.5, 0},
			{REFUSAL, 1.1, 3, 0, 4, 0.5, 0.5, 0},
			{REFUSAL, 1.4, 4, 0, 5, 0.5, 0.5, 0},
			{SUCCESS, 1.45, 5, 0, 5, 0.5, 0.5, 0.025},
			{TAKE, 1.6, 0, 3.4, 5, 0.5, 0.5, 0.1},
			{TAKE, 3.5, 0, GO, 5, 0.5, 0.5, 0},
	}},
	{"unused, the rate falls to the used one", 10, 0.1, {
			{REFUSAL, 1.05, 0, 0, 1, 10, 7, 0},
			{SUCCESS, 31.3, 1, 0, 1, 10, 20, 1},
			{SUCCESS, 31.4, 1, 0, 1, 10, 20, 2},
			{SUCCESS, 31.5, 1, 0, 1, 10, 20, 2},
			{REFUSAL, 31.6, 1, 0, 2, 3, 2.1, 0},
	}},
};

static void
is_close(double got, double want, const char *name)
{
	if (!ok(fabs(got - want) < 2e-6, name))
		printf("#      got: %.9g\n# expected: %.9g\n", got, want);
}

static void
let_in(GlueRateLimit *limit, double at)
{
	glue_rate_give(limit, limit->epoch, GLUE_RATE_LET_IN, 0, AT(at));
}

static void
refuse(GlueRateLimit *limit, double at)
{
	glue_rate_give(limit, limit->epoch, GLUE_RATE_REFUSED, 0, AT(at));
}

/* A limit that so many a second have found. */
static GlueRateLimit
found_limit(int rate, double at)
{
	GlueRateLimit limit = {0};

	for (int i = 0; i < rate; i++)
		let_in(&limit, at);
	refuse(&limit, at);
	return limit;
}

static int64_t
take(GlueRateLimit *limit, double at)
{
	uint32_t	epoch;

	return glue_rate_take(limit, AT(at), &epoch);
}

/* ----------------------------------------------------------------
 * The rate
 * ----------------------------------------------------------------
 */

static void
take_as_told(GlueRateLimit *limit, const TraceStep *step, const char *name)
{
	uint32_t	epoch = UINT_MAX;
	int64_t		wait;

	limit->in_flight = step->number;
	wait = glue_rate_take(limit, AT(step->at), &epoch);
	if (step->again_at > 0)
		is_close(step->at + wait / 1e6, step->again_at, name);
	else
		is_int(wait, step->again_at, name);
	is_int(limit->in_flight, step->number + (wait == 0), name);
	if (wait == 0)
		is_int(epoch, step->epoch, name);
}

static void
test_trace(const Trace *trace)
{
	GlueRateLimit limit = {0};

	for (int i = 1; i <= trace->successes; i++)
		let_in(&limit, i * trace->interval);

	for (const TraceStep *step = trace->steps; step->what != END; step++)
	{
		char		name[100];

		snprintf(name, sizeof(name), "%s, after %g s", trace->name, step->at);
		if (step->what == TAKE)
			take_as_told(&limit, step, name);
		else
			glue_rate_give(&limit, step->number, step->what == SUCCESS ?
						   GLUE_RATE_LET_IN : GLUE_RATE_REFUSED, 0,
						   AT(step->at));

		is_int(limit.epoch, step->epoch, name);
		is_close(limit.cut_from, step->cut_from, name);
		is_close(limit.fill, step->fill, name);
		if (limit.limited)
			is_close(limit.tokens, step->tokens, name);
	}
}

/* The curve, if the measured rate does not bound it. */
static void
test_curve(void)
{
	static const struct
	{
		int			rate;
		double		recovery;
	}			recoveries[] = {
		{1, 0.9085602964160698},
		{5, 1.5536162529769295},
		{8, 1.8171205928321397},
		{10, 1.9574338205844317},
		{20, 2.4662120743304703},
	};
	static const double rates[] = {
		7.0, 9.64893600966, 10.000030849917364, 10.453284520772092,
		13.408697022224185, 21.26626835427364, 36.425998516920465
	};
	GlueRateLimit limit = found_limit(10, 5);

	for (size_t i = 0; i < sizeof(recoveries) / sizeof(recoveries[0]); i++)
		is_close(found_limit(recoveries[i].rate, 1).recovery,
				 recoveries[i].recovery, "time until the rate is back");
	for (int i = 0; i < 7; i++)
	{
		for (int j = 0; j < 20; j++)
			let_in(&limit, 5 + i);
		is_close(limit.fill, rates[i], "the rate, second by second");
	}
}

/* How many have tokens within so many seconds, asking every millisecond. */
static int
taken_within(GlueRateLimit *limit, double from, double seconds)
{
	int			taken = 0;

	for (int ms = 0; ms < seconds * 1000; ms++)
	{
		while (take(limit, from + ms / 1000.0) == 0)
			taken++;
	}
	return taken;
}

/* A limit of our own, to which nothing is given back. */
static void
test_ceiling(void)
{
	GlueRateLimit limit = {.ceiling = 20};

	is_int(taken_within(&limit, 0, 10), 201, "a ceiling, from the first");
	is_int(taken_within(&limit, 60, 1), 21, "two are saved up, no more");
	is_int(limit.in_flight, 0, "calls are not waited for");
	is_close(glue_rate_per_second(&limit), 20, "it does not change");
	limit = (GlueRateLimit)
	{
		.ceiling = 100
	};
	is_int(taken_within(&limit, 0, 1), 109, "a higher one");
	limit = (GlueRateLimit)
	{
		.ceiling = 5
	};
	is_int(taken_within(&limit, 0, 2), 10, "a lower one");
}

static void
test_pause(void)
{
	static const struct
	{
		int64_t		pause;
		int64_t		wait;
	}			cases[] = {
		{0, 200000}, {100000, 200000}, {1500000, 1500000},
		{60000000, 5000000}, {-1, 200000}
	};
	GlueRateLimit limit;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		limit = found_limit(10, 0);
		limit.fill = 5;
		glue_rate_give(&limit, 0, GLUE_RATE_REFUSED, cases[i].pause, AT(0));
		is_int(take(&limit, 0), cases[i].wait, "the service asks for a pause");
	}
	limit = found_limit(10, 0);
	glue_rate_give(&limit, 1, GLUE_RATE_REFUSED, 2000000, AT(0));
	glue_rate_give(&limit, 1, GLUE_RATE_REFUSED, 1000000, AT(0.5));
	is_int(take(&limit, 1), 1000000, "the longer one counts");
	is_int(take(&limit, 2), 0, "and is over");
}

/* ----------------------------------------------------------------
 * Answers
 * ----------------------------------------------------------------
 */

static void
test_answers(void)
{
	static const struct
	{
		int			http_status;
		bool		throttled;
		GlueRateAnswer answer;
	}			cases[] = {
		{200, false, GLUE_RATE_LET_IN},
		{400, false, GLUE_RATE_LET_IN},
		{403, false, GLUE_RATE_LET_IN},
		{400, true, GLUE_RATE_REFUSED},
		{429, true, GLUE_RATE_REFUSED},
		{503, true, GLUE_RATE_REFUSED},
		{500, false, GLUE_RATE_NOTHING},
		{503, false, GLUE_RATE_NOTHING},
		{0, false, GLUE_RATE_NOTHING},
		{0, true, GLUE_RATE_NOTHING},
	};
	GlueRateLimit limit = {0};
	GlueRateLimit before;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(glue_rate_classify(cases[i].http_status, cases[i].throttled),
			   cases[i].answer, "the meaning of an answer");

	take(&limit, 0);
	before = limit;
	glue_rate_give(&limit, 0, GLUE_RATE_NOTHING, 0, AT(1));
	is_int(limit.in_flight, 0, "a call that is lost is not under way");
	limit.in_flight = before.in_flight;
	ok(memcmp(&limit, &before, sizeof(limit)) == 0, "and says nothing else");

	limit = found_limit(10, 0);
	before = limit;
	glue_rate_give(&limit, 0, GLUE_RATE_REFUSED, 0, AT(0.1));
	is_close(limit.fill, before.fill, "a refusal of an older epoch");
	is_close(limit.tokens, before.tokens, "takes no tokens");
	is_int(glue_rate_refused_lately(&limit, AT(0.1)), 2, "but is counted");
	glue_rate_give(&limit, 0, GLUE_RATE_LET_IN, 0, AT(0.2));
	ok(limit.fill > before.fill, "a success of an older epoch counts");
	glue_rate_give(&limit, 0, GLUE_RATE_LET_IN, 0, AT(0.2));
	is_int(limit.in_flight, 0, "nothing is under way that was not begun");
}

static void
test_hopeless(void)
{
	static const struct
	{
		double		success_at;
		double		waiting_since;
		double		now;
		bool		hopeless;
	}			cases[] = {
		{0, 10, 59, false},
		{0, 10, 69.9, false},
		{0, 10, 70, true},
		{55, 10, 100, false},
		{55, 10, 115, true},
		{-1, 5, 64.9, false},
		{-1, 5, 65, true},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		GlueRateLimit limit = {0};

		if (cases[i].success_at >= 0)
			let_in(&limit, cases[i].success_at);
		refuse(&limit, 58);
		is_int(glue_rate_is_hopeless(&limit, AT(cases[i].waiting_since),
									 60000000, AT(cases[i].now)),
			   cases[i].hopeless, "whether to wait any longer");
	}
}

/* ----------------------------------------------------------------
 * The order of waiting calls
 * ----------------------------------------------------------------
 */

/* The classes of the next tokens, if this many calls of each class wait. */
static void
serve(int undos, int immediate, int queued, int ntokens, char *served)
{
	int			left[] = {undos, immediate, queued};
	GlueRateLimit limit = {0};

	for (; ntokens > 0; ntokens--)
	{
		bool		waiting[] = {left[0] > 0, left[1] > 0, left[2] > 0};
		int			next = glue_rate_next_class(&limit, waiting);

		if (next < 0)
			break;
		*served++ = "uiq"[next];
		left[next]--;
		for (int i = 0; i < GLUE_RATE_CLASSES; i++)
			waiting[i] = left[i] > 0;
		glue_rate_note_turn(&limit, next, waiting);
	}
	*served = '\0';
}

static void
test_classes(void)
{
	char		served[1001];
	static const bool alone[] = {false, true, false};
	static const bool both[] = {false, true, true};
	int			counts[UCHAR_MAX + 1] = {0};
	GlueRateLimit limit = {0};

	serve(1, 1, 2, 10, served);
	is_str(served, "uiqq", "the most urgent first, until nobody waits");
	serve(0, 1000, 1000, 20, served);
	is_str(served, "iiiiiiiiiqiiiiiiiiiq", "every tenth for the queue");
	serve(5, 1000, 2, 24, served);
	is_str(served, "uuuuuiiiiqiiiiiiiiiqiiii", "the other classes have others");
	serve(10, 0, 1, 20, served);
	is_str(served, "uuuuuuuuuqu", "undos do not take all either");

	for (int i = 0; i < 20; i++)
		glue_rate_note_turn(&limit, GLUE_RATE_IMMEDIATE, alone);
	is_int(glue_rate_next_class(&limit, both),
		   GLUE_RATE_IMMEDIATE, "a new class was not passed over");

	serve(1000, 1000, 1000, 1000, served);
	for (const char *c = served; *c != '\0'; c++)
		counts[(unsigned char) *c]++;
	ok(counts['u'] > 800, "most for undos");
	ok(counts['i'] >= 90, "a tenth for calls that act at once");
	ok(counts['q'] >= 90, "a tenth for the queue");
}

/* ----------------------------------------------------------------
 * State and news
 * ----------------------------------------------------------------
 */

static void
test_view(void)
{
	GlueRateLimit limit = {0};

	is_close(glue_rate_per_second(&limit), 0, "no rate is known");
	is_int(glue_rate_claim_ahead(&limit), INT_MAX, "so all can be claimed");
	limit.ceiling = 3;
	is_int(glue_rate_claim_ahead(&limit), 180, "a ceiling: a minute of it");
	limit.ceiling = INT_MAX;
	is_int(glue_rate_claim_ahead(&limit), INT_MAX, "a ceiling beyond reason");

	limit = found_limit(10, 0);
	is_close(glue_rate_tokens(&limit, AT(0.1)), 0.7, "tokens as of now");
	is_close(limit.tokens, 0, "as long as nobody takes one");
	limit.fill = 0.5;
	is_int(glue_rate_claim_ahead(&limit), 30, "a minute of a low rate");
	limit.fill = 5.01;
	is_int(glue_rate_claim_ahead(&limit), 300, "a minute of a higher rate");

	is_int(glue_rate_refused_lately(&limit, AT(0)), 1, "refused just now");
	glue_rate_give(&limit, 0, GLUE_RATE_REFUSED, 0, AT(30));
	glue_rate_give(&limit, 0, GLUE_RATE_REFUSED, 0, AT(10));
	is_int(glue_rate_refused_lately(&limit, AT(49)), 3, "refused lately");
	is_int(glue_rate_refused_lately(&limit, AT(61)), 2, "one a minute ago");
	is_int(glue_rate_refused_lately(&limit, AT(91)), 0, "all a minute ago");
	is_int(glue_rate_refused_lately(&limit, AT(1e9)), 0, "long ago");
}

/* A clock that goes back gives nothing, and no call waits for it. */
static void
test_clock(void)
{
	GlueRateLimit limit = found_limit(10, 5000);
	GlueRateLimit same = found_limit(10, 0);

	take(&limit, 5000.1);
	take(&same, 0.1);
	glue_rate_give(&limit, 1, GLUE_RATE_REFUSED, 3000000, AT(5000.1));
	glue_rate_give(&same, 1, GLUE_RATE_REFUSED, 3000000, AT(0.1));
	is_int(take(&limit, 0.1), take(&same, 0.1), "the pause is the same");
	is_close(limit.tokens, same.tokens, "no tokens are gained or lost");
	is_int(glue_rate_refused_lately(&limit, AT(20)), 2, "refusals are known");
	is_int(glue_rate_refused_lately(&limit, AT(70)), 0, "and forgotten");
	is_int(glue_rate_is_hopeless(&limit, AT(0), 60000000, AT(61)), true,
		   "so are calls that got through");
	is_int(take(&limit, 3.1), 0, "there is a token in time");
	let_in(&limit, 4);
	let_in(&same, 4);
	is_close(limit.fill, same.fill, "the rate grows as it would have");
	refuse(&limit, 4);
	refuse(&same, 4);
	is_close(limit.fill, same.fill, "and falls so");

	limit = (GlueRateLimit)
	{
		0
	};
	take(&limit, 5000);
	is_int(take(&limit, 0), 1000000, "nobody waits longer at first");
}

static void
test_news(void)
{
	GlueRateLimit limit = {0};

	let_in(&limit, 1);
	is_int(glue_rate_news(&limit, AT(1)), GLUE_RATE_NO_NEWS, "no limit");
	refuse(&limit, 2);
	is_int(glue_rate_news(&limit, AT(2)), GLUE_RATE_LIMITED, "a refusal");
	refuse(&limit, 3);
	is_int(glue_rate_news(&limit, AT(3)), GLUE_RATE_NO_NEWS, "reported once");
	refuse(&limit, 50);
	is_int(glue_rate_news(&limit, AT(80)), GLUE_RATE_NO_NEWS,
		   "as long as there are more");
	is_int(glue_rate_news(&limit, AT(111)), GLUE_RATE_FREE, "a minute without");
	is_int(glue_rate_news(&limit, AT(112)), GLUE_RATE_NO_NEWS,
		   "reported once");
	refuse(&limit, 120);
	is_int(glue_rate_news(&limit, AT(120)), GLUE_RATE_NO_NEWS,
		   "the next one is not reported at once");
	is_int(glue_rate_news(&limit, AT(171)), GLUE_RATE_LIMITED,
		   "but a minute later");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]); i++)
		test_trace(&traces[i]);
	test_curve();
	test_ceiling();
	test_news();
	test_pause();
	test_answers();
	test_hopeless();
	test_classes();
	test_view();
	test_clock();
	return tap_done();
}

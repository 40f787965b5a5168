/*-------------------------------------------------------------------------
 *
 * fuzz_rate_limit.c
 *	  Fuzzer of the arithmetic of rate limiting.
 *
 * The input is lines: a ceiling of our own, to which nothing is given back, or
 * 0; the events; and the waiting classes.  The events are letters:
 *
 *	t	a call asks for a token		w	and waits as long as it was told
 *	s	the oldest call is let in	S	the latest one is
 *	r	the oldest call is refused	R	the latest one is
 *	n	the oldest call is lost		p	refused, with a pause
 *	b	the next digit goes back
 *	0 to 9	so long passes: 1 us, 10 us, ... 1000 s
 *
 * and the waiting classes are digits, each a set of classes.
 *
 * After any events, the rate and the tokens are within their bounds, no call
 * waits forever or without reason, and no more is sent than a ceiling allows.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_rate_limit.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/rate_limit.h"

#include <math.h>

#include "lines.h"

#define SECOND		1000000LL
#define START		(1000 * SECOND)
#define LONGEST_WAIT	(5 * SECOND)
#define MIN_RATE	0.5
#define NEARLY		1e-6
#define MAX_CALLS	100

typedef struct History
{
	GlueRateLimit limit;
	int64_t		now;
	int64_t		told;			/* to wait */
	double		allowed;		/* calls, by the ceiling */
	int			refusals;
	int			ncalls;			/* under way */
	uint32_t	epochs[MAX_CALLS];	/* of these, the oldest first */
} History;

static double
depth_of(double rate)
{
	return rate > 10 ? rate / 10 : 1;
}

static void
check_limit(const History *history)
{
	const GlueRateLimit *limit = &history->limit;
	double		rate = glue_rate_per_second(limit);

	require(isfinite(rate) && isfinite(limit->tokens));
	require(limit->limited ? rate >= MIN_RATE : rate == limit->ceiling);
	require(!limit->limited || limit->ceiling == 0);
	require(limit->tokens >= 0);
	require(glue_rate_tokens(limit, history->now) <= depth_of(rate) + NEARLY);
	require(limit->in_flight == history->ncalls);
	require(glue_rate_claim_ahead(limit) >= 1);
	require(glue_rate_refused_lately(limit, history->now) >= 0);
	require(glue_rate_refused_lately(limit, history->now) <= history->refusals);
	require(!glue_rate_is_hopeless(limit, history->now, 1, history->now));
}

/*
 * There is a token after this wait, if nothing happens, and none before, but
 * for rounding.
 */
static void
check_wait(const GlueRateLimit *limit, int64_t now, int64_t wait)
{
	GlueRateLimit copy = *limit;
	uint32_t	epoch;

	require(wait > 0 && wait <= LONGEST_WAIT);
	if (wait > 2)
		require(glue_rate_take(&copy, now + wait - 2, &epoch) > 0);
	copy = *limit;
	require(glue_rate_take(&copy, now + wait, &epoch) == 0);
}

static void
check_take(History *history)
{
	GlueRateLimit *limit = &history->limit;
	GlueRateLimit before = *limit;
	uint32_t	epoch = 0;
	int64_t		wait;

	if (history->ncalls == MAX_CALLS)
		return;
	wait = glue_rate_take(limit, history->now, &epoch);
	history->told = wait;
	if (history->now <= before.now && glue_rate_per_second(limit) > 0)
		require(limit->tokens <= before.tokens);
	if (wait != 0)
		check_wait(limit, history->now, wait);
	else
	{
		require(epoch == limit->epoch);
		if (limit->ceiling > 0)
			require(--history->allowed >= -NEARLY);
		else
			history->epochs[history->ncalls++] = epoch;
	}
}

/* A refusal cuts the rate, unless that was done already. */
static void
check_refusal(const GlueRateLimit *before, const GlueRateLimit *limit,
			  uint32_t epoch)
{
	if (epoch != before->epoch)
	{
		require(limit->fill == before->fill);
		require(limit->tokens >= before->tokens);
		require(limit->epoch == before->epoch);
		return;
	}
	require(limit->limited && limit->epoch == before->epoch + 1);
	require(limit->tokens == 0);
	if (before->limited)
		require(limit->fill <= fmax(0.7 * before->fill, MIN_RATE) + NEARLY);
}

static void
check_give(History *history, bool latest, GlueRateAnswer answer,
		   int64_t pause)
{
	GlueRateLimit *limit = &history->limit;
	GlueRateLimit before = *limit;
	uint32_t	epoch;

	if (history->ncalls == 0)
		return;
	history->ncalls--;
	epoch = history->epochs[latest ? history->ncalls : 0];
	if (!latest)
		memmove(history->epochs, history->epochs + 1,
				history->ncalls * sizeof(history->epochs[0]));
	glue_rate_give(limit, epoch, answer, pause, history->now);

	history->refusals += answer == GLUE_RATE_REFUSED;
	if (answer == GLUE_RATE_REFUSED)
		check_refusal(&before, limit, epoch);
	else if (answer == GLUE_RATE_LET_IN)
	{
		require(limit->fill <= 2 * fmax(limit->cut_from, limit->successes));
		require(limit->epoch == before.epoch);
		require(!glue_rate_is_hopeless(limit, history->now - 3600 * SECOND, 1,
									   history->now));
	}
	else
	{
		before.in_flight--;
		require(memcmp(&before, limit, sizeof(before)) == 0);
	}
}

static void
pass_time(History *history, int64_t time)
{
	double		ceiling = history->limit.ceiling;

	history->now += time;
	if (time > 0)
		history->allowed = fmin(history->allowed + ceiling * time / SECOND,
								depth_of(ceiling));
}

static void
check_event(History *history, char event, bool back)
{
	int64_t		time = 1;

	switch (event)
	{
		case 't':
			check_take(history);
			break;
		case 'w':
			pass_time(history, history->told);
			check_take(history);
			break;
		case 's':
		case 'S':
			check_give(history, event == 'S', GLUE_RATE_LET_IN, 0);
			break;
		case 'r':
		case 'R':
			check_give(history, event == 'R', GLUE_RATE_REFUSED, 0);
			break;
		case 'p':
			check_give(history, false, GLUE_RATE_REFUSED, history->now / 7);
			break;
		case 'n':
			check_give(history, false, GLUE_RATE_NOTHING, 0);
			break;
		default:
			if (event < '0' || event > '9')
				return;
			for (; event > '0'; event--)
				time *= 10;
			pass_time(history, back ? -time : time);
	}
	check_limit(history);
}

/* Only waiting classes are served, and none waits forever. */
static void
check_classes(const char *sets)
{
	GlueRateLimit limit = {0};
	int			passed_over[GLUE_RATE_CLASSES] = {0};

	for (; *sets != '\0'; sets++)
	{
		bool		waiting[GLUE_RATE_CLASSES];
		int			next;

		for (int i = 0; i < GLUE_RATE_CLASSES; i++)
			waiting[i] = (*sets >> i) & 1;
		next = glue_rate_next_class(&limit, waiting);
		require(next >= -1 && next < GLUE_RATE_CLASSES);
		require(next >= 0 ? waiting[next] :
				!waiting[0] && !waiting[1] && !waiting[2]);
		for (int i = 0; i < GLUE_RATE_CLASSES; i++)
		{
			passed_over[i] = waiting[i] && i != next ? passed_over[i] + 1 : 0;
			require(passed_over[i] <= 11);
		}
		if (next >= 0)
			glue_rate_note_turn(&limit, next, waiting);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lines		lines;
	History		history = {.now = START};
	const char *event;

	split_lines(&lines, data, size);
	history.limit.ceiling = number_at(&lines, 0, 0, 1000000);
	history.allowed = depth_of(history.limit.ceiling);
	event = line_at(&lines, 1);
	for (bool back = false; *event != '\0'; back = *event++ == 'b')
		check_event(&history, *event, back);
	check_classes(line_at(&lines, 2));
	free_lines(&lines);
	return 0;
}

/*-------------------------------------------------------------------------
 *
 * rate_limit.c
 *	  How fast a service takes the requests of one kind: the arithmetic.
 *
 * An account may make so many requests a second, together with everybody else
 * in it, and AWS does not say how many.  It is learnt from what is refused.
 * Each call takes a token before it is sent, and gives it back with what its
 * answer says about the rate.  Who waits, and how, is for the caller.
 *
 * While nothing was refused, any rate is right, but few requests may be under
 * way: one, and another one for every four that were let in.  So the first
 * refusal comes when few are on their way to be refused as well; and if there
 * is no limit, soon nobody ever waits.
 *
 * From then on there are tokens, and the arithmetic is that of the adaptive
 * mode of AWS's SDKs.  A refusal cuts the rate to 70 %.  It rises again along
 * a cubic curve, which is flat where it was cut, and steeper and steeper beyond:
 *
 *		rate = 0.4 (t - K)^3 + w		w: the rate that was cut
 *										K: how long until it is w again
 *
 * Where it differs from the SDKs:
 *
 * - What was let in within the last second is measured, not all answers by
 *	 half seconds: there is a value from the beginning, and refusals, which do
 *	 not tell what the service takes, do not raise it.
 *
 * - A rate is cut once for all that was sent with it.  All of that is refused
 *	 at about the same time, for one and the same reason.
 *
 * - The curve is not bounded by what is measured alone, so the rate is not
 *	 forgotten while nobody needs it.
 *
 * - A tenth of a second can be saved up, no more: what is saved is spent in one
 *	 moment, which may be one when others have used up what the service saves.
 *
 * - An answer that does not come, and the service's own failures, say nothing.
 *
 * IDENTIFICATION
 *	  src/aws/rate_limit.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/rate_limit.h"

#include <limits.h>
#include <math.h>

#include "text/assertion.h"

#define SECOND		1000000
#define MINUTE		(60 * SECOND)

/* AWS's own */
#define CUT_TO		0.7
#define SCALE		0.4
#define MIN_RATE	0.5
#define MAX_GROWTH	2

/* How many have to be let in for one more to be under way. */
#define SUCCESSES_PER_PLACE	4

/*
 * A refusal comes at once.  So a call that takes longer was probably let in, and
 * others need not wait for its answer, which may never come.
 */
#define PATIENCE	SECOND

/* What can be saved up, in seconds. */
#define DEPTH		0.1

/* The longest that the service can stop all requests. */
#define MAX_PAUSE	(5 * SECOND)

/* A token that lacks less is one: it is due to arithmetic. */
#define ROUNDING	1e-9

/* After so many tokens for others, it is the turn of those who wait longer. */
#define MAX_PASSED_OVER	9

/* prototypes of private functions */
static void set_clock(GlueRateLimit *limit, int64_t now);
static void set_back(GlueRateLimit *limit, int64_t by);
static double depth_of(double rate);
static double bounded(const GlueRateLimit *limit, double rate);
static void note_success(GlueRateLimit *limit, int64_t now);
static void cut(GlueRateLimit *limit, int64_t now);
static void count(GlueRateCounter *counter, int64_t tick);
static int	count_of(const GlueRateCounter *counter, int64_t tick);
static int64_t later(int64_t a, int64_t b);

/* ----------------------------------------------------------------
 * A call
 * ----------------------------------------------------------------
 */

/*
 * Take a token for a call.  Returns 0 if there is one: then the call is under
 * way until glue_rate_give(), which wants to know the *epoch.  Else nothing is
 * taken, and the result is after how long there will be one, if no other call
 * ends before.
 *
 * ceiling is how many requests a second the caller makes at most, whatever the
 * service takes; 0: any number.
 */
int64_t
glue_rate_take(GlueRateLimit *limit, int ceiling, int64_t now,
			   uint32_t *epoch)
{
	int64_t		wait = 0;
	double		rate;

	limit->ceiling = ceiling;
	set_clock(limit, now);
	rate = glue_rate_per_second(limit);

	if (!limit->limited &&
		limit->in_flight > limit->successes / SUCCESSES_PER_PLACE)
		wait = limit->sent_at + PATIENCE - now;
	if (rate > 0 && limit->tokens < 1 - ROUNDING)
		wait = later(wait, ceil((1 - limit->tokens) / rate * SECOND));
	wait = later(wait, limit->paused_until - now);
	if (wait > 0)
		return wait;

	if (rate > 0)
		limit->tokens = fmax(limit->tokens - 1, 0);
	limit->in_flight++;
	limit->sent_at = now;
	*epoch = limit->epoch;
	return 0;
}

/*
 * What an answer says about the rate, given its HTTP status, 0 if there was
 * none, and whether it is one of those that mean throttling.
 *
 * An answer that a connection exists, or that the input is wrong, comes from
 * somebody who has let the request in.
 */
GlueRateAnswer
glue_rate_classify(int http_status, bool throttled)
{
	if (http_status == 0)
		return GLUE_RATE_NOTHING;
	if (throttled)
		return GLUE_RATE_REFUSED;
	return http_status >= 500 ? GLUE_RATE_NOTHING : GLUE_RATE_LET_IN;
}

/*
 * A call is not under way any more: it was answered, lost or left.
 *
 * pause is for how long the service wants no requests at all, with a refusal;
 * 0 if it does not say.
 */
void
glue_rate_give(GlueRateLimit *limit, uint32_t epoch, GlueRateAnswer answer,
			   int64_t pause, int64_t now)
{
	glue_assert(epoch <= limit->epoch);
	if (limit->in_flight > 0)
		limit->in_flight--;
	if (answer == GLUE_RATE_LET_IN)
		note_success(limit, now);
	if (answer != GLUE_RATE_REFUSED)
		return;

	count(&limit->refused, now / (MINUTE / GLUE_RATE_TICKS));
	if (epoch == limit->epoch)
		cut(limit, now);
	if (pause > 0)
	{
		set_clock(limit, now);
		limit->paused_until = later(limit->paused_until,
									now + (pause < MAX_PAUSE ? pause : MAX_PAUSE));
	}
}

/*
 * Is there no point in waiting any longer?  Not as long as any call gets
 * through.
 */
bool
glue_rate_is_hopeless(const GlueRateLimit *limit, int64_t waiting_since,
					  int64_t timeout, int64_t now)
{
	return now - waiting_since >= timeout && now - limit->success_at >= timeout;
}

/* ----------------------------------------------------------------
 * Who waits
 * ----------------------------------------------------------------
 */

/*
 * The class that is to have the next token, of those in which somebody waits; -1
 * if nobody does.
 *
 * It is the most urgent one; but one that was passed over too often comes first,
 * so that it goes on whatever the others do.
 */
int
glue_rate_next_class(const GlueRateLimit *limit, const bool *waiting)
{
	int			next = -1;

	for (int i = 0; i < GLUE_RATE_CLASSES; i++)
	{
		if (waiting[i] &&
			(next < 0 || limit->passed_over[i] >= MAX_PASSED_OVER))
			next = i;
	}
	return next;
}

/* A class has had a token, and the others in which somebody waits have not. */
void
glue_rate_note_turn(GlueRateLimit *limit, GlueRateClass served,
					const bool *waiting)
{
	for (int i = 0; i < GLUE_RATE_CLASSES; i++)
	{
		if (i != (int) served && waiting[i])
			limit->passed_over[i]++;
		else
			limit->passed_over[i] = 0;
	}
}

/* ----------------------------------------------------------------
 * What is known
 * ----------------------------------------------------------------
 */

/* The rate now; 0 if there is no limit so far. */
double
glue_rate_per_second(const GlueRateLimit *limit)
{
	return limit->limited ? bounded(limit, limit->fill) : limit->ceiling;
}

/* The tokens now, whatever they were the last time. */
double
glue_rate_tokens(const GlueRateLimit *limit, int64_t now)
{
	GlueRateLimit copy = *limit;

	set_clock(&copy, now);
	return copy.tokens;
}

/* How many were refused in the last minute. */
int
glue_rate_refused_lately(const GlueRateLimit *limit, int64_t now)
{
	return count_of(&limit->refused, now / (MINUTE / GLUE_RATE_TICKS));
}

/*
 * What to tell now.  The same is told once, and something of a limit not more
 * often than once a minute.
 */
GlueRateNews
glue_rate_news(GlueRateLimit *limit, int64_t now)
{
	bool		refused = glue_rate_refused_lately(limit, now) > 0;

	if (refused == limit->told ||
		(limit->told_at != 0 && now - limit->told_at < MINUTE))
		return GLUE_RATE_NO_NEWS;
	limit->told = refused;
	limit->told_at = now;
	return refused ? GLUE_RATE_LIMITED : GLUE_RATE_FREE;
}

/* How many calls can be made within a minute. */
int
glue_rate_claim_ahead(const GlueRateLimit *limit)
{
	double		calls = glue_rate_per_second(limit) * 60;

	return calls > 0 && calls < INT_MAX ? (int) calls : INT_MAX;
}

/* ----------------------------------------------------------------
 * The arithmetic
 * ----------------------------------------------------------------
 */

/* Let the time that has passed give its tokens. */
static void
set_clock(GlueRateLimit *limit, int64_t now)
{
	double		rate = glue_rate_per_second(limit);
	int64_t		elapsed = now - limit->now;

	limit->now = now;
	if (elapsed < 0)
	{
		set_back(limit, -elapsed);
		elapsed = 0;
	}
	limit->tokens = fmin(limit->tokens + elapsed * rate / SECOND,
						 depth_of(rate));
}

/*
 * The clock of whoever asks is behind.  If that is more than a moment, nothing
 * known is to wait for it to catch up.
 */
static void
set_back(GlueRateLimit *limit, int64_t by)
{
	limit->cut_at -= by;
	limit->sent_at -= by;
	limit->success_at -= by;
	limit->paused_until -= by;
	if (limit->told_at != 0)
		limit->told_at -= by;
	limit->let_in.tick -= by / (SECOND / GLUE_RATE_TICKS);
	limit->refused.tick -= by / (MINUTE / GLUE_RATE_TICKS);
}

static double
depth_of(double rate)
{
	return fmax(rate * DEPTH, 1);
}

/* A rate that is not above the ceiling. */
static double
bounded(const GlueRateLimit *limit, double rate)
{
	return limit->ceiling > 0 ? fmin(rate, limit->ceiling) : rate;
}

/* A request was let in, so the rate goes up along its curve. */
static void
note_success(GlueRateLimit *limit, int64_t now)
{
	double		measured;
	double		since;
	double		rate;

	set_clock(limit, now);
	count(&limit->let_in, now / (SECOND / GLUE_RATE_TICKS));
	limit->success_at = now;
	limit->successes++;
	if (!limit->limited)
		return;

	measured = count_of(&limit->let_in, now / (SECOND / GLUE_RATE_TICKS));
	since = (double) (now - limit->cut_at) / SECOND - limit->recovery;
	rate = SCALE * since * since * since + limit->cut_from;
	rate = fmin(rate, MAX_GROWTH * fmax(limit->cut_from, measured));
	limit->fill = bounded(limit, fmax(rate, MIN_RATE));
}

/* The rate was too high. */
static void
cut(GlueRateLimit *limit, int64_t now)
{
	double		rate;

	set_clock(limit, now);
	rate = fmax(count_of(&limit->let_in, now / (SECOND / GLUE_RATE_TICKS)), 1);
	if (limit->limited)
		rate = fmin(rate, limit->fill);
	limit->cut_from = bounded(limit, rate);
	limit->recovery = cbrt(limit->cut_from * (1 - CUT_TO) / SCALE);
	limit->fill = bounded(limit, fmax(limit->cut_from * CUT_TO, MIN_RATE));
	limit->tokens = 0;
	limit->limited = true;
	limit->cut_at = now;
	limit->epoch++;
}

/* Count something that happens now. */
static void
count(GlueRateCounter *counter, int64_t tick)
{
	int64_t		passed = tick - counter->tick;

	if (passed > 0)
	{
		for (int64_t i = GLUE_RATE_TICKS - 1; i >= 0; i--)
			counter->counts[i] = i < passed ? 0 : counter->counts[i - passed];
		counter->tick = tick;
	}

	/* who is a moment late counts for the latest tick */
	counter->counts[0]++;
}

/* What was counted in this tick and the nine before it. */
static int
count_of(const GlueRateCounter *counter, int64_t tick)
{
	int64_t		passed = later(tick - counter->tick, 0);
	int			sum = 0;

	for (int64_t i = 0; i < GLUE_RATE_TICKS - passed; i++)
		sum += counter->counts[i];
	return sum;
}

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

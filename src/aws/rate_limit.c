/*-------------------------------------------------------------------------
 *
 * rate_limit.c
 *	  The arithmetic of client-side rate limiting.
 *
 * AWS limits the requests of a whole account per second, and does not publish
 * the limit.  It is estimated from throttled requests.  Each call takes a
 * token before it is sent, and returns it with the classification of its
 * answer.  The waits for tokens are the caller's.
 *
 * Until a request was throttled, any rate is allowed, but few concurrent
 * requests: one, and another one for every four accepted ones.  So at the
 * first throttling, few other requests are under way, which would be throttled
 * as well; and without a limit, calls soon no longer wait.
 *
 * From then on there are tokens, and the arithmetic is that of the adaptive
 * mode of AWS's SDKs.  A throttled request cuts the rate to 70 %.  The rate
 * rises again along a cubic curve, which is flat near the old rate, and
 * steeper and steeper beyond:
 *
 *		rate = 0.4 (t - K)^3 + w		w: the rate before the cut
 *										K: the time until it is w again
 *
 * Differences from the SDKs:
 *
 * - The measured rate is that of accepted requests in the last second, not of
 *   all answers in half seconds: it has a value from the beginning, and
 *   throttled requests do not raise it.
 *
 * - A rate is cut once for all requests that were sent with it, because they
 *   are throttled at about the same time, for the same reason.
 *
 * - The measured rate is not the only bound of the curve, so the rate is kept
 *   while there are no requests.
 *
 * - Tokens accumulate for a tenth of a second only: a longer burst could come
 *   when other callers have used up the service's own burst capacity.
 *
 * - A lost answer, and a failure of the service, are ignored.
 *
 * A ceiling of our own is not estimated: it has tokens from the beginning.  The
 * limit of the service is another one, for which a call waits after that.
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

/* AWS's factor */
#define CUT_TO		0.7
#define SCALE		0.4
#define MIN_RATE	0.5
#define MAX_GROWTH	2

/* Number of accepted requests that allows one more concurrent request. */
#define SUCCESSES_PER_PLACE	4

/*
 * A throttled request is answered at once.  So a slower call was probably
 * accepted, and others need not wait for its answer, which may never arrive.
 */
#define PATIENCE	SECOND

/* Limit of accumulated tokens, in seconds. */
#define DEPTH		0.1

/* Limit of a pause that the service requests. */
#define MAX_PAUSE	(5 * SECOND)

/* Tolerance for rounding errors in the number of tokens. */
#define ROUNDING	1e-9

/* Number of tokens for other classes after which a waiting class gets one. */
#define MAX_PASSED_OVER	9

/* prototypes of private functions */
static void set_clock(GlueRateLimit *limit, int64_t now);
static void set_back(GlueRateLimit *limit, int64_t by);
static void note_success(GlueRateLimit *limit, int64_t now);
static void cut(GlueRateLimit *limit, int64_t now);

static int64_t
later(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Count an event that happens now. */
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

	/* an event that is a moment late counts in the latest tick */
	counter->counts[0]++;
}

/* The count of this tick and the nine before it. */
static int
count_of(const GlueRateCounter *counter, int64_t tick)
{
	int64_t		passed = later(tick - counter->tick, 0);
	int			sum = 0;

	for (int64_t i = 0; i < GLUE_RATE_TICKS - passed; i++)
		sum += counter->counts[i];
	return sum;
}

/* ----------------------------------------------------------------
 * A call
 * ----------------------------------------------------------------
 */

/*
 * Take a token for a call.  Returns 0 on success: then the call is under way
 * until glue_rate_give(), which gets *epoch.  Otherwise no token is taken, and
 * the result is the time until there will be one, if no other call ends
 * before.
 *
 * A ceiling of our own gets nothing back: it limits when calls are sent, not how
 * they end.
 */
int64_t
glue_rate_take(GlueRateLimit *limit, int64_t now, uint32_t *epoch)
{
	int64_t		wait = 0;
	double		rate;

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
	*epoch = limit->epoch;
	limit->in_flight += limit->ceiling == 0;
	limit->sent_at = now;
	return 0;
}

/*
 * Classify an answer for the rate, by its HTTP status, 0 if there was none,
 * and whether its code means throttling.
 *
 * An error such as an existing connection or invalid input means that the
 * service has accepted the request.
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
 * A call has ended: it was answered, lost or abandoned.
 *
 * pause is the time for which the service wants no requests at all, in a
 * throttling answer; 0 if it has none.
 */
void
glue_rate_give(GlueRateLimit *limit, uint32_t epoch, GlueRateAnswer answer,
			   int64_t pause, int64_t now)
{
	glue_assert(epoch <= limit->epoch && limit->ceiling == 0);
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
 * Is further waiting pointless?  Not while any call succeeds.
 */
bool
glue_rate_is_hopeless(const GlueRateLimit *limit, int64_t waiting_since,
					  int64_t timeout, int64_t now)
{
	return now - waiting_since >= timeout && now - limit->success_at >= timeout;
}

/* ----------------------------------------------------------------
 * The order of waiting calls
 * ----------------------------------------------------------------
 */

/*
 * The class that gets the next token, of those with waiting calls; -1 if none
 * has.
 *
 * It is the most urgent one; but one that was passed over too often takes
 * precedence, so that it is not starved.
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

/* A class got a token, and the other classes with waiting calls did not. */
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
 * State and news
 * ----------------------------------------------------------------
 */

/* The current rate; 0 if there is no limit so far. */
double
glue_rate_per_second(const GlueRateLimit *limit)
{
	return limit->limited ? limit->fill : limit->ceiling;
}

/* The current tokens. */
double
glue_rate_tokens(const GlueRateLimit *limit, int64_t now)
{
	GlueRateLimit copy = *limit;

	set_clock(&copy, now);
	return copy.tokens;
}

/* Number of throttled requests in the last minute. */
int
glue_rate_refused_lately(const GlueRateLimit *limit, int64_t now)
{
	return count_of(&limit->refused, now / (MINUTE / GLUE_RATE_TICKS));
}

/*
 * The news to be logged now.  The same news is logged once, and news of a
 * limit at most once a minute.
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

/* Number of calls that can be made within a minute. */
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

/* Add the tokens for the elapsed time. */
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
						 fmax(rate * DEPTH, 1));
}

/*
 * The caller's clock is behind.  If the difference is large, stored times are
 * moved back, so that nothing waits for the clock to catch up.
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

/* A request was accepted: raise the rate along its curve. */
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
	limit->fill = fmax(rate, MIN_RATE);
}

/* A request was throttled: cut the rate. */
static void
cut(GlueRateLimit *limit, int64_t now)
{
	double		rate;

	set_clock(limit, now);
	rate = fmax(count_of(&limit->let_in, now / (SECOND / GLUE_RATE_TICKS)), 1);
	if (limit->limited)
		rate = fmin(rate, limit->fill);
	limit->cut_from = rate;
	limit->recovery = cbrt(limit->cut_from * (1 - CUT_TO) / SCALE);
	limit->fill = fmax(limit->cut_from * CUT_TO, MIN_RATE);
	limit->tokens = 0;
	limit->limited = true;
	limit->cut_at = now;
	limit->epoch++;
}

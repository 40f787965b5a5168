/*-------------------------------------------------------------------------
 *
 * remote_clock.c
 *	  What a service's clock says, as far as its answers have told.
 *
 * An answer has the service's time in its Date header, in whole seconds: at some
 * moment between the request and the answer, its clock was in that second.  So
 * the difference between its clock and one of ours lies in an interval that is
 * a second and the round trip wide.
 *
 * With age, an interval grows, because clocks run at different speeds.  A new
 * one takes the place of an older one unless that is narrower still, and both can
 * be true: a slow answer tells less than the one before it did.
 *
 * Our clock is one that nobody sets, so that this does not depend on our time of
 * day.
 *
 * IDENTIFICATION
 *	  src/aws/remote_clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/remote_clock.h"

/* By how much two clocks part: a millisecond in so many. */
#define DRIFT_DIVISOR	10000

/* prototypes of private functions */
static GlueRemoteClock aged(const GlueRemoteClock * clock, long long our_ms);

/*
 * An answer has come: date_seconds is its Date, since 1970; the other times are
 * by our clock.
 */
void
glue_remote_clock_observe(GlueRemoteClock * clock, long long date_seconds,
						  long long sent_ms, long long received_ms)
{
	GlueRemoteClock before = aged(clock, received_ms);
	GlueRemoteClock now = {
		.known = true,
		.least = date_seconds * 1000 - received_ms,
		.most = date_seconds * 1000 + 1000 - sent_ms,
		.as_of = received_ms,
	};

	if (before.known && before.most - before.least < now.most - now.least &&
		before.least <= now.most && now.least <= before.most)
		return;
	*clock = now;
}

/* What does the service's clock say at a moment of ours?  False: not known. */
bool
glue_remote_clock_at(const GlueRemoteClock * clock, long long our_ms,
					 GlueRemoteMoment * moment)
{
	GlueRemoteClock then = aged(clock, our_ms);

	moment->earliest_ms = our_ms + then.least;
	moment->latest_ms = our_ms + then.most;
	return clock->known;
}

/* The same at another time. */
static GlueRemoteClock
aged(const GlueRemoteClock * clock, long long our_ms)
{
	GlueRemoteClock then = *clock;
	long long	age = our_ms > clock->as_of ? our_ms - clock->as_of :
		clock->as_of - our_ms;

	then.least -= age / DRIFT_DIVISOR;
	then.most += age / DRIFT_DIVISOR;
	return then;
}

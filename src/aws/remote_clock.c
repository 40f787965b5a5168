/*-------------------------------------------------------------------------
 *
 * remote_clock.c
 *	  An estimate of a service's clock, from its answers.
 *
 * An answer has the service's time in its Date header, in whole seconds: at
 * some moment between the request and the answer, its clock was in that
 * second.  So the difference between its clock and ours lies in an interval
 * with the width of a second and the round trip.
 *
 * The lower bound is kept: later answers can only raise it.  But clocks run at
 * different speeds, so it is lowered with its age.  The upper bound comes from
 * the latest answer alone, because our clock may have stopped since the one
 * before, as that of a virtual machine does while it is suspended.
 *
 * Our clock is one that cannot be set, so that the estimate does not depend on
 * our time of day.
 *
 * IDENTIFICATION
 *	  src/aws/remote_clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/remote_clock.h"

/* Drift of two clocks: a millisecond in this many. */
#define DRIFT_DIVISOR	10000

/* The lower bound of the difference, at another time. */
static long long
aged(const GlueRemoteClock *clock, long long our_ms)
{
	long long	age = our_ms > clock->as_of ? our_ms - clock->as_of :
		clock->as_of - our_ms;

	return clock->least - age / DRIFT_DIVISOR;
}

/*
 * Update the estimate from an answer: date_seconds is its Date, since 1970;
 * the other times are by our clock.
 */
void
glue_remote_clock_observe(GlueRemoteClock *clock, long long date_seconds,
						  long long sent_ms, long long received_ms)
{
	long long	least = aged(clock, received_ms);

	clock->most = date_seconds * 1000 + 1000 - sent_ms;
	if (!clock->known || least > clock->most ||
		least < date_seconds * 1000 - received_ms)
		least = date_seconds * 1000 - received_ms;
	clock->least = least;
	clock->as_of = received_ms;
	clock->known = true;
}

/* The service's time at a time of our clock; false if it is unknown. */
bool
glue_remote_clock_at(const GlueRemoteClock *clock, long long our_ms,
					 GlueRemoteMoment *moment)
{
	moment->earliest_ms = our_ms + aged(clock, our_ms);
	moment->latest_ms = our_ms + clock->most +
		(clock->least - aged(clock, our_ms));
	return clock->known;
}

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
 * That its clock had got so far is not forgotten: later answers only add to what
 * is known to be over.  But clocks run at different speeds, so it counts less with
 * age.  How far it may have got is up to the latest answer, for our clock may have
 * stood still since the one before, as that of a virtual machine does while that
 * is stopped.
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
static long long aged(const GlueRemoteClock *clock, long long our_ms);

/*
 * An answer has come: date_seconds is its Date, since 1970; the other times are
 * by our clock.
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

/* What does the service's clock say at a moment of ours?  False: not known. */
bool
glue_remote_clock_at(const GlueRemoteClock *clock, long long our_ms,
					 GlueRemoteMoment *moment)
{
	moment->earliest_ms = our_ms + aged(clock, our_ms);
	moment->latest_ms = our_ms + clock->most +
		(clock->least - aged(clock, our_ms));
	return clock->known;
}

/* What has to be added at least, at another moment. */
static long long
aged(const GlueRemoteClock *clock, long long our_ms)
{
	long long	age = our_ms > clock->as_of ? our_ms - clock->as_of :
		clock->as_of - our_ms;

	return clock->least - age / DRIFT_DIVISOR;
}

/*-------------------------------------------------------------------------
 *
 * remote_clock.h
 *	  What a service's clock says, as far as its answers have told.
 *
 * IDENTIFICATION
 *	  src/aws/remote_clock.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_REMOTE_CLOCK_H
#define GLUE_AWS_REMOTE_CLOCK_H

#include <stdbool.h>

/*
 * What has to be added to a clock of ours that nobody sets, to get that of the
 * service: at least this, and at most that, unless our clock has stood still since
 * it was told.  All times are milliseconds.  Zeroes at first.
 */
typedef struct GlueRemoteClock
{
	bool		known;
	long long	least;
	long long	most;
	long long	as_of;			/* when it was told, by our clock */
} GlueRemoteClock;

/* Some moment by the service's clock: between these, since 1970. */
typedef struct GlueRemoteMoment
{
	long long	earliest_ms;
	long long	latest_ms;
} GlueRemoteMoment;

extern void glue_remote_clock_observe(GlueRemoteClock *clock,
									  long long date_seconds,
									  long long sent_ms,
									  long long received_ms);
extern bool glue_remote_clock_at(const GlueRemoteClock *clock,
								 long long our_ms, GlueRemoteMoment *moment);

#endif							/* GLUE_AWS_REMOTE_CLOCK_H */

/*-------------------------------------------------------------------------
 *
 * remote_clock.h
 *	  An estimate of a service's clock, from its answers.
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
 * Bounds of the difference between the service's clock and a clock of ours
 * that cannot be set.  The upper one is invalid if our clock has stopped since
 * then.  All times are milliseconds.  Initialized with zeroes.
 */
typedef struct GlueRemoteClock
{
	bool		known;
	long long	least;
	long long	most;
	long long	as_of;			/* time of the estimate, by our clock */
} GlueRemoteClock;

/* A moment by the service's clock, within these bounds, since 1970. */
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

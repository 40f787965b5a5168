/*-------------------------------------------------------------------------
 *
 * stat_calls.h
 *	  Statistics of calls of AWS, by target and operation.
 *
 * For client/call_state.c, and for functions/stat.c, which shows the
 * statistics.
 *
 * IDENTIFICATION
 *	  src/client/stat_calls.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_STAT_CALLS_H
#define GLUE_CLIENT_STAT_CALLS_H

#include "client/call.h"
#include "client/rate_slot.h"

/* The counters, in the order of the view. */
typedef enum GlueFigure
{
	GLUE_FIGURE_CALLS,
	GLUE_FIGURE_ATTEMPTS,
	GLUE_FIGURE_THROTTLED,		/* attempts */
	GLUE_FIGURE_REFUSED,		/* calls, as are the others */
	GLUE_FIGURE_FAILED,
	GLUE_FIGURE_LOST,
	GLUE_FIGURE_UNKNOWN,
	GLUE_FIGURE_READ_BACK
} GlueFigure;

#define GLUE_FIGURES			8

/* Number of the upper bounds in glue_stat_bounds. */
#define GLUE_STAT_BOUNDS		14

#define GLUE_STAT_TARGET_SIZE	192

/* The statistics of one target and operation. */
typedef struct GlueStatCalls
{
	Oid			role;			/* role that made the calls; InvalidOid:
								 * several */
	char		target[GLUE_STAT_TARGET_SIZE];
	char		operation[GLUE_OPERATION_SIZE];
	uint64		used;			/* number of its last use; 0: free */
	int64		counts[GLUE_FIGURES];
	int64		total_us;
	int64		max_us;
	int64		within[GLUE_STAT_BOUNDS];	/* calls by the first bound that
											 * was not exceeded */
	TimestampTz since;
} GlueStatCalls;

/* A call until it is counted.  Lives in the memory context where it was begun. */
typedef struct GlueCountedCall
{
	GlueStatCalls one;			/* its own statistics */
	int64		began;			/* by glue_monotonic_us() */
	bool		changes;		/* it may change something */
	bool		in_flight;		/* an attempt is under way */
	bool		ended;			/* it has been counted */
	MemoryContextCallback leave;
} GlueCountedCall;

extern GlueSharedPart glue_stat_calls_part;
extern const double glue_stat_bounds[GLUE_STAT_BOUNDS];

extern void glue_stat_begin(GlueCountedCall *counted, const GlueCall *call,
							const GlueRateKey *key);
extern void glue_stat_sent(GlueCountedCall *counted);
extern void glue_stat_answered(GlueCountedCall *counted, bool throttled,
							   bool ambiguous);
extern void glue_stat_read_back(GlueCountedCall *counted,
								const GlueFailure *failure);
extern void glue_stat_end(GlueCountedCall *counted,
						  const GlueFailure *failure);

extern GlueStatCalls *glue_stat_calls_copy(int *n);
extern void glue_stat_calls_reset(void);

#endif							/* GLUE_CLIENT_STAT_CALLS_H */

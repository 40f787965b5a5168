/*-------------------------------------------------------------------------
 *
 * stat_calls.h
 *	  How calls of AWS have ended, counted by target and operation.
 *
 * For client/call_state.c, but for the shared part, and for functions/stat.c, which
 * shows the figures.
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

/* What is counted, in the order of the view. */
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

/* The times that calls are compared with: see glue_stat_bounds. */
#define GLUE_STAT_BOUNDS		14

#define GLUE_STAT_TARGET_SIZE	192

/* The figures of one target and operation. */
typedef struct GlueStatCalls
{
	Oid			role;			/* whose calls; InvalidOid: of several */
	char		target[GLUE_STAT_TARGET_SIZE];
	char		operation[GLUE_OPERATION_SIZE];
	uint64		used;			/* number of its last use; 0: free */
	int64		counts[GLUE_FIGURES];
	int64		total_us;
	int64		max_us;
	int64		within[GLUE_STAT_BOUNDS];	/* calls by the first bound that
											 * they were within */
	TimestampTz since;
} GlueStatCalls;

/* A call until it is counted.  Lives in the memory context where it was begun. */
typedef struct GlueCountedCall
{
	GlueStatCalls one;			/* it alone */
	int64		began;			/* by glue_monotonic_us() */
	bool		changes;		/* it may change something */
	bool		in_flight;		/* an attempt is */
	bool		ended;			/* it was counted */
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

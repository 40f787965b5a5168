/*-------------------------------------------------------------------------
 *
 * target_state.h
 *	  What is remembered of targets from one transaction to the next.
 *
 * IDENTIFICATION
 *	  src/queue/target_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_TARGET_STATE_H
#define GLUE_QUEUE_TARGET_STATE_H

#include "store/jobs.h"

/* What is known of a target from one transaction to the next. */
typedef struct GlueTargetState
{
	GlueBlockedTarget target;
	TimestampTz blocked_until;	/* it is left alone so long */
	int			failures;		/* in a row */
	int			njobs;			/* that were claimed, and are not recorded */
} GlueTargetState;

extern GlueTargetState *glue_target_state_find(List **states,
											   const GlueRequest *request,
											   MemoryContext context);
extern TimestampTz glue_target_state_block(GlueTargetState *state);
extern TimestampTz glue_work_backoff(int failures);

#endif							/* GLUE_QUEUE_TARGET_STATE_H */

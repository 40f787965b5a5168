/*-------------------------------------------------------------------------
 *
 * target_state.h
 *	  The state of targets that outlives a transaction.
 *
 * IDENTIFICATION
 *	  src/queue/target_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_TARGET_STATE_H
#define GLUE_QUEUE_TARGET_STATE_H

#include "store/claims.h"

/* The state of a target that outlives a transaction. */
typedef struct GlueTargetState
{
	GlueBlockedTarget target;
	TimestampTz blocked_until;	/* no request is claimed before */
	int			failures;		/* consecutive ones */
	int			njobs;			/* claimed and not yet recorded */
} GlueTargetState;

extern GlueTargetState *glue_target_state_find(List **states,
											   const GlueClaim *request,
											   MemoryContext context);
extern TimestampTz glue_target_state_block(GlueTargetState *state);
extern TimestampTz glue_work_backoff(int failures);

#endif							/* GLUE_QUEUE_TARGET_STATE_H */

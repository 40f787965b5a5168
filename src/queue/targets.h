/*-------------------------------------------------------------------------
 *
 * targets.h
 *	  All targets of a queue process.
 *
 * For src/queue alone.
 *
 * IDENTIFICATION
 *	  src/queue/targets.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_TARGETS_H
#define GLUE_QUEUE_TARGETS_H

#include "queue/target.h"
#include "queue/transaction.h"

/* All targets of a queue process. */
typedef struct GlueWorkTargets
{
	MemoryContext context;
	const GlueQueueProcess *process;
	dlist_head	targets;
	List	   *states;
} GlueWorkTargets;

extern void glue_work_targets_init(GlueWorkTargets *all,
								   const GlueQueueProcess *process);
extern void glue_work_targets_expire(GlueWorkTargets *all);
extern List *glue_work_targets_blocked(const GlueWorkTargets *all,
									   bool full_too);
extern int	glue_work_targets_room(const GlueWorkTargets *all);
extern GlueCall *glue_work_targets_fetch(GlueWorkTargets *all);
extern void glue_work_targets_fetched(GlueCall *call);

extern GlueWorkTarget *glue_work_target_use(GlueWorkTargets *all,
											const GlueRequest *request);
extern void glue_work_target_release(GlueWorkTarget *target);

#endif							/* GLUE_QUEUE_TARGETS_H */

/*-------------------------------------------------------------------------
 *
 * stages.h
 *	  The jobs of a run, by the stage that each is in.
 *
 * For queue/batch.c and queue/run.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/stages.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_STAGES_H
#define GLUE_QUEUE_STAGES_H

#include "lib/ilist.h"
#include "queue/job.h"

/* Delay of an outcome, so that more of them are recorded together. */
#define GLUE_RECORD_DELAY_MS	40

/* Begins as zeros. */
typedef struct GlueStages
{
	dlist_head	parked;			/* jobs whose targets have no credentials yet */
	int			nparked;
	dlist_head	waiting;		/* jobs that can begin */
	int			nwaiting;
	int			nactive;		/* jobs that make calls */
	dlist_head	ended;			/* jobs to be recorded */
	int			nended;
	dlist_head	locked;			/* jobs to be recorded later */
	dlist_head	recorded;		/* jobs that are, once that is committed */
} GlueStages;

extern void glue_stages_enter(GlueStages *stages, GlueJob *job);
extern void glue_stages_unpark(GlueStages *stages);
extern void glue_stages_put_back(GlueStages *stages);

extern GlueCall *glue_stages_start(GlueStages *stages);
extern bool glue_stages_call_ended(GlueStages *stages, GlueCall *call);

extern bool glue_stages_due(GlueStages *stages, TimestampTz now);
extern GlueJob **glue_stages_take_ended(GlueStages *stages, int *njobs);
extern GlueJob *glue_stages_take_locked(GlueStages *stages, TimestampTz now);
extern void glue_stages_lock(GlueStages *stages, GlueJob *job);
extern void glue_stages_release(GlueStages *stages);

#endif							/* GLUE_QUEUE_STAGES_H */

/*-------------------------------------------------------------------------
 *
 * batch.h
 *	  A run of the queue, and its transactions.
 *
 * For queue/run.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/batch.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_BATCH_H
#define GLUE_QUEUE_BATCH_H

#include "client/client.h"
#include "queue/stages.h"

/* How often to look for requests while there are none to begin with. */
#define GLUE_IDLE_LOOK_MS		1000

/* A run: it ends when nothing is due. */
typedef struct GlueRun
{
	const GlueQueueProcess *process;
	uint64		max_requests;	/* 0: no limit */
	bool		only_undo;		/* claim only calls to undo */
	uint64		nclaimed;
	TimestampTz began_at;
	TimestampTz now;			/* the last time we looked */
	int			width;
	MemoryContext context;
	MemoryContext batch_context;	/* of one transaction */
	GlueStages	stages;
	GlueWorkTargets targets;
	TimestampTz claim_at;		/* not before: there was nothing to claim */
	TimestampTz look_at;		/* when to look for calls to undo... */
	TimestampTz rest_until;		/* ... but not before that */
	bool		look_again;		/* another session waits for an undo */
	bool		undo_recorded;	/* by the current transaction */
	GlueCallStream stream;
} GlueRun;

extern void glue_run_transaction(GlueRun *run);
extern bool glue_run_wants_look(const GlueRun *run, TimestampTz now);
extern void glue_run_look_soon(GlueRun *run);
extern TimestampTz glue_run_next_due(GlueRun *run);

#endif							/* GLUE_QUEUE_BATCH_H */

/*-------------------------------------------------------------------------
 *
 * transaction.h
 *	  Queue processes: their transactions, and their work.
 *
 * IDENTIFICATION
 *	  src/queue/transaction.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_TRANSACTION_H
#define GLUE_QUEUE_TRANSACTION_H

#include "store/jobs.h"

/* A queue process, and how it begins and ends transactions. */
typedef struct GlueQueueProcess
{
	Oid			schema;			/* of the extension */
	int64		claimant;		/* number of this process, for its claims */
	void		(*begin) (void);
	void		(*commit) (void);
} GlueQueueProcess;

extern void glue_queue_begin(const GlueQueueProcess *process);
extern void glue_transaction_keep(void);
extern void glue_queue_recover(const GlueQueueProcess *process);
extern void glue_queue_leave(const GlueQueueProcess *process);

/* in queue/run.c */
extern uint64 glue_queue_run(const GlueQueueProcess *process,
							 uint64 max_requests, bool only_undo,
							 TimestampTz *next_due);

#endif							/* GLUE_QUEUE_TRANSACTION_H */

/*-------------------------------------------------------------------------
 *
 * run.h
 *	  Working the queue: many requests side by side.
 *
 * IDENTIFICATION
 *	  src/queue/run.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_RUN_H
#define GLUE_QUEUE_RUN_H

#include "queue/transaction.h"

extern uint64 glue_queue_run(const GlueQueueProcess *process,
							 uint64 max_requests, bool only_undo,
							 TimestampTz *next_due);

#endif							/* GLUE_QUEUE_RUN_H */

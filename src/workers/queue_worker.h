/*-------------------------------------------------------------------------
 *
 * queue_worker.h
 *	  The background worker that works the queue of one database.
 *
 * IDENTIFICATION
 *	  src/workers/queue_worker.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_QUEUE_WORKER_H
#define GLUE_WORKERS_QUEUE_WORKER_H

extern PGDLLEXPORT void glue_worker_main(Datum database);

#endif							/* GLUE_WORKERS_QUEUE_WORKER_H */

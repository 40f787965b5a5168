/*-------------------------------------------------------------------------
 *
 * worker.h
 *	  The background worker that works the queue of one database.
 *
 * IDENTIFICATION
 *	  src/workers/worker.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKER_H
#define GLUE_WORKER_H

extern PGDLLEXPORT void glue_worker_main(Datum database);

#endif							/* GLUE_WORKER_H */

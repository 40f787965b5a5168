/*-------------------------------------------------------------------------
 *
 * journal_worker.h
 *	  The background worker that records calls of one database.
 *
 * IDENTIFICATION
 *	  src/workers/journal_worker.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_JOURNAL_WORKER_H
#define GLUE_WORKERS_JOURNAL_WORKER_H

extern PGDLLEXPORT void glue_journal_worker_main(Datum database);

#endif							/* GLUE_WORKERS_JOURNAL_WORKER_H */

/*-------------------------------------------------------------------------
 *
 * database_worker.h
 *	  Start and end of the background workers of a database.
 *
 * IDENTIFICATION
 *	  src/workers/database_worker.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_DATABASE_WORKER_H
#define GLUE_WORKERS_DATABASE_WORKER_H

#include "postmaster/bgworker.h"
#include "server/news.h"
#include "server/shared_state.h"
#include "utils/timestamp.h"

extern GlueSharedPart glue_workers_part;

/* for the launcher */
extern void glue_workers_forget(void);
extern bool glue_worker_start(Oid database, GlueWorkKind kind,
							  BackgroundWorkerHandle **handle);
extern bool glue_worker_left(Oid database, GlueWorkKind kind,
							 TimestampTz *come_back_at);

/* The work of a kind of worker. */
typedef struct GlueWork
{
	GlueWorkKind kind;
	const char *wait_event;		/* while the worker waits for news */
	int			slice_ms;		/* minimum time of work on news, even if other
								 * databases wait for a worker slot */
	void		(*prepare) (void);

	/*
	 * Work; returns false if there can be no work any more.  *due is set to
	 * the time of work without news, or 0; *stay tells whether to wait.
	 */
	bool		(*work) (TimestampTz *due, bool *stay);
	void		(*end) (void);	/* called before a regular exit; or NULL */
} GlueWork;

/* for a worker */
extern void glue_worker_run(Oid database, const GlueWork *work);

#endif							/* GLUE_WORKERS_DATABASE_WORKER_H */

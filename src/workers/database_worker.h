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

/* What a worker does. */
typedef struct GlueWork
{
	GlueWorkKind kind;
	const char *wait_event;		/* while there is nothing to do */
	int			slice_ms;		/* news is worked on so long, at least, even
								 * if others wait for room */
	void		(*prepare) (void);

	/*
	 * Do what there is to do; false if there can be nothing any more.  *due
	 * is when to do something without news, or 0; *stay, whether to wait.
	 */
	bool		(*work) (TimestampTz *due, bool *stay);
	void		(*end) (void);	/* when no news comes any more; or NULL */
} GlueWork;

/* for a worker */
extern void glue_worker_run(Oid database, const GlueWork *work);

#endif							/* GLUE_WORKERS_DATABASE_WORKER_H */

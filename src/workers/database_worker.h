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

/* for a worker */
extern void glue_worker_enter(Oid database);
extern void glue_worker_leave(GlueWorkKind kind, TimestampTz come_back_at);

#endif							/* GLUE_WORKERS_DATABASE_WORKER_H */

/*-------------------------------------------------------------------------
 *
 * worker.h
 *	  The background worker that works the queue of one database.
 *
 * IDENTIFICATION
 *	  src/worker.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKER_H
#define GLUE_WORKER_H

#include "postmaster/bgworker.h"
#include "shared_state.h"
#include "utils/timestamp.h"

/* Databases whose workers can tell how they have left. */
#define GLUE_MAX_WORKERS	64

/* What a worker that has left, or is at work, says to the launcher. */
typedef struct GlueWorkerNote
{
	Oid			database;		/* InvalidOid: this one is free */
	bool		left;			/* on purpose, not by an accident */
	TimestampTz come_back_at;	/* then: when there is something to do, or
								 * DT_NOEND */
} GlueWorkerNote;

extern GlueSharedPart glue_workers_part;

extern bool glue_worker_start(Oid database, BackgroundWorkerHandle **handle);
extern bool glue_worker_left(Oid database, TimestampTz *come_back_at);

extern PGDLLEXPORT void glue_worker_main(Datum database);

#endif							/* GLUE_WORKER_H */

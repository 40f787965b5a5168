/*-------------------------------------------------------------------------
 *
 * workers.h
 *	  The launcher, and the background workers of a database.
 *
 * IDENTIFICATION
 *	  src/workers/workers.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_WORKERS_H
#define GLUE_WORKERS_WORKERS_H

#include "postmaster/bgworker.h"
#include "server/news.h"
#include "server/shared_state.h"
#include "utils/timestamp.h"

extern GlueSharedPart glue_workers_part;

/* in workers/launcher.c */
extern void glue_launcher_init(void);
extern PGDLLEXPORT void glue_launcher_main(Datum arg);

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
extern PGDLLEXPORT void glue_worker_main(Datum database);
extern PGDLLEXPORT void glue_journal_worker_main(Datum database);

/* in workers/loop.c */
extern void glue_worker_take_signals(void);
extern bool glue_worker_linger(bool stay, TimestampTz *due,
							   TimestampTz yield_at, uint32 wait_event);
extern void glue_worker_sleep(long timeout_ms, uint32 wait_event);
extern void glue_worker_reload_if_asked(void);

/* in workers/settings.c */
extern void glue_worker_settings_fix(void);
extern void glue_worker_connect(Oid database);

#endif							/* GLUE_WORKERS_WORKERS_H */

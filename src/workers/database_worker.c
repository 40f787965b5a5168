/*-------------------------------------------------------------------------
 *
 * database_worker.c
 *	  Start and end of the background workers of a database.
 *
 * A database has at most one worker for each kind of work, while there is
 * work.  The launcher starts it.  A note in shared memory tells the launcher
 * how the worker has exited: regularly, with the time to start the next one,
 * or by an error.
 *
 * Exit codes: 0 after a regular exit, which is not logged; 1 after an error,
 * which is in the log.  The postmaster does not restart workers: the launcher
 * does, with increasing delays if workers keep failing.
 *
 * IDENTIFICATION
 *	  src/workers/database_worker.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "storage/ipc.h"
#include "workers/workers.h"

/* The note for the launcher of a worker that exited regularly, not by an error. */
typedef struct WorkerNote
{
	Oid			database;		/* InvalidOid: the note is free */
	GlueWorkKind kind;
	TimestampTz left_at;
	TimestampTz come_back_at;	/* the time of the next work, or DT_NOEND */
} WorkerNote;

/*
 * As many notes as there can be processes.  A note is deleted after it was
 * read, so they are enough for any number of databases.
 */
GlueSharedPart glue_workers_part = {
	.name = "glue_conn workers",
	.size_per_backend = sizeof(WorkerNote),
};

static const char *const functions[] = {
	[GLUE_WORK_QUEUE] = "glue_worker_main",
	[GLUE_WORK_JOURNAL] = "glue_journal_worker_main",
};

static const char *const types[] = {
	[GLUE_WORK_QUEUE] = "glue_conn worker",
	[GLUE_WORK_JOURNAL] = "glue_conn journal worker",
};

/* The launcher begins: delete the notes of workers of an earlier launcher. */
void
glue_workers_forget(void)
{
	glue_shared_lock(LW_EXCLUSIVE);
	memset(glue_shared_attach(&glue_workers_part), 0,
		   MaxBackends * sizeof(WorkerNote));
	glue_shared_unlock();
}

/* Start a worker for a database; false if no worker slot is free. */
bool
glue_worker_start(Oid database, GlueWorkKind kind,
				  BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = BGW_NEVER_RESTART,
		.bgw_main_arg = ObjectIdGetDatum(database),
		.bgw_notify_pid = MyProcPid,
	};
	TimestampTz never;

	strlcpy(worker.bgw_library_name, "glue_conn", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, functions[kind], BGW_MAXLEN);
	strlcpy(worker.bgw_type, types[kind], BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, "%s for database %u",
			 types[kind], database);

	/* a worker of an earlier launcher may have left one */
	(void) glue_worker_left(database, kind, &never);
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/*
 * Find the note of a worker, or a free one with database InvalidOid; NULL if
 * there is none.
 */
static WorkerNote *
find_note(Oid database, GlueWorkKind kind)
{
	WorkerNote *notes = glue_shared_attach(&glue_workers_part);

	for (int i = 0; i < MaxBackends; i++)
	{
		if (notes[i].database == database &&
			(notes[i].kind == kind || !OidIsValid(database)))
			return &notes[i];
	}
	return NULL;
}

/*
 * Has the last worker of a database exited regularly?  Then its note has the
 * time of the next work; that is now, if the clock was set back since.
 */
bool
glue_worker_left(Oid database, GlueWorkKind kind, TimestampTz *come_back_at)
{
	TimestampTz now;
	WorkerNote *note;

	glue_shared_lock(LW_EXCLUSIVE);
	now = GetCurrentTimestamp();
	note = find_note(database, kind);
	if (note != NULL)
	{
		*come_back_at = now < note->left_at ?
			Min(note->come_back_at, now) : note->come_back_at;
		note->database = InvalidOid;
	}
	glue_shared_unlock();
	return note != NULL;
}

/*
 * The main loop of a worker: work on news of its database, until there was
 * none for a while.  Then exit regularly, with a note.
 *
 * A worker is a superuser, and the owner of the database may have set its
 * search_path: glue_worker_connect() overrides it, so that no name finds
 * objects of other roles.
 */
void
glue_worker_run(Oid database, const GlueWork *work)
{
	static uint32 wait_event = 0;
	WorkerNote *note;
	TimestampTz yield_at = DT_NOBEGIN;
	TimestampTz due = 0;
	bool		stay = false;

	glue_worker_take_signals();
	glue_worker_connect(database);
	Assert(MyDatabaseId == database && !IsTransactionState());
	if (work->slice_ms > 0)
		yield_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											   work->slice_ms);
	work->prepare();
	glue_news_listen(MyDatabaseId, work->kind);
	do
	{
		CHECK_FOR_INTERRUPTS();
		glue_worker_reload_if_asked();
		glue_news_take(NULL, 0, NULL);
	} while (work->work(&due, &stay) &&
			 glue_worker_linger(stay, &due, yield_at,
								GLUE_WAIT_EVENT(wait_event, work->wait_event)));
	if (glue_news_unlisten())
		due = GetCurrentTimestamp();
	if (work->end != NULL)
		work->end();
	Assert(!IsTransactionState());
	glue_shared_lock(LW_EXCLUSIVE);
	note = find_note(InvalidOid, work->kind);
	if (note != NULL)
		*note = (WorkerNote)
	{
		MyDatabaseId, work->kind, GetCurrentTimestamp(), due != 0 ? due : DT_NOEND
	};
	glue_shared_unlock();
	proc_exit(0);
}

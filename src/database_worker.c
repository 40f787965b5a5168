/*-------------------------------------------------------------------------
 *
 * database_worker.c
 *	  Start and end of the background workers of a database.
 *
 * There is one for each kind of work, as long as there is some.  The launcher
 * starts it, and learns from a note in shared memory how it has ended: on
 * purpose, and when to start the next one, or by an accident.
 *
 * Exit codes: 0 if it has left on purpose, which is no news to the log; 1 from
 * any error, which is in the log.  The postmaster starts no worker again: that
 * is for the launcher, which waits longer and longer if workers keep failing.
 *
 * IDENTIFICATION
 *	  src/database_worker.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "database_worker.h"
#include "miscadmin.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "worker_settings.h"

/* Databases whose workers can tell how they have left. */
#define MAX_NOTES	64

/* What a worker that has left, or is at work, says to the launcher. */
typedef struct WorkerNote
{
	bool		left;			/* on purpose, not by an accident */
	TimestampTz come_back_at;	/* then: when there is something to do, or
								 * DT_NOEND */
} WorkerNote;

typedef struct DatabaseNotes
{
	Oid			database;		/* InvalidOid: these are free */
	WorkerNote	notes[GLUE_NUM_WORK_KINDS];
} DatabaseNotes;

GlueSharedPart glue_workers_part = {
	.name = "glue_conn workers",
	.size = sizeof(DatabaseNotes) * MAX_NOTES,
};

static const char *const functions[] = {
	[GLUE_WORK_QUEUE] = "glue_worker_main",
	[GLUE_WORK_JOURNAL] = "glue_journal_worker_main",
};

static const char *const types[] = {
	[GLUE_WORK_QUEUE] = "glue_conn worker",
	[GLUE_WORK_JOURNAL] = "glue_conn journal worker",
};

/* prototypes of private functions */
static WorkerNote *find_note(Oid database, GlueWorkKind kind, bool make);
static void leave_note(Oid database, GlueWorkKind kind, bool left,
					   TimestampTz come_back_at);

/*
 * Start a worker for a database; false if there is no room for one.
 */
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

	strlcpy(worker.bgw_library_name, "glue_conn", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, functions[kind], BGW_MAXLEN);
	strlcpy(worker.bgw_type, types[kind], BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, "%s for database %u",
			 types[kind], database);
	leave_note(database, kind, false, 0);
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/*
 * Has the last worker of a database left on purpose?  Then it says when
 * another one has something to do.
 */
bool
glue_worker_left(Oid database, GlueWorkKind kind, TimestampTz *come_back_at)
{
	WorkerNote *note;
	bool		left;

	glue_shared_lock(LW_SHARED);
	note = find_note(database, kind, false);
	left = note != NULL && note->left;
	if (left)
		*come_back_at = note->come_back_at;
	glue_shared_unlock();
	return left;
}

/*
 * Begin to be a worker that was started: connect to its database.
 */
void
glue_worker_enter(Oid database)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	glue_worker_connect(database);
}

/*
 * End, on purpose.
 */
void
glue_worker_leave(GlueWorkKind kind, TimestampTz come_back_at)
{
	leave_note(MyDatabaseId, kind, true, come_back_at);
	proc_exit(0);
}

void
glue_worker_reload_if_asked(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

/* A note about a worker; NULL if there is none, and none can be made. */
static WorkerNote *
find_note(Oid database, GlueWorkKind kind, bool make)
{
	DatabaseNotes *notes = glue_shared_attach(&glue_workers_part);
	DatabaseNotes *free_notes = NULL;

	for (int i = 0; i < MAX_NOTES; i++)
	{
		if (notes[i].database == database)
			return &notes[i].notes[kind];
		if (!OidIsValid(notes[i].database) && free_notes == NULL)
			free_notes = &notes[i];
	}
	if (!make || free_notes == NULL)
		return NULL;
	free_notes->database = database;
	return &free_notes->notes[kind];
}

static void
leave_note(Oid database, GlueWorkKind kind, bool left,
		   TimestampTz come_back_at)
{
	WorkerNote *note;

	glue_shared_lock(LW_EXCLUSIVE);
	note = find_note(database, kind, true);
	if (note != NULL)
	{
		note->left = left;
		note->come_back_at = come_back_at;
	}
	glue_shared_unlock();
}

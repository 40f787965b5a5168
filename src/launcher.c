/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  The background worker that starts one for each database with work.
 *
 * Only a process that is connected to a database can see whether there is
 * work, and one that is connected is in the way of DROP DATABASE.  So the
 * launcher is connected to none.  It starts a worker for a database
 *
 *	- when a transaction there has changed the queue, which queue_wake.c tells;
 *	- when the last worker there said that it has to come back;
 *	- every minute or so for databases that had work before, and once for all
 *	  of them after the start of the server, after a crash, a promotion or a
 *	  restore: nobody remembers then who had work.
 *
 * A worker that ended by an error is followed by another one after a while,
 * and by the next after twice as long.  A server without room for workers is
 * told so once.
 *
 * The launcher starts when recovery is finished: on a standby, that is its
 * promotion.
 *
 * IDENTIFICATION
 *	  src/launcher.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "compat.h"
#include "launcher.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "queue_wake.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "worker.h"

/* How often to look which databases there are, and at those with work. */
#define LOOK_MS				60000

/* How long to wait after the first failure, and at most. */
#define FIRST_PAUSE_MS		1000
#define LONGEST_PAUSE_MS	60000

/* What the launcher knows of a database. */
typedef struct KnownDatabase
{
	Oid			oid;
	bool		exists;			/* the last time that we looked */
	bool		news;			/* since its worker was started */
	BackgroundWorkerHandle *handle; /* of its worker, or NULL */
	TimestampTz start_at;		/* when to start one */
	int			failures;		/* in a row */
} KnownDatabase;

static List *databases = NIL;

/* prototypes of private functions */
static void look_for_databases(void);
static KnownDatabase *find_database(Oid oid);
static void take_news(void);
static void mind_database(KnownDatabase *database, TimestampTz now);
static void note_end(KnownDatabase *database, TimestampTz now);
static void start_worker(KnownDatabase *database, TimestampTz now);
static TimestampTz pause_after(int failures, TimestampTz now);

/*
 * Have the launcher started with the server, if the library is preloaded and
 * that is wanted.  To be called once, from _PG_init().
 */
void
glue_launcher_init(void)
{
	BackgroundWorker worker = {
		.bgw_flags = BGWORKER_SHMEM_ACCESS |
		BGWORKER_BACKEND_DATABASE_CONNECTION,
		.bgw_start_time = BgWorkerStart_RecoveryFinished,
		.bgw_restart_time = 5,
	};

	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade ||
		!glue_setting_worker)
		return;
	strlcpy(worker.bgw_library_name, "glue_conn", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "glue_launcher_main", BGW_MAXLEN);
	strlcpy(worker.bgw_name, "glue_conn launcher", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "glue_conn launcher", BGW_MAXLEN);
	RegisterBackgroundWorker(&worker);
}

/* The main function of the launcher. */
void
glue_launcher_main(Datum arg)
{
	static uint32 wait_event = 0;
	TimestampTz looked_at = 0;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	glue_queue_listen(InvalidOid);

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz wake_at = TimestampTzPlusMilliseconds(now, LOOK_MS);
		ListCell   *cell;

		if (looked_at == 0 ||
			TimestampDifferenceExceeds(looked_at, now, LOOK_MS))
		{
			look_for_databases();
			looked_at = now;
		}
		take_news();
		foreach(cell, databases)
		{
			KnownDatabase *database = lfirst(cell);

			mind_database(database, now);
			if (database->handle == NULL)
				wake_at = Min(wake_at, database->start_at);
		}

		now = GetCurrentTimestamp();
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 TimestampDifferenceMilliseconds(now, wake_at) + 1,
						 GLUE_WAIT_EVENT(wait_event, "GlueConnLauncher"));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
			looked_at = 0;
		}
	}
}

/* Learn which databases there are. */
static void
look_for_databases(void)
{
	ListCell   *cell;
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;

	foreach(cell, databases)
		((KnownDatabase *) lfirst(cell))->exists = false;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);

		if (form->datallowconn && !form->datistemplate &&
			glue_database_is_served(NameStr(form->datname)))
			find_database(form->oid)->exists = true;
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();

	foreach(cell, databases)
	{
		KnownDatabase *database = lfirst(cell);

		if (database->exists || database->handle != NULL)
			continue;
		databases = foreach_delete_current(databases, cell);
		pfree(database);
	}
}

/* What is known of a database; if nothing, its queue is to be looked at. */
static KnownDatabase *
find_database(Oid oid)
{
	ListCell   *cell;
	MemoryContext old_context;
	KnownDatabase *database;

	foreach(cell, databases)
	{
		database = lfirst(cell);
		if (database->oid == oid)
			return database;
	}
	old_context = MemoryContextSwitchTo(TopMemoryContext);
	database = palloc0(sizeof(KnownDatabase));
	database->oid = oid;
	databases = lappend(databases, database);
	MemoryContextSwitchTo(old_context);
	return database;
}

/* Learn where transactions have changed a queue. */
static void
take_news(void)
{
	Oid			oids[16];
	int			n;

	do
	{
		n = glue_queue_take_news(oids, lengthof(oids));
		for (int i = 0; i < n; i++)
			find_database(oids[i])->news = true;
	} while (n == lengthof(oids));
}

/* See whether a database's worker has ended, or is to be started. */
static void
mind_database(KnownDatabase *database, TimestampTz now)
{
	pid_t		pid;

	if (database->handle != NULL &&
		GetBackgroundWorkerPid(database->handle, &pid) == BGWH_STOPPED)
		note_end(database, now);
	if (database->handle == NULL &&
		(database->start_at <= now ||
		 (database->news && database->failures == 0)))
		start_worker(database, now);
}

static void
note_end(KnownDatabase *database, TimestampTz now)
{
	pfree(database->handle);
	database->handle = NULL;
	if (glue_worker_left(database->oid, &database->start_at))
		database->failures = 0;
	else
		database->start_at = pause_after(database->failures++, now);
}

static void
start_worker(KnownDatabase *database, TimestampTz now)
{
	static bool told = false;
	MemoryContext old_context = MemoryContextSwitchTo(TopMemoryContext);

	if (glue_worker_start(database->oid, &database->handle))
	{
		database->news = false;
		told = false;
	}
	else
	{
		database->handle = NULL;
		database->start_at = pause_after(3, now);
		if (!told)
			ereport(WARNING,
					(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
					 errmsg("could not start a background worker for the requests of glue_conn"),
					 errdetail("Requests stay queued until there is room for one."),
					 errhint("Raise \"max_worker_processes\".")));
		told = true;
	}
	MemoryContextSwitchTo(old_context);
}

static TimestampTz
pause_after(int failures, TimestampTz now)
{
	int64		ms = FIRST_PAUSE_MS;

	for (int i = 0; i < failures && ms < LONGEST_PAUSE_MS; i++)
		ms *= 2;
	return TimestampTzPlusMilliseconds(now, Min(ms, LONGEST_PAUSE_MS));
}

/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  The background worker that starts one for each database with work.
 *
 * Only a process that is connected to a database can see whether there is
 * work, and one that is connected is in the way of DROP DATABASE.  So the
 * launcher is connected to none.  It starts a worker for a database
 *
 *	- when a transaction there has changed the queue, or wants its calls to be
 *	  recorded, which queue_wake.c tells;
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
#include "database_worker.h"
#include "launcher.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "queue_wake.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "worker_settings.h"

/* How often to look which databases there are, and at those with work. */
#define LOOK_MS				60000

/* How long to wait after the first failure, and at most. */
#define FIRST_PAUSE_MS		1000
#define LONGEST_PAUSE_MS	60000

/* What the launcher knows of the workers of one kind in a database. */
typedef struct KnownWorker
{
	bool		news;			/* since it was started */
	BackgroundWorkerHandle *handle; /* or NULL */
	TimestampTz start_at;		/* when to start one */
	int			failures;		/* in a row */
} KnownWorker;

/* What the launcher knows of a database. */
typedef struct KnownDatabase
{
	Oid			oid;
	bool		exists;			/* and is wanted, the last time we looked */
	KnownWorker workers[GLUE_NUM_WORK_KINDS];
} KnownDatabase;

static List *databases = NIL;

/* prototypes of private functions */
static void look_for_databases(void);
static void forget_databases(void);
static KnownDatabase *find_database(Oid oid);
static bool take_news(void);
static TimestampTz mind_workers(TimestampTz now);
static void mind_worker(const KnownDatabase *database, KnownWorker *worker,
						GlueWorkKind kind, TimestampTz now);
static void note_end(const KnownDatabase *database, KnownWorker *worker,
					 GlueWorkKind kind, TimestampTz now);
static void start_worker(const KnownDatabase *database, KnownWorker *worker,
						 GlueWorkKind kind, TimestampTz now);
static void tell_room(GlueWorkKind kind, bool room);
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
	glue_worker_settings_fix();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	glue_workers_forget();
	glue_queue_listen(InvalidOid, GLUE_WORK_QUEUE);

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz wake_at;

		if (looked_at == 0 ||
			TimestampDifferenceExceeds(looked_at, now, LOOK_MS))
		{
			look_for_databases();
			forget_databases();
			looked_at = now;
		}
		if (take_news())
			look_for_databases();
		wake_at = mind_workers(now);

		now = GetCurrentTimestamp();
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 TimestampDifferenceMilliseconds(now, wake_at) + 1,
						 GLUE_WAIT_EVENT(wait_event, "GlueConnLauncher"));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
			looked_at = 0;
		glue_worker_reload_if_asked();
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
}

/* Forget the databases that there are no more, once their workers have left. */
static void
forget_databases(void)
{
	ListCell   *cell;

	foreach(cell, databases)
	{
		KnownDatabase *database = lfirst(cell);
		bool		left = !database->exists;

		for (int kind = 0; kind < GLUE_NUM_WORK_KINDS; kind++)
			left = left && database->workers[kind].handle == NULL;
		if (!left)
			continue;
		databases = foreach_delete_current(databases, cell);
		pfree(database);
	}
}

/*
 * What is known of a database.  If nothing is, its queue is to be looked at if
 * it turns out to exist.
 */
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
	database->workers[GLUE_WORK_JOURNAL].start_at = DT_NOEND;
	databases = lappend(databases, database);
	MemoryContextSwitchTo(old_context);
	return database;
}

/*
 * Learn where there is work; returns whether a database there may be new to us.
 *
 * If news was lost, it may be anywhere.  That is so for what is queued; who
 * wants something recorded tells so again.
 */
static bool
take_news(void)
{
	GlueNews	news[16];
	int			n;
	int			known = list_length(databases);
	bool		lost;
	ListCell   *cell;

	do
	{
		n = glue_queue_take_news(news, lengthof(news));
		for (int i = 0; i < n; i++)
			find_database(news[i].database)->workers[news[i].kind].news = true;
	} while (n == lengthof(news));

	/* after that, or who has lost some meanwhile would not have woken us */
	lost = glue_queue_lost_news();
	foreach(cell, databases)
	{
		KnownDatabase *database = lfirst(cell);

		database->workers[GLUE_WORK_QUEUE].news |= lost;
	}
	return lost || list_length(databases) > known;
}

/* See to all workers; returns when to do so again. */
static TimestampTz
mind_workers(TimestampTz now)
{
	TimestampTz wake_at = TimestampTzPlusMilliseconds(now, LOOK_MS);
	ListCell   *cell;

	foreach(cell, databases)
	{
		KnownDatabase *database = lfirst(cell);

		for (int kind = 0; kind < GLUE_NUM_WORK_KINDS; kind++)
		{
			KnownWorker *worker = &database->workers[kind];

			mind_worker(database, worker, kind, now);
			if (database->exists && worker->handle == NULL)
				wake_at = Min(wake_at, worker->start_at);
		}
	}
	return wake_at;
}

/* See whether a worker has ended, or is to be started. */
static void
mind_worker(const KnownDatabase *database, KnownWorker *worker,
			GlueWorkKind kind, TimestampTz now)
{
	pid_t		pid;

	if (worker->handle != NULL &&
		GetBackgroundWorkerPid(worker->handle, &pid) == BGWH_STOPPED)
		note_end(database, worker, kind, now);
	if (database->exists && worker->handle == NULL &&
		(worker->start_at <= now || (worker->news && worker->failures == 0)))
		start_worker(database, worker, kind, now);
}

static void
note_end(const KnownDatabase *database, KnownWorker *worker,
		 GlueWorkKind kind, TimestampTz now)
{
	pfree(worker->handle);
	worker->handle = NULL;
	if (glue_worker_left(database->oid, kind, &worker->start_at))
		worker->failures = 0;
	else
		worker->start_at = pause_after(worker->failures++, now);
}

/*
 * Sessions wait for a journal's worker, so one is tried again sooner.
 */
static void
start_worker(const KnownDatabase *database, KnownWorker *worker,
			 GlueWorkKind kind, TimestampTz now)
{
	MemoryContext old_context = MemoryContextSwitchTo(TopMemoryContext);
	bool		started = glue_worker_start(database->oid, kind,
											&worker->handle);

	MemoryContextSwitchTo(old_context);
	if (started)
		worker->news = false;
	else
	{
		worker->handle = NULL;
		worker->start_at = pause_after(kind == GLUE_WORK_JOURNAL ? 0 : 3, now);
	}
	tell_room(kind, started);
}

/* Tell once, as long as it lasts, that there is no room for workers. */
static void
tell_room(GlueWorkKind kind, bool room)
{
	static bool told[GLUE_NUM_WORK_KINDS];
	bool		before = told[kind];

	told[kind] = !room;
	if (room || before)
		return;
	ereport(WARNING,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 kind == GLUE_WORK_QUEUE ?
			 errmsg("could not start a background worker for the requests of glue_conn") :
			 errmsg("could not start a background worker for the journal of glue_conn"),
			 kind == GLUE_WORK_QUEUE ?
			 errdetail("Requests stay queued until there is room for one.") :
			 errdetail("Calls that act at once fail until there is room for one."),
			 errhint("Raise \"max_worker_processes\".")));
}

static TimestampTz
pause_after(int failures, TimestampTz now)
{
	int64		ms = FIRST_PAUSE_MS;

	for (int i = 0; i < failures && ms < LONGEST_PAUSE_MS; i++)
		ms *= 2;
	return TimestampTzPlusMilliseconds(now, Min(ms, LONGEST_PAUSE_MS));
}

/*-------------------------------------------------------------------------
 *
 * launcher.c
 *	  The background worker that starts workers for databases with work.
 *
 * Only a process that is connected to a database can see whether there is
 * work, and a connected process blocks DROP DATABASE.  So the launcher is
 * connected to no database.  It starts a worker for a database
 *
 *	- when a transaction there has changed the queue, or needs its intents
 *	  committed, which server/news.c announces;
 *	- at the time that the last worker there has noted;
 *	- once after the start of the server, a crash, a promotion or a restore,
 *	  because it is not known then which databases have work.
 *
 * After an error of a worker, the launcher starts another one after a delay,
 * which doubles with each error.
 *
 * Worker slots.  There may be a thousand databases, and slots for a few
 * workers.  A look at a database without work takes a few milliseconds, so few
 * looks at a time are enough, and slots stay free.  If no slot is free
 * nevertheless, idle workers are asked to exit, and busy workers to exit after
 * their minimum time.  The worker that has waited longest is started next; but
 * journal workers come first, because sessions wait for them.  If the server
 * has no slot at all, that is logged once.
 *
 * Databases that are not served, because the settings do not name them or they
 * are templates, get a worker only if a transaction with intents was rolled
 * back there, which were committed while they were served.
 *
 * The launcher starts when recovery is finished: on a standby, at its
 * promotion.
 *
 * IDENTIFICATION
 *	  src/workers/launcher.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "server/compat.h"
#include "server/news.h"
#include "server/settings.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "workers/workers.h"

/* Interval between two looks at the list of databases. */
#define LOOK_MS				60000

/* Delay after the first failure, and the longest delay. */
#define FIRST_PAUSE_MS		1000
#define LONGEST_PAUSE_MS	60000

/*
 * The number of concurrent looks at databases of unknown state.  A worker that
 * takes longer than this does not count as a look.
 */
#define MAX_LOOKS			2
#define LONGEST_LOOK_MS		500

/*
 * If no worker slot is free: the interval of retries, and the delay of the log
 * message.
 */
#define NO_ROOM_PAUSE_MS	1000
#define NO_ROOM_PATIENCE_MS	5000

/* A database, and a kind of worker in it. */
typedef struct WorkerKey
{
	Oid			database;
	GlueWorkKind kind;
} WorkerKey;

/* The state of one kind of worker in a database. */
typedef struct KnownWorker
{
	WorkerKey	key;
	bool		exists;			/* the database, at the last look */
	bool		served;			/* likewise; for the queue */
	bool		news;			/* since the worker was started */
	BackgroundWorkerHandle *handle; /* or NULL */
	TimestampTz start_at;		/* time to start a worker, or DT_NOEND */
	TimestampTz started_at;
	bool		look;			/* the first worker, which may find no work */
	int			failures;		/* consecutive failures */
} KnownWorker;

static HTAB * workers = NULL;

/* Time since when no worker slot was free; 0 if one is free. */
static TimestampTz crowded_since = 0;

/* prototypes of private functions */
static void look_for_databases(void);
static void note_database(Form_pg_database form);
static void forget_databases(void);
static KnownWorker *find_worker(Oid database, GlueWorkKind kind);
static void take_news(void);
static void mind_clock(TimestampTz now);
static TimestampTz mind_workers(TimestampTz now);
static int	see_to_workers(TimestampTz now, int *nlooks);
static void note_end(KnownWorker *worker, TimestampTz now);
static KnownWorker *find_next(TimestampTz now, bool looks);
static bool comes_before(const KnownWorker *a, const KnownWorker *b);
static bool start_worker(KnownWorker *worker, TimestampTz now);
static void mind_room(const KnownWorker *waiting, bool ours,
					  TimestampTz now);
static void complain_of_room(GlueWorkKind kind);
static TimestampTz find_next_start(TimestampTz now);

/*
 * Register the launcher, if the library is preloaded and the settings want it.
 * To be called once, from _PG_init().
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
	HASHCTL		control = {
		.keysize = sizeof(WorkerKey),
		.entrysize = sizeof(KnownWorker),
	};

	glue_worker_take_signals();
	glue_worker_settings_fix();
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	glue_workers_forget();
	glue_news_recall();
	workers = hash_create("glue_conn workers", 256, &control,
						  HASH_ELEM | HASH_BLOBS);
	glue_news_listen(InvalidOid, GLUE_WORK_QUEUE);

	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz wake_at;

		mind_clock(now);
		take_news();
		look_for_databases();
		forget_databases();
		wake_at = mind_workers(now);

		now = GetCurrentTimestamp();
		glue_worker_sleep(TimestampDifferenceMilliseconds(now, wake_at) + 1,
						  GLUE_WAIT_EVENT(wait_event, "GlueConnLauncher"));
	}
}

/* ----------------------------------------------------------------
 * Databases
 * ----------------------------------------------------------------
 */

/* Read the list of databases. */
static void
look_for_databases(void)
{
	HASH_SEQ_STATUS status;
	KnownWorker *worker;
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;

	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
		worker->exists = false;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
		note_database((Form_pg_database) GETSTRUCT(tuple));
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
}

/* Note a database.  If it is to be served from now on, look at it. */
static void
note_database(Form_pg_database form)
{
	KnownWorker *worker = find_worker(form->oid, GLUE_WORK_QUEUE);
	bool		served = !form->datistemplate &&
		glue_database_is_served(NameStr(form->datname));

	/*
	 * an invalid connection limit marks a database whose DROP DATABASE was
	 * interrupted
	 */
	worker->exists = form->datallowconn && form->datconnlimit >= -1;
	find_worker(form->oid, GLUE_WORK_JOURNAL)->exists = worker->exists;
	if (served && !worker->served && worker->handle != NULL)
		worker->news = true;
	else if (served && !worker->served)
	{
		worker->start_at = 0;
		worker->look = true;
	}
	worker->served = served;
}

/*
 * Forget databases that do not exist any more, once their workers have exited.
 */
static void
forget_databases(void)
{
	HASH_SEQ_STATUS status;
	KnownWorker *worker;

	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
	{
		WorkerKey	key = worker->key;

		if (worker->exists || worker->handle != NULL)
			continue;
		(void) hash_search(workers, &key, HASH_REMOVE, NULL);
		if (key.kind == GLUE_WORK_QUEUE)
			glue_news_forget(key.database);
	}
}

/* The state of a worker, which is empty for a new one. */
static KnownWorker *
find_worker(Oid database, GlueWorkKind kind)
{
	WorkerKey	key = {database, kind};
	bool		found;
	KnownWorker *worker = hash_search(workers, &key, HASH_ENTER, &found);

	if (!found)
	{
		memset(worker, 0, sizeof(KnownWorker));
		worker->key = key;
		worker->start_at = DT_NOEND;
	}
	return worker;
}

/*
 * Take the news: databases with work.
 *
 * If news of the queue was lost, any database may have work.  A session that
 * waits for the journal repeats its news.
 */
static void
take_news(void)
{
	GlueNews	news[16];
	HASH_SEQ_STATUS status;
	KnownWorker *worker;
	bool		lost = false;
	int			n;

	while ((n = glue_news_take(news, lengthof(news), &lost)) > 0)
	{
		for (int i = 0; i < n; i++)
			find_worker(news[i].database, news[i].kind)->news = true;
	}

	if (!lost)
		return;
	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
		worker->news |= worker->key.kind == GLUE_WORK_QUEUE;
}

/*
 * If the clock was set back, all planned times are invalid: make them due now.
 */
static void
mind_clock(TimestampTz now)
{
	static TimestampTz before = 0;
	bool		set_back = now < before;
	HASH_SEQ_STATUS status;
	KnownWorker *worker;

	before = now;
	if (!set_back)
		return;
	crowded_since = Min(crowded_since, now);
	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
	{
		worker->started_at = Min(worker->started_at, now);
		if (worker->start_at != DT_NOEND)
			worker->start_at = Min(worker->start_at, now);
	}
}

/* ----------------------------------------------------------------
 * Workers
 * ----------------------------------------------------------------
 */

/* Start workers that are due; returns the time of the next start. */
static TimestampTz
mind_workers(TimestampTz now)
{
	int			nlooks;
	int			nworkers = see_to_workers(now, &nlooks);
	bool		room = true;
	TimestampTz wake_at;
	KnownWorker *worker;

	while ((worker = find_next(now, nlooks < MAX_LOOKS)) != NULL)
	{
		room = start_worker(worker, now);
		if (!room)
			break;
		nworkers++;
		nlooks += worker->look;
	}
	mind_room(room ? NULL : worker, nworkers > 0, now);
	wake_at = find_next_start(now);
	if (!room)
		wake_at = Min(wake_at,
					  TimestampTzPlusMilliseconds(now, NO_ROOM_PAUSE_MS));
	else if (nlooks >= MAX_LOOKS)
		wake_at = Min(wake_at,
					  TimestampTzPlusMilliseconds(now, LONGEST_LOOK_MS));
	return wake_at;
}

/*
 * Check which workers have exited; returns the number of running ones, and how
 * many of them are looks.
 */
static int
see_to_workers(TimestampTz now, int *nlooks)
{
	int			nworkers = 0;
	HASH_SEQ_STATUS status;
	KnownWorker *worker;

	*nlooks = 0;
	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
	{
		pid_t		pid;

		if (worker->handle != NULL &&
			GetBackgroundWorkerPid(worker->handle, &pid) == BGWH_STOPPED)
			note_end(worker, now);
		if (worker->news && worker->failures == 0)
			worker->start_at = Min(worker->start_at, now);
		if (worker->handle == NULL)
		{
			worker->look = worker->look && !worker->news;
			continue;
		}
		nworkers++;
		*nlooks += worker->look &&
			!TimestampDifferenceExceeds(worker->started_at, now,
										LONGEST_LOOK_MS);
	}
	return nworkers;
}

static void
note_end(KnownWorker *worker, TimestampTz now)
{
	pfree(worker->handle);
	worker->handle = NULL;
	worker->look = false;
	if (glue_worker_left(worker->key.database, worker->key.kind,
						 &worker->start_at))
		worker->failures = 0;
	else
	{
		int			pause_ms = FIRST_PAUSE_MS << Min(worker->failures, 10);

		worker->start_at =
			TimestampTzPlusMilliseconds(now, Min(pause_ms, LONGEST_PAUSE_MS));
		worker->failures++;
	}
}

/* The worker to be started next; NULL if none is due. */
static KnownWorker *
find_next(TimestampTz now, bool looks)
{
	KnownWorker *next = NULL;
	HASH_SEQ_STATUS status;
	KnownWorker *worker;

	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
	{
		if (!worker->exists || worker->handle != NULL ||
			worker->start_at > now || (worker->look && !looks))
			continue;
		if (next == NULL || comes_before(worker, next))
			next = worker;
	}
	return next;
}

/* Is a worker more urgent than another one? */
static bool
comes_before(const KnownWorker *a, const KnownWorker *b)
{
	if (a->key.kind != b->key.kind)
		return a->key.kind == GLUE_WORK_JOURNAL;
	if (a->look != b->look)
		return b->look;
	return a->start_at < b->start_at;
}

static bool
start_worker(KnownWorker *worker, TimestampTz now)
{
	MemoryContext old_context = MemoryContextSwitchTo(TopMemoryContext);
	bool		started;

	Assert(worker->handle == NULL);
	started = glue_worker_start(worker->key.database, worker->key.kind,
								&worker->handle);

	MemoryContextSwitchTo(old_context);
	if (started)
	{
		worker->news = false;
		worker->started_at = now;
	}
	return started;
}

/*
 * If no slot is free for a waiting worker, ask other workers to exit.  If
 * there are none of ours, or they take long, log that the administrator must
 * act.
 */
static void
mind_room(const KnownWorker *waiting, bool ours, TimestampTz now)
{
	static bool told[GLUE_NUM_WORK_KINDS];

	glue_news_tell_crowded(waiting != NULL);
	if (waiting == NULL)
	{
		crowded_since = 0;
		memset(told, 0, sizeof(told));
		return;
	}
	if (crowded_since == 0)
		crowded_since = now;
	if (told[waiting->key.kind] ||
		(ours && !TimestampDifferenceExceeds(crowded_since, now,
											 NO_ROOM_PATIENCE_MS)))
		return;
	complain_of_room(waiting->key.kind);
	told[waiting->key.kind] = true;
}

static void
complain_of_room(GlueWorkKind kind)
{
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

/* The time when the next worker is to be started that is not due yet. */
static TimestampTz
find_next_start(TimestampTz now)
{
	TimestampTz next = TimestampTzPlusMilliseconds(now, LOOK_MS);
	HASH_SEQ_STATUS status;
	KnownWorker *worker;

	hash_seq_init(&status, workers);
	while ((worker = hash_seq_search(&status)) != NULL)
	{
		if (worker->exists && worker->handle == NULL &&
			worker->start_at > now)
			next = Min(next, worker->start_at);
	}
	return next;
}

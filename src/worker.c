/*-------------------------------------------------------------------------
 *
 * worker.c
 *	  The background worker that works the queue of one database.
 *
 * The launcher starts one for a database that has news, or may have some.  It
 * carries out what is due, stays for a moment in case there is more, and
 * leaves: a database to which somebody is connected cannot be dropped.  Before
 * it leaves it says when it wants to be started again, because requests are
 * put off and finished ones are to be deleted one day.
 *
 * Claims belong to a process.  So whatever ends a worker, the next one knows
 * at once what that one had under way.
 *
 * No transaction is open while requests are on the wire; see queue_run.c.
 *
 * Exit codes: 0 if it has left on purpose, which is no news to the log; 1 from
 * any error, which is in the log.  The postmaster starts no worker again: that
 * is for the launcher, which waits longer and longer if workers keep failing.
 *
 * IDENTIFICATION
 *	  src/worker.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "compat.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "queue_run.h"
#include "queue_wake.h"
#include "request_claim.h"
#include "settings.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/snapmgr.h"
#include "worker.h"

/* How long an idle worker stays. */
#define LINGER_MS			2000

/* How often it looks after claims of others, and after old requests. */
#define UPKEEP_MS			30000

/* Requests that are deleted in one transaction. */
#define PURGE_BATCH			1000

/* prototypes of private functions */
static GlueWorkerNote *find_note(Oid database, bool make);
static void leave_note(Oid database, bool left, TimestampTz come_back_at);
static Oid	find_schema(void);
static void work(Oid schema, int64 claimant, TimestampTz *next_due);
static void keep_up(Oid schema, int64 claimant);
static bool linger(TimestampTz *next_due);
static void begin(bool snapshot);
static void commit(void);
static void reload_if_asked(void);

GlueSharedPart glue_workers_part = {
	.name = "glue_conn workers",
	.size = sizeof(GlueWorkerNote) * GLUE_MAX_WORKERS,
};

static const GlueTransactions transactions = {begin, commit};

/*
 * Start a worker for a database; false if there is no room for one.
 */
bool
glue_worker_start(Oid database, BackgroundWorkerHandle **handle)
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
	strlcpy(worker.bgw_function_name, "glue_worker_main", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "glue_conn worker", BGW_MAXLEN);
	snprintf(worker.bgw_name, BGW_MAXLEN, "glue_conn worker for database %u",
			 database);
	leave_note(database, false, 0);
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/*
 * Has the last worker of a database left on purpose?  Then it says when
 * another one has something to do.
 */
bool
glue_worker_left(Oid database, TimestampTz *come_back_at)
{
	GlueWorkerNote *note;
	bool		left;

	glue_shared_lock(LW_SHARED);
	note = find_note(database, false);
	left = note != NULL && note->left;
	if (left)
		*come_back_at = note->come_back_at;
	glue_shared_unlock();
	return left;
}

/* The main function of a worker. */
void
glue_worker_main(Datum database)
{
	TimestampTz next_due = 0;
	int64		claimant = 0;
	Oid			schema;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	BackgroundWorkerInitializeConnectionByOid(DatumGetObjectId(database),
											  InvalidOid, 0);
	glue_queue_listen(MyDatabaseId);

	do
	{
		CHECK_FOR_INTERRUPTS();
		reload_if_asked();
		glue_queue_take_news(NULL, 0);
		schema = find_schema();
		if (!OidIsValid(schema))
			break;
		if (claimant == 0)
			claimant = glue_claimant_begin();
		work(schema, claimant, &next_due);
	} while (linger(&next_due) || glue_queue_unlisten());
	if (OidIsValid(schema))
		glue_queue_leave(schema, claimant, &transactions);

	leave_note(MyDatabaseId, true, next_due != 0 ? next_due : DT_NOEND);
	proc_exit(0);
}

/* ----------------------------------------------------------------
 * Notes
 * ----------------------------------------------------------------
 */

/* The note of a database; NULL if there is none, and none can be made. */
static GlueWorkerNote *
find_note(Oid database, bool make)
{
	GlueWorkerNote *notes = glue_shared_attach(&glue_workers_part);
	GlueWorkerNote *free_note = NULL;

	for (int i = 0; i < GLUE_MAX_WORKERS; i++)
	{
		if (notes[i].database == database)
			return &notes[i];
		if (!OidIsValid(notes[i].database) && free_note == NULL)
			free_note = &notes[i];
	}
	if (make && free_note != NULL)
		free_note->database = database;
	return make ? free_note : NULL;
}

static void
leave_note(Oid database, bool left, TimestampTz come_back_at)
{
	GlueWorkerNote *note;

	glue_shared_lock(LW_EXCLUSIVE);
	note = find_note(database, true);
	if (note != NULL)
	{
		note->left = left;
		note->come_back_at = come_back_at;
	}
	glue_shared_unlock();
}

/* ----------------------------------------------------------------
 * Work
 * ----------------------------------------------------------------
 */

/* The schema of the extension in this database; InvalidOid if it has none. */
static Oid
find_schema(void)
{
	Oid			schema = InvalidOid;

	begin(true);
	SPI_connect();
	if (SPI_execute("SELECT extnamespace FROM pg_catalog.pg_extension"
					" WHERE extname OPERATOR(pg_catalog.=) 'glue_conn'",
					true, 1) == SPI_OK_SELECT && SPI_processed == 1)
	{
		bool		is_null;

		schema = DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0],
												SPI_tuptable->tupdesc, 1,
												&is_null));
	}
	SPI_finish();
	commit();
	return schema;
}

/* Carry out what is due. */
static void
work(Oid schema, int64 claimant, TimestampTz *next_due)
{
	pgstat_report_activity(STATE_RUNNING, "working the queue of glue_conn");
	keep_up(schema, claimant);
	glue_queue_run(schema, claimant, &transactions, 0, next_due);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* See to what others have left behind, and to what nobody needs any more. */
static void
keep_up(Oid schema, int64 claimant)
{
	static TimestampTz done_at = 0;
	TimestampTz now = GetCurrentTimestamp();
	GlueClaims	claims;
	uint64		deleted = 0;

	if (done_at != 0 &&
		!TimestampDifferenceExceeds(done_at, now, UPKEEP_MS))
		return;
	done_at = now;
	glue_queue_recover(schema, claimant, &transactions);
	if (glue_setting_request_retention < 0)
		return;
	do
	{
		begin(true);
		deleted = 0;
		if (glue_claims_open(&claims, schema, claimant))
			deleted = glue_claims_purge(&claims,
										now - glue_setting_request_retention * USECS_PER_SEC,
										PURGE_BATCH);
		commit();
		CHECK_FOR_INTERRUPTS();
	} while (deleted == PURGE_BATCH);
}

/*
 * Wait a moment for something to do; false if it is time to leave.
 */
static bool
linger(TimestampTz *next_due)
{
	static uint32 idle_event = 0;
	TimestampTz leave_at =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), LINGER_MS);

	while (!glue_queue_has_news())
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz until = leave_at;

		if (*next_due != 0 && *next_due <= now)
			return true;
		if (now >= leave_at)
			return false;
		if (*next_due != 0)
			until = Min(until, *next_due);
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 TimestampDifferenceMilliseconds(now, until) + 1,
						 GLUE_WAIT_EVENT(idle_event, "GlueConnIdle"));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		reload_if_asked();
	}
	return true;
}

static void
begin(bool snapshot)
{
	reload_if_asked();
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	if (snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
}

static void
commit(void)
{
	if (ActiveSnapshotSet())
		PopActiveSnapshot();
	CommitTransactionCommand();
}

static void
reload_if_asked(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

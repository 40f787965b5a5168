/*-------------------------------------------------------------------------
 *
 * queue_worker.c
 *	  The background worker that works the queue of one database.
 *
 * The launcher starts one for a database that has news, or may have some.  It
 * carries out what is due, and waits for more if there was any.  Before it exits,
 * it says when it wants to be started again, because requests are put off and
 * finished ones are to be deleted one day.
 *
 * In a database that the settings do not name any more, or that is a template
 * now, it only undoes what was rolled back.
 *
 * Claims belong to a process.  So whatever ends a worker, the next one knows
 * at once what that one had under way.
 *
 * No transaction is open while requests are on the wire; see queue/run.c.
 *
 * IDENTIFICATION
 *	  src/workers/queue_worker.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/skey.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "aws/algorithms.h"
#include "catalog/pg_extension.h"
#include "http/http.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "queue/run.h"
#include "queue/transaction.h"
#include "server/compat.h"
#include "server/news.h"
#include "server/service.h"
#include "server/settings.h"
#include "store/claim_ending.h"
#include "store/claims.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "workers/database_worker.h"
#include "workers/loop.h"
#include "workers/queue_worker.h"

/* How often it looks after claims of others, and after old requests. */
#define UPKEEP_MS			30000

/* Requests that are deleted in one transaction. */
#define PURGE_BATCH			1000

/* prototypes of private functions */
static void prepare(void);
static Oid	find_schema(bool *only_undo);
static Oid	read_schema(void);
static bool work(Oid schema, int64 claimant, bool only_undo,
				 TimestampTz *next_due);
static void keep_up(Oid schema, int64 claimant);
static void begin(bool snapshot);
static void commit(void);

static const GlueTransactions transactions = {begin, commit};

/* The main function of a worker. */
void
glue_worker_main(Datum database)
{
	static uint32 idle_event = 0;
	TimestampTz next_due = 0;
	int64		claimant = 0;
	bool		worked = false;
	bool		only_undo;
	Oid			schema;

	glue_worker_enter(DatumGetObjectId(database));
	prepare();
	glue_queue_listen(MyDatabaseId, GLUE_WORK_QUEUE);

	do
	{
		glue_worker_begin_round();
		schema = find_schema(&only_undo);
		if (!OidIsValid(schema))
			break;
		if (claimant == 0)
			claimant = glue_claimant_begin();
		worked |= work(schema, claimant, only_undo, &next_due);
	} while (glue_worker_linger(worked, &next_due, DT_NOBEGIN,
								GLUE_WAIT_EVENT(idle_event, "GlueConnIdle")));
	if (!OidIsValid(schema))
		glue_queue_note_open(false);
	if (glue_queue_unlisten())
		next_due = GetCurrentTimestamp();
	if (OidIsValid(schema))
		glue_queue_leave(schema, claimant, &transactions);

	glue_worker_leave(GLUE_WORK_QUEUE, next_due != 0 ? next_due : DT_NOEND);
}

/*
 * Load what calls of AWS take.  If that fails for want of memory, another worker
 * may succeed, and this one cannot.
 */
static void
prepare(void)
{
	if (!glue_algorithms_load())
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not load the algorithms of OpenSSL")));
	glue_http_open();
}

/* ----------------------------------------------------------------
 * Work
 * ----------------------------------------------------------------
 */

/*
 * The schema of the extension in this database; InvalidOid if it has none.  Is
 * there anything to be done but undone?
 */
static Oid
find_schema(bool *only_undo)
{
	Oid			schema;

	begin(true);
	*only_undo = !glue_service_exists();
	schema = read_schema();
	commit();
	return schema;
}

/* What pg_extension says of it: PostgreSQL 15 has no function for that. */
static Oid
read_schema(void)
{
	Relation	relation = table_open(ExtensionRelationId, AccessShareLock);
	Oid			schema = InvalidOid;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber,
				F_NAMEEQ, CStringGetDatum("glue_conn"));
	scan = systable_beginscan(relation, ExtensionNameIndexId, true, NULL, 1,
							  &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return schema;
}

/* Carry out what is due; was there anything? */
static bool
work(Oid schema, int64 claimant, bool only_undo, TimestampTz *next_due)
{
	uint64		nclaimed;

	pgstat_report_activity(STATE_RUNNING, "working the queue of glue_conn");
	keep_up(schema, claimant);
	nclaimed = glue_queue_run(schema, claimant, &transactions, 0, only_undo,
							  next_due);
	if (*next_due != 0 || !only_undo)
		glue_queue_note_open(*next_due != 0);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
	return nclaimed > 0;
}

/* See to what others have left behind, and to what nobody needs any more. */
static void
keep_up(Oid schema, int64 claimant)
{
	static TimestampTz done_at = 0;
	TimestampTz now = GetCurrentTimestamp();
	GlueClaims	claims;
	uint64		deleted = 0;

	if (done_at != 0 && done_at <= now &&
		!TimestampDifferenceExceeds(done_at, now, UPKEEP_MS))
		return;
	done_at = now;
	glue_queue_recover(schema, claimant, &transactions);
	if (glue_setting_request_retention < 0)
		return;
	do
	{
		glue_queue_begin(&transactions);
		deleted = 0;
		if (glue_claims_open(&claims, schema, claimant))
			deleted = glue_claims_purge(&claims,
										now - glue_setting_request_retention * USECS_PER_SEC,
										PURGE_BATCH);
		commit();
		CHECK_FOR_INTERRUPTS();
	} while (deleted == PURGE_BATCH);
}

static void
begin(bool snapshot)
{
	glue_worker_reload_if_asked();
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

	/* autovacuum goes by it, and a queue may be worked for days */
	pgstat_report_stat(false);
}

/*-------------------------------------------------------------------------
 *
 * queue_worker.c
 *	  The background worker that works the queue of one database.
 *
 * The launcher starts one for a database that has news, or may have some.  It
 * carries out due requests, and waits for more if there were any.  Before it
 * exits, it notes when it must be started again, for requests that were put
 * off, and for the deletion of old requests.
 *
 * In a database that the settings do not name any more, or that is a template
 * now, it only undoes calls that were rolled back.
 *
 * Claims belong to a process.  So after any exit of a worker, the next one
 * finds the requests that it had claimed.
 *
 * No transaction is open during calls; see queue/run.c.
 *
 * IDENTIFICATION
 *	  src/workers/queue_worker.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "aws/algorithms.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "http/http.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "queue/transaction.h"
#include "server/compat.h"
#include "server/news.h"
#include "server/service.h"
#include "server/settings.h"
#include "store/jobs.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "workers/workers.h"

/*
 * Interval of the recovery of other processes' claims, and of the deletion of
 * old requests.
 */
#define UPKEEP_MS			30000

/* Requests that are deleted in one transaction. */
#define PURGE_BATCH			1000

/* prototypes of private functions */
static void prepare(void);
static bool work(TimestampTz *due, bool *stay);
static void end(void);
static Oid	find_schema(bool *only_undo);
static Oid	read_schema(void);
static void keep_up(void);
static void begin(void);
static void commit(void);

static const GlueWork queue_work = {
	.kind = GLUE_WORK_QUEUE,
	.wait_event = "GlueConnIdle",
	.prepare = prepare,
	.work = work,
	.end = end,
};

static GlueQueueProcess process = {.begin = begin, .commit = commit};

/* The main function of a worker. */
void
glue_worker_main(Datum database)
{
	glue_worker_run(DatumGetObjectId(database), &queue_work);
}

/*
 * Initialize the libraries for calls of AWS.  If that fails for lack of
 * memory, exit, because only another process can succeed.
 */
static void
prepare(void)
{
	if (!glue_algorithms_load())
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not load the algorithms of OpenSSL")));
	glue_http_expect(1);
}

/* ----------------------------------------------------------------
 * Work
 * ----------------------------------------------------------------
 */

/* Carry out due requests; false if the extension does not exist. */
static bool
work(TimestampTz *due, bool *stay)
{
	bool		only_undo;

	process.schema = find_schema(&only_undo);
	if (!OidIsValid(process.schema))
	{
		glue_news_note_open(false);
		return false;
	}
	if (process.claimant == 0)
		process.claimant = glue_claimant_begin();
	pgstat_report_activity(STATE_RUNNING, "working the queue of glue_conn");
	keep_up();
	*stay |= glue_queue_run(&process, 0, only_undo, due) > 0;
	if (*due != 0 || !only_undo)
		glue_news_note_open(*due != 0);
	pgstat_report_stat(true);
	pgstat_report_activity(STATE_IDLE, NULL);
	return true;
}

/* Leave the list of claimants: this process has no claims any more. */
static void
end(void)
{
	if (OidIsValid(process.schema))
		glue_queue_leave(&process);
}

/*
 * The schema of the extension in this database; InvalidOid if it does not
 * exist.  *only_undo is set if only undos are to be carried out.
 */
static Oid
find_schema(bool *only_undo)
{
	Oid			schema;

	begin();
	PushActiveSnapshot(GetTransactionSnapshot());
	*only_undo = !glue_service_exists();
	schema = read_schema();
	commit();
	return schema;
}

/* Read it from pg_extension: PostgreSQL 15 has no function for that. */
static Oid
read_schema(void)
{
	Oid			extension = get_extension_oid("glue_conn", true);
	Relation	relation = table_open(ExtensionRelationId, AccessShareLock);
	HeapTuple	tuple = get_catalog_object_by_oid(relation,
												  Anum_pg_extension_oid,
												  extension);
	Oid			schema = InvalidOid;

	if (HeapTupleIsValid(tuple))
		schema = ((Form_pg_extension) GETSTRUCT(tuple))->extnamespace;
	table_close(relation, AccessShareLock);
	return schema;
}

/* Recover the claims of exited processes, and delete old requests. */
static void
keep_up(void)
{
	static TimestampTz done_at = 0;
	TimestampTz now = GetCurrentTimestamp();
	GlueJobQueue queue;
	uint64		deleted = 0;

	if (done_at != 0 && done_at <= now &&
		!TimestampDifferenceExceeds(done_at, now, UPKEEP_MS))
		return;
	done_at = now;
	glue_queue_recover(&process);
	if (glue_setting_request_retention < 0)
		return;
	do
	{
		glue_queue_begin(&process);
		deleted = 0;
		if (glue_job_queue_open(&queue, process.schema, process.claimant))
			deleted = glue_requests_purge(&queue,
										  now - glue_setting_request_retention * USECS_PER_SEC,
										  PURGE_BATCH);
		commit();
		CHECK_FOR_INTERRUPTS();
	} while (deleted == PURGE_BATCH);
}

static void
begin(void)
{
	Assert(!IsTransactionState());
	glue_worker_reload_if_asked();
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
}

static void
commit(void)
{
	if (ActiveSnapshotSet())
		PopActiveSnapshot();
	CommitTransactionCommand();

	/* autovacuum needs the statistics, and a queue may be worked for days */
	pgstat_report_stat(false);
}

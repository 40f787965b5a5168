/*-------------------------------------------------------------------------
 *
 * resolve.c
 *	  Calls that acted at once, and whose transaction has ended without them.
 *
 * Before a call acts at once, what it is about to do (its intent) is committed
 * to the journal, in the name of the caller's transaction.  The caller closes
 * the row in that transaction.  So what is open in the journal belongs to a
 * transaction that is in progress, or to one that was rolled back: by ROLLBACK,
 * by an error, or because its process or the whole server is gone.  Or else the
 * call has failed, nobody knows whether it was carried out all the same, and the
 * transaction has committed without it.  Here, those that have ended are found
 * and put into the queue, to be undone; unless it is known that nothing was
 * done.
 *
 * A row whose transaction is in progress is never touched, for nobody must wait
 * for that.  Whoever else looks for the same rows is not waited for either.
 *
 * That a transaction has ended is not enough to undo what it did: somebody else
 * may have found the connection a moment ago, and be about to use it.  Whoever
 * is, has written an intent.  See journal_lock.c for how it is made sure that
 * this intent is either seen by whoever claims the undo, in a later snapshot, or
 * was refused.
 *
 * IDENTIFICATION
 *	  src/journal/resolve.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "journal/journal_lock.h"
#include "journal/outcomes.h"
#include "journal/resolve.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/owner_spi.h"
#include "server/result_row.h"
#include "server/subtransaction.h"
#include "server/xact_status.h"
#include "store/notice.h"
#include "store/sql_text.h"

/* Calls that are dealt with at once, so that nobody waits long for that. */
#define RESOLVE_BATCH	256

/* The columns of the calls that are dealt with, as arrays. */
typedef struct Endings
{
	Datum		ids[RESOLVE_BATCH];
	Datum		states[RESOLVE_BATCH];
	Datum		codes[RESOLVE_BATCH];	/* of a refusal... */
	Datum		messages[RESOLVE_BATCH];
	bool		no_code[RESOLVE_BATCH];
	Datum		request_ids[RESOLVE_BATCH]; /* ... and AWS's ID of it */
	bool		no_request_id[RESOLVE_BATCH];
	Datum		answered_at[RESOLVE_BATCH];
	bool		not_answered[RESOLVE_BATCH];
	Datum		not_made[RESOLVE_BATCH];	/* it has created nothing */
	int			n;
} Endings;

/* What of them is written at once. */
typedef struct Writing
{
	const GlueClaims *queue;
	const Endings *endings;
	int			first;
	int			n;
	GlueResolution *resolution; /* those that are written */
} Writing;

/* prototypes of private functions */
static void find_ended(const GlueClaims *queue, GlueResolution *resolution);
static uint64 read_open(const GlueClaims *queue, GlueImpersonation *saved);
static bool wait_for_journal(void);
static void lock_journal(void *arg);
static void judge(Endings *endings, int64 id);
static void write_endings(const GlueClaims *queue, const Endings *endings,
						  GlueResolution *resolution);
static void write_some(void *arg);
static uint64 update(const Writing *writing, GlueImpersonation *saved);
static void announce(const GlueResultRow *row);

/*
 * Find the calls whose transaction has ended without them, and put them into
 * the queue, to be undone.  glue_intents_resolved() is to follow once that has
 * committed.
 *
 * What is found belongs to the current memory context.
 */
void
glue_intents_resolve(const GlueClaims *queue, GlueResolution *resolution)
{
	Endings    *endings;

	memset(resolution, 0, sizeof(GlueResolution));
	find_ended(queue, resolution);
	if (resolution->nresolved == 0)
		return;
	if (!wait_for_journal())
	{
		resolution->nresolved = 0;
		resolution->incomplete = true;
		return;
	}
	endings = palloc0(sizeof(Endings));
	for (int i = 0; i < resolution->nresolved; i++)
		judge(endings, resolution->resolved[i]);
	write_endings(queue, endings, resolution);
}

/* What was known of them is in the table now. */
void
glue_intents_resolved(const GlueResolution *resolution)
{
	for (int i = 0; i < resolution->nresolved; i++)
		glue_known_outcome_forget(resolution->resolved[i]);
}

/*
 * Find some of those that are open and whose transaction has ended.
 *
 * Many calls belong to few transactions, one after the other.  A transaction
 * may have committed, and closed its calls, since our snapshot was taken; that
 * will turn out when their rows are to be updated.
 */
static void
find_ended(const GlueClaims *queue, GlueResolution *resolution)
{
	GlueImpersonation saved;
	bool		ended = false;
	uint64		known_xid = 0;
	int64	   *ids = palloc(RESOLVE_BATCH * sizeof(int64));
	uint64		count = read_open(queue, &saved);

	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);
		uint64		xid = (uint64) glue_result_int64(&row, 2);

		if (i == 0 || xid != known_xid)
			ended = glue_caller_ended(xid);
		known_xid = xid;
		if (!ended)
			continue;
		if (resolution->nresolved == RESOLVE_BATCH)
		{
			resolution->incomplete = true;
			break;
		}
		ids[resolution->nresolved++] =
			glue_result_int64(&row, 1);
	}
	glue_execute_end(&saved);
	resolution->resolved = ids;
}

/* Read those that are open; glue_execute_end() must follow. */
static uint64
read_open(const GlueClaims *queue, GlueImpersonation *saved)
{
	static GlueKeptPlan kept;
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("SELECT id, caller_xid FROM %s"
								   " WHERE finished_at IS NULL"
								   " AND caller_xid IS NOT NULL"
								   " AND state" EQUALS "'running'"
								   " AND claimed_by IS NULL"
								   " AND home" EQUALS "%s ORDER BY id",
								   queue->table, queue->own), 0, NULL);
	return glue_execute_as(saved, queue->owner, plan, NULL, NULL);
}

/*
 * Wait until intents that are being written are committed; false if that takes
 * too long.
 */
static bool
wait_for_journal(void)
{
	ErrorData  *error = glue_subtransaction_try(lock_journal, NULL);

	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	return error == NULL;
}

static void
lock_journal(void *arg)
{
	glue_journal_lock(ShareLock);
}

/*
 * Decide what becomes of a call, as far as its outcome is known: if it was
 * refused, that is all; if not, it is to be undone.
 */
static void
judge(Endings *endings, int64 id)
{
	int			i = endings->n++;
	const char *state = "queued";
	GlueKnownCall known;

	glue_known_outcome_find(id, &known);
	endings->no_code[i] = true;
	if (known.outcome == GLUE_OUTCOME_NOTHING)
	{
		state = known.code[0] != '\0' ? "failed" : "rolled_back";
		endings->no_code[i] = known.code[0] == '\0';
		endings->codes[i] = CStringGetTextDatum(glue_server_from_utf8(known.code));
		endings->messages[i] =
			CStringGetTextDatum(glue_server_from_utf8(known.message));
		endings->request_ids[i] =
			CStringGetTextDatum(glue_server_from_utf8(known.request_id));
	}
	endings->no_request_id[i] = known.request_id[0] == '\0';
	endings->ids[i] = Int64GetDatum(id);
	endings->states[i] = CStringGetTextDatum(state);
	endings->answered_at[i] = TimestampTzGetDatum(known.answered_at);
	endings->not_answered[i] = known.answered_at == 0;
	endings->not_made[i] = BoolGetDatum(known.outcome == GLUE_OUTCOME_CHANGED);
}

/*
 * Write down what becomes of the calls, of those that were still open: of all of
 * them, or, if one of them keeps that from being done, of each other one.
 */
static void
write_endings(const GlueClaims *queue, const Endings *endings,
			  GlueResolution *resolution)
{
	Writing		writing = {queue, endings, 0, endings->n, resolution};

	resolution->nresolved = 0;
	if (glue_subtransaction_try(write_some, &writing) == NULL)
		return;
	writing.n = 1;
	for (; writing.first < endings->n; writing.first++)
	{
		int			before = resolution->nresolved;
		ErrorData  *error = glue_subtransaction_try(write_some, &writing);

		if (error == NULL)
			continue;
		resolution->nresolved = before;
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("could not record that the transaction of call %lld has ended: %s",
						(long long) DatumGetInt64(endings->ids[writing.first]),
						error->message)));
	}
}

static void
write_some(void *arg)
{
	const Writing *writing = arg;
	GlueResolution *resolution = writing->resolution;
	GlueImpersonation saved;
	uint64		count = update(writing, &saved);

	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);

		resolution->resolved[resolution->nresolved++] =
			glue_result_int64(&row, 1);
		announce(&row);
	}
	glue_execute_end(&saved);
	glue_check_deferred();
}

/*
 * The statement for that; glue_execute_end() must follow.  What it is written
 * like keeps the planner, which may believe that the table is empty, from
 * reading all of it.
 */
static uint64
update(const Writing *writing, GlueImpersonation *saved)
{
	const GlueClaims *queue = writing->queue;
	const Endings *endings = writing->endings;
	int			first = writing->first;
	static GlueKeptPlan kept;
	static const Oid types[] = {
		INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
		BOOLARRAYOID, TEXTARRAYOID, TEXTARRAYOID
	};
	Datum		values[lengthof(types)];
	int			n = writing->n;
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("WITH open AS (SELECT e.*"
								   " FROM unnest($1, $2, $3, $4, $5, $6, $7)"
								   " AS e (id, state, code, answered_at, not_made,"
								   " message, request_id),"
								   " LATERAL (SELECT FROM %s r"
								   " WHERE r.id" EQUALS "e.id AND r.home" EQUALS "%s"
								   " AND r.state" EQUALS "'running'"
								   " AND r.claimed_by IS NULL"
								   " OFFSET 0 FOR UPDATE SKIP LOCKED) AS r)"
								   " UPDATE %s r SET state = e.state,"
								   " next_attempt_at = " NOW ","
								   " answered_at = coalesce(e.answered_at, r.answered_at),"
								   " on_rollback = CASE WHEN NOT e.not_made"
								   " THEN r.on_rollback END,"
								   " finished_at = CASE WHEN e.state" DIFFERS_FROM "'queued'"
								   " THEN " NOW " END,"
								   " error_code = coalesce(e.code, r.error_code),"
								   " error_message = coalesce(e.message, r.error_message),"
								   " aws_request_id = coalesce(e.request_id, r.aws_request_id)"
								   " FROM open e WHERE r.id" EQUALS "e.id"
								   " AND r.home" EQUALS "%s"
								   " RETURNING r.id, r.operation,"
								   " r.connection_name, r.state",
								   queue->table, queue->own, queue->table,
								   queue->own),
						  lengthof(types), types);
	values[0] = glue_array_parameter(&endings->ids[first], NULL, n, INT8OID);
	values[1] = glue_array_parameter(&endings->states[first], NULL, n, TEXTOID);
	values[2] = glue_array_parameter(&endings->codes[first],
									 &endings->no_code[first], n, TEXTOID);
	values[3] = glue_array_parameter(&endings->answered_at[first],
									 &endings->not_answered[first], n,
									 TIMESTAMPTZOID);
	values[4] = glue_array_parameter(&endings->not_made[first], NULL, n,
									 BOOLOID);
	values[5] = glue_array_parameter(&endings->messages[first],
									 &endings->no_code[first], n, TEXTOID);
	values[6] = glue_array_parameter(&endings->request_ids[first],
									 &endings->no_request_id[first], n,
									 TEXTOID);
	return glue_execute_as(saved, queue->owner, plan, values, NULL);
}

/* Tell of a call that has come to its end. */
static void
announce(const GlueResultRow *row)
{
	const char *state = glue_result_text(row, 4);

	if (strcmp(state, "queued") != 0)
		glue_request_notify(glue_result_int64(row, 1),
							glue_result_text(row, 2),
							glue_result_text(row, 3), state, NULL);
}

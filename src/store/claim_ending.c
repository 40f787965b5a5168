/*-------------------------------------------------------------------------
 *
 * claim_ending.c
 *	  How attempts at requests have ended, in the table glue_request.
 *
 * An attempt is recorded by who has claimed it, as long as the claim is still
 * his.  A request that has ended is kept for some time, for people and as evidence
 * of what was done about its connection, and is purged then.
 *
 * IDENTIFICATION
 *	  src/store/claim_ending.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/jsonb_tree.h"
#include "server/owner_spi.h"
#include "store/claim_ending.h"
#include "store/sql_text.h"

/* What is known of an attempt that has ended, from $2 on. */
typedef enum EndedColumn
{
	ENDED_ID = 1,
	ENDED_ATTEMPTS,
	ENDED_STATE,
	ENDED_NEXT_ATTEMPT_AT,
	ENDED_FREE,
	ENDED_STATUS,
	ENDED_ERROR_CODE,
	ENDED_ERROR_MESSAGE,
	ENDED_AWS_REQUEST_ID,
	ENDED_UNCERTAIN,
	ENDED_UNDONE,
	ENDED_ANSWER,
	ENDED_ACCOUNT_ID,
	ENDED_AWS_ENDED_AT,
	ENDED_AWS_SETTLED_AT,
	NUM_ENDED_COLUMNS
} EndedColumn;

/* Their types, and those of arrays of them. */
static const struct
{
	Oid			element;
	Oid			array;
}			ended_columns[NUM_ENDED_COLUMNS] = {
	[ENDED_ID] = {INT8OID, INT8ARRAYOID},
	[ENDED_ATTEMPTS] = {INT4OID, INT4ARRAYOID},
	[ENDED_STATE] = {TEXTOID, TEXTARRAYOID},
	[ENDED_NEXT_ATTEMPT_AT] = {TIMESTAMPTZOID, TIMESTAMPTZARRAYOID},
	[ENDED_FREE] = {INT4OID, INT4ARRAYOID},
	[ENDED_STATUS] = {TEXTOID, TEXTARRAYOID},
	[ENDED_ERROR_CODE] = {TEXTOID, TEXTARRAYOID},
	[ENDED_ERROR_MESSAGE] = {TEXTOID, TEXTARRAYOID},
	[ENDED_AWS_REQUEST_ID] = {TEXTOID, TEXTARRAYOID},
	[ENDED_UNCERTAIN] = {BOOLOID, BOOLARRAYOID},
	[ENDED_UNDONE] = {BOOLOID, BOOLARRAYOID},
	[ENDED_ANSWER] = {JSONBOID, JSONBARRAYOID},
	[ENDED_ACCOUNT_ID] = {TEXTOID, TEXTARRAYOID},
	[ENDED_AWS_ENDED_AT] = {TIMESTAMPTZOID, TIMESTAMPTZARRAYOID},
	[ENDED_AWS_SETTLED_AT] = {TIMESTAMPTZOID, TIMESTAMPTZARRAYOID},
};

/* prototypes of private functions */
static char *record_text(const GlueClaims *queue);
static void erase_secrets(const GlueClaims *queue,
						  const GlueEndedClaim *ended, int nended);
static Datum ended_column(const GlueEndedClaim *ended, int nended,
						  EndedColumn column);
static Datum ended_value(const GlueEndedClaim *ended, EndedColumn column,
						 bool *is_null);

/*
 * Record how attempts have ended, and which of the requests were still ours.
 *
 * As long as a request is open, it has the name that its server had when it was
 * made, under which its connection may be recorded.
 *
 * The sealed secrets of a request that has ended are erased.  What is undone, but
 * has not ended, is only to be recorded.
 */
void
glue_claims_record(const GlueClaims *queue, GlueEndedClaim *ended, int nended)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	Oid			types[NUM_ENDED_COLUMNS];
	Datum		values[NUM_ENDED_COLUMNS];
	uint64		count;

	types[0] = INT8OID;
	values[0] = Int64GetDatum(queue->claimant);
	for (int column = 1; column < NUM_ENDED_COLUMNS; column++)
	{
		types[column] = ended_columns[column].array;
		values[column] = ended_column(ended, nended, column);
	}
	count = glue_execute_as(&saved, queue->owner,
							glue_kept_plan(&kept, queue->owner,
										   record_text(queue),
										   NUM_ENDED_COLUMNS, types),
							values, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);
		int64		id = glue_result_int64(&row, 1);

		for (int j = 0; j < nended; j++)
			ended[j].recorded |= ended[j].request->id == id;
	}
	glue_execute_end(&saved);
	erase_secrets(queue, ended, nended);
}

/*
 * The statement for that.  Its parameters are the claimant, and the columns of
 * what has ended.
 */
static char *
record_text(const GlueClaims *queue)
{
	return psprintf("UPDATE %s r SET state = o.state,"
					" next_attempt_at = coalesce(o.next_attempt_at, r.next_attempt_at),"
					" finished_at = CASE WHEN o.state" DIFFERS_FROM "'queued'"
					" THEN " NOW " END,"
					" server = CASE WHEN o.state" DIFFERS_FROM "'queued'"
					" THEN coalesce((SELECT f.srvname"
					" FROM pg_catalog.pg_foreign_server f"
					" WHERE f.oid" EQUALS "r.server_oid"
					" AND r.cluster" EQUALS "bigint '" INT64_FORMAT "'),"
					" r.server) ELSE r.server END,"
					" attempts = r.attempts" MINUS "o.free,"
					" lease_until = NULL,"
					" claimed_by = CASE WHEN o.uncertain THEN r.claimed_by END,"
					" status = coalesce(o.status, r.status),"
					" error_code = o.error_code,"
					" error_message = o.error_message,"
					" failed_at = CASE WHEN o.error_code IS NULL THEN NULL"
					" WHEN o.free" EQUALS "1 AND o.error_code" EQUALS "r.error_code"
					" THEN r.failed_at ELSE " NOW " END,"
					" aws_request_id = coalesce(o.aws_request_id, r.aws_request_id),"
					" on_rollback = CASE WHEN NOT o.undone THEN r.on_rollback END,"
					" answered_at = CASE WHEN o.undone"
					" THEN coalesce(r.answered_at, " NOW ")"
					" ELSE r.answered_at END,"
					" undone_at = CASE WHEN o.undone THEN " NOW
					" ELSE r.undone_at END,"
					" aws_ended_at = CASE WHEN o.undone"
					" OR o.state" DIFFERS_FROM "'queued'"
					" THEN coalesce(r.aws_ended_at, o.aws_ended_at)"
					" ELSE r.aws_ended_at END,"
					" aws_settled_at = coalesce(o.aws_settled_at, r.aws_settled_at),"
					" answer = o.answer,"
					" account_id = coalesce(r.account_id, o.account_id)"
					" FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,"
					" $13, $14, $15, $16)"
					" AS o (id, attempts, state, next_attempt_at, free, status,"
					" error_code, error_message, aws_request_id, uncertain, undone, answer,"
					" account_id, aws_ended_at, aws_settled_at)"
					" WHERE r.id" EQUALS "o.id"
					" AND r.home" EQUALS "%s"
					" AND r.claimed_by" EQUALS "$1"
					" AND r.attempts" EQUALS "o.attempts"
					" AND r.state" EQUALS "'running'"
					" RETURNING r.id",
					queue->table, glue_cluster(), queue->own);
}

/* Erase the sealed secrets of requests that have ended for good. */
static void
erase_secrets(const GlueClaims *queue, const GlueEndedClaim *ended,
			  int nended)
{
	int64	   *ids = palloc(nended * sizeof(int64));
	int			nids = 0;

	for (int i = 0; i < nended; i++)
	{
		if (ended[i].recorded && ended[i].request->sealed != NULL &&
			strcmp(ended[i].outcome->state, "queued") != 0)
			ids[nids++] = ended[i].request->id;
	}
	if (nids > 0)
		glue_request_secrets_erase(&queue->secrets, ids, nids);
}

/* One parameter of that statement, which has a value for each request. */
static Datum
ended_column(const GlueEndedClaim *ended, int nended, EndedColumn column)
{
	Datum	   *values = palloc(nended * sizeof(Datum));
	bool	   *nulls = palloc0(nended * sizeof(bool));

	for (int i = 0; i < nended; i++)
		values[i] = ended_value(&ended[i], column, &nulls[i]);
	return glue_array_parameter(values, nulls, nended,
								ended_columns[column].element);
}

static Datum
ended_value(const GlueEndedClaim *ended, EndedColumn column, bool *is_null)
{
	const GlueClaimOutcome *outcome = ended->outcome;

	switch (column)
	{
		case ENDED_ID:
			return Int64GetDatum(ended->request->id);
		case ENDED_ATTEMPTS:
			return Int32GetDatum(ended->request->attempts);
		case ENDED_STATE:
			return glue_text_parameter(outcome->state, is_null);
		case ENDED_NEXT_ATTEMPT_AT:
			*is_null = outcome->next_attempt_at == 0;
			return TimestampTzGetDatum(outcome->next_attempt_at);
		case ENDED_FREE:
			return Int32GetDatum(outcome->free_attempt ? 1 : 0);
		case ENDED_STATUS:
			return glue_text_parameter(outcome->status, is_null);
		case ENDED_ERROR_CODE:
			return glue_text_parameter(outcome->error_code, is_null);
		case ENDED_ERROR_MESSAGE:
			return glue_text_parameter(outcome->error_message, is_null);
		case ENDED_AWS_REQUEST_ID:
			return glue_text_parameter(outcome->aws_request_id, is_null);
		case ENDED_UNCERTAIN:
			return BoolGetDatum(outcome->uncertain);
		case ENDED_UNDONE:
			return BoolGetDatum(outcome->undone);
		case ENDED_ACCOUNT_ID:
			return glue_text_parameter(ended->request->what.account_id,
									   is_null);
		case ENDED_AWS_ENDED_AT:
			*is_null = outcome->aws_ended_at == 0;
			return TimestampTzGetDatum(outcome->aws_ended_at);
		case ENDED_AWS_SETTLED_AT:
			*is_null = outcome->aws_settled_at == 0;
			return TimestampTzGetDatum(outcome->aws_settled_at);
		default:
			*is_null = outcome->answer == NULL;
			return *is_null ? (Datum) 0 :
				JsonbPGetDatum(glue_jsonb_from_tree(outcome->answer));
	}
}

/*
 * Put off a request that cannot be claimed, and say why; unless it is a call that
 * acted at once, whose row says something else.
 */
void
glue_claims_put_off(const GlueClaims *queue, int64 id, TimestampTz until,
					const char *code, const char *message)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(id), TimestampTzGetDatum(until),
		CStringGetTextDatum(glue_server_from_utf8(code)),
		CStringGetTextDatum(glue_server_from_utf8(message))
	};
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("UPDATE %s SET next_attempt_at = $2,"
								   " attempts = attempts" PLUS "1,"
								   " error_code = CASE WHEN caller_xid IS NULL"
								   " THEN $3 ELSE error_code END,"
								   " error_message = CASE WHEN caller_xid IS NULL"
								   " THEN $4 ELSE error_message END,"
								   " failed_at = CASE WHEN caller_xid IS NULL"
								   " THEN " NOW " ELSE failed_at END"
								   " WHERE id" EQUALS "$1 AND home" EQUALS "%s"
								   " AND state" EQUALS "'queued'",
								   queue->table, queue->own),
						  lengthof(types), types);
	glue_execute_as(&saved, queue->owner, plan, values, NULL);
	glue_execute_end(&saved);
}

/*
 * Delete requests that ended before a moment, at most limit, wherever they come
 * from; returns how many were deleted.
 *
 * As long as something may have to be undone about a connection, what others
 * have done about it is evidence.
 */
uint64
glue_claims_purge(const GlueClaims *queue, TimestampTz finished_before,
				  int limit)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[] = {
		TimestampTzGetDatum(finished_before), Int32GetDatum(limit)
	};
	SPIPlanPtr	plan;
	uint64		count;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("DELETE FROM %s WHERE ctid" EQUALS "ANY (ARRAY("
								   "SELECT r.ctid FROM %s r WHERE r.finished_at" IS_BEFORE "$1"
								   " AND NOT EXISTS (SELECT FROM %s e"
								   " WHERE e.finished_at IS NULL"
								   " AND e.connection_name" EQUALS "r.connection_name"
								   " AND e.home" EQUALS "r.home"
								   " AND e.caller_xid IS NOT NULL)"
								   " ORDER BY r.finished_at LIMIT $2"
								   " FOR UPDATE OF r SKIP LOCKED))",
								   queue->table, queue->table, queue->table),
						  lengthof(types), types);
	count = glue_execute_as(&saved, queue->owner, plan, values, NULL);
	glue_execute_end(&saved);
	return count;
}

/*-------------------------------------------------------------------------
 *
 * job_ending.c
 *	  The ends of attempts at requests, in the table glue_request.
 *
 * The process that has claimed a request records its attempt, as long as the
 * claim is still its own.  A request that has ended is kept for some time, for
 * users and as evidence about its connection, and is then purged.
 *
 * IDENTIFICATION
 *	  src/store/job_ending.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/owner_spi.h"
#include "store/jobs.h"
#include "store/sql_text.h"

/*
 * The columns of an attempt that has ended, from $2 on: those of its
 * request...
 */
static const GlueField request_fields[] = {
	{2, INT8OID, offsetof(GlueRequest, id)},
	{3, INT4OID, offsetof(GlueRequest, attempts)},
	{14, TEXTOID, offsetof(GlueRequest, account_id)},
};

/* ... and its outcome. */
static const GlueField outcome_fields[] = {
	{4, TEXTOID, offsetof(GlueRequestOutcome, state)},
	{5, TIMESTAMPTZOID, offsetof(GlueRequestOutcome, next_attempt_at)},
	{6, BOOLOID, offsetof(GlueRequestOutcome, free_attempt)},
	{7, TEXTOID, offsetof(GlueRequestOutcome, status)},
	{8, TEXTOID, offsetof(GlueRequestOutcome, error_code)},
	{9, TEXTOID, offsetof(GlueRequestOutcome, error_message)},
	{10, TEXTOID, offsetof(GlueRequestOutcome, aws_request_id)},
	{11, BOOLOID, offsetof(GlueRequestOutcome, uncertain)},
	{12, BOOLOID, offsetof(GlueRequestOutcome, undone)},
	{13, JSONBOID, offsetof(GlueRequestOutcome, answer)},
	{15, TIMESTAMPTZOID, offsetof(GlueRequestOutcome, aws_ended_at)},
	{16, TIMESTAMPTZOID, offsetof(GlueRequestOutcome, aws_settled_at)},
};
#define NUM_RECORD_PARAMETERS	17

/*
 * Record the ends of attempts.  The parameters are the claimant, the columns
 * of the outcomes, and the cluster.
 */
static GlueStatement record = {
	"UPDATE @glue_request r SET state = o.state,"
	" next_attempt_at = coalesce(o.next_attempt_at, r.next_attempt_at),"
	" finished_at = CASE WHEN o.state" DIFFERS_FROM "'queued'"
	" THEN " NOW " END,"
	" server = CASE WHEN o.state" DIFFERS_FROM "'queued'"
	" THEN coalesce((SELECT f.srvname"
	" FROM pg_catalog.pg_foreign_server f"
	" WHERE f.oid" EQUALS "r.server_oid"
	" AND r.cluster" EQUALS "$17),"
	" r.server) ELSE r.server END,"
	" attempts = r.attempts" MINUS "CASE WHEN o.free THEN 1 ELSE 0 END,"
	" lease_until = NULL,"
	" claimed_by = CASE WHEN o.uncertain THEN r.claimed_by END,"
	" status = coalesce(o.status, r.status),"
	" error_code = o.error_code,"
	" error_message = o.error_message,"
	" failed_at = CASE WHEN o.error_code IS NULL THEN NULL"
	" WHEN o.free AND o.error_code" EQUALS "r.error_code"
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
	" AND r.home" EQUALS "@home"
	" AND r.claimed_by" EQUALS "$1"
	" AND r.attempts" EQUALS "o.attempts"
	" AND r.state" EQUALS "'running'"
	" RETURNING r.id",
	{
		INT8OID, INT8ARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
		BOOLARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
		BOOLARRAYOID, BOOLARRAYOID, JSONBARRAYOID, TEXTARRAYOID,
		TIMESTAMPTZARRAYOID, TIMESTAMPTZARRAYOID, INT8OID
	}
};

static GlueStatement put_off = {
	"UPDATE @glue_request SET next_attempt_at = $2,"
	" attempts = attempts" PLUS "1,"
	" error_code = CASE WHEN caller_xid IS NULL"
	" THEN $3 ELSE error_code END,"
	" error_message = CASE WHEN caller_xid IS NULL"
	" THEN $4 ELSE error_message END,"
	" failed_at = CASE WHEN caller_xid IS NULL"
	" THEN " NOW " ELSE failed_at END"
	" WHERE id" EQUALS "$1 AND home" EQUALS "@home"
	" AND state" EQUALS "'queued'",
	{INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID}
};

static GlueStatement purge = {
	"DELETE FROM @glue_request WHERE ctid" EQUALS "ANY (ARRAY("
	"SELECT r.ctid FROM @glue_request r WHERE r.finished_at" IS_BEFORE "$1"
	" AND NOT EXISTS (SELECT FROM @glue_request e"
	" WHERE e.finished_at IS NULL"
	" AND e.connection_name" EQUALS "r.connection_name"
	" AND e.home" EQUALS "r.home"
	" AND e.caller_xid IS NOT NULL)"
	" ORDER BY r.finished_at LIMIT $2"
	" FOR UPDATE OF r SKIP LOCKED))",
	{TIMESTAMPTZOID, INT4OID}
};

/* prototypes of private functions */
static void erase_secrets(const GlueJobQueue *queue,
						  const GlueRequest *const *requests,
						  GlueRequestOutcome *const *outcomes, int count);

/*
 * Record the ends of attempts; sets recorded for the requests that this
 * process still had claimed.
 *
 * An open request keeps the name that its server had when the request was
 * made, because its connection may be recorded under that name.
 *
 * The sealed secrets of a request that has ended are erased.  An undo that is
 * finished, but stays open, is only to be recorded.
 */
void
glue_requests_record(const GlueJobQueue *queue, const GlueRequest **requests,
					 GlueRequestOutcome **outcomes, int count)
{
	GlueResult	row;
	Datum		values[NUM_RECORD_PARAMETERS];

	Assert(queue->claimant != 0);
	values[0] = Int64GetDatum(queue->claimant);
	for (int i = 0; i < lengthof(request_fields); i++)
		values[request_fields[i].column - 1] =
			glue_field_parameter(&request_fields[i],
								 (const void **) requests, count);
	for (int i = 0; i < lengthof(outcome_fields); i++)
		values[outcome_fields[i].column - 1] =
			glue_field_parameter(&outcome_fields[i],
								 (const void **) outcomes, count);
	values[NUM_RECORD_PARAMETERS - 1] = Int64GetDatum(glue_cluster());
	glue_execute(&row, &record, &queue->table, values, NULL);
	while (glue_result_next(&row))
	{
		for (int i = 0; i < count; i++)
			outcomes[i]->recorded |= requests[i]->id == glue_result_int64(&row, 1);
	}
	erase_secrets(queue, requests, outcomes, count);
}

/* Erase the sealed secrets of requests that have ended permanently. */
static void
erase_secrets(const GlueJobQueue *queue, const GlueRequest *const *requests,
			  GlueRequestOutcome *const *outcomes, int count)
{
	int64	   *ids = palloc(count * sizeof(int64));
	int			nids = 0;

	for (int i = 0; i < count; i++)
	{
		if (outcomes[i]->recorded && requests[i]->sealed != NULL &&
			strcmp(outcomes[i]->state, GLUE_STATE_QUEUED) != 0)
			ids[nids++] = requests[i]->id;
	}
	if (nids > 0)
		glue_request_secrets_erase(&queue->secrets, ids, nids);
}

/*
 * Put off a request that cannot be claimed, with the reason; but the row of a
 * call that acted at once keeps the error of the call.
 */
void
glue_request_put_off(const GlueJobQueue *queue, int64 id,
					 const GlueRequestOutcome *outcome)
{
	Datum		values[] = {
		Int64GetDatum(id), TimestampTzGetDatum(outcome->next_attempt_at),
		CStringGetTextDatum(glue_server_from_utf8(outcome->error_code)),
		CStringGetTextDatum(glue_server_from_utf8(outcome->error_message))
	};

	(void) glue_execute_alone(&put_off, &queue->table, values, NULL);
}

/*
 * Delete requests of all homes that ended before a time, at most limit;
 * returns their number.
 *
 * The ended requests for a connection are evidence as long as a call for it
 * may have to be undone.
 */
uint64
glue_requests_purge(const GlueJobQueue *queue, TimestampTz finished_before,
					int limit)
{
	Datum		values[] = {
		TimestampTzGetDatum(finished_before), Int32GetDatum(limit)
	};

	Assert(limit > 0);
	return glue_execute_alone(&purge, &queue->table, values, NULL);
}

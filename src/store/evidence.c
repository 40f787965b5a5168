/*-------------------------------------------------------------------------
 *
 * evidence.c
 *	  Evidence that others use a connection that an undo would delete.
 *
 * Other sessions can find and use a connection before the transaction that
 * created it is rolled back.  The table glue_request is the evidence:
 *
 *	- Any request for the connection that succeeded after the call began relies
 *	  on the connection: it has adopted, changed or replaced it.  (A deletion
 *	  does not: it may have made room for our call.) The order of the IDs
 *	  proves nothing, because calls that act at once run concurrently, and
 *	  concurrently with the queue.
 *	- An update that was rolled back as well has changed the definition
 *	  nevertheless.
 *	- A record from before a deletion that is not resolved yet does not describe
 *	  the present connection.
 *
 * It also shows that the final state cannot be recorded yet:
 *
 *	- if the transaction continues, because it was rolled back to a savepoint,
 *	  and has other calls for the connection: it may hold the lock of the
 *	  record and wait for us, and its commit would overwrite our record
 *	- if another creation is to be undone: a record would look like evidence
 *	  that another session has created the connection
 *
 * No other session can add evidence: while the undo is pending, a call for the
 * connection that acts at once is refused, and the queue waits.
 *
 * IDENTIFICATION
 *	  src/store/evidence.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/owner_spi.h"
#include "store/jobs.h"
#include "store/sql_text.h"

/* The columns that the statement returns, in their order. */
typedef enum EvidenceColumn
{
	EVIDENCE_ID = 1,
	EVIDENCE_TAKEN_OVER,
	EVIDENCE_DEFERRED,
	EVIDENCE_UPDATES,
	EVIDENCE_AWS_UPDATED_AT,
	EVIDENCE_AWS_DELETED_AT,
	EVIDENCE_DELETED_AT
} EvidenceColumn;

/*
 * Has a request, s, ended after a call, r, began?  A request with a later ID
 * has.  Otherwise AWS's clock decides, if the times are far enough apart.  If
 * they are close, our clock decides, which is finer, but may have been set
 * meanwhile.
 */
#define APART			"interval '5 s'"
#define ENDED_SINCE(s, r) \
	"CASE WHEN " s ".id" IS_AFTER r ".id THEN true" \
	" WHEN " s ".aws_ended_at" IS_BEFORE "(" r ".aws_sent_at" MINUS APART ")" \
	" THEN false" \
	" WHEN " s ".aws_ended_at" IS_AFTER "(" r ".aws_sent_at" PLUS APART ")" \
	" THEN true" \
	" ELSE " s ".finished_at" IS_AFTER r ".requested_at END"

/*
 * The form of the statement prevents a sequential scan, which the planner may
 * choose because it believes that the table is empty.
 *
 * An update counts unless it is known that it was never made.  Its end is not
 * known if its answer was lost.
 */
static GlueStatement find_evidence = {
	"SELECT r.id, pg_catalog.bool_or(e.relies),"
	" pg_catalog.bool_or(e.defers),"
	" pg_catalog.jsonb_agg(e.input) FILTER (WHERE e.updates),"
	" CASE WHEN pg_catalog.bool_and(e.aws_ended_at IS NOT NULL)"
	" FILTER (WHERE e.updates)"
	" THEN pg_catalog.max(e.aws_ended_at)"
	" FILTER (WHERE e.updates) END,"
	" pg_catalog.max(e.aws_ended_at) FILTER (WHERE e.deletes),"
	" pg_catalog.max(e.answered_at) FILTER (WHERE e.deletes)"
	" FROM pg_catalog.unnest($1) AS u (id),"
	" LATERAL (SELECT * FROM @glue_request t"
	" WHERE t.id" EQUALS "u.id"
	" AND t.home" EQUALS "@home OFFSET 0) AS r,"
	" LATERAL (SELECT s.endpoint, s.region, " GLUE_CATALOG("s") " AS catalog,"
	" s.input, s.aws_ended_at, s.answered_at,"
	" s.state" EQUALS "'succeeded'"
	" AND s.operation" DIFFERS_FROM
	"ALL ('{DeleteConnection, " GLUE_REQUEST_RELEASE "}')"
	" AS relies,"
	" false AS defers, false AS deletes,"
	" s.caller_xid IS NOT NULL"
	" AND s.error_code" EQUALS "'NotUndone'"
	" AND (s.operation" EQUALS "'UpdateConnection'"
	" OR s.on_conflict" EQUALS "'update') AS updates"
	" FROM @glue_request s"
	" WHERE s.connection_name" EQUALS "r.connection_name"
	" AND s.home" EQUALS "r.home"
	" AND s.finished_at IS NOT NULL"
	" AND " ENDED_SINCE("s", "r")
	" AND s.id" DIFFERS_FROM "r.id"
	" UNION ALL"
	" SELECT s.endpoint, s.region, " GLUE_CATALOG("s") " AS catalog,"
	" s.input, s.aws_ended_at, s.answered_at, false,"
	" s.on_rollback IS NOT NULL"
	" OR (s.caller_top_xid" EQUALS "r.caller_top_xid"
	" AND s.state" EQUALS "'running'"
	" AND s.claimed_by IS NULL),"
	" s.operation" EQUALS "'DeleteConnection',"
	" s.operation" EQUALS "'UpdateConnection'"
	" OR s.on_conflict" EQUALS "'update'"
	" FROM @glue_request s"
	" WHERE s.connection_name" EQUALS "r.connection_name"
	" AND s.home" EQUALS "r.home"
	" AND s.finished_at IS NULL"
	" AND s.state" DIFFERS_FROM "'held'"
	" AND s.caller_top_xid IS NOT NULL"
	" AND s.id" DIFFERS_FROM "r.id) AS e"
	" WHERE e.endpoint" EQUALS "r.endpoint"
	" AND e.region" EQUALS "r.region"
	" AND e.catalog" EQUALS GLUE_CATALOG("r")
	" GROUP BY r.id",
	{INT8ARRAYOID}
};

/* Read one row of evidence, into the memory context of the request. */
static void
read_evidence(GlueRequest *request, const GlueResult *row)
{
	GlueUndo   *undo = request->undo;
	MemoryContext old_context = MemoryContextSwitchTo(request->context);
	json_object *updates = glue_result_tree(row, EVIDENCE_UPDATES);
	int			count = updates != NULL ?
		(int) json_object_array_length(updates) : 0;

	undo->taken_over = glue_result_bool(row, EVIDENCE_TAKEN_OVER);
	undo->deferred = glue_result_bool(row, EVIDENCE_DEFERRED);
	undo->updates = palloc(Max(count, 1) * sizeof(json_object *));
	for (int i = 0; i < count; i++)
		undo->updates[i] = json_object_array_get_idx(updates, i);
	undo->nupdates = count;
	undo->aws_updated_at = glue_result_time(row, EVIDENCE_AWS_UPDATED_AT);
	undo->aws_deleted_at = glue_result_time(row, EVIDENCE_AWS_DELETED_AT);
	undo->deleted_at = glue_result_time(row, EVIDENCE_DELETED_AT);
	MemoryContextSwitchTo(old_context);
}

/* Find the evidence for undos that the current transaction has claimed. */
void
glue_undo_evidence_find(const GlueJobQueue *queue, List *undos)
{
	GlueResult	row;
	Datum	   *ids = palloc(list_length(undos) * sizeof(Datum));
	Datum		value;
	int			nids = 0;
	ListCell   *cell;

	if (undos == NIL)
		return;
	foreach(cell, undos)
	{
		const GlueRequest *request = lfirst(cell);

		ids[nids++] = Int64GetDatum(request->id);
	}
	value = glue_array_parameter(ids, NULL, nids, INT8OID);
	glue_execute(&row, &find_evidence, &queue->table, &value, NULL);
	while (glue_result_next(&row))
	{
		foreach(cell, undos)
		{
			GlueRequest *request = lfirst(cell);

			if (request->id == glue_result_int64(&row, EVIDENCE_ID))
				read_evidence(request, &row);
		}
	}
}

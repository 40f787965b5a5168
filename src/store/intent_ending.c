/*-------------------------------------------------------------------------
 *
 * intent_ending.c
 *	  The intents of calls whose transaction has ended without closing them.
 *
 * journal/resolve.c decides how they end.  This file reads and writes the
 * table glue_request for it: it finds open intents whose transaction has
 * ended, and writes their ends.
 *
 * IDENTIFICATION
 *	  src/store/intent_ending.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/owner_spi.h"
#include "server/xact_status.h"
#include "store/jobs.h"
#include "store/sql_text.h"

static GlueStatement find_open = {
	"SELECT id, caller_xid FROM @glue_request"
	" WHERE finished_at IS NULL"
	" AND caller_xid IS NOT NULL"
	" AND state" EQUALS "'running'"
	" AND claimed_by IS NULL"
	" AND home" EQUALS "@home ORDER BY id"
};

/*
 * Write endings.  The form of the statement prevents a sequential scan, which
 * the planner may choose because it believes that the table is empty.
 */
static const GlueField fields[] = {
	{1, INT8OID, offsetof(GlueRequestOutcome, id)},
	{2, TEXTOID, offsetof(GlueRequestOutcome, state)},
	{3, TEXTOID, offsetof(GlueRequestOutcome, error_code)},
	{4, TIMESTAMPTZOID, offsetof(GlueRequestOutcome, answered_at)},
	{5, BOOLOID, offsetof(GlueRequestOutcome, not_made)},
	{6, TEXTOID, offsetof(GlueRequestOutcome, error_message)},
	{7, TEXTOID, offsetof(GlueRequestOutcome, aws_request_id)},
	{8, TIMESTAMPTZOID, offsetof(GlueRequestOutcome, aws_ended_at)},
};

static GlueStatement write_endings = {
	"WITH open AS (SELECT e.*"
	" FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)"
	" AS e (id, state, code, answered_at, not_made,"
	" message, request_id, aws_ended_at),"
	" LATERAL (SELECT FROM @glue_request r"
	" WHERE r.id" EQUALS "e.id AND r.home" EQUALS "@home"
	" AND r.state" EQUALS "'running'"
	" AND r.claimed_by IS NULL"
	" OFFSET 0 FOR UPDATE SKIP LOCKED) AS r)"
	" UPDATE @glue_request r SET state = e.state,"
	" next_attempt_at = " NOW ","
	" answered_at = coalesce(e.answered_at, r.answered_at),"
	" aws_ended_at = coalesce(e.aws_ended_at, r.aws_ended_at),"
	" on_rollback = CASE WHEN NOT e.not_made"
	" THEN r.on_rollback END,"
	" finished_at = CASE WHEN e.state" DIFFERS_FROM "'queued'"
	" THEN " NOW " END,"
	" error_code = coalesce(e.code, r.error_code),"
	" error_message = coalesce(e.message, r.error_message),"
	" failed_at = CASE WHEN e.code IS NULL"
	" THEN r.failed_at ELSE " NOW " END,"
	" aws_request_id = coalesce(e.request_id, r.aws_request_id)"
	" FROM open e WHERE r.id" EQUALS "e.id"
	" AND r.home" EQUALS "@home"
	" RETURNING r.id, r.operation,"
	" r.connection_name, r.state",
	{
		INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
		BOOLARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID
	}
};

/*
 * Find open intents whose transaction has ended; returns their number, at most
 * max.  *more is set if there are more of them.
 *
 * Many calls belong to few transactions, one after the other.  A transaction
 * may have committed, and closed its calls, since our snapshot was taken; the
 * update of their rows finds that.
 */
int
glue_intent_rows_find_ended(const GlueJobQueue *queue, int64 *ids, int max,
							bool *more)
{
	GlueResult	row;
	bool		ended = false;
	uint64		known_xid = 0;
	int			found = 0;

	*more = false;
	glue_execute(&row, &find_open, &queue->table, NULL, NULL);
	while (glue_result_next(&row))
	{
		uint64		xid = (uint64) glue_result_int64(&row, 2);

		if (*more)
			continue;
		if (xid != known_xid)
			ended = glue_caller_status(xid) != GLUE_CALLER_IN_PROGRESS;
		known_xid = xid;
		*more = ended && found == max;
		if (ended && !*more)
			ids[found++] = glue_result_int64(&row, 1);
	}
	return found;
}

/*
 * Write the ends of intents that are still open, and notify of the final ones.
 * Returns the number of open intents; written gets their IDs.
 */
int
glue_intent_rows_end(const GlueJobQueue *queue, const GlueRequestOutcome *endings,
					 int nendings, int64 *written)
{
	Datum		values[lengthof(fields)];
	const void **structs = palloc(nendings * sizeof(void *));
	GlueResult	row;
	int			nwritten = 0;

	for (int i = 0; i < nendings; i++)
	{
		Assert(endings[i].state != NULL &&
			   strcmp(endings[i].state, GLUE_STATE_SUCCEEDED) != 0);
		structs[i] = &endings[i];
	}
	for (int i = 0; i < lengthof(fields); i++)
		values[i] = glue_field_parameter(&fields[i], structs, nendings);
	glue_execute(&row, &write_endings, &queue->table, values, NULL);
	while (glue_result_next(&row))
	{
		const char *state = glue_result_text(&row, 4);

		written[nwritten] = glue_result_int64(&row, 1);
		if (strcmp(state, GLUE_STATE_QUEUED) != 0)
			glue_request_notify(written[nwritten], glue_result_text(&row, 2),
								glue_result_text(&row, 3), state, NULL);
		nwritten++;
	}
	return nwritten;
}

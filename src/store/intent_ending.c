/*-------------------------------------------------------------------------
 *
 * intent_ending.c
 *	  The rows of calls whose transaction has ended without them.
 *
 * Who they are, and what is to become of them, is said in journal/resolve.c.  This
 * is what that asks of the table glue_request: which of its intents are open
 * although their transaction has ended, and to write how they end.
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
#include "store/intent_ending.h"
#include "store/notice.h"
#include "store/sql_text.h"

/*
 * What the statement that writes endings gets, as an array of each: ID, state,
 * code, answered_at, not_made, message, request ID,
 * aws_ended_at.
 */
#define NUM_ENDING_COLUMNS	8
static const Oid column_types[NUM_ENDING_COLUMNS] = {
	INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, BOOLOID, TEXTOID, TEXTOID,
	TIMESTAMPTZOID
};

/* prototypes of private functions */
static uint64 read_open(const GlueClaims *queue, GlueImpersonation *saved);
static uint64 update(const GlueClaims *queue, GlueImpersonation *saved,
					 Datum *values);
static Datum column_of(const GlueIntentEnding *endings, int nendings,
					   int column);
static Datum value_of(const GlueIntentEnding *ending, int column,
					  bool *is_null);
static void announce(const GlueResultRow *row);

/*
 * Find intents that are open and whose transaction has ended; returns how many,
 * at most max.  *more says whether there are more of them.
 *
 * Many calls belong to few transactions, one after the other.  A transaction
 * may have committed, and closed its calls, since our snapshot was taken; that
 * will turn out when their rows are to be updated.
 */
int
glue_intents_find_ended(const GlueClaims *queue, int64 *ids, int max,
						bool *more)
{
	GlueImpersonation saved;
	bool		ended = false;
	uint64		known_xid = 0;
	uint64		count = read_open(queue, &saved);
	int			found = 0;

	*more = false;
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);
		uint64		xid = (uint64) glue_result_int64(&row, 2);

		if (i == 0 || xid != known_xid)
			ended = glue_caller_ended(xid);
		known_xid = xid;
		if (!ended)
			continue;
		if (found == max)
		{
			*more = true;
			break;
		}
		ids[found++] = glue_result_int64(&row, 1);
	}
	glue_execute_end(&saved);
	return found;
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
 * Write down what becomes of intents, of those that are still open, and tell of
 * those that have come to their end.  Returns how many were open; written gets
 * their IDs.
 */
int
glue_intents_end(const GlueClaims *queue, const GlueIntentEnding *endings,
				 int nendings, int64 *written)
{
	Datum		values[NUM_ENDING_COLUMNS];
	GlueImpersonation saved;
	uint64		count;

	for (int column = 0; column < NUM_ENDING_COLUMNS; column++)
		values[column] = column_of(endings, nendings, column);
	count = update(queue, &saved, values);
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);

		written[i] = glue_result_int64(&row, 1);
		announce(&row);
	}
	glue_execute_end(&saved);
	return (int) count;
}

/*
 * The statement for that; glue_execute_end() must follow.  What it is written
 * like keeps the planner, which may believe that the table is empty, from
 * reading all of it.
 */
static uint64
update(const GlueClaims *queue, GlueImpersonation *saved, Datum *values)
{
	static GlueKeptPlan kept;
	static const Oid types[NUM_ENDING_COLUMNS] = {
		INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID,
		BOOLARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TIMESTAMPTZARRAYOID
	};
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("WITH open AS (SELECT e.*"
								   " FROM unnest($1, $2, $3, $4, $5, $6, $7, $8)"
								   " AS e (id, state, code, answered_at, not_made,"
								   " message, request_id, aws_ended_at),"
								   " LATERAL (SELECT FROM %s r"
								   " WHERE r.id" EQUALS "e.id AND r.home" EQUALS "%s"
								   " AND r.state" EQUALS "'running'"
								   " AND r.claimed_by IS NULL"
								   " OFFSET 0 FOR UPDATE SKIP LOCKED) AS r)"
								   " UPDATE %s r SET state = e.state,"
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
								   " AND r.home" EQUALS "%s"
								   " RETURNING r.id, r.operation,"
								   " r.connection_name, r.state",
								   queue->table, queue->own, queue->table,
								   queue->own),
						  lengthof(types), types);
	return glue_execute_as(saved, queue->owner, plan, values, NULL);
}

/* One parameter of that statement, which has a value for each intent. */
static Datum
column_of(const GlueIntentEnding *endings, int nendings, int column)
{
	Datum	   *values = palloc(nendings * sizeof(Datum));
	bool	   *nulls = palloc0(nendings * sizeof(bool));

	for (int i = 0; i < nendings; i++)
		values[i] = value_of(&endings[i], column, &nulls[i]);
	return glue_array_parameter(values, nulls, nendings, column_types[column]);
}

static Datum
value_of(const GlueIntentEnding *ending, int column, bool *is_null)
{
	switch (column)
	{
		case 0:
			return Int64GetDatum(ending->id);
		case 1:
			return glue_text_parameter(ending->state, is_null);
		case 2:
			return glue_text_parameter(ending->code, is_null);
		case 3:
			*is_null = ending->answered_at == 0;
			return TimestampTzGetDatum(ending->answered_at);
		case 4:
			return BoolGetDatum(ending->not_made);
		case 5:
			return glue_text_parameter(ending->message, is_null);
		case 6:
			return glue_text_parameter(ending->aws_request_id, is_null);
		default:
			*is_null = ending->aws_ended_at == 0;
			return TimestampTzGetDatum(ending->aws_ended_at);
	}
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

/*-------------------------------------------------------------------------
 *
 * intent_row.c
 *	  The rows of glue_request that are written before a call is made.
 *
 * journal/intent.c describes intents.  This file has the accesses to the
 * table: it forms rows in the caller's process, inserts them in the journal
 * worker, finds open intents for the same connection, and closes an intent in
 * the caller's transaction.
 *
 * Rows that are newer than the snapshot of a transaction are found here, too.
 *
 * IDENTIFICATION
 *	  src/store/intent_row.c
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
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/owner_spi.h"
#include "store/intent_row.h"
#include "store/request_row.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

/*
 * Record the end of a call.
 *
 * Another process has inserted the row, so a transaction that keeps one
 * snapshot does not see it.  The row exists: the INSERT serves only to find it
 * as a conflict.  That uses the index, even if the planner believes that the
 * table is small.  And unlike an UPDATE, it takes no predicate lock, which
 * would make concurrent serializable transactions fail because of adjacent
 * index entries.
 */
static GlueStatement close_intent = {
	"INSERT INTO @glue_request AS r (id, home, operation,"
	" connection_name, region, next_attempt_at,"
	" requested_by, requested_at, cluster)"
	" OVERRIDING SYSTEM VALUE"
	" VALUES ($1, $2, 'CreateConnection', '', '',"
	" $3, '0', $3, 0)"
	" ON CONFLICT ON CONSTRAINT glue_request_pkey"
	" DO UPDATE SET state = coalesce($4, r.state),"
	" attempts = CASE WHEN $4 IS NULL"
	" THEN r.attempts ELSE 1 END,"
	" answered_at = CASE WHEN $4 IS NULL"
	" THEN r.answered_at ELSE $3 END,"
	" aws_ended_at = CASE WHEN $4 IS NULL"
	" THEN r.aws_ended_at ELSE $9 END,"
	" finished_at = CASE WHEN $4 IS NULL"
	" THEN r.finished_at ELSE $3 END,"
	" status = coalesce($5, r.status),"
	" error_code = coalesce($6, r.error_code),"
	" error_message = coalesce($7, r.error_message),"
	" failed_at = CASE WHEN $6 IS NULL"
	" THEN r.failed_at ELSE $3 END,"
	" aws_request_id = coalesce($8, r.aws_request_id)"
	" RETURNING r.caller_xid IS NOT NULL",
	{
		INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID, TIMESTAMPTZOID
	},
	.by_key = true,
	.latest = true
};

/* ----------------------------------------------------------------
 * The caller
 * ----------------------------------------------------------------
 */

static MinimalTuple
form_intent(Relation table, const GlueRequest *request)
{
	TupleDesc	desc = RelationGetDescr(table);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	GlueRow		row;

	glue_request_row_fill(&row, request);
	glue_row_set_text(&row, GLUE_REQUEST_STATE, GLUE_STATE_RUNNING);
	glue_row_set(&row, GLUE_REQUEST_CALLER_XID,
				 FullTransactionIdGetDatum(GetCurrentFullTransactionId()));
	glue_row_set(&row, GLUE_REQUEST_CALLER_TOP_XID,
				 FullTransactionIdGetDatum(GetTopFullTransactionId()));
	memset(nulls, true, desc->natts * sizeof(bool));
	for (int i = 0; i < GLUE_NUM_REQUEST_COLUMNS; i++)
	{
		values[i] = row.values[i];
		nulls[i] = row.nulls[i] == 'n';
	}
	return glue_form_minimal_tuple(desc, values, nulls);
}

/*
 * Form the rows of calls that the current transaction is about to make, one
 * after the other, for the journal: MinimalTuples, each at a MAXALIGNed
 * offset.
 *
 * The table must stay open until the end of the transaction.
 */
char *
glue_intent_rows_form(const GlueRequestQueue *queue, const GlueRequest *requests,
					  int nrequests, Size *len)
{
	Relation	table = table_open(queue->oid, NoLock);
	MinimalTuple *tuples = palloc(nrequests * sizeof(MinimalTuple));
	char	   *buffer;
	char	   *at;

	*len = 0;
	for (int i = 0; i < nrequests; i++)
	{
		GlueRequest own = requests[i];

		glue_request_make_own(queue, &own);
		tuples[i] = form_intent(table, &own);
		*len += MAXALIGN(tuples[i]->t_len);
	}
	table_close(table, NoLock);

	buffer = at = MemoryContextAllocHuge(CurrentMemoryContext, *len);
	for (int i = 0; i < nrequests; i++)
	{
		memcpy(at, tuples[i], tuples[i]->t_len);
		at += MAXALIGN(tuples[i]->t_len);
	}
	return buffer;
}

/*
 * Record the end of a call in its own transaction.
 *
 * If the result is not known, the row stays open, and is resolved after the
 * end of the transaction, whether it commits or not.
 */
void
glue_intent_row_close(const GlueRequestQueue *queue, int64 id,
					  const GlueRequestOutcome *outcome)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn intent",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	GlueRow		values;
	GlueResult	row;

	Assert(id != 0);
	Assert(outcome->state == NULL ||
		   strcmp(outcome->state, GLUE_STATE_SUCCEEDED) == 0 ||
		   strcmp(outcome->state, GLUE_STATE_FAILED) == 0);
	glue_row_clear(&values);
	glue_row_set(&values, 0, Int64GetDatum(id));
	glue_row_set(&values, 1, Int64GetDatum(queue->home));
	glue_row_set_time(&values, 2, GetCurrentTimestamp());
	glue_row_set_text(&values, 3, outcome->state);
	glue_row_set_text(&values, 4, outcome->status);
	glue_row_set_text(&values, 5, outcome->error_code);
	glue_row_set_text(&values, 6, outcome->error_message);
	glue_row_set_text(&values, 7, outcome->aws_request_id);
	glue_row_set_time(&values, 8, outcome->aws_ended_at);
	glue_execute(&row, &close_intent, queue, values.values, values.nulls);
	while (glue_result_next(&row))
	{
		if (!glue_result_bool(&row, 1))
			elog(ERROR, "request %lld is gone", (long long) id);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Plan the statement before the call, so that closing is less likely to fail.
 */
void
glue_intent_row_prepare_close(const GlueRequestQueue *queue)
{
	glue_statement_plan(&close_intent, queue);
}

/* ----------------------------------------------------------------
 * The journal's worker
 * ----------------------------------------------------------------
 */

/* Prepare to insert intents into a table until the end of the transaction. */
void
glue_intent_rows_open_table(GlueRequestQueue *queue, Oid table)
{
	Oid			schema = get_rel_namespace(table);

	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"glue_request\" is not visible to other transactions yet"),
				 errdetail("Another process records calls there before they are made."),
				 errhint("Commit the transaction that created extension \"glue_conn\".")));
	glue_request_queue_open(queue, schema, RowExclusiveLock);
	if (queue->oid != table || !queue->plain)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"glue_request\" differs from its definition in extension \"glue_conn\""),
				 errdetail("It must have the same columns, and no additional triggers, rules or constraints.")));
}

/* Make a HeapTuple of a MinimalTuple, in the same memory. */
static HeapTupleData
whole_tuple(MinimalTuple tuple)
{
	HeapTupleData whole = {0};

	whole.t_len = tuple->t_len + MINIMAL_TUPLE_OFFSET;
	whole.t_data = (HeapTupleHeader) ((char *) tuple - MINIMAL_TUPLE_OFFSET);
	ItemPointerSetInvalid(&whole.t_self);
	return whole;
}

/* Read the columns of a tuple, whose values stay in its memory. */
static void
read_row(GlueRow *row, HeapTuple tuple, TupleDesc desc)
{
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));

	heap_deform_tuple(tuple, desc, values, nulls);
	for (int i = 0; i < GLUE_NUM_REQUEST_COLUMNS; i++)
	{
		row->values[i] = values[i];
		row->nulls[i] = nulls[i] ? 'n' : ' ';
	}
	pfree(values);
	pfree(nulls);
}

static bool
is_null(const GlueRow *row, GlueRequestColumn column)
{
	return row->nulls[column] == 'n';
}

/* One of the transaction IDs of a row; 0 if it has none. */
static uint64
xid_of(const GlueRow *row, GlueRequestColumn column)
{
	return is_null(row, column) ? 0 :
		U64FromFullTransactionId(DatumGetFullTransactionId(row->values[column]));
}

static GlueOpenIntent *
read_open(const GlueRow *row, const GlueRow *intent)
{
	GlueOpenIntent *open = palloc(sizeof(GlueOpenIntent));

	open->id = DatumGetInt64(row->values[GLUE_REQUEST_ID]);
	open->caller_xid = xid_of(row, GLUE_REQUEST_CALLER_XID);
	open->own = xid_of(row, GLUE_REQUEST_CALLER_TOP_XID) ==
		xid_of(intent, GLUE_REQUEST_CALLER_TOP_XID);
	open->may_have_made = !is_null(row, GLUE_REQUEST_ON_ROLLBACK);
	open->answered = !is_null(row, GLUE_REQUEST_ANSWERED_AT);
	return open;
}

/* A text of a row; "" for null. */
static const char *
text_of(const GlueRow *row, GlueRequestColumn column)
{
	return is_null(row, column) ? "" : TextDatumGetCString(row->values[column]);
}

/* The catalog or account of a request, which every intent has. */
static const char *
catalog_of(const GlueRow *row)
{
	return text_of(row, is_null(row, GLUE_REQUEST_CATALOG_ID) ?
				   GLUE_REQUEST_ACCOUNT_ID : GLUE_REQUEST_CATALOG_ID);
}

/*
 * Is a row an open intent for the same connection as another one?  This database
 * never resolves a row that is shown as held.
 */
static bool
is_open_intent(const GlueRow *row, const GlueRow *intent)
{
	return is_null(row, GLUE_REQUEST_FINISHED_AT) &&
		!is_null(row, GLUE_REQUEST_CALLER_XID) &&
		strcmp(text_of(row, GLUE_REQUEST_STATE), GLUE_STATE_HELD) != 0 &&
		DatumGetInt64(row->values[GLUE_REQUEST_HOME]) ==
		DatumGetInt64(intent->values[GLUE_REQUEST_HOME]) &&
		strcmp(text_of(row, GLUE_REQUEST_ENDPOINT),
			   text_of(intent, GLUE_REQUEST_ENDPOINT)) == 0 &&
		strcmp(text_of(row, GLUE_REQUEST_REGION),
			   text_of(intent, GLUE_REQUEST_REGION)) == 0 &&
		strcmp(catalog_of(row), catalog_of(intent)) == 0;
}

/*
 * The open intents for the same connection as another one, in the order of the
 * index: a list of GlueOpenIntent * in the current memory context.
 */
List *
glue_intent_rows_find_open(const GlueRequestQueue *queue, MinimalTuple intent)
{
	Relation	table = table_open(queue->oid, NoLock);
	Oid			index = get_relname_relid("glue_request_open_connection",
										  queue->schema);
	TupleDesc	desc = RelationGetDescr(table);
	AttrNumber	column = GLUE_REQUEST_CONNECTION_NAME + 1;
	HeapTupleData tuple = whole_tuple(intent);
	List	   *found = NIL;
	GlueRow		wanted;
	GlueRow		row;
	ScanKeyData key;
	Snapshot	snapshot;
	SysScanDesc scan;
	HeapTuple	next;

	read_row(&wanted, &tuple, desc);
	ScanKeyEntryInitialize(&key, 0, column, BTEqualStrategyNumber, InvalidOid,
						   TupleDescAttr(desc, column - 1)->attcollation,
						   F_TEXTEQ, wanted.values[column - 1]);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(table, index, OidIsValid(index), snapshot, 1,
							  &key);
	while (HeapTupleIsValid(next = systable_getnext(scan)))
	{
		read_row(&row, next, desc);
		if (is_open_intent(&row, &wanted))
			found = lappend(found, read_open(&row, &wanted));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(table, NoLock);
	return found;
}

/*
 * Insert an intent.  All changes that are committed by now are from before the
 * call.
 */
void
glue_intent_row_insert(const GlueRequestQueue *queue, MinimalTuple intent)
{
	Relation	table = table_open(queue->oid, NoLock);
	HeapTupleData tuple = whole_tuple(intent);
	GlueRow		row;

	read_row(&row, &tuple, RelationGetDescr(table));
	table_close(table, NoLock);
	glue_row_set_time(&row, GLUE_REQUEST_REQUESTED_AT, GetCurrentTimestamp());
	if (!glue_request_insert_row(queue, &row))
		elog(ERROR, "could not insert into table \"glue_request\"");
}

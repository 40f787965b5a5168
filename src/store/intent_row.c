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

/* Of the statement that records the end of a call. */
#define NUM_CLOSING_PARAMETERS	9

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

/* prototypes of private functions */
static MinimalTuple form_intent(Relation table, const GlueRequest *request);
static bool is_open_intent(HeapTuple tuple, TupleDesc desc,
						   HeapTuple intent);
static GlueOpenIntent *read_open(HeapTuple tuple, TupleDesc desc,
								 HeapTuple intent);
static const char *catalog_of(HeapTuple tuple, TupleDesc desc);
static bool is_held(HeapTuple tuple, TupleDesc desc);
static bool is_null(HeapTuple tuple, TupleDesc desc,
					GlueRequestColumn column);
static uint64 xid_of(HeapTuple tuple, TupleDesc desc,
					 GlueRequestColumn column);
static bool same_value(HeapTuple a, HeapTuple b, TupleDesc desc,
					   GlueRequestColumn column);
static HeapTupleData whole_tuple(MinimalTuple tuple);

/* ----------------------------------------------------------------
 * The caller
 * ----------------------------------------------------------------
 */

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

static MinimalTuple
form_intent(Relation table, const GlueRequest *request)
{
	TupleDesc	desc = RelationGetDescr(table);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	GlueRequestRow row;

	glue_request_row_fill(&row, request);
	glue_set_text(row.values, row.nulls, GLUE_REQUEST_STATE,
				  GLUE_STATE_RUNNING);
	glue_set_value(row.values, row.nulls, GLUE_REQUEST_CALLER_XID,
				   FullTransactionIdGetDatum(GetCurrentFullTransactionId()));
	glue_set_value(row.values, row.nulls, GLUE_REQUEST_CALLER_TOP_XID,
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
 * Record the end of a call in its own transaction.
 *
 * If the result is not known, the row stays open, and is resolved after the
 * end of the transaction, whether it commits or not.
 */
void
glue_intent_row_close(const GlueRequestQueue *queue, int64 id,
					  const GlueRequestOutcome *outcome)
{
	Datum		values[NUM_CLOSING_PARAMETERS] = {
		Int64GetDatum(id), Int64GetDatum(queue->home),
		TimestampTzGetDatum(GetCurrentTimestamp())
	};
	char		nulls[NUM_CLOSING_PARAMETERS] = {' ', ' ', ' '};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn intent",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	GlueImpersonation saved;
	GlueResultRow row;

	Assert(id != 0);
	Assert(outcome->state == NULL ||
		   strcmp(outcome->state, GLUE_STATE_SUCCEEDED) == 0 ||
		   strcmp(outcome->state, GLUE_STATE_FAILED) == 0);
	glue_set_text(values, nulls, 3, outcome->state);
	glue_set_text(values, nulls, 4, outcome->status);
	glue_set_text(values, nulls, 5, outcome->error_code);
	glue_set_text(values, nulls, 6, outcome->error_message);
	glue_set_text(values, nulls, 7, outcome->aws_request_id);
	glue_set_time(values, nulls, 8, outcome->aws_ended_at);
	glue_execute(&close_intent, queue, &saved, values, nulls);
	row = glue_result_row(0);
	if (!glue_result_bool(&row, 1))
		elog(ERROR, "request %lld is gone", (long long) id);
	glue_execute_end(&saved);
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
	HeapTupleData wanted = whole_tuple(intent);
	List	   *found = NIL;
	bool		no_name;
	ScanKeyData key;
	Snapshot	snapshot;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyEntryInitialize(&key, 0, column, BTEqualStrategyNumber, InvalidOid,
						   TupleDescAttr(desc, column - 1)->attcollation,
						   F_TEXTEQ,
						   heap_getattr(&wanted, column, desc, &no_name));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(table, index, OidIsValid(index), snapshot, 1,
							  &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		if (is_open_intent(tuple, desc, &wanted))
			found = lappend(found, read_open(tuple, desc, &wanted));
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(table, NoLock);
	return found;
}

/* Is a row an open intent for the same connection as another one? */
static bool
is_open_intent(HeapTuple tuple, TupleDesc desc, HeapTuple intent)
{
	return is_null(tuple, desc, GLUE_REQUEST_FINISHED_AT) &&
		xid_of(tuple, desc, GLUE_REQUEST_CALLER_XID) != 0 &&
		!is_held(tuple, desc) &&
		same_value(tuple, intent, desc, GLUE_REQUEST_HOME) &&
		same_value(tuple, intent, desc, GLUE_REQUEST_ENDPOINT) &&
		same_value(tuple, intent, desc, GLUE_REQUEST_REGION) &&
		strcmp(catalog_of(tuple, desc), catalog_of(intent, desc)) == 0;
}

/*
 * The catalog or account of a request, which every intent has; "" if it is not
 * known.
 */
static const char *
catalog_of(HeapTuple tuple, TupleDesc desc)
{
	bool		unknown;
	Datum		catalog = heap_getattr(tuple, GLUE_REQUEST_CATALOG_ID + 1, desc,
									   &unknown);

	if (unknown)
		catalog = heap_getattr(tuple, GLUE_REQUEST_ACCOUNT_ID + 1, desc,
							   &unknown);
	return unknown ? "" : TextDatumGetCString(catalog);
}

/* Is a row shown as held?  Then this database never resolves it. */
static bool
is_held(HeapTuple tuple, TupleDesc desc)
{
	bool		no_state;
	Datum		state = heap_getattr(tuple, GLUE_REQUEST_STATE + 1, desc,
									 &no_state);

	return strcmp(TextDatumGetCString(state), GLUE_STATE_HELD) == 0;
}

static GlueOpenIntent *
read_open(HeapTuple tuple, TupleDesc desc, HeapTuple intent)
{
	GlueOpenIntent *open = palloc(sizeof(GlueOpenIntent));
	bool		no_id;

	open->id = DatumGetInt64(heap_getattr(tuple, GLUE_REQUEST_ID + 1, desc,
										  &no_id));
	open->caller_xid = xid_of(tuple, desc, GLUE_REQUEST_CALLER_XID);
	open->own = xid_of(tuple, desc, GLUE_REQUEST_CALLER_TOP_XID) ==
		xid_of(intent, desc, GLUE_REQUEST_CALLER_TOP_XID);
	open->may_have_made = !is_null(tuple, desc, GLUE_REQUEST_ON_ROLLBACK);
	open->answered = !is_null(tuple, desc, GLUE_REQUEST_ANSWERED_AT);
	return open;
}

static bool
is_null(HeapTuple tuple, TupleDesc desc, GlueRequestColumn column)
{
	bool		result;

	(void) heap_getattr(tuple, column + 1, desc, &result);
	return result;
}

/* One of the transaction IDs of a row; 0 if it has none. */
static uint64
xid_of(HeapTuple tuple, TupleDesc desc, GlueRequestColumn column)
{
	bool		no_xid;
	Datum		xid = heap_getattr(tuple, column + 1, desc, &no_xid);

	return no_xid ? 0 :
		U64FromFullTransactionId(DatumGetFullTransactionId(xid));
}

/* Are the values of a column the same in two rows, or both null? */
static bool
same_value(HeapTuple a, HeapTuple b, TupleDesc desc, GlueRequestColumn column)
{
	bool		a_null;
	bool		b_null;
	Datum		a_value = heap_getattr(a, column + 1, desc, &a_null);
	Datum		b_value = heap_getattr(b, column + 1, desc, &b_null);

	if (a_null || b_null)
		return a_null && b_null;
	if (glue_request_columns[column].type == NAMEOID)
		return strcmp(NameStr(*DatumGetName(a_value)),
					  NameStr(*DatumGetName(b_value))) == 0;
	if (glue_request_columns[column].type == INT8OID)
		return DatumGetInt64(a_value) == DatumGetInt64(b_value);
	if (glue_request_columns[column].type == OIDOID)
		return DatumGetObjectId(a_value) == DatumGetObjectId(b_value);
	return strcmp(TextDatumGetCString(a_value),
				  TextDatumGetCString(b_value)) == 0;
}

/*
 * Insert an intent.  All changes that are committed by now are from before the
 * call.
 */
void
glue_intent_row_insert(const GlueRequestQueue *queue, MinimalTuple intent)
{
	Relation	table = table_open(queue->oid, NoLock);
	TupleDesc	desc = RelationGetDescr(table);
	HeapTupleData tuple = whole_tuple(intent);
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *no_value = palloc(desc->natts * sizeof(bool));
	char		nulls[GLUE_NUM_REQUEST_COLUMNS];

	heap_deform_tuple(&tuple, desc, values, no_value);
	values[GLUE_REQUEST_REQUESTED_AT] =
		TimestampTzGetDatum(GetCurrentTimestamp());
	table_close(table, NoLock);
	for (int i = 0; i < GLUE_NUM_REQUEST_COLUMNS; i++)
		nulls[i] = no_value[i] ? 'n' : ' ';
	if (!glue_request_insert_row(queue, values, nulls))
		elog(ERROR, "could not insert into table \"glue_request\"");
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

/*-------------------------------------------------------------------------
 *
 * intent.c
 *	  What is written down of a call before it is made.
 *
 * A call that acts at once may be carried out by AWS Glue although nobody here
 * lives to know it, or although its transaction is rolled back.  So before the
 * request leaves, a row of glue_request says what is about to be done, and in
 * which transaction.  It is committed at once by another process, which gets
 * the whole row from us (see journal/mailbox.c): what this transaction writes by
 * itself would be gone with it.
 *
 * When the call has returned, its own transaction updates the row to how it
 * ended.  If the transaction commits, so does the update, and that is all.  If
 * not, the row is as it was when it was written down: open.  An open row of a
 * transaction that has ended is thus one of a transaction that was rolled back
 * or died, and those who work the queue settle it (see journal/resolve.c).
 *
 * The order of transaction IDs matters.  After a crash, PostgreSQL may hand
 * out an ID once more that nothing on disk tells of; then what becomes of
 * somebody else's transaction would decide about our call.  Our ID is assigned
 * before we hand the row over, and so is older than that of the transaction
 * which commits it; what is on disk then tells of both.
 *
 * What was rolled back and is about to be deleted again must not be adopted
 * meanwhile.  So as long as what a rolled back call did to a connection is not
 * settled, no other call about it is written down, and its caller waits.
 *
 * IDENTIFICATION
 *	  src/journal/intent.c
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
#include "http/http.h"
#include "journal/intent.h"
#include "journal/mailbox.h"
#include "journal/outcomes.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/owner_spi.h"
#include "server/result_row.h"
#include "server/service.h"
#include "server/xact_status.h"
#include "store/request_row.h"
#include "store/sql_text.h"
#include "utils/fmgroids.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

/*
 * How often to ask whether a connection is settled, and for how long.  To
 * undo something takes two calls, which can fail and be made again.
 */
#define SHORTEST_BLOCKED_MS		5
#define LONGEST_BLOCKED_MS		250
#define MAX_BLOCKED_MS			30000

/* Of the statement that says how a call has ended. */
#define NUM_CLOSING_PARAMETERS	8

struct GlueAnnouncement
{
	MemoryContext context;
	Oid			table;
	char	   *name;			/* of the first connection, UTF-8 */
	int			nintents;
	char	   *tuples;
	Size		len;
	GlueConnectionLock *locks;
};

/* prototypes of private functions */
static char *form_intents(const GlueRequestQueue *queue,
						  const GlueRequest *requests, int nrequests,
						  const int64 *ids, Size *len);
static MinimalTuple form_intent(Relation table, const GlueRequest *request,
								int64 id);
pg_noreturn static void raise_blocked(const char *name, int64 blocked_by);
static SPIPlanPtr closing_plan(const GlueRequestQueue *queue);
static void set_text(Datum *values, char *nulls, int parameter,
					 const char *utf8);
static bool is_open_intent(HeapTuple tuple, TupleDesc desc,
						   HeapTuple intent);
static bool is_held(HeapTuple tuple, TupleDesc desc);
static bool is_unsettled(HeapTuple tuple, TupleDesc desc);
static bool may_be_deleted(HeapTuple tuple, TupleDesc desc);
static bool was_answered(HeapTuple tuple, TupleDesc desc);
static int64 id_of(HeapTuple tuple, TupleDesc desc);
static uint64 xid_of(HeapTuple tuple, TupleDesc desc,
					 GlueRequestColumn column);
static bool same_value(HeapTuple a, HeapTuple b, TupleDesc desc,
					   GlueRequestColumn column);
static HeapTupleData whole_tuple(MinimalTuple tuple);

/*
 * Is anything to be written down?  Only if there is a worker that does it.
 */
bool
glue_intents_wanted(void)
{
	return glue_service_expected();
}

/*
 * Begin to write down what the current transaction is about to do, which takes
 * until glue_intents_await() returns; glue_journal_leave() must be called if an
 * error gets in between.
 *
 * The table must stay open until the end of the transaction.  The intents have
 * their IDs already, and their names are locked: the locks belong to the
 * announcement.
 */
GlueAnnouncement *
glue_intents_announce(const GlueRequestQueue *queue,
					  const GlueRequest *requests, int nrequests,
					  const int64 *ids, const GlueConnectionLock *locks)
{
	GlueAnnouncement *announcement;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn announcement",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	announcement = palloc(sizeof(GlueAnnouncement));
	announcement->context = context;
	announcement->table = queue->oid;
	announcement->name = pstrdup(requests[0].name);
	announcement->nintents = nrequests;
	announcement->tuples = form_intents(queue, requests, nrequests, ids,
										&announcement->len);
	announcement->locks = palloc(nrequests * sizeof(GlueConnectionLock));
	memcpy(announcement->locks, locks, nrequests * sizeof(GlueConnectionLock));
	MemoryContextSwitchTo(old_context);
	glue_journal_post(queue->oid, announcement->tuples, announcement->len,
					  nrequests);
	(void) closing_plan(queue);
	return announcement;
}

/*
 * Wait until the intents are on disk, and on that of a synchronous standby; the
 * announcement is freed.
 *
 * Whoever settles what has to be settled before needs the locks for that.
 *
 * An error means that nothing may be sent, but it may be written down all the
 * same.
 */
void
glue_intents_await(GlueAnnouncement *announcement)
{
	long		pause_ms = SHORTEST_BLOCKED_MS;
	long		waited_ms = 0;
	int64		blocked_by;

	while (glue_journal_await(&blocked_by) == GLUE_JOURNAL_BLOCKED)
	{
		if (waited_ms >= MAX_BLOCKED_MS)
			raise_blocked(announcement->name, blocked_by);
		glue_connection_lock_release(announcement->locks, announcement->nintents);
		glue_http_sleep(pause_ms);
		glue_connection_lock_take(announcement->locks, announcement->nintents);
		waited_ms += pause_ms;
		pause_ms = Min(pause_ms * 2, LONGEST_BLOCKED_MS);
		glue_journal_post(announcement->table, announcement->tuples,
						  announcement->len, announcement->nintents);
	}
	MemoryContextDelete(announcement->context);
}

/* The rows, one after the other, as the journal wants them. */
static char *
form_intents(const GlueRequestQueue *queue, const GlueRequest *requests,
			 int nrequests, const int64 *ids, Size *len)
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
		tuples[i] = form_intent(table, &own, ids[i]);
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
form_intent(Relation table, const GlueRequest *request, int64 id)
{
	TupleDesc	desc = RelationGetDescr(table);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	GlueRequestRow row;

	glue_request_row_fill(&row, id, request);
	glue_request_row_set_text(&row, GLUE_REQUEST_STATE, "running");
	glue_request_row_set(&row, GLUE_REQUEST_CALLER_XID,
						 FullTransactionIdGetDatum(GetCurrentFullTransactionId()));
	glue_request_row_set(&row, GLUE_REQUEST_CALLER_TOP_XID,
						 FullTransactionIdGetDatum(GetTopFullTransactionId()));
	memset(nulls, true, desc->natts * sizeof(bool));
	for (int i = 0; i < GLUE_NUM_REQUEST_COLUMNS; i++)
	{
		values[i] = row.values[i];
		nulls[i] = row.nulls[i] == 'n';
	}
	return glue_form_minimal_tuple(desc, values, nulls);
}

static void
raise_blocked(const char *name, int64 blocked_by)
{
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("AWS Glue connection \"%s\" is not settled yet",
					glue_server_from_utf8(name)),
			 errdetail("Request %lld about it was rolled back, and what it did has not been undone or recorded yet. Nothing was sent.",
					   (long long) blocked_by),
			 errhint("Table \"glue_request\" tells how far that has got.")));
}

/*
 * Write down how a call has ended, as part of its own transaction.
 *
 * If nobody knows how, the row stays open, and is settled when the transaction
 * has ended, whether it has committed or not.
 */
void
glue_intent_close(const GlueRequestQueue *queue, int64 id,
				  const GlueIntentOutcome *outcome)
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

	set_text(values, nulls, 3, outcome->state);
	set_text(values, nulls, 4, outcome->status);
	set_text(values, nulls, 5, outcome->error_code);
	set_text(values, nulls, 6, outcome->error_message);
	set_text(values, nulls, 7, outcome->aws_request_id);
	glue_execute_latest(&saved, queue->owner, closing_plan(queue), values,
						nulls);
	row = glue_result_row(0);
	if (!glue_result_bool(&row, 1))
		elog(ERROR, "request %lld is gone", (long long) id);
	glue_execute_end(&saved);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * The statement for that, ready to be executed.
 *
 * The row was made by another process, and is newer than what a transaction that
 * keeps one snapshot sees.  It is there: what is to be inserted serves only to
 * find it as a conflict.  So it is found by its index, however small the planner
 * believes the table to be; and unlike an UPDATE, that leaves no trace of a read,
 * which would make concurrent serializable transactions fail over nothing but
 * neighbours in an index.
 */
static SPIPlanPtr
closing_plan(const GlueRequestQueue *queue)
{
	static GlueKeptPlan kept;
	static const Oid types[NUM_CLOSING_PARAMETERS] = {
		INT8OID, INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID,
		TEXTOID
	};

	if (!glue_plan_is_kept(&kept, queue->table))
		glue_keep_plan(&kept, queue->owner, queue->table,
					   psprintf("INSERT INTO %s AS r (id, home, operation,"
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
								" finished_at = CASE WHEN $4 IS NULL"
								" THEN r.finished_at ELSE $3 END,"
								" status = coalesce($5, r.status),"
								" error_code = coalesce($6, r.error_code),"
								" error_message = coalesce($7, r.error_message),"
								" aws_request_id = coalesce($8, r.aws_request_id)"
								" RETURNING r.caller_xid IS NOT NULL",
								queue->table),
					   lengthof(types), types);
	return glue_ready_plan(&kept, queue->owner);
}

/* Set a parameter to text in UTF-8, or to null. */
static void
set_text(Datum *values, char *nulls, int parameter, const char *utf8)
{
	nulls[parameter] = utf8 == NULL ? 'n' : ' ';
	if (utf8 != NULL)
		values[parameter] = CStringGetTextDatum(glue_server_from_utf8(utf8));
}

/* ----------------------------------------------------------------
 * The journal
 * ----------------------------------------------------------------
 */

/*
 * Get ready to insert intents into a table until the end of the transaction.
 */
void
glue_intent_table_open(GlueRequestQueue *queue, Oid table)
{
	Oid			schema = get_rel_namespace(table);

	if (!OidIsValid(schema))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"glue_request\" cannot be seen by other transactions yet"),
				 errdetail("What is to be done in AWS Glue is written down there first, by another process."),
				 errhint("Commit the transaction that created extension \"glue_conn\".")));
	glue_request_queue_open(queue, schema, RowExclusiveLock);
	if (queue->oid != table || !queue->plain)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"glue_request\" is not as the extension \"glue_conn\" made it"),
				 errdetail("It must have the same columns, and no triggers, rules or constraints besides.")));
}

/*
 * The request that must be settled before an intent may be inserted; 0 if
 * there is none.
 *
 * That is one about the same connection whose transaction has ended, and which
 * may have done something that is not undone, or not recorded, yet.
 *
 * A transaction that has a call about the connection itself is waited for by
 * those who settle the calls of others, so it must not wait for them; nor by those
 * who settle its own, but for creations that were answered, which are undone at
 * once.  And whatever it has, what it has rolled back to a savepoint and cannot
 * be undone is recorded after its end.
 */
int64
glue_intent_blocked_by(const GlueRequestQueue *queue, MinimalTuple intent)
{
	Relation	table = table_open(queue->oid, NoLock);
	Oid			index = get_relname_relid("glue_request_open_connection",
										  queue->schema);
	TupleDesc	desc = RelationGetDescr(table);
	AttrNumber	column = GLUE_REQUEST_CONNECTION_NAME + 1;
	HeapTupleData wanted = whole_tuple(intent);
	uint64		transaction = xid_of(&wanted, desc, GLUE_REQUEST_CALLER_TOP_XID);
	int64		blocked_by = 0;
	int64		blocked_anyway_by = 0;
	bool		takes_part = false;
	bool		is_null;
	ScanKeyData key;
	Snapshot	snapshot;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyEntryInitialize(&key, 0, column, BTEqualStrategyNumber, InvalidOid,
						   TupleDescAttr(desc, column - 1)->attcollation,
						   F_TEXTEQ,
						   heap_getattr(&wanted, column, desc, &is_null));
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(table, index, OidIsValid(index), snapshot, 1,
							  &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		own = xid_of(tuple, desc, GLUE_REQUEST_CALLER_TOP_XID) ==
			transaction;

		if (!is_open_intent(tuple, desc, &wanted))
			continue;
		if (!glue_caller_ended(xid_of(tuple, desc, GLUE_REQUEST_CALLER_XID)))
			takes_part |= own;
		else if (!is_unsettled(tuple, desc) ||
				 (own && !may_be_deleted(tuple, desc)))
			continue;
		else if (own && was_answered(tuple, desc))
			blocked_anyway_by = id_of(tuple, desc);
		else
			blocked_by = id_of(tuple, desc);
	}
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(table, NoLock);
	return blocked_anyway_by != 0 || takes_part ? blocked_anyway_by :
		blocked_by;
}

/* Is a row an open intent about the same connection as another one? */
static bool
is_open_intent(HeapTuple tuple, TupleDesc desc, HeapTuple intent)
{
	bool		is_null;

	(void) heap_getattr(tuple, GLUE_REQUEST_FINISHED_AT + 1, desc, &is_null);
	return is_null && xid_of(tuple, desc, GLUE_REQUEST_CALLER_XID) != 0 &&
		!is_held(tuple, desc) &&
		same_value(tuple, intent, desc, GLUE_REQUEST_HOME) &&
		(same_value(tuple, intent, desc, GLUE_REQUEST_SERVER_OID) ||
		 same_value(tuple, intent, desc, GLUE_REQUEST_SERVER)) &&
		same_value(tuple, intent, desc, GLUE_REQUEST_REGION) &&
		same_value(tuple, intent, desc, GLUE_REQUEST_CATALOG_ID);
}

/* Is a row shown as held?  Then nobody here will ever settle it. */
static bool
is_held(HeapTuple tuple, TupleDesc desc)
{
	bool		is_null;
	Datum		state = heap_getattr(tuple, GLUE_REQUEST_STATE + 1, desc,
									 &is_null);

	return strcmp(TextDatumGetCString(state), "held") == 0;
}

/*
 * May what a call has changed still be deleted, or may it change anything yet?
 *
 * What changed something that existed, and was answered, is only to be recorded,
 * which nobody needs to wait for.
 */
static bool
is_unsettled(HeapTuple tuple, TupleDesc desc)
{
	GlueKnownCall known;

	glue_known_outcome_find(id_of(tuple, desc), &known);
	if (known.outcome == GLUE_OUTCOME_NOTHING)
		return false;
	return may_be_deleted(tuple, desc) || !was_answered(tuple, desc);
}

/* May a call have created the connection?  Then it may be deleted again. */
static bool
may_be_deleted(HeapTuple tuple, TupleDesc desc)
{
	GlueKnownCall known;
	bool		is_null;

	(void) heap_getattr(tuple, GLUE_REQUEST_ON_ROLLBACK + 1, desc, &is_null);
	glue_known_outcome_find(id_of(tuple, desc), &known);
	return !is_null && known.outcome != GLUE_OUTCOME_CHANGED;
}

/* Can a request of a call not arrive any more? */
static bool
was_answered(HeapTuple tuple, TupleDesc desc)
{
	GlueKnownCall known;
	bool		is_null;

	(void) heap_getattr(tuple, GLUE_REQUEST_ANSWERED_AT + 1, desc, &is_null);
	glue_known_outcome_find(id_of(tuple, desc), &known);
	return !is_null || known.answered_at != 0;
}

static int64
id_of(HeapTuple tuple, TupleDesc desc)
{
	bool		is_null;

	return DatumGetInt64(heap_getattr(tuple, GLUE_REQUEST_ID + 1, desc,
									  &is_null));
}

/* One of the transaction IDs of a row; 0 if it has none. */
static uint64
xid_of(HeapTuple tuple, TupleDesc desc, GlueRequestColumn column)
{
	bool		is_null;
	Datum		xid = heap_getattr(tuple, column + 1, desc, &is_null);

	return is_null ? 0 :
		U64FromFullTransactionId(DatumGetFullTransactionId(xid));
}

/* Do two rows have the same value in a column, or both none? */
static bool
same_value(HeapTuple a, HeapTuple b, TupleDesc desc, GlueRequestColumn column)
{
	bool		a_null;
	bool		b_null;
	Datum		a_value = heap_getattr(a, column + 1, desc, &a_null);
	Datum		b_value = heap_getattr(b, column + 1, desc, &b_null);

	if (a_null || b_null)
		return a_null && b_null;
	if (glue_request_column_type(column) == NAMEOID)
		return strcmp(NameStr(*DatumGetName(a_value)),
					  NameStr(*DatumGetName(b_value))) == 0;
	if (glue_request_column_type(column) == INT8OID)
		return DatumGetInt64(a_value) == DatumGetInt64(b_value);
	if (glue_request_column_type(column) == OIDOID)
		return DatumGetObjectId(a_value) == DatumGetObjectId(b_value);
	return strcmp(TextDatumGetCString(a_value),
				  TextDatumGetCString(b_value)) == 0;
}

/*
 * Insert an intent.  Whatever others have done before now, they have done before
 * the call.
 */
void
glue_intent_insert(const GlueRequestQueue *queue, MinimalTuple intent)
{
	Relation	table = table_open(queue->oid, NoLock);
	TupleDesc	desc = RelationGetDescr(table);
	HeapTupleData tuple = whole_tuple(intent);
	Datum	   *values = palloc(desc->natts * sizeof(Datum));
	bool	   *is_null = palloc(desc->natts * sizeof(bool));
	char		nulls[GLUE_NUM_REQUEST_COLUMNS];

	heap_deform_tuple(&tuple, desc, values, is_null);
	values[GLUE_REQUEST_REQUESTED_AT] =
		TimestampTzGetDatum(GetCurrentTimestamp());
	table_close(table, NoLock);
	for (int i = 0; i < GLUE_NUM_REQUEST_COLUMNS; i++)
		nulls[i] = is_null[i] ? 'n' : ' ';
	if (!glue_request_insert_row(queue, values, nulls))
		elog(ERROR, "could not insert into table \"glue_request\"");
}

/* A tuple as others want it, in the same memory. */
static HeapTupleData
whole_tuple(MinimalTuple tuple)
{
	HeapTupleData whole = {0};

	whole.t_len = tuple->t_len + MINIMAL_TUPLE_OFFSET;
	whole.t_data = (HeapTupleHeader) ((char *) tuple - MINIMAL_TUPLE_OFFSET);
	ItemPointerSetInvalid(&whole.t_self);
	return whole;
}

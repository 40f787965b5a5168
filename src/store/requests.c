/*-------------------------------------------------------------------------
 *
 * requests.c
 *	  The table glue_request, as those who ask for something see it.
 *
 * Rows are made and changed in the caller's transaction, but with the rights
 * of the table's owner.  Who may do that, and what may be in a row, is for the
 * callers to decide.
 *
 * IDENTIFICATION
 *	  src/store/requests.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/impersonation.h"
#include "server/news.h"
#include "server/owner_spi.h"
#include "server/service.h"
#include "store/own_row.h"
#include "store/own_table.h"
#include "store/request_row.h"
#include "store/sealed_input.h"
#include "store/request_secret.h"
#include "store/requests.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* The first takes all columns, the others the ID and the home. */
typedef enum QueueStatement
{
	STATEMENT_INSERT,
	STATEMENT_WITHDRAW,
	STATEMENT_FIND,
	STATEMENT_CANCEL,
	STATEMENT_REQUEUE,
	STATEMENT_HASTEN,
	NUM_STATEMENTS
} QueueStatement;

/* Operators are qualified, because the search_path is the caller's. */
#define WHERE_ID		" WHERE id" EQUALS "$1 AND home" EQUALS "$2"

/* What two requests for one row have in common. */
#define SAME_COLUMNS \
	"connection_name, server, endpoint, region, catalog_id, account_id," \
	" caller_settings, requested_by, home, cluster, server_oid, server_owner," \
	" provision_id"

/* The table's name is their key. */
static GlueKeptPlan plans[NUM_STATEMENTS];

/* prototypes of private functions */
static void keep_secrets(const GlueRequestQueue *queue, int64 id,
						 const GlueRequest *request);
static void erase_secrets(const GlueRequestQueue *queue, int64 id);
static void insert_row(const GlueRequestQueue *queue, GlueRequestRow *row);
static void explain_duplicate(void *arg);
static bool change(const GlueRequestQueue *queue, QueueStatement statement,
				   int64 id);
static void read_state(GlueRequestState *found, HeapTuple tuple,
					   TupleDesc desc);
static Datum column_value(HeapTuple tuple, TupleDesc desc, int column);
static uint64 execute(const GlueRequestQueue *queue, GlueImpersonation *saved,
					  QueueStatement statement, Datum *values,
					  const char *nulls);
static SPIPlanPtr find_plan(const GlueRequestQueue *queue,
							QueueStatement statement);
static char *statement_text(const char *table, QueueStatement statement);
static char *insert_text(const char *table);

/*
 * Get ready to use the table.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction.
 */
void
glue_request_queue_open(GlueRequestQueue *queue, Oid schema, LOCKMODE lock)
{
	Relation	relation = glue_own_table_find("glue_request", schema, lock,
											   GLUE_TABLE_PRIVATE);

	queue->schema = schema;
	queue->owner = relation->rd_rel->relowner;
	queue->oid = RelationGetRelid(relation);
	queue->plain = lock == RowExclusiveLock &&
		glue_row_insert_possible(relation, &glue_request_shape);
	queue->table = glue_own_table_name(relation);
	queue->home = glue_home(schema);
	table_close(relation, NoLock);
}

/*
 * Put a request into the queue, to be carried out as the current user once the
 * transaction has committed; returns its ID.
 */
int64
glue_request_insert(const GlueRequestQueue *queue, const GlueRequest *request)
{
	bool		served = glue_service_expected();
	int64		id = glue_request_next_id(queue);
	GlueRequest own = *request;
	GlueRequestRow row;

	glue_request_make_own(queue, &own);
	glue_request_row_fill(&row, id, &own);
	if (request->has_secrets)
		keep_secrets(queue, id, &own);
	insert_row(queue, &row);
	if (served)
		glue_queue_wake_at_commit();
	return id;
}

/* A request that the current user makes in this database. */
void
glue_request_make_own(const GlueRequestQueue *queue, GlueRequest *request)
{
	request->home = queue->home;
	request->cluster = glue_cluster();
	request->role = GetUserId();
}

static void
keep_secrets(const GlueRequestQueue *queue, int64 id,
			 const GlueRequest *request)
{
	GlueRequestSecrets secrets;
	bytea	   *sealed = glue_request_seal(id, request);

	glue_request_secrets_open(&secrets, queue->schema, queue->home);
	glue_request_secret_insert(&secrets, id, request->role, sealed);
}

/* A request that is not carried out any more has no use for its secrets. */
static void
erase_secrets(const GlueRequestQueue *queue, int64 id)
{
	GlueRequestSecrets secrets;

	glue_request_secrets_open(&secrets, queue->schema, queue->home);
	glue_request_secrets_erase(&secrets, &id, 1);
}

/* A statement that finds out what is wrong raises it. */
static void
insert_row(const GlueRequestQueue *queue, GlueRequestRow *row)
{
	GlueImpersonation saved;

	if (queue->plain &&
		glue_request_insert_row(queue, row->values, row->nulls))
		return;
	execute(queue, &saved, STATEMENT_INSERT, row->values, row->nulls);
	glue_execute_end(&saved);
}

/* Insert a row without a statement; false if that is not possible. */
bool
glue_request_insert_row(const GlueRequestQueue *queue, const Datum *values,
						const char *nulls)
{
	GlueImpersonation saved;
	bool		inserted;
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = explain_duplicate,
		.arg = unconstify(GlueRequestQueue *, queue),
	};

	error_context_stack = &context;
	glue_impersonate(&saved, queue->owner);
	inserted = glue_row_insert(queue->oid, &glue_request_shape, values, nulls);
	glue_stop_impersonating(&saved);
	error_context_stack = context.previous;
	return inserted;
}

/* An error context callback: what to do about an ID that there is already. */
static void
explain_duplicate(void *arg)
{
	const GlueRequestQueue *queue = arg;

	if (geterrcode() == ERRCODE_UNIQUE_VIOLATION)
		errhint("The sequence of the IDs was set back: SELECT pg_catalog.setval('%s.glue_request_id_seq', (SELECT pg_catalog.max(id) FROM %s));",
				quote_identifier(get_namespace_name(queue->schema)),
				queue->table);
}

/*
 * The ID of the next request.  It is known before the row is made, for it is
 * part of what is sealed, and by it others know the request.
 */
int64
glue_request_next_id(const GlueRequestQueue *queue)
{
	return nextval_internal(glue_request_sequence(queue), false);
}

/* The sequence that IDs are taken from. */
Oid
glue_request_sequence(const GlueRequestQueue *queue)
{
	Oid			sequence = get_relname_relid("glue_request_id_seq",
											 queue->schema);

	if (!OidIsValid(sequence))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("sequence \"glue_request_id_seq\" of extension \"glue_conn\" does not exist"),
				 errhint("Create the extension anew.")));
	return sequence;
}

/* Take back a request that the current transaction has made. */
void
glue_request_withdraw(const GlueRequestQueue *queue, int64 id)
{
	if (change(queue, STATEMENT_WITHDRAW, id))
		erase_secrets(queue, id);
}

/*
 * Look at a request as it is now; false if there is none.
 *
 * What is found belongs to the current memory context.
 */
bool
glue_request_find(const GlueRequestQueue *queue, int64 id,
				  GlueRequestState *found)
{
	MemoryContext context = CurrentMemoryContext;
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(queue->home)};
	GlueImpersonation saved;
	bool		is_there = execute(queue, &saved, STATEMENT_FIND, values,
								   NULL) > 0;

	if (is_there)
	{
		MemoryContext spi_context = MemoryContextSwitchTo(context);

		read_state(found, SPI_tuptable->vals[0], SPI_tuptable->tupdesc);
		MemoryContextSwitchTo(spi_context);
	}
	glue_execute_end(&saved);
	return is_there;
}

static void
read_state(GlueRequestState *found, HeapTuple tuple, TupleDesc desc)
{
	TransactionId changed_by;

	found->state = TextDatumGetCString(column_value(tuple, desc, 1));
	found->requested_by = DatumGetObjectId(column_value(tuple, desc, 2));
	found->has_secrets = DatumGetBool(column_value(tuple, desc, 3));
	changed_by = DatumGetTransactionId(column_value(tuple, desc, 4));
	found->uncommitted = TransactionIdIsCurrentTransactionId(changed_by);
	found->immediate = DatumGetBool(column_value(tuple, desc, 5));
	found->server_oid = DatumGetObjectId(column_value(tuple, desc, 6));
	found->cluster = DatumGetInt64(column_value(tuple, desc, 7));
	found->error_code = SPI_getvalue(tuple, desc, 8);
	found->answered = DatumGetBool(column_value(tuple, desc, 9));
	found->held = strcmp(found->state, "held") == 0;
}

/* The value of a column that is not null. */
static Datum
column_value(HeapTuple tuple, TupleDesc desc, int column)
{
	bool		is_null;

	return SPI_getbinval(tuple, desc, column, &is_null);
}

/*
 * Is there a request about a connection of this name (UTF-8) that has not ended,
 * or has ended since?  It may be one for another target.
 */
bool
glue_request_active_since(const GlueRequestQueue *queue, const char *name,
						  TimestampTz since)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {TEXTOID, TIMESTAMPTZOID, INT8OID};
	Datum		values[] = {
		CStringGetTextDatum(glue_server_from_utf8(name)),
		TimestampTzGetDatum(since),
		Int64GetDatum(queue->home)
	};
	char	   *text = psprintf("SELECT FROM %s WHERE connection_name"
								EQUALS "$1 AND home" EQUALS "$3"
								" AND state" DIFFERS_FROM "'held'"
								" AND (finished_at IS NULL OR finished_at"
								IS_AT_LEAST "$2)",
								queue->table);
	SPIPlanPtr	plan;
	GlueImpersonation saved;
	bool		found;

	plan = glue_kept_plan(&kept, queue->owner, text, lengthof(types), types);
	found = glue_execute_latest(&saved, queue->owner, plan, values, NULL) > 0;
	glue_execute_end(&saved);
	return found;
}

/*
 * Have something done after the last open request for a row, to the same target and
 * in the same name; false if there is none.
 */
bool
glue_request_follow(const GlueRequestQueue *queue, int64 provision_id,
					const char *name, const char *operation)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, INT8OID, TEXTOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(provision_id), Int64GetDatum(queue->home),
		CStringGetTextDatum(glue_server_from_utf8(name)),
		CStringGetTextDatum(operation)
	};
	char	   *text = psprintf("INSERT INTO %s (operation, state,"
								" next_attempt_at, requested_at, " SAME_COLUMNS
								") SELECT $4, 'queued', " NOW ", " NOW ", "
								SAME_COLUMNS " FROM %s"
								" WHERE connection_name" EQUALS "$3"
								" AND home" EQUALS "$2"
								" AND provision_id" EQUALS "$1"
								" AND finished_at IS NULL"
								" ORDER BY id DESC LIMIT 1",
								queue->table, queue->table);
	SPIPlanPtr	plan;
	GlueImpersonation saved;
	bool		made;

	plan = glue_kept_plan(&kept, queue->owner, text, lengthof(types), types);
	made = glue_execute_latest(&saved, queue->owner, plan, values, NULL) > 0;
	glue_execute_end(&saved);
	if (made)
		glue_queue_wake_at_commit();
	return made;
}

/* Cancel a request; false if it was not queued. */
bool
glue_request_cancel(const GlueRequestQueue *queue, int64 id)
{
	bool		cancelled = change(queue, STATEMENT_CANCEL, id);

	if (cancelled)
		erase_secrets(queue, id);
	return cancelled;
}

/*
 * Queue a request again; what is known of an attempt that may have been
 * carried out, by claimed_by and started_at, is kept.  Of the calls that acted
 * at once, those can be whose undo has failed: they have that.  Returns false if
 * it had not ended without success, or has no secrets any more.
 */
bool
glue_request_requeue(const GlueRequestQueue *queue, int64 id)
{
	bool		changed = change(queue, STATEMENT_REQUEUE, id);

	if (changed)
		glue_queue_wake_at_commit();
	return changed;
}

/*
 * Let a request that is queued not wait any longer.  An undo has its reasons to
 * wait.
 */
void
glue_request_hasten(const GlueRequestQueue *queue, int64 id)
{
	if (change(queue, STATEMENT_HASTEN, id))
		glue_queue_wake_at_commit();
}

static bool
change(const GlueRequestQueue *queue, QueueStatement statement, int64 id)
{
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(queue->home)};
	GlueImpersonation saved;
	bool		changed = execute(queue, &saved, statement, values, NULL) > 0;

	glue_execute_end(&saved);
	return changed;
}

/* ----------------------------------------------------------------
 * Statements
 * ----------------------------------------------------------------
 */

/*
 * Execute a statement; returns how many rows it was about.  glue_execute_end()
 * must follow.
 */
static uint64
execute(const GlueRequestQueue *queue, GlueImpersonation *saved,
		QueueStatement statement, Datum *values, const char *nulls)
{
	return glue_execute_as(saved, queue->owner, find_plan(queue, statement),
						   values, nulls);
}

static SPIPlanPtr
find_plan(const GlueRequestQueue *queue, QueueStatement statement)
{
	GlueKeptPlan *kept = &plans[statement];
	Oid			types[GLUE_NUM_REQUEST_COLUMNS];

	if (!glue_plan_is_kept(kept, queue->table))
	{
		for (int column = 0; column < GLUE_NUM_REQUEST_COLUMNS; column++)
			types[column] = statement == STATEMENT_INSERT ?
				glue_request_column_type(column) : INT8OID;
		glue_keep_plan(kept, queue->owner, queue->table,
					   statement_text(queue->table, statement),
					   statement == STATEMENT_INSERT ? GLUE_NUM_REQUEST_COLUMNS : 2,
					   types);
	}
	return glue_ready_plan(kept, queue->owner);
}

static char *
statement_text(const char *table, QueueStatement statement)
{
	switch (statement)
	{
		case STATEMENT_INSERT:
			return insert_text(table);
		case STATEMENT_WITHDRAW:
			return psprintf("DELETE FROM %s" WHERE_ID, table);
		case STATEMENT_FIND:
			return psprintf("SELECT CASE WHEN home" DIFFERS_FROM "$2"
							" AND finished_at IS NULL"
							" THEN 'held' ELSE state END,"
							" requested_by, has_secrets, xmin,"
							" caller_xid IS NOT NULL, server_oid,"
							" cluster, error_code, answer IS NOT NULL FROM %s"
							" WHERE id" EQUALS "$1"
							" ORDER BY home" EQUALS "$2 DESC LIMIT 1", table);
		case STATEMENT_CANCEL:
			return psprintf("UPDATE %s SET state = 'cancelled',"
							" finished_at = " NOW
							WHERE_ID
							" AND state" EQUALS "'queued'"
							" AND caller_xid IS NULL AND answer IS NULL",
							table);
		case STATEMENT_REQUEUE:
			return psprintf("UPDATE %s SET state = 'queued', attempts = 0,"
							" next_attempt_at = pg_catalog.clock_timestamp(),"
							" lease_until = NULL, undone_at = NULL,"
							" started_at = CASE WHEN claimed_by IS NOT NULL"
							" THEN started_at END, finished_at = NULL,"
							" status = NULL, error_code = NULL,"
							" error_message = NULL, failed_at = NULL,"
							" aws_request_id = NULL"
							WHERE_ID " AND CASE WHEN caller_xid IS NULL"
							" THEN NOT has_secrets"
							" AND state OPERATOR(pg_catalog.=)"
							" ANY ('{failed, cancelled}')"
							" ELSE claimed_by IS NOT NULL"
							" AND state OPERATOR(pg_catalog.=) 'failed' END",
							table);
		case STATEMENT_HASTEN:
			return psprintf("UPDATE %s SET next_attempt_at = " NOW
							WHERE_ID
							" AND state" EQUALS "'queued'"
							" AND caller_xid IS NULL"
							" AND next_attempt_at" IS_AFTER NOW,
							table);
		case NUM_STATEMENTS:
			break;
	}
	return NULL;
}

static char *
insert_text(const char *table)
{
	StringInfoData names;
	StringInfoData parameters;

	initStringInfo(&names);
	initStringInfo(&parameters);
	for (int column = 0; column < GLUE_NUM_REQUEST_COLUMNS; column++)
	{
		const char *comma = column > 0 ? ", " : "";

		appendStringInfo(&names, "%s%s", comma, glue_request_column_name(column));
		appendStringInfo(&parameters, "%s$%d", comma, column + 1);
	}
	return psprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)",
					table, names.data, parameters.data);
}

/*-------------------------------------------------------------------------
 *
 * requests.c
 *	  The table glue_request, for the sessions that make requests.
 *
 * Rows are inserted and updated in the caller's transaction, but with the
 * privileges of the table's owner.  The callers check the privileges of the
 * role and the contents of a row.
 *
 * IDENTIFICATION
 *	  src/store/requests.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/home.h"
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

/* Operators are qualified, because the search_path is the caller's. */
#define WHERE_ID		" WHERE id" EQUALS "$1 AND home" EQUALS "$2"
#define CHANGE(text) \
	{"UPDATE @glue_request SET " text, {INT8OID, INT8OID}, .by_key = true}

/* The condition for two requests of one row. */
#define SAME_COLUMNS \
	"connection_name, server, endpoint, region, catalog_id, account_id," \
	" caller_settings, requested_by, home, cluster, server_oid, server_owner," \
	" provision_id"

static GlueStatement insert = {
	"INSERT INTO @glue_request (@columns) OVERRIDING SYSTEM VALUE"
	" VALUES (@parameters)",
	.columns = glue_request_columns,
	.ncolumns = GLUE_NUM_REQUEST_COLUMNS,
	.by_key = true
};

static GlueStatement withdraw = {
	"DELETE FROM @glue_request" WHERE_ID,
	{INT8OID, INT8OID},
	.by_key = true
};

static GlueStatement find = {
	"SELECT CASE WHEN home" DIFFERS_FROM "$2"
	" AND finished_at IS NULL"
	" THEN 'held' ELSE state END,"
	" requested_by, has_secrets, xmin,"
	" caller_xid IS NOT NULL, server_oid,"
	" cluster, error_code, answer IS NOT NULL FROM @glue_request"
	" WHERE id" EQUALS "$1"
	" ORDER BY home" EQUALS "$2 DESC LIMIT 1",
	{INT8OID, INT8OID},
	.by_key = true
};

static GlueStatement cancel =
CHANGE("state = 'cancelled', finished_at = " NOW WHERE_ID
	   " AND state" EQUALS "'queued'"
	   " AND caller_xid IS NULL AND answer IS NULL");

static GlueStatement requeue =
CHANGE("state = 'queued', attempts = 0, next_attempt_at = " NOW ","
	   " lease_until = NULL, undone_at = NULL,"
	   " started_at = CASE WHEN claimed_by IS NOT NULL"
	   " THEN started_at END, finished_at = NULL,"
	   " status = NULL, error_code = NULL,"
	   " error_message = NULL, failed_at = NULL, aws_request_id = NULL"
	   WHERE_ID " AND CASE WHEN caller_xid IS NULL"
	   " THEN NOT has_secrets"
	   " AND state" EQUALS "ANY ('{failed, cancelled}')"
	   " ELSE claimed_by IS NOT NULL"
	   " AND state" EQUALS "'failed' END");

static GlueStatement hasten =
CHANGE("next_attempt_at = " NOW WHERE_ID
	   " AND state" EQUALS "'queued'"
	   " AND caller_xid IS NULL"
	   " AND next_attempt_at" IS_AFTER NOW);

static GlueStatement find_active = {
	"SELECT FROM @glue_request WHERE connection_name" EQUALS "$1"
	" AND home" EQUALS "$3"
	" AND state" DIFFERS_FROM "'held'"
	" AND (finished_at IS NULL OR finished_at" IS_AT_LEAST "$2)",
	{TEXTOID, TIMESTAMPTZOID, INT8OID},
	.latest = true
};

static GlueStatement follow = {
	"INSERT INTO @glue_request (operation, state,"
	" next_attempt_at, requested_at, " SAME_COLUMNS ")"
	" SELECT $4, 'queued', " NOW ", " NOW ", " SAME_COLUMNS
	" FROM @glue_request WHERE connection_name" EQUALS "$3"
	" AND home" EQUALS "$2"
	" AND provision_id" EQUALS "$1"
	" AND finished_at IS NULL ORDER BY id DESC LIMIT 1",
	{INT8OID, INT8OID, TEXTOID, TEXTOID},
	.latest = true
};

/*
 * Open the table.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction.
 */
void
glue_request_queue_open(GlueRequestQueue *queue, Oid schema, LOCKMODE lock)
{
	glue_own_table_open(queue, "glue_request", schema, lock,
						GLUE_TABLE_PRIVATE, &glue_request_shape, false);
}

/*
 * Put a request into the queue, to be carried out as the current user after
 * the commit of the transaction; returns its ID.
 */
int64
glue_request_insert(const GlueRequestQueue *queue, const GlueRequest *request)
{
	bool		served = glue_service_expected();
	GlueRequest own = *request;
	GlueRow		row;

	Assert(!request->has_secrets ||
		   (request->given == 0 && request->shown != request->input));
	own.id = glue_request_next_id(queue);
	glue_request_make_own(queue, &own);
	glue_request_row_fill(&row, &own);
	if (request->has_secrets)
	{
		GlueRequestSecrets secrets;
		bytea	   *sealed = glue_request_seal(&own);

		glue_request_secrets_open(&secrets, queue->schema);
		glue_request_secret_insert(&secrets, own.id, own.role, sealed);
	}

	/* if that fails without a statement, a statement raises the error */
	if (!queue->plain || !glue_request_insert_row(queue, &row))
		(void) glue_execute_alone(&insert, queue, row.values, row.nulls);
	if (served)
		glue_news_wake_queue_at_commit();
	return own.id;
}

/* Make the current user and this database the origin of a request. */
void
glue_request_make_own(const GlueRequestQueue *queue, GlueRequest *request)
{
	request->home = queue->home;
	request->cluster = glue_cluster();
	request->role = GetUserId();
}

/* Delete the secrets of a request that will not be carried out any more. */
static void
erase_secrets(const GlueRequestQueue *queue, int64 id)
{
	GlueRequestSecrets secrets;

	glue_request_secrets_open(&secrets, queue->schema);
	glue_request_secrets_erase(&secrets, &id, 1);
}

/* An error context callback: a hint for an ID that exists already. */
static void
explain_duplicate(void *arg)
{
	const GlueRequestQueue *queue = arg;

	if (geterrcode() == ERRCODE_UNIQUE_VIOLATION)
		errhint("The sequence of the IDs was set back: SELECT pg_catalog.setval('%s.glue_request_id_seq', (SELECT pg_catalog.max(id) FROM %s));",
				quote_identifier(get_namespace_name(queue->schema)),
				queue->name);
}

/* Insert a row without a statement; false if that is not possible. */
bool
glue_request_insert_row(const GlueRequestQueue *queue, const GlueRow *row)
{
	bool		inserted;
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = explain_duplicate,
		.arg = unconstify(GlueRequestQueue *, queue),
	};

	error_context_stack = &context;
	inserted = glue_row_insert(queue, &glue_request_shape, row);
	error_context_stack = context.previous;
	return inserted;
}

/*
 * The ID of the next request.  It is needed before the row is inserted,
 * because it is part of the sealed data, and identifies the request in
 * messages.
 */
int64
glue_request_next_id(const GlueRequestQueue *queue)
{
	return nextval_internal(glue_own_sequence(queue->schema,
											  "glue_request_id_seq"), false);
}

static bool
change(const GlueRequestQueue *queue, GlueStatement *statement, int64 id)
{
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(queue->home)};

	return glue_execute_alone(statement, queue, values, NULL) > 0;
}

/* Delete a request that the current transaction has made. */
void
glue_request_withdraw(const GlueRequestQueue *queue, int64 id)
{
	if (change(queue, &withdraw, id))
		erase_secrets(queue, id);
}

static void
read_state(GlueRequestState *found, const GlueResult *row)
{
	TransactionId changed_by = (TransactionId) glue_result_oid(row, 4);

	found->state = glue_result_text(row, 1);
	found->requested_by = glue_result_oid(row, 2);
	found->has_secrets = glue_result_bool(row, 3);
	found->uncommitted = TransactionIdIsCurrentTransactionId(changed_by);
	found->is_intent = glue_result_bool(row, 5);
	found->server_oid = glue_result_oid(row, 6);
	found->cluster = glue_result_int64(row, 7);
	found->error_code = SPI_getvalue(row->tuple, row->desc, 8);
	found->answered = glue_result_bool(row, 9);
	found->held = strcmp(found->state, GLUE_STATE_HELD) == 0;
}

/*
 * Read the latest state of a request; false if there is none.
 *
 * The result belongs to the current memory context.
 */
bool
glue_request_find(const GlueRequestQueue *queue, int64 id,
				  GlueRequestState *found)
{
	Datum		values[] = {Int64GetDatum(id), Int64GetDatum(queue->home)};
	GlueResult	row;

	glue_execute(&row, &find, queue, values, NULL);
	while (glue_result_next(&row))
		read_state(found, &row);
	return row.count > 0;
}

/*
 * Is there a request for a connection of this name (UTF-8) that is open, or
 * has ended since a time?  It may be for another target.
 */
bool
glue_request_active_since(const GlueRequestQueue *queue, const char *name,
						  TimestampTz since)
{
	Datum		values[] = {
		CStringGetTextDatum(glue_server_from_utf8(name)),
		TimestampTzGetDatum(since),
		Int64GetDatum(queue->home)
	};

	return glue_execute_alone(&find_active, queue, values, NULL) > 0;
}

/*
 * Add a request after the last open request of a row, for the same target and
 * role; false if there is none.
 */
bool
glue_request_follow(const GlueRequestQueue *queue, int64 provision_id,
					const char *name, const char *operation)
{
	Datum		values[] = {
		Int64GetDatum(provision_id), Int64GetDatum(queue->home),
		CStringGetTextDatum(glue_server_from_utf8(name)),
		CStringGetTextDatum(operation)
	};
	bool		made = glue_execute_alone(&follow, queue, values, NULL) > 0;

	if (made)
		glue_news_wake_queue_at_commit();
	return made;
}

/* Cancel a request; false if it was not queued. */
bool
glue_request_cancel(const GlueRequestQueue *queue, int64 id)
{
	bool		cancelled = change(queue, &cancel, id);

	if (cancelled)
		erase_secrets(queue, id);
	return cancelled;
}

/*
 * Queue a request again; claimed_by and started_at of an attempt that AWS may
 * have carried out are kept.  For a call that acted at once, this retries an
 * undo that has failed.  Returns false if the request is open or has
 * succeeded, or if its secrets were deleted.
 */
bool
glue_request_requeue(const GlueRequestQueue *queue, int64 id)
{
	bool		changed = change(queue, &requeue, id);

	if (changed)
		glue_news_wake_queue_at_commit();
	return changed;
}

/*
 * Make a queued request due at once.  An undo waits until its call is resolved,
 * so it is not changed.
 */
void
glue_request_hasten(const GlueRequestQueue *queue, int64 id)
{
	if (change(queue, &hasten, id))
		glue_news_wake_queue_at_commit();
}

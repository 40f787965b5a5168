/*-------------------------------------------------------------------------
 *
 * claim_row.c
 *	  A claimed request, as its row in glue_request.
 *
 * Each request is read into a memory context of its own, which lasts until its
 * outcome is recorded.  Its sealed secrets are read separately, from another
 * table.
 *
 * IDENTIFICATION
 *	  src/store/claim_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/call.h"
#include "server/builtins.h"
#include "server/jsonb_tree.h"
#include "server/owner_spi.h"
#include "server/settings.h"
#include "server/xact_status.h"
#include "store/claim_row.h"
#include "store/request_row.h"
#include "store/sql_text.h"
#include "utils/memutils.h"

/*
 * The columns of GLUE_CLAIM_COLUMNS(): first whether another process had
 * claimed it before.
 */
#define COLUMN_UNCERTAIN	1
#define COLUMN(name)	(GLUE_REQUEST_##name + 2)
#define FIELD(name, type, member)	{COLUMN(name), type, offsetof(GlueClaim, member)}

static const GlueField fields[] = {
	FIELD(OPERATION, TEXTOID, what.operation),
	FIELD(CONNECTION_NAME, TEXTOID, what.name),
	FIELD(REGION, TEXTOID, what.region),
	FIELD(CATALOG_ID, TEXTOID, what.catalog_id),
	FIELD(INPUT, JSONBOID, what.input),
	FIELD(TAGS, JSONBOID, what.tags),
	FIELD(ON_CONFLICT, TEXTOID, what.on_conflict),
	FIELD(ON_MISSING, TEXTOID, what.on_missing),
	FIELD(PROVISION_ID, INT8OID, what.provision_id),
	FIELD(HAS_SECRETS, BOOLOID, what.has_secrets),
	FIELD(ENDPOINT, TEXTOID, what.endpoint),
	FIELD(ACCOUNT_ID, TEXTOID, what.account_id),
	FIELD(HOME, INT8OID, what.home),
	FIELD(REQUESTED_BY, OIDOID, what.role),
	FIELD(CLUSTER, INT8OID, what.cluster),
	FIELD(SERVER_OID, OIDOID, what.server_oid),
	FIELD(SERVER_OWNER, OIDOID, what.server_owner),
	FIELD(ID, INT8OID, id),
	FIELD(STATUS, TEXTOID, status),
	FIELD(ATTEMPTS, INT4OID, attempts),
	FIELD(REQUESTED_AT, TIMESTAMPTZOID, requested_at),
	FIELD(STARTED_AT, TIMESTAMPTZOID, started_at),
	FIELD(AWS_SETTLED_AT, TIMESTAMPTZOID, aws_settled_at),
	FIELD(ERROR_CODE, TEXTOID, error_code),
	FIELD(ERROR_MESSAGE, TEXTOID, error_message),
	FIELD(ANSWER, JSONBOID, answer),
};

/* prototypes of private functions */
static void read_sealed(const GlueClaims *queue, GlueClaim *request);
static GlueClaim *read_request(const GlueResultRow *row);
static const char *answer_text(const GlueClaim *request, const char *member);
static long late_limit_ms(const GlueResultRow *row);
static GlueUndo *read_undo(const GlueClaim *request,
						   const GlueResultRow *row);

/*
 * Read the requests that a statement has returned, as a list in the current
 * memory context.  Each has a context of its own, a child of parent.
 *
 * The statement returns GLUE_CLAIM_COLUMNS().  undo is true for calls that are
 * to be undone.
 */
List *
glue_claims_read(uint64 count, bool undo, MemoryContext parent)
{
	List	   *requests = NIL;

	for (uint64 i = 0; i < count; i++)
	{
		MemoryContext own = AllocSetContextCreate(parent, "glue_conn request",
												  ALLOCSET_START_SMALL_SIZES);
		MemoryContext old_context = MemoryContextSwitchTo(own);
		GlueResultRow row = glue_result_row(i);
		GlueClaim  *request = read_request(&row);

		request->context = own;
		if (undo && request->answer != NULL)
		{
			request->error_code = answer_text(request, "error_code");
			request->error_message = answer_text(request, "error_message");
		}
		if (undo)
			request->undo = read_undo(request, &row);
		MemoryContextSwitchTo(old_context);
		requests = lappend(requests, request);
	}
	return requests;
}

/*
 * Read the sealed secrets of requests whose rows are locked.
 *
 * The statement that has locked the rows must not read them.  It sees the
 * latest version of a locked row, but other tables as of its snapshot, and the
 * secrets of an older version cannot be opened.
 */
void
glue_claims_read_secrets(const GlueClaims *queue, List *requests)
{
	ListCell   *cell;

	foreach(cell, requests)
	{
		GlueClaim  *request = lfirst(cell);

		if (request->what.has_secrets && request->undo == NULL)
			read_sealed(queue, request);
	}
}

/* The same for one request. */
static void
read_sealed(const GlueClaims *queue, GlueClaim *request)
{
	static GlueStatement find =
		{
		"SELECT sealed, role FROM @glue_request_secret"
		" WHERE request" EQUALS "$1 AND home" EQUALS "$2",
		{INT8OID, INT8OID}
	};
	Datum		values[] = {
		Int64GetDatum(request->id), Int64GetDatum(request->what.home)
	};
	GlueImpersonation saved;

	if (glue_execute(&find, &queue->secrets, &saved, values, NULL) > 0)
	{
		GlueResultRow row = glue_result_row(0);
		MemoryContext spi_context = MemoryContextSwitchTo(request->context);
		bool		is_null;

		request->sealed =
			DatumGetByteaPCopy(glue_result_datum(&row, 1, &is_null));
		request->sealed_for = glue_result_oid(&row, 2);
		MemoryContextSwitchTo(spi_context);
	}
	glue_execute_end(&saved);
}

static GlueClaim *
read_request(const GlueResultRow *row)
{
	GlueClaim  *request = palloc0(sizeof(GlueClaim));
	bytea	   *fingerprint;
	Datum		settings;
	bool		is_null;

	for (int i = 0; i < lengthof(fields); i++)
		glue_result_field(row, &fields[i], request);
	request->what.server = SPI_getvalue(row->tuple, row->desc, COLUMN(SERVER));
	fingerprint = DatumGetByteaPP(glue_result_datum(row,
													COLUMN(TARGET_FINGERPRINT),
													&is_null));
	memcpy(request->what.fingerprint, VARDATA_ANY(fingerprint),
		   Min(VARSIZE_ANY_EXHDR(fingerprint), GLUE_FINGERPRINT_LEN));
	request->uncertain = glue_result_bool(row, COLUMN_UNCERTAIN);
	request->settings_text = "{}";
	settings = glue_result_datum(row, COLUMN(CALLER_SETTINGS), &is_null);
	if (!is_null)
	{
		request->settings = DatumGetJsonbPCopy(settings);
		request->settings_text = JsonbToCString(NULL, &request->settings->root,
												VARSIZE(request->settings));
	}
	return request;
}

/* The error of an undo whose result is stored: see queue/answer.c. */
static const char *
answer_text(const GlueClaim *request, const char *member)
{
	json_object *text = json_object_object_get(request->answer, member);

	return text != NULL ? json_object_get_string(text) : NULL;
}

/*
 * Time that a message whose sender is gone may still arrive, or be processed:
 * as long as its sender would have waited for it, if that is longer.
 */
static long
late_limit_ms(const GlueResultRow *row)
{
	bool		is_null;
	Datum		timeout = glue_result_datum(row, COLUMN(CALL_TIMEOUT), &is_null);

	return Max(glue_setting_settle_time,
			   is_null ? GLUE_LONGEST_CHANGE_MS : DatumGetInt32(timeout));
}

/*
 * Read the further columns for an undo.  on_rollback is set only for calls
 * that may have created the connection.
 */
static GlueUndo *
read_undo(const GlueClaim *request, const GlueResultRow *row)
{
	GlueUndo   *undo = palloc0(sizeof(GlueUndo));
	const char *on_rollback = glue_result_text(row, COLUMN(ON_ROLLBACK));

	undo->id = request->id;
	undo->may_have_made = on_rollback != NULL;
	undo->undone = glue_result_time(row, COLUMN(UNDONE_AT)) != 0;
	undo->keep = undo->undone ?
		request->error_code != NULL &&
		strcmp(request->error_code, "Kept") == 0 :
		undo->may_have_made && strcmp(on_rollback, "keep") == 0;
	undo->answered_at = glue_result_time(row, COLUMN(ANSWERED_AT));
	undo->late_limit_ms = late_limit_ms(row);
	undo->aws_sent_at = glue_result_time(row, COLUMN(AWS_SENT_AT));
	undo->aws_ended_at = glue_result_time(row, COLUMN(AWS_ENDED_AT));
	undo->committed =
		glue_caller_status((uint64) glue_result_int64(row, COLUMN(CALLER_XID))) ==
		GLUE_CALLER_COMMITTED;
	return undo;
}

/*-------------------------------------------------------------------------
 *
 * request_row.c
 *	  A row of the table glue_request: as a GlueRequest, and as the values of its
 *	  columns.
 *
 * The columns that all rows have are filled in here.  The callers add their
 * own: a request of the queue has sealed secrets, and a call that acts at once
 * has its transaction.
 *
 * Each claimed request is read into a memory context of its own, which lasts
 * until its outcome is recorded.  Its sealed secrets are read separately, from
 * another table.
 *
 * IDENTIFICATION
 *	  src/store/request_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/call.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/session_settings.h"
#include "server/settings.h"
#include "server/xact_status.h"
#include "store/request_row.h"
#include "text/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

const GlueColumn glue_request_columns[GLUE_NUM_REQUEST_COLUMNS] = {
	[GLUE_REQUEST_ID] = {"id", INT8OID},
	[GLUE_REQUEST_OPERATION] = {"operation", TEXTOID},
	[GLUE_REQUEST_CONNECTION_NAME] = {"connection_name", TEXTOID},
	[GLUE_REQUEST_SERVER] = {"server", NAMEOID},
	[GLUE_REQUEST_REGION] = {"region", TEXTOID},
	[GLUE_REQUEST_CATALOG_ID] = {"catalog_id", TEXTOID},
	[GLUE_REQUEST_INPUT] = {"input", JSONBOID},
	[GLUE_REQUEST_TAGS] = {"tags", JSONBOID},
	[GLUE_REQUEST_ON_CONFLICT] = {"on_conflict", TEXTOID},
	[GLUE_REQUEST_ON_MISSING] = {"on_missing", TEXTOID},
	[GLUE_REQUEST_HAS_SECRETS] = {"has_secrets", BOOLOID},
	[GLUE_REQUEST_STATE] = {"state", TEXTOID},
	[GLUE_REQUEST_ATTEMPTS] = {"attempts", INT4OID},
	[GLUE_REQUEST_NEXT_ATTEMPT_AT] = {"next_attempt_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_LEASE_UNTIL] = {"lease_until", TIMESTAMPTZOID},
	[GLUE_REQUEST_CLAIMED_BY] = {"claimed_by", INT8OID},
	[GLUE_REQUEST_CALLER_XID] = {"caller_xid", XID8OID},
	[GLUE_REQUEST_CALLER_TOP_XID] = {"caller_top_xid", XID8OID},
	[GLUE_REQUEST_CALLER_SETTINGS] = {"caller_settings", JSONBOID},
	[GLUE_REQUEST_ON_ROLLBACK] = {"on_rollback", TEXTOID},
	[GLUE_REQUEST_REQUESTED_BY] = {"requested_by", REGROLEOID},
	[GLUE_REQUEST_REQUESTED_AT] = {"requested_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_STARTED_AT] = {"started_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_ANSWERED_AT] = {"answered_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_UNDONE_AT] = {"undone_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_FINISHED_AT] = {"finished_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_STATUS] = {"status", TEXTOID},
	[GLUE_REQUEST_ERROR_CODE] = {"error_code", TEXTOID},
	[GLUE_REQUEST_ERROR_MESSAGE] = {"error_message", TEXTOID},
	[GLUE_REQUEST_AWS_REQUEST_ID] = {"aws_request_id", TEXTOID},
	[GLUE_REQUEST_HOME] = {"home", INT8OID},
	[GLUE_REQUEST_CLUSTER] = {"cluster", INT8OID},
	[GLUE_REQUEST_SERVER_OID] = {"server_oid", OIDOID},
	[GLUE_REQUEST_SERVER_OWNER] = {"server_owner", REGROLEOID},
	[GLUE_REQUEST_TARGET_FINGERPRINT] = {"target_fingerprint", BYTEAOID},
	[GLUE_REQUEST_ANSWER] = {"answer", JSONBOID},
	[GLUE_REQUEST_ENDPOINT] = {"endpoint", TEXTOID},
	[GLUE_REQUEST_ACCOUNT_ID] = {"account_id", TEXTOID},
	[GLUE_REQUEST_CALL_TIMEOUT] = {"call_timeout", INT4OID},
	[GLUE_REQUEST_AWS_SENT_AT] = {"aws_sent_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_AWS_ENDED_AT] = {"aws_ended_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_AWS_SETTLED_AT] = {"aws_settled_at", TIMESTAMPTZOID},
	[GLUE_REQUEST_PROVISION_ID] = {"provision_id", INT8OID},
	[GLUE_REQUEST_FAILED_AT] = {"failed_at", TIMESTAMPTZOID},
};

StaticAssertDecl(GLUE_NUM_REQUEST_COLUMNS <= GLUE_MAX_COLUMNS,
				 "a row has room for the widest table");

/* A column that is a member of a GlueRequest. */
#define COLUMN(name)	(GLUE_REQUEST_##name + 1)
#define FIELD(name, type, member) \
	{COLUMN(name), type, offsetof(GlueRequest, member)}

static const GlueField fields[] = {
	FIELD(ID, INT8OID, id),
	FIELD(OPERATION, TEXTOID, operation),
	FIELD(CONNECTION_NAME, TEXTOID, name),
	FIELD(REGION, TEXTOID, region),
	FIELD(CATALOG_ID, TEXTOID, catalog_id),
	FIELD(TAGS, JSONBOID, tags),
	FIELD(ON_CONFLICT, TEXTOID, on_conflict),
	FIELD(ON_MISSING, TEXTOID, on_missing),
	FIELD(HAS_SECRETS, BOOLOID, has_secrets),
	FIELD(ON_ROLLBACK, TEXTOID, on_rollback),
	FIELD(REQUESTED_BY, OIDOID, role),
	FIELD(REQUESTED_AT, TIMESTAMPTZOID, requested_at),
	FIELD(STARTED_AT, TIMESTAMPTZOID, started_at),
	FIELD(STATUS, TEXTOID, status),
	FIELD(ERROR_CODE, TEXTOID, error_code),
	FIELD(ERROR_MESSAGE, TEXTOID, error_message),
	FIELD(HOME, INT8OID, home),
	FIELD(CLUSTER, INT8OID, cluster),
	FIELD(SERVER_OID, OIDOID, server_oid),
	FIELD(ANSWER, JSONBOID, answer),
	FIELD(ENDPOINT, TEXTOID, endpoint),
	FIELD(ACCOUNT_ID, TEXTOID, account_id),
	FIELD(CALL_TIMEOUT, INT4OID, call_timeout_ms),
	FIELD(AWS_SENT_AT, TIMESTAMPTZOID, aws_sent_at),
	FIELD(AWS_SETTLED_AT, TIMESTAMPTZOID, aws_settled_at),
	FIELD(PROVISION_ID, INT8OID, provision_id),
};

static const char *const checks[] = {
	"glue_request_operation_check",
	"glue_request_state_check",
	NULL
};

const GlueRowShape glue_request_shape = {
	.columns = glue_request_columns,
	.ncolumns = GLUE_NUM_REQUEST_COLUMNS,
	.checks = checks,
};

/*
 * The fingerprint of a target that a request is compared by: with or without
 * its secrets.
 */
const unsigned char *
glue_request_fingerprint(const GlueRequest *request, const GlueTarget *target)
{
	return request->has_secrets ? target->key_fingerprint :
		target->fingerprint;
}

/* Bind a request to a target.  has_secrets must be set by then. */
void
glue_request_set_target(GlueRequest *request, const GlueTarget *target)
{
	request->server = target->server;
	request->server_oid = target->server_oid;
	request->server_owner = target->server_owner;
	request->endpoint = target->endpoint.origin;
	request->region = target->endpoint.region;
	request->catalog_id = target->catalog_id;
	request->account_id = target->account_id;
	memcpy(request->fingerprint, glue_request_fingerprint(request, target),
		   GLUE_FINGERPRINT_LEN);
}

/*
 * Do the credentials of a target belong to another account than that of a
 * request?
 */
bool
glue_request_is_for_others(const GlueRequest *request,
						   const GlueTarget *target)
{
	return request->account_id != NULL && target->account_id != NULL &&
		strcmp(request->account_id, target->account_id) != 0;
}

/*
 * Fill in a row for a new request, due at once, for the target that the
 * settings of this session select.
 */
void
glue_request_row_fill(GlueRow *row, const GlueRequest *request)
{
	TimestampTz now = GetCurrentTimestamp();
	Jsonb	   *settings = glue_session_settings();

	Assert(request->id != 0 && request->operation != NULL);
	Assert(request->name != NULL && OidIsValid(request->role));
	Assert(request->endpoint != NULL && request->region != NULL);
	glue_row_clear(row);
	for (int i = 0; i < lengthof(fields); i++)
		glue_row_set_field(row, &fields[i], request);
	glue_row_set_name(row, GLUE_REQUEST_SERVER, request->server);
	if (OidIsValid(request->server_owner))
		glue_row_set(row, GLUE_REQUEST_SERVER_OWNER,
					 ObjectIdGetDatum(request->server_owner));
	glue_row_set_bytes(row, GLUE_REQUEST_TARGET_FINGERPRINT,
					   request->fingerprint, GLUE_FINGERPRINT_LEN);
	if (request->given != 0)
		glue_row_set(row, GLUE_REQUEST_INPUT, request->given);
	else
		glue_row_set_tree(row, GLUE_REQUEST_INPUT, request->shown);
	if (settings != NULL)
		glue_row_set(row, GLUE_REQUEST_CALLER_SETTINGS,
					 JsonbPGetDatum(settings));
	glue_row_set_text(row, GLUE_REQUEST_STATE, GLUE_STATE_QUEUED);
	glue_row_set(row, GLUE_REQUEST_ATTEMPTS, Int32GetDatum(0));
	glue_row_set_time(row, GLUE_REQUEST_NEXT_ATTEMPT_AT, now);
	glue_row_set_time(row, GLUE_REQUEST_REQUESTED_AT, now);
}

/*
 * Read the columns that an undo alone needs.  on_rollback is set only for calls
 * that may have created the connection.
 */
static GlueUndo *
read_undo(const GlueRequest *request, const GlueResult *row)
{
	GlueUndo   *undo = palloc0(sizeof(GlueUndo));

	undo->id = request->id;
	undo->may_have_made = request->on_rollback != NULL;
	undo->undone = glue_result_time(row, COLUMN(UNDONE_AT)) != 0;
	undo->keep = undo->undone ?
		request->error_code != NULL &&
		strcmp(request->error_code, "Kept") == 0 :
		undo->may_have_made && strcmp(request->on_rollback, "keep") == 0;
	undo->answered_at = glue_result_time(row, COLUMN(ANSWERED_AT));

	/* as long as the sender would have waited, if that is longer */
	undo->late_limit_ms = Max(glue_setting_settle_time,
							  request->call_timeout_ms != 0 ?
							  request->call_timeout_ms :
							  GLUE_LONGEST_CHANGE_MS);
	undo->aws_sent_at = request->aws_sent_at;
	undo->aws_ended_at = glue_result_time(row, COLUMN(AWS_ENDED_AT));
	undo->committed =
		glue_caller_status((uint64) glue_result_int64(row, COLUMN(CALLER_XID))) ==
		GLUE_CALLER_COMMITTED;
	return undo;
}

static GlueRequest *
read_request(const GlueResult *row)
{
	GlueRequest *request = palloc0(sizeof(GlueRequest));
	bytea	   *fingerprint;
	Datum		settings;
	bool		is_null;

	for (int i = 0; i < lengthof(fields); i++)
		glue_result_field(row, &fields[i], request);
	request->attempts = glue_result_int32(row, COLUMN(ATTEMPTS));
	request->input = glue_result_tree(row, COLUMN(INPUT));
	request->server_owner = glue_result_oid(row, COLUMN(SERVER_OWNER));
	request->server = SPI_getvalue(row->tuple, row->desc, COLUMN(SERVER));
	fingerprint = DatumGetByteaPP(glue_result_datum(row,
													COLUMN(TARGET_FINGERPRINT),
													&is_null));
	memcpy(request->fingerprint, VARDATA_ANY(fingerprint),
		   Min(VARSIZE_ANY_EXHDR(fingerprint), GLUE_FINGERPRINT_LEN));
	request->uncertain = glue_result_bool(row, GLUE_NUM_REQUEST_COLUMNS + 1);
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

/*
 * Read the requests that a statement returns, as a list in the current memory
 * context.  Each has a context of its own, a child of parent.
 *
 * The statement returns GLUE_READ_COLUMNS().  undo is true for calls that are
 * to be undone.
 */
List *
glue_requests_read(GlueResult *row, bool undo, MemoryContext parent)
{
	List	   *requests = NIL;

	while (glue_result_next(row))
	{
		MemoryContext own = AllocSetContextCreate(parent, "glue_conn request",
												  ALLOCSET_START_SMALL_SIZES);
		MemoryContext old_context = MemoryContextSwitchTo(own);
		GlueRequest *request = read_request(row);

		request->context = own;
		if (undo && request->answer != NULL)
		{
			/* the error of an undo whose result is stored */
			request->error_code = glue_json_tree_text(request->answer,
													  "error_code");
			request->error_message = glue_json_tree_text(request->answer,
														 "error_message");
		}
		if (undo)
			request->undo = read_undo(request, row);
		MemoryContextSwitchTo(old_context);
		requests = lappend(requests, request);
	}
	return requests;
}

/*-------------------------------------------------------------------------
 *
 * request_row.c
 *	  A row of the table glue_request, as the values of its columns.
 *
 * The columns that all rows have are filled in here.  The callers add their
 * own: a request of the queue has sealed secrets, and a call that acts at once
 * has its transaction.
 *
 * IDENTIFICATION
 *	  src/store/request_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/compat.h"
#include "server/session_settings.h"
#include "store/request_row.h"
#include "utils/jsonb.h"
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

/* prototypes of private functions */
static void set_identity(GlueRow *row, const GlueRequest *request);

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
glue_request_row_fill(GlueRow *row, int64 id, const GlueRequest *request)
{
	TimestampTz now = GetCurrentTimestamp();
	Jsonb	   *settings = glue_session_settings();

	Assert(id != 0 && request->operation != NULL && request->name != NULL);
	Assert(request->endpoint != NULL && request->region != NULL);
	glue_row_clear(row);
	glue_row_set(row, GLUE_REQUEST_ID, Int64GetDatum(id));
	glue_row_set_text(row, GLUE_REQUEST_OPERATION, request->operation);
	glue_row_set_text(row, GLUE_REQUEST_CONNECTION_NAME, request->name);
	if (request->given != 0)
		glue_row_set(row, GLUE_REQUEST_INPUT, request->given);
	else
		glue_row_set_tree(row, GLUE_REQUEST_INPUT, request->shown);
	glue_row_set_tree(row, GLUE_REQUEST_TAGS, request->tags);
	glue_row_set_text(row, GLUE_REQUEST_ON_CONFLICT, request->on_conflict);
	glue_row_set_text(row, GLUE_REQUEST_ON_MISSING, request->on_missing);
	glue_row_set(row, GLUE_REQUEST_HAS_SECRETS,
				 BoolGetDatum(request->has_secrets));
	glue_row_set_text(row, GLUE_REQUEST_STATE, GLUE_STATE_QUEUED);
	glue_row_set(row, GLUE_REQUEST_ATTEMPTS, Int32GetDatum(0));
	glue_row_set_time(row, GLUE_REQUEST_NEXT_ATTEMPT_AT, now);
	glue_row_set_text(row, GLUE_REQUEST_ON_ROLLBACK, request->on_rollback);
	if (settings != NULL)
		glue_row_set(row, GLUE_REQUEST_CALLER_SETTINGS,
					 JsonbPGetDatum(settings));
	glue_row_set_time(row, GLUE_REQUEST_REQUESTED_AT, now);
	if (request->provision_id != 0)
		glue_row_set(row, GLUE_REQUEST_PROVISION_ID,
					 Int64GetDatum(request->provision_id));
	set_identity(row, request);
}

/* Set the role, the home and the target of a request. */
static void
set_identity(GlueRow *row, const GlueRequest *request)
{
	Assert(OidIsValid(request->role));
	glue_row_set(row, GLUE_REQUEST_REQUESTED_BY,
				 ObjectIdGetDatum(request->role));
	glue_row_set(row, GLUE_REQUEST_HOME, Int64GetDatum(request->home));
	glue_row_set(row, GLUE_REQUEST_CLUSTER, Int64GetDatum(request->cluster));
	glue_row_set_name(row, GLUE_REQUEST_SERVER, request->server);
	glue_row_set(row, GLUE_REQUEST_SERVER_OID,
				 ObjectIdGetDatum(request->server_oid));
	if (OidIsValid(request->server_owner))
		glue_row_set(row, GLUE_REQUEST_SERVER_OWNER,
					 ObjectIdGetDatum(request->server_owner));
	glue_row_set_text(row, GLUE_REQUEST_ENDPOINT, request->endpoint);
	glue_row_set_text(row, GLUE_REQUEST_REGION, request->region);
	glue_row_set_text(row, GLUE_REQUEST_CATALOG_ID, request->catalog_id);
	glue_row_set_text(row, GLUE_REQUEST_ACCOUNT_ID, request->account_id);
	glue_row_set_bytes(row, GLUE_REQUEST_TARGET_FINGERPRINT,
					   request->fingerprint, GLUE_FINGERPRINT_LEN);
}

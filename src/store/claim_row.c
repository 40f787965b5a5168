/*-------------------------------------------------------------------------
 *
 * claim_row.c
 *	  A request that was claimed, as its row in glue_request has it.
 *
 * Each is read into a memory context of its own, which lasts as long as the
 * request is worked on.  Its sealed secrets are read apart from it: they lie in
 * another table.
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
#include "store/sql_text.h"
#include "utils/memutils.h"

/* The columns of GLUE_CLAIM_COLUMNS(), in their order. */
typedef enum ClaimColumn
{
	CLAIM_ID = 1,
	CLAIM_OPERATION,
	CLAIM_NAME,
	CLAIM_SERVER,
	CLAIM_REGION,
	CLAIM_CATALOG_ID,
	CLAIM_INPUT,
	CLAIM_TAGS,
	CLAIM_ON_CONFLICT,
	CLAIM_STATUS,
	CLAIM_ATTEMPTS,
	CLAIM_UNCERTAIN,
	CLAIM_ROLE,
	CLAIM_REQUESTED_AT,
	CLAIM_STARTED_AT,
	CLAIM_ON_MISSING,
	CLAIM_PROVISION_ID,
	CLAIM_CALLER_SETTINGS,
	CLAIM_ON_ROLLBACK,
	CLAIM_ANSWERED_AT,
	CLAIM_CALLER_XID,
	CLAIM_UNDONE_AT,
	CLAIM_ERROR_CODE,
	CLAIM_ERROR_MESSAGE,
	CLAIM_CLUSTER,
	CLAIM_SERVER_OID,
	CLAIM_SERVER_OWNER,
	CLAIM_FINGERPRINT,
	CLAIM_HOME,
	CLAIM_HAS_SECRETS,
	CLAIM_ANSWER,
	CLAIM_ENDPOINT,
	CLAIM_ACCOUNT_ID,
	CLAIM_CALL_TIMEOUT,
	CLAIM_AWS_SENT_AT,
	CLAIM_AWS_ENDED_AT,
	CLAIM_AWS_SETTLED_AT
} ClaimColumn;

/* prototypes of private functions */
static void read_sealed(const GlueClaims *queue, GlueClaim *request);
static GlueClaim *read_request(const GlueResultRow *row);
static void read_identity(GlueRequest *request, const GlueResultRow *row);
static const char *answer_text(const GlueClaim *request, const char *member);
static long settling_ms(const GlueResultRow *row);
static GlueUndo *read_undo(const GlueClaim *request,
						   const GlueResultRow *row);

/*
 * Read the requests that a statement has returned, as a list in the current
 * memory context.  Each is in a context of its own, which is a child of parent.
 *
 * The statement returns GLUE_CLAIM_COLUMNS().  undo says whether they are calls that
 * are to be undone.
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
 * Read the sealed secrets of requests that nobody else can change any more.
 *
 * The statement that has locked them may not do that.  It sees a request as
 * somebody has changed it meanwhile, but of other tables what there was when it
 * began; and secrets that are those of an older version do not open.
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

/* The same of one of them. */
static void
read_sealed(const GlueClaims *queue, GlueClaim *request)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, INT8OID};
	Datum		values[] = {
		Int64GetDatum(request->id), Int64GetDatum(request->what.home)
	};
	GlueImpersonation saved;
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("SELECT sealed, role FROM %s WHERE request"
								   EQUALS "$1 AND home" EQUALS "$2",
								   queue->secrets.table),
						  lengthof(types), types);
	if (glue_execute_as(&saved, queue->owner, plan, values, NULL) > 0)
	{
		GlueResultRow row = glue_result_row(0);
		MemoryContext spi_context = MemoryContextSwitchTo(request->context);
		bool		is_null;

		request->sealed =
			DatumGetByteaPCopy(glue_result_datum(&row, 1, &is_null));
		request->sealed_for =
			DatumGetObjectId(glue_result_datum(&row, 2, &is_null));
		MemoryContextSwitchTo(spi_context);
	}
	glue_execute_end(&saved);
}

static GlueClaim *
read_request(const GlueResultRow *row)
{
	GlueClaim  *request = palloc0(sizeof(GlueClaim));
	Datum		settings;
	bool		is_null;

	request->id = glue_result_int64(row, CLAIM_ID);
	request->what.operation = glue_result_text(row, CLAIM_OPERATION);
	request->what.name = glue_result_text(row, CLAIM_NAME);
	request->what.server = glue_result_text(row, CLAIM_SERVER);
	request->what.region = glue_result_text(row, CLAIM_REGION);
	request->what.catalog_id = glue_result_text(row, CLAIM_CATALOG_ID);
	request->what.input = glue_result_tree(row, CLAIM_INPUT);
	request->what.tags = glue_result_tree(row, CLAIM_TAGS);
	request->what.on_conflict = glue_result_text(row, CLAIM_ON_CONFLICT);
	request->what.on_missing = glue_result_text(row, CLAIM_ON_MISSING);
	request->what.provision_id = glue_result_int64(row, CLAIM_PROVISION_ID);
	request->what.has_secrets = glue_result_bool(row, CLAIM_HAS_SECRETS);
	read_identity(&request->what, row);
	request->status = glue_result_text(row, CLAIM_STATUS);
	request->attempts = DatumGetInt32(glue_result_datum(row, CLAIM_ATTEMPTS, &is_null));
	request->uncertain = glue_result_bool(row, CLAIM_UNCERTAIN);
	request->settings_text = "{}";
	settings = glue_result_datum(row, CLAIM_CALLER_SETTINGS, &is_null);
	if (!is_null)
	{
		request->settings = DatumGetJsonbPCopy(settings);
		request->settings_text = JsonbToCString(NULL, &request->settings->root,
												VARSIZE(request->settings));
	}
	request->requested_at = glue_result_time(row, CLAIM_REQUESTED_AT);
	request->started_at = glue_result_time(row, CLAIM_STARTED_AT);
	request->aws_settled_at = glue_result_time(row, CLAIM_AWS_SETTLED_AT);
	request->error_code = glue_result_text(row, CLAIM_ERROR_CODE);
	request->error_message = glue_result_text(row, CLAIM_ERROR_MESSAGE);
	request->answer = glue_result_tree(row, CLAIM_ANSWER);
	return request;
}

/* Whose a request is, and where it goes. */
static void
read_identity(GlueRequest *request, const GlueResultRow *row)
{
	bool		is_null;
	Datum		owner;
	bytea	   *fingerprint;

	request->endpoint = glue_result_text(row, CLAIM_ENDPOINT);
	request->account_id = glue_result_text(row, CLAIM_ACCOUNT_ID);
	request->home = glue_result_int64(row, CLAIM_HOME);
	request->role =
		DatumGetObjectId(glue_result_datum(row, CLAIM_ROLE, &is_null));
	request->cluster = glue_result_int64(row, CLAIM_CLUSTER);
	request->server_oid =
		DatumGetObjectId(glue_result_datum(row, CLAIM_SERVER_OID, &is_null));
	owner = glue_result_datum(row, CLAIM_SERVER_OWNER, &is_null);
	request->server_owner = is_null ? InvalidOid : DatumGetObjectId(owner);
	fingerprint =
		DatumGetByteaPP(glue_result_datum(row, CLAIM_FINGERPRINT, &is_null));
	memcpy(request->fingerprint, VARDATA_ANY(fingerprint),
		   Min(VARSIZE_ANY_EXHDR(fingerprint), GLUE_FINGERPRINT_LEN));
}

/* How an undo will end that could not be recorded: see queue/answer.c. */
static const char *
answer_text(const GlueClaim *request, const char *member)
{
	json_object *text = json_object_object_get(request->answer, member);

	return text != NULL ? json_object_get_string(text) : NULL;
}

/*
 * How long a request whose sender is gone may still arrive, or be worked on: as
 * long as its sender would have waited for it, if that is longer.
 */
static long
settling_ms(const GlueResultRow *row)
{
	bool		is_null;
	Datum		timeout = glue_result_datum(row, CLAIM_CALL_TIMEOUT, &is_null);

	return Max(glue_setting_settle_time,
			   is_null ? GLUE_LONGEST_CHANGE_MS : DatumGetInt32(timeout));
}

/*
 * What an undo needs beside that.  on_rollback is said of calls that may have
 * created the connection, and of no others.
 */
static GlueUndo *
read_undo(const GlueClaim *request, const GlueResultRow *row)
{
	GlueUndo   *undo = palloc0(sizeof(GlueUndo));
	const char *on_rollback = glue_result_text(row, CLAIM_ON_ROLLBACK);

	undo->id = request->id;
	undo->may_have_made = on_rollback != NULL;
	undo->undone = glue_result_time(row, CLAIM_UNDONE_AT) != 0;
	undo->keep = undo->undone ?
		request->error_code != NULL &&
		strcmp(request->error_code, "Kept") == 0 :
		undo->may_have_made && strcmp(on_rollback, "keep") == 0;
	undo->answered_at = glue_result_time(row, CLAIM_ANSWERED_AT);
	undo->settles_in_ms = settling_ms(row);
	undo->aws_sent_at = glue_result_time(row, CLAIM_AWS_SENT_AT);
	undo->aws_ended_at = glue_result_time(row, CLAIM_AWS_ENDED_AT);
	undo->committed =
		glue_caller_status((uint64) glue_result_int64(row, CLAIM_CALLER_XID)) ==
		GLUE_CALLER_COMMITTED;
	return undo;
}

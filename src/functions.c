/*-------------------------------------------------------------------------
 *
 * functions.c
 *	  The functions that SQL calls.
 *
 * Each one is a sequence of the steps that the layers below offer: arguments
 * in, validation, the call, the record, the result out.  Nothing is sent
 * before all arguments are known to be right.
 *
 * A function works in a memory context of its own, which it deletes at its
 * end, or which the abort of the transaction deletes: that cleanses every
 * copy that was made of a secret in the arguments.
 *
 * IDENTIFICATION
 *	  src/functions.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "arguments.h"
#include "builtins.h"
#include "client.h"
#include "compat.h"
#include "credential_chain.h"
#include "encoding.h"
#include "fmgr.h"
#include "funcapi.h"
#include "jsonb_tree.h"
#include "miscadmin.h"
#include "mirror.h"
#include "redact.h"
#include "sts.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/*
 * Room for the longer text that stands in the place of short secrets; what
 * does not fit is cut.
 */
#define MAX_SCRUBBED_GROWTH		256

/* prototypes of private functions */
static MemoryContext enter_call_context(void);
static json_object *create_request(const GlueTarget *target,
								   const GlueDefinition *definition);
static void run_or_fail(GlueCall *call);
static void redact_or_fail(json_object *tree);
static const char *status_of(const GlueCall *call);
static const char *scrubbed_status_reason(const GlueCall *call);
static void report_status(const GlueCall *call, const char *status);
static void return_violation(void *arg, const GlueViolation *violation);
static void note_error(void *arg, const GlueViolation *violation);

PG_FUNCTION_INFO_V1(glue_create_connection);
PG_FUNCTION_INFO_V1(glue_get_connection);
PG_FUNCTION_INFO_V1(glue_caller_identity);
PG_FUNCTION_INFO_V1(glue_validate_connection_input);
PG_FUNCTION_INFO_V1(glue_is_valid_connection_input);
PG_FUNCTION_INFO_V1(glue_redact);

/*
 * glue_create_connection(connection_input jsonb, tags jsonb, catalog_id text,
 *						  server name, on_conflict text) returns text
 */
Datum
glue_create_connection(PG_FUNCTION_ARGS)
{
	Oid			schema = get_func_namespace(fcinfo->flinfo->fn_oid);
	MemoryContext caller_context = enter_call_context();
	MemoryContext call_context = CurrentMemoryContext;
	GlueViolationList violations;
	GlueDefinition definition;
	GlueTarget	target;
	GlueCredentials credentials;
	GlueMirror	mirror;
	GlueCall	call = {0};
	GlueMirrorEntry entry = {0};
	text	   *result;

	PreventCommandIfReadOnly("glue_create_connection()");
	PreventCommandIfParallelMode("glue_create_connection()");
	glue_argument_on_conflict(fcinfo, 4);

	glue_violations_init(&violations);
	glue_check_definition(fcinfo, &definition, glue_violations_add, &violations);
	glue_violations_report(&violations, "connection input",
						   "Nothing was sent. glue_validate_connection_input() returns the same as rows.");

	glue_target_resolve(&target, glue_argument_server(fcinfo, 3), definition.catalog_id);
	glue_credentials_find(&target, NULL, &credentials);
	glue_mirror_open(&mirror, schema);

	call.operation = "CreateConnection";
	call.connection_name = definition.name;
	call.target = &target;
	call.endpoint = &target.endpoint;
	call.credentials = &credentials;
	call.renew_credentials = glue_credentials_renew;
	call.request = create_request(&target, &definition);
	run_or_fail(&call);

	/* the secrets have reached their place, and are not needed any more */
	if (call.read_back != NULL)
	{
		entry.status_reason = scrubbed_status_reason(&call);
		redact_or_fail(call.read_back);
	}
	redact_or_fail(definition.input);
	entry.target = &target;
	entry.name = definition.name;
	entry.definition = definition.input;
	entry.tags = definition.tags;
	entry.observed = call.read_back;
	entry.status = status_of(&call);
	entry.request_id = call.request_id;
	glue_mirror_record(&mirror, &entry);
	report_status(&call, entry.status);

	MemoryContextSwitchTo(caller_context);
	result = cstring_to_text(entry.status);
	MemoryContextDelete(call_context);
	PG_RETURN_TEXT_P(result);
}

/*
 * glue_get_connection(name text, catalog_id text, server name) returns jsonb
 */
Datum
glue_get_connection(PG_FUNCTION_ARGS)
{
	MemoryContext caller_context = enter_call_context();
	MemoryContext call_context = CurrentMemoryContext;
	const char *name;
	const char *catalog_id;
	GlueViolationList violations;
	GlueTarget	target;
	GlueCredentials credentials;
	GlueCall	call;
	json_object *connection;
	Jsonb	   *result;

	PreventCommandIfParallelMode("glue_get_connection()");
	glue_violations_init(&violations);
	name = glue_argument_name(fcinfo, 0, glue_violations_add, &violations);
	catalog_id = glue_argument_catalog_id(fcinfo, 1, glue_violations_add,
										  &violations);
	glue_violations_report(&violations, "connection name or catalog ID",
						   NULL);

	glue_target_resolve(&target, glue_argument_server(fcinfo, 2), catalog_id);
	glue_credentials_find(&target, NULL, &credentials);
	glue_client_prepare_get(&call, &target, &credentials, name);
	call.renew_credentials = glue_credentials_renew;
	run_or_fail(&call);

	connection = json_object_object_get(call.answer, "Connection");
	if (!json_object_is_type(connection, json_type_object))
		glue_failure_raise(ERROR,
						   glue_client_malformed_answer(&call,
														"it holds no connection"));
	redact_or_fail(connection);

	MemoryContextSwitchTo(caller_context);
	result = glue_jsonb_from_tree(connection);
	MemoryContextDelete(call_context);
	PG_RETURN_JSONB_P(result);
}

/*
 * glue_caller_identity(server name)
 * returns table (account text, arn text, user_id text)
 */
Datum
glue_caller_identity(PG_FUNCTION_ARGS)
{
	MemoryContext caller_context;
	MemoryContext call_context;
	GlueTarget	target;
	GlueCredentials credentials;
	GlueCallerIdentity identity;
	GlueFailure *failure;
	Datum		values[3];
	bool		nulls[3] = {false};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	PreventCommandIfParallelMode("glue_caller_identity()");
	InitMaterializedSRF(fcinfo, 0);
	caller_context = enter_call_context();
	call_context = CurrentMemoryContext;

	glue_target_resolve(&target, glue_argument_server(fcinfo, 0), NULL);
	glue_credentials_find(&target, NULL, &credentials);
	failure = glue_sts_caller_identity(&target, &credentials,
									   glue_credentials_renew, &identity);
	if (failure != NULL)
		glue_failure_raise(ERROR, failure);

	values[0] = CStringGetTextDatum(glue_server_from_utf8(identity.account));
	values[1] = CStringGetTextDatum(glue_server_from_utf8(identity.arn));
	values[2] = CStringGetTextDatum(glue_server_from_utf8(identity.user_id));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);

	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(call_context);
	return (Datum) 0;
}

/*
 * glue_validate_connection_input(connection_input jsonb, tags jsonb,
 *								  catalog_id text)
 * returns table (path text, rule text, message text, severity text)
 */
Datum
glue_validate_connection_input(PG_FUNCTION_ARGS)
{
	MemoryContext caller_context;
	MemoryContext call_context;
	GlueDefinition definition;

	InitMaterializedSRF(fcinfo, 0);
	caller_context = enter_call_context();
	call_context = CurrentMemoryContext;
	glue_check_definition(fcinfo, &definition, return_violation,
						  fcinfo->resultinfo);
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(call_context);
	return (Datum) 0;
}

/*
 * glue_is_valid_connection_input(connection_input jsonb) returns boolean
 *
 * No setting may have a say here, since the function is immutable.
 */
Datum
glue_is_valid_connection_input(PG_FUNCTION_ARGS)
{
	MemoryContext caller_context = enter_call_context();
	MemoryContext call_context = CurrentMemoryContext;
	bool		valid = true;
	json_object *input;

	if (glue_argument_tree(fcinfo, 0, &input, note_error, &valid))
	{
		glue_normalize_connection_input(input);
		glue_validate_connection_input_tree(input, false, note_error, &valid);
	}
	MemoryContextSwitchTo(caller_context);
	MemoryContextDelete(call_context);
	PG_RETURN_BOOL(valid);
}

/*
 * glue_redact(connection_input jsonb) returns jsonb
 */
Datum
glue_redact(PG_FUNCTION_ARGS)
{
	MemoryContext caller_context = enter_call_context();
	MemoryContext call_context = CurrentMemoryContext;
	GlueViolationList violations;
	json_object *input;
	Jsonb	   *result;

	glue_violations_init(&violations);
	glue_argument_tree(fcinfo, 0, &input, glue_violations_add, &violations);
	glue_violations_report(&violations, "value to redact", NULL);
	redact_or_fail(input);

	MemoryContextSwitchTo(caller_context);
	result = glue_jsonb_from_tree(input);
	MemoryContextDelete(call_context);
	PG_RETURN_JSONB_P(result);
}

/* ----------------------------------------------------------------
 * Steps
 * ----------------------------------------------------------------
 */

/*
 * Enter a new memory context for the work of one function; returns the one
 * that the result must be in.
 */
static MemoryContext
enter_call_context(void)
{
	return MemoryContextSwitchTo(AllocSetContextCreate(CurrentMemoryContext,
													   "glue_conn function",
													   ALLOCSET_DEFAULT_SIZES));
}

/* The request of CreateConnection; the definition's trees become part of it. */
static json_object *
create_request(const GlueTarget *target, const GlueDefinition *definition)
{
	json_object *request = glue_tree_new_object();

	if (target->catalog_id != NULL)
		glue_tree_add(request, "CatalogId",
					  json_object_new_string(target->catalog_id));
	glue_tree_add(request, "ConnectionInput",
				  json_object_get(definition->input));
	if (definition->tags != NULL)
		glue_tree_add(request, "Tags", json_object_get(definition->tags));
	return request;
}

/* Make a call, and raise its failure. */
static void
run_or_fail(GlueCall *call)
{
	glue_client_run(call, 1);
	if (call->failure != NULL)
		glue_failure_raise(ERROR, call->failure);
}

/* Take the secrets out of a tree; what cannot be redacted must not go on. */
static void
redact_or_fail(json_object *tree)
{
	if (!glue_redact_tree(tree))
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
}

/*
 * The status of a connection that was created.
 *
 * AWS Glue leaves it out where a connection is ready at once.
 */
static const char *
status_of(const GlueCall *call)
{
	json_object *status = call->read_back ?
		json_object_object_get(call->read_back, "Status") :
		json_object_object_get(call->answer, "CreateConnectionStatus");

	if (!json_object_is_type(status, json_type_string))
		return "READY";
	return glue_server_from_utf8(json_object_get_string(status));
}

/*
 * Why a connection that was read back has its status, or NULL: text of AWS's,
 * which may quote what was sent.
 */
static const char *
scrubbed_status_reason(const GlueCall *call)
{
	json_object *reason = json_object_object_get(call->read_back,
												 "StatusReason");
	Size		size;
	char	   *scrubbed;

	if (!json_object_is_type(reason, json_type_string))
		return NULL;
	size = json_object_get_string_len(reason) + MAX_SCRUBBED_GROWTH;
	scrubbed = palloc(size);
	glue_redact_text(call->request, json_object_get_string(reason),
					 scrubbed, size);
	return scrubbed;
}

/* Tell the user what the status alone does not. */
static void
report_status(const GlueCall *call, const char *status)
{
	if (call->read_back != NULL)
		ereport(NOTICE,
				(errmsg("AWS Glue connection \"%s\" was created, although the answer was lost",
						glue_server_from_utf8(call->connection_name)),
				 errdetail("It was found by reading it back: it has the definition that was sent, and is not older than the request.")));
	if (strcmp(status, "FAILED") == 0)
		ereport(WARNING,
				(errmsg("AWS Glue connection \"%s\" was created, but is not usable",
						glue_server_from_utf8(call->connection_name)),
				 errdetail("Its status is FAILED."),
				 errhint("\"StatusReason\" of glue_get_connection() says why. The name is taken until the connection is deleted.")));
}

/* A GlueViolationSink: add a row to the result that is arg. */
static void
return_violation(void *arg, const GlueViolation *violation)
{
	ReturnSetInfo *result = arg;
	Datum		values[4];
	bool		nulls[4] = {false};

	values[0] = CStringGetTextDatum(glue_server_from_utf8(violation->path));
	values[1] = CStringGetTextDatum(violation->rule);
	values[2] = CStringGetTextDatum(glue_server_from_utf8(violation->message));
	values[3] = CStringGetTextDatum(violation->severity == GLUE_SEVERITY_ERROR ?
									"error" : "warning");
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* A GlueViolationSink: clear the boolean that is arg on any error. */
static void
note_error(void *arg, const GlueViolation *violation)
{
	if (violation->severity == GLUE_SEVERITY_ERROR)
		*(bool *) arg = false;
}

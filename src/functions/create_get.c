/*-------------------------------------------------------------------------
 *
 * create_get.c
 *	  The SQL functions that create and read one connection.
 *
 * Each one is a sequence of the steps that the files below offer: arguments
 * in, validation, the call, the record, the result out.
 *
 * IDENTIFICATION
 *	  src/functions/create_get.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/credential_chain.h"
#include "client/sts.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "operation/immediate.h"
#include "operation/record.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/redacted.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(glue_create_connection);
PG_FUNCTION_INFO_V1(glue_get_connection);
PG_FUNCTION_INFO_V1(glue_caller_identity);

/*
 * glue_create_connection(connection_input jsonb, tags jsonb, catalog_id text,
 *						  server name, on_conflict text) returns text
 */
Datum
glue_create_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueConflictAction on_conflict;
	GlueDefinition definition;
	GlueMirror	mirror;
	GlueImmediate immediate;
	GlueImmediateOperation create;
	const char *status;
	text	   *result = NULL;

	glue_function_begin(&function, fcinfo, "glue_create_connection()",
						GLUE_FUNCTION_WRITES);
	on_conflict = glue_argument_on_conflict(fcinfo, 4);
	glue_check_definition(fcinfo, &definition, glue_violations_add,
						  &function.violations);
	glue_violations_report(&function.violations, "connection input",
						   GLUE_HINT_NOTHING_SENT);
	glue_function_connect(&function, glue_argument_server(fcinfo, 3),
						  definition.catalog_id);
	glue_mirror_open(&mirror, function.access.schema, GLUE_MIRROR_WRITE);

	glue_immediate_open(&immediate, &function.access);
	glue_immediate_operation_init(&create, GLUE_OPERATION_CREATE, &immediate,
								  &mirror, definition.name);
	create.operation.input = definition.input;
	create.operation.tags = definition.tags;
	create.operation.on_conflict = on_conflict;
	glue_immediate_operation_announce(&create);
	glue_immediate_operation_run(&create);
	status = create.operation.status;
	glue_report_status(definition.name, status);

	MemoryContextSwitchTo(function.caller_context);
	if (status != NULL)
		result = cstring_to_text(glue_server_from_utf8(status));
	glue_function_end(&function);
	if (result == NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(result);
}

/*
 * glue_get_connection(name text, catalog_id text, server name) returns jsonb
 */
Datum
glue_get_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueCall	call;
	const char *name;
	json_object *connection;
	Jsonb	   *result;

	glue_function_begin(&function, fcinfo, "glue_get_connection()",
						GLUE_FUNCTION_READS);
	glue_function_connect_named(&function, fcinfo, 0, &name);
	glue_access_prepare_get(&function.access, &call, name);
	glue_function_run(&call);
	connection = glue_function_answer(&call, "Connection", json_type_object,
									  "it holds no connection");
	glue_redact_or_fail(connection);

	MemoryContextSwitchTo(function.caller_context);
	result = glue_jsonb_from_tree(connection);
	glue_function_end(&function);
	PG_RETURN_JSONB_P(result);
}

/*
 * glue_caller_identity(server name)
 * returns table (account text, arn text, user_id text)
 */
Datum
glue_caller_identity(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueCallerIdentity identity;
	GlueFailure *failure;
	Datum		values[3];
	bool		nulls[3] = {false};
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin(&function, fcinfo, "glue_caller_identity()",
						GLUE_FUNCTION_READS);
	glue_function_connect(&function, glue_argument_server(fcinfo, 0), NULL);
	failure = glue_sts_caller_identity(&function.access.target, &function.access.credentials,
									   glue_credentials_renew, &identity);
	if (failure != NULL)
		glue_failure_raise(ERROR, failure);

	values[0] = CStringGetTextDatum(glue_server_from_utf8(identity.account));
	values[1] = CStringGetTextDatum(glue_server_from_utf8(identity.arn));
	values[2] = CStringGetTextDatum(glue_server_from_utf8(identity.user_id));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);

	glue_function_end(&function);
	return (Datum) 0;
}

/*-------------------------------------------------------------------------
 *
 * create_get.c
 *	  The SQL functions that create and read one connection.
 *
 * Each one is a sequence of steps from the files below: arguments, validation,
 * the call, the record, the result.
 *
 * IDENTIFICATION
 *	  src/functions/create_get.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/client.h"
#include "client/sts.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "operation/record.h"
#include "server/compat.h"
#include "server/redacted.h"

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
	GlueImmediateOperation create;
	const char *status;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	on_conflict = glue_argument_on_conflict(fcinfo->args[4]);
	glue_function_definition(&function, fcinfo->args[0], fcinfo->args[1],
							 fcinfo->args[2], &definition);
	glue_function_connect(&function, definition.catalog_id, fcinfo->args[3]);
	glue_function_open(&function);
	glue_immediate_operation_init(&create, GLUE_OPERATION_CREATE,
								  &function.intents, &function.records,
								  definition.name);
	create.operation.input = definition.input;
	create.operation.tags = definition.tags;
	create.operation.on_conflict = on_conflict;
	glue_immediate_operation_run(&create);
	status = create.operation.status;
	glue_report_status(definition.name, status);
	if (status != NULL)
		return glue_function_end_text(&function, status);
	glue_function_end(&function);
	PG_RETURN_NULL();
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

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	name = glue_function_connect_named(&function, fcinfo->args[0],
									   fcinfo->args[1], fcinfo->args[2]);
	connection = glue_function_get(&function, &call, name, false);
	glue_redact_or_fail(connection);
	return glue_function_end_tree(&function, connection);
}

/*
 * glue_caller_identity(server name)
 * returns table (account text, arn text, user_id text)
 */
Datum
glue_caller_identity(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueCall	call;
	GlueCallerIdentity identity;
	GlueFailure *failure;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	glue_function_connect(&function, NULL, fcinfo->args[0]);
	glue_account_prepare(&function.access, &call);
	glue_client_run(&call, 1);
	failure = glue_sts_identity_answer(&call, &identity);
	if (failure != NULL)
		glue_failure_raise(ERROR, failure);

	glue_return_texts(fcinfo, identity.account, identity.arn,
					  identity.user_id);
	glue_function_end(&function);
	return (Datum) 0;
}

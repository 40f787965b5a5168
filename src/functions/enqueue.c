/*-------------------------------------------------------------------------
 *
 * enqueue.c
 *	  The SQL functions whose calls are made after commit.
 *
 * Each has the arguments of the function that acts at once, and raises the
 * same errors for invalid ones.
 *
 * IDENTIFICATION
 *	  src/functions/enqueue.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "fmgr.h"
#include "functions/function.h"
#include "glue/operation_name.h"
#include "queue/enqueue.h"

PG_FUNCTION_INFO_V1(glue_enqueue_create_connection);
PG_FUNCTION_INFO_V1(glue_enqueue_update_connection);
PG_FUNCTION_INFO_V1(glue_enqueue_delete_connection);

/* Make a request for a connection, end the function, and return the ID. */
static Datum
enqueue(GlueFunction *function, GlueRequest *request,
		const GlueDefinition *definition, NullableDatum server)
{
	GlueAccess *access = &function->access;
	int64		id;

	request->name = definition->name;
	request->input = definition->input;
	request->given = definition->given;
	request->tags = definition->tags;
	glue_target_resolve(&access->target,
						glue_argument_server(server, definition->catalog_id),
						definition->catalog_id, NULL);
	glue_account_peek(access);
	id = glue_enqueue(access, request);
	glue_function_end(function);
	return Int64GetDatum(id);
}

/*
 * glue_enqueue_create_connection(connection_input jsonb, tags jsonb,
 *								  catalog_id text, server name,
 *								  on_conflict text) returns bigint
 */
Datum
glue_enqueue_create_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueDefinition definition;
	GlueRequest request = {.operation = GLUE_CREATE_CONNECTION};

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	request.on_conflict =
		glue_conflict_action_name(glue_argument_on_conflict(fcinfo->args[4]));
	glue_function_definition(&function, fcinfo->args[0], fcinfo->args[1],
							 fcinfo->args[2], &definition);
	return enqueue(&function, &request, &definition, fcinfo->args[3]);
}

/*
 * glue_enqueue_update_connection(name text, connection_input jsonb,
 *								  catalog_id text, server name)
 * returns bigint
 */
Datum
glue_enqueue_update_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueDefinition definition;
	GlueRequest request = {
		.operation = GLUE_UPDATE_CONNECTION,
		.on_missing = "error",
	};

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	glue_function_new_definition(&function, fcinfo->args[0], fcinfo->args[1],
								 fcinfo->args[2], &definition);
	return enqueue(&function, &request, &definition, fcinfo->args[3]);
}

/*
 * glue_enqueue_delete_connection(name text, catalog_id text, server name,
 *								  missing_ok boolean) returns bigint
 */
Datum
glue_enqueue_delete_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueDefinition definition = {.input = NULL};
	GlueRequest request = {
		.operation = GLUE_DELETE_CONNECTION,
		.on_missing = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3) ?
		"ignore" : "error",
	};

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	definition.name = glue_function_name(&function, fcinfo->args[0],
										 fcinfo->args[1],
										 &definition.catalog_id);
	return enqueue(&function, &request, &definition, fcinfo->args[2]);
}

/*-------------------------------------------------------------------------
 *
 * type.c
 *	  The SQL functions for the types of connections.
 *
 * AWS Glue returns a machine-readable description of a type: the properties of
 * its connections, which of them are required, and the kinds of
 * authentication.  It does not describe a particular connection, so it holds
 * no secret; and redaction would remove the properties named PASSWORD.
 *
 * IDENTIFICATION
 *	  src/functions/type.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "functions/function.h"
#include "glue/operation_name.h"
#include "server/jsonb_tree.h"

PG_FUNCTION_INFO_V1(glue_describe_connection_type);
PG_FUNCTION_INFO_V1(glue_list_connection_types);

/*
 * glue_describe_connection_type(connection_type text, server name)
 * returns jsonb
 */
Datum
glue_describe_connection_type(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueCall	call;
	const char *type;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	type = glue_argument_name(fcinfo->args[0], "$.ConnectionType",
							  &function.findings);
	glue_violations_report(&function.violations, "connection type", NULL);
	glue_function_connect(&function, NULL, fcinfo->args[1]);

	glue_access_prepare(&function.access, &call,
						GLUE_DESCRIBE_CONNECTION_TYPE, type);
	glue_tree_add_text(call.arguments, "ConnectionType", type);
	glue_function_run(&call);
	(void) glue_function_answer(&call, "ConnectionType", json_type_string,
								"it describes no connection type");
	return glue_function_end_tree(&function, call.answer);
}

static void
prepare_list_types(FunctionCallInfo fcinfo, GlueFunction *function,
				   GlueCall *call)
{
	glue_function_begin(function, fcinfo, GLUE_FUNCTION_READS);
	glue_function_connect(function, NULL, fcinfo->args[0]);
	glue_access_prepare(&function->access, call, GLUE_LIST_CONNECTION_TYPES, NULL);
}

/*
 * glue_list_connection_types(server name) returns setof jsonb
 */
Datum
glue_list_connection_types(PG_FUNCTION_ARGS)
{
	return glue_return_list(fcinfo, prepare_list_types, "ConnectionTypes", false);
}

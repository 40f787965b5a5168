/*-------------------------------------------------------------------------
 *
 * test.c
 *	  The SQL functions that test a connection in AWS Glue.
 *
 * AWS Glue tests an existing connection, or a definition.  A test changes
 * nothing, so it is allowed in read-only transactions.  A failed test is an
 * error, because the service reports it by an error.
 *
 * IDENTIFICATION
 *	  src/functions/test.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "functions/function.h"
#include "glue/normalize.h"
#include "glue/operation_name.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "text/json.h"

PG_FUNCTION_INFO_V1(glue_test_connection);
PG_FUNCTION_INFO_V1(glue_test_connection_input);

/*
 * Raise an error if a definition was given instead of a name.
 *
 * An untyped literal is resolved as text, not as jsonb.  Names appear in
 * messages and in AWS's own logs, and a definition may hold a password.
 */
static void
refuse_json_as_name(NullableDatum argument)
{
	text	   *name;
	const char *utf8;
	int			len;

	if (argument.isnull)
		return;
	name = DatumGetTextPP(argument.value);
	if (!glue_utf8_from_server(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name),
							   &utf8, &len) ||
		!json_object_is_type(glue_secret_tree(glue_json_tree_parse(utf8, len)),
							 json_type_object))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("the name of a connection must not be a JSON object"),
			 errhint("Name the argument to test a definition: glue_test_connection(test_connection_input => '{...}').")));
}

/*
 * glue_test_connection(name text, catalog_id text, server name) returns void
 */
Datum
glue_test_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueCall	call;
	const char *name;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	refuse_json_as_name(fcinfo->args[0]);
	name = glue_function_connect_named(&function, fcinfo->args[0],
									   fcinfo->args[1], fcinfo->args[2]);

	glue_access_prepare(&function.access, &call, GLUE_TEST_CONNECTION, name);
	glue_tree_add_text(call.arguments, "ConnectionName", name);
	glue_function_run(&call);
	glue_function_end(&function);
	PG_RETURN_VOID();
}

/*
 * glue_test_connection(test_connection_input jsonb, catalog_id text,
 *						server name) returns void
 */
Datum
glue_test_connection_input(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueCall	call;
	json_object *input;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	if (glue_argument_tree(fcinfo->args[0], &input, &function.findings))
	{
		glue_normalize("TestConnectionInput", input);
		glue_validate_test_input_tree(input,
									  glue_setting_allow_unknown_members,
									  glue_violations_add,
									  &function.violations);
	}
	glue_function_connect_checked(&function, fcinfo->args[1], fcinfo->args[2],
								  "test connection input",
								  "Nothing was sent.");

	glue_access_prepare(&function.access, &call, GLUE_TEST_CONNECTION, NULL);
	glue_tree_add(call.arguments, "TestConnectionInput", json_object_get(input));
	glue_function_run(&call);
	glue_function_end(&function);
	PG_RETURN_VOID();
}

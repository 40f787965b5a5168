/*-------------------------------------------------------------------------
 *
 * function.c
 *	  What all SQL functions that reach AWS have in common.
 *
 * A function works in a memory context of its own, which it deletes at its
 * end, or which the abort of the transaction deletes: that cleanses every
 * copy that was made of a secret in the arguments.
 *
 * Its steps are always the same: begin, look at the arguments, connect,
 * prepare a call and run it, as often as it takes, and end.  All that is wrong
 * with the arguments is collected in between, and connecting raises it:
 * nothing is sent before all arguments are known to be right.
 *
 * IDENTIFICATION
 *	  src/functions/function.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/client.h"
#include "client/credential_chain.h"
#include "functions/function.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

/*
 * Enter a new memory context for the work of one function; returns the one
 * that the result must be in.
 */
MemoryContext
glue_enter_function_context(void)
{
	return MemoryContextSwitchTo(AllocSetContextCreate(CurrentMemoryContext,
													   "glue_conn function",
													   ALLOCSET_DEFAULT_SIZES));
}

/*
 * Begin a function that reaches AWS.  name is for messages, such as
 * "glue_create_connection()".
 */
void
glue_function_begin(GlueFunction *function, FunctionCallInfo fcinfo,
					const char *name, GlueFunctionKind kind)
{
	if (kind == GLUE_FUNCTION_WRITES)
		PreventCommandIfReadOnly(name);
	PreventCommandIfParallelMode(name);

	memset(function, 0, sizeof(GlueFunction));
	function->access.schema = get_func_namespace(fcinfo->flinfo->fn_oid);
	function->caller_context = glue_enter_function_context();
	function->context = CurrentMemoryContext;
	glue_violations_init(&function->violations);
}

/*
 * Find out where the calls of a function go and as whom.  Raises what was
 * found to be wrong with its arguments.  server and catalog_id may be NULL.
 */
void
glue_function_connect(GlueFunction *function, const char *server,
					  const char *catalog_id)
{
	glue_violations_report(&function->violations, "argument list",
						   "Nothing was sent.");
	glue_target_resolve(&function->access.target, server, catalog_id);
	glue_credentials_find(&function->access.target,
						  &function->access.credentials);
}

/*
 * Get and check the arguments of a function that are, from first_argument on,
 * the name of a connection, the catalog and the server.
 */
void
glue_function_arguments_named(GlueFunction *function, FunctionCallInfo fcinfo,
							  int first_argument, const char **name,
							  const char **catalog_id, const char **server)
{
	*name = glue_argument_name(fcinfo, first_argument, glue_violations_add,
							   &function->violations);
	*catalog_id = glue_argument_catalog_id(fcinfo, first_argument + 1,
										   glue_violations_add,
										   &function->violations);
	glue_violations_report(&function->violations,
						   "connection name or catalog ID", NULL);
	*server = glue_argument_server(fcinfo, first_argument + 2);
}

/* Connect a function that has such arguments. */
void
glue_function_connect_named(GlueFunction *function, FunctionCallInfo fcinfo,
							int first_argument, const char **name)
{
	const char *catalog_id;
	const char *server;

	glue_function_arguments_named(function, fcinfo, first_argument, name,
								  &catalog_id, &server);
	glue_function_connect(function, server, catalog_id);
}

/* Make a call, and raise its failure. */
void
glue_function_run(GlueCall *call)
{
	glue_client_run(call, 1);
	if (call->failure != NULL)
		glue_failure_raise(ERROR, call->failure);
}

/*
 * A member of the answer, which must have a certain type; problem says what
 * is wrong if it has not, such as "it holds no connection".
 */
json_object *
glue_function_answer(const GlueCall *call, const char *member, json_type type,
					 const char *problem)
{
	json_object *value = json_object_object_get(call->answer, member);

	if (!json_object_is_type(value, type))
		glue_failure_raise(ERROR,
						   glue_call_malformed_answer(call, problem));
	return value;
}

/* End a function, whose result is outside of its memory context. */
void
glue_function_end(const GlueFunction *function)
{
	MemoryContextSwitchTo(function->caller_context);
	MemoryContextDelete(function->context);
}

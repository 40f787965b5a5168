/*-------------------------------------------------------------------------
 *
 * function.c
 *	  The begin and the end of a SQL function.
 *
 * A function works in a memory context of its own.  The end of the function,
 * or the abort of the transaction, deletes it, and that clears every copy of a
 * secret in the arguments.
 *
 * A function that calls AWS always has the same steps: begin, check the
 * arguments, connect, prepare and run calls, and end.  Errors in the arguments
 * are collected, and connecting raises them: no message is sent before all
 * arguments are valid.  Other functions begin, check the arguments and end.
 *
 * IDENTIFICATION
 *	  src/functions/function.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "aws/exception_name.h"
#include "catalog/pg_type.h"
#include "client/account.h"
#include "client/client.h"
#include "functions/function.h"
#include "glue/normalize.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

/* Room for the names of all members that only AWS Glue sets. */
#define MAX_NAMES_SIZE	256

/* Begin a function that calls AWS. */
void
glue_function_begin(GlueFunction *function, FunctionCallInfo fcinfo,
					GlueFunctionKind kind)
{
	Oid			oid = fcinfo->flinfo->fn_oid;

	if (kind == GLUE_FUNCTION_WRITES && XactReadOnly)
		PreventCommandIfReadOnly(psprintf("%s()", get_func_name(oid)));
	if (IsInParallelMode())
		PreventCommandIfParallelMode(psprintf("%s()", get_func_name(oid)));

	glue_function_begin_local(function);
	function->writes = kind == GLUE_FUNCTION_WRITES;
	function->access.schema = get_func_namespace(oid);
}

/* Begin a function that works on its arguments alone. */
void
glue_function_begin_local(GlueFunction *function)
{
	Assert(IsTransactionState());
	memset(function, 0, sizeof(GlueFunction));
	function->context = AllocSetContextCreate(CurrentMemoryContext,
											  "glue_conn function",
											  ALLOCSET_DEFAULT_SIZES);
	function->caller_context = MemoryContextSwitchTo(function->context);
	glue_violations_init(&function->violations);
	function->findings.sink = glue_violations_add;
	function->findings.arg = &function->violations;
}

/* ----------------------------------------------------------------
 * Arguments
 * ----------------------------------------------------------------
 */

/*
 * Get and check the name of a connection and its catalog, for functions
 * without other arguments to check.
 */
const char *
glue_function_name(GlueFunction *function, NullableDatum name,
				   NullableDatum catalog, const char **catalog_id)
{
	const char *result = glue_argument_name(name, "$.Name",
											&function->findings);

	*catalog_id = glue_argument_catalog_id(catalog, &function->findings);
	glue_violations_report(&function->violations,
						   "connection name or catalog ID", NULL);
	return result;
}

/* Get and check the definition of a connection. */
void
glue_function_definition(GlueFunction *function, NullableDatum input,
						 NullableDatum tags, NullableDatum catalog_id,
						 GlueDefinition *definition)
{
	glue_check_definition(input, tags, catalog_id, definition,
						  &function->findings);
	glue_violations_report(&function->violations, "connection input",
						   GLUE_HINT_NOTHING_SENT);
}

/*
 * A GlueViolationSink for the input of an update.
 *
 * The rule about incomplete credentials was measured for new connections.  For
 * an update, the missing members are compared with the existing connection,
 * which is more exact: see glue/lost_credentials.c.
 */
static void
take_update_finding(void *arg, const GlueViolation *violation)
{
	const GlueFindings *update = arg;
	GlueViolation finding = *violation;

	if (strcmp(finding.rule, GLUE_RULE_CREDENTIALS) == 0)
		finding.severity = GLUE_SEVERITY_WARNING;
	update->sink(update->arg, &finding);
}

/*
 * Remove members from a definition that only AWS Glue sets, and warn about it.
 */
static void
leave_out_answered(json_object *input)
{
	char		names[MAX_NAMES_SIZE];

	if (json_object_is_type(input, json_type_object) &&
		glue_input_from_connection(input, names, sizeof(names)))
		ereport(NOTICE,
				(errmsg("members that only AWS Glue sets are removed from the connection input"),
				 errdetail("They are %s.", names)));
}

/*
 * Get and check the new definition of a connection.
 *
 * The ConnectionInput may omit the name, and cannot change it.  A connection
 * that was read may be given unchanged.
 */
void
glue_function_new_definition(GlueFunction *function, NullableDatum name,
							 NullableDatum input, NullableDatum catalog_id,
							 GlueDefinition *definition)
{
	const GlueFindings *findings = &function->findings;
	GlueFindings update = {take_update_finding, &function->findings};
	json_object *given;

	memset(definition, 0, sizeof(GlueDefinition));
	definition->name = glue_argument_name(name, "$.Name", findings);
	if (glue_argument_tree(input, &definition->input, findings))
	{
		leave_out_answered(definition->input);
		if (definition->name != NULL &&
			json_object_is_type(definition->input, json_type_object) &&
			json_object_object_get(definition->input, "Name") == NULL &&
			json_object_object_get(definition->input,
								   "ConnectionInput") == NULL)
			glue_tree_add_text(definition->input, "Name",
							   definition->name);
		(void) glue_check_input(definition->input, &update);
	}
	given = json_object_object_get(definition->input, "Name");
	if (definition->name != NULL && json_object_is_type(given, json_type_string) &&
		strcmp(json_object_get_string(given), definition->name) != 0)
		glue_add_error(findings, "$.Name", GLUE_RULE_PROPERTY_VALUE,
					   "must be the name of the connection, which cannot be changed");
	definition->catalog_id = glue_argument_catalog_id(catalog_id, findings);
	glue_violations_report(&function->violations, "connection input",
						   GLUE_HINT_NOTHING_SENT);
}

/* ----------------------------------------------------------------
 * Calls
 * ----------------------------------------------------------------
 */

/*
 * Find the target and the credentials for the calls of a function.  Raises the
 * collected errors in its arguments.  catalog_id may be NULL.
 */
void
glue_function_connect(GlueFunction *function, const char *catalog_id,
					  NullableDatum server)
{
	Assert(OidIsValid(function->access.schema));
	glue_violations_report(&function->violations, "argument list",
						   "Nothing was sent.");
	glue_target_resolve(&function->access.target,
						glue_argument_server(server, catalog_id),
						catalog_id, NULL);
	glue_access_find_credentials(&function->access);
	if (function->writes)
		glue_function_identify(function);
	else

		/* the limits belong to the account, for all readers */
		(void) glue_account_at_hand(&function->access);
}

/*
 * Find the catalog ID for the calls of a function, which is needed for changes
 * and for the records of connections.
 */
void
glue_function_identify(GlueFunction *function)
{
	GlueFailure *failure = NULL;

	if (!glue_account_at_hand(&function->access) &&
		function->access.target.catalog == NULL)
		failure = glue_account_find(&function->access);
	if (failure != NULL)
		glue_failure_raise(ERROR, glue_failure_no_account(failure));
}

/* Connect a function for one connection; returns its name. */
const char *
glue_function_connect_named(GlueFunction *function, NullableDatum name,
							NullableDatum catalog_id, NullableDatum server)
{
	const char *catalog;
	const char *result = glue_function_name(function, name, catalog_id,
											&catalog);

	glue_function_connect(function, catalog, server);
	return result;
}

/*
 * Check the catalog too, and connect a function.  The collected errors are
 * raised with the given texts: see glue_violations_report().
 */
void
glue_function_connect_checked(GlueFunction *function, NullableDatum catalog_id,
							  NullableDatum server, const char *subject,
							  const char *hint)
{
	const char *catalog =
		glue_argument_catalog_id(catalog_id, &function->findings);

	glue_violations_report(&function->violations, subject, hint);
	glue_function_connect(function, catalog, server);
}

/* Prepare to change AWS Glue, to write that down, and to record it. */
void
glue_function_open(GlueFunction *function)
{
	Assert(function->writes && CurrentMemoryContext == function->context);
	glue_records_open(&function->records, function->access.schema,
					  RowExclusiveLock);
	glue_intents_prepare(&function->intents, &function->access);
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
 * A member of the answer, which must have a certain type; problem describes
 * another answer, such as "it holds no connection".
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

/*
 * Read a connection from AWS Glue; the result is not redacted.  NULL if it
 * does not exist, if missing_ok.
 */
json_object *
glue_function_get(const GlueFunction *function, GlueCall *call,
				  const char *name, bool missing_ok)
{
	glue_call_prepare_get(call, &function->access.target,
						  &function->access.credentials, name);
	glue_client_run(call, 1);
	if (missing_ok && call->failure != NULL &&
		strcmp(call->failure->code, GLUE_EXCEPTION_ENTITY_NOT_FOUND) == 0)
		return NULL;
	if (call->failure != NULL)
		glue_failure_raise(ERROR, call->failure);
	return glue_function_answer(call, "Connection", json_type_object,
								"it holds no connection");
}

/* ----------------------------------------------------------------
 * Results
 * ----------------------------------------------------------------
 */

/* A text as a datum; null for NULL. */
NullableDatum
glue_text(const char *utf8)
{
	NullableDatum text = {.isnull = utf8 == NULL};

	if (utf8 != NULL)
		text.value = CStringGetTextDatum(glue_server_from_utf8(utf8));
	return text;
}

/* Add a row of texts, as many as the columns of a materialized result. */
void
glue_return_texts(FunctionCallInfo fcinfo, ...)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			natts = result->setDesc->natts;
	NullableDatum *row = palloc(natts * sizeof(NullableDatum));
	va_list		texts;

	va_start(texts, fcinfo);
	for (int i = 0; i < natts; i++)
	{
		Assert(TupleDescAttr(result->setDesc, i)->atttypid == TEXTOID);
		row[i] = glue_text(va_arg(texts, const char *));
	}
	va_end(texts);
	glue_return_row(fcinfo, row);
	pfree(row);
}

/* Add a row of values, as many as the columns of a materialized result. */
void
glue_return_row(FunctionCallInfo fcinfo, const NullableDatum *row)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	int			natts = result->setDesc->natts;
	Datum	   *values = palloc(natts * sizeof(Datum));
	bool	   *nulls = palloc(natts * sizeof(bool));

	for (int i = 0; i < natts; i++)
	{
		values[i] = row[i].value;
		nulls[i] = row[i].isnull;
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	pfree(values);
	pfree(nulls);
}

/* End a function whose result is outside of its memory context. */
void
glue_function_end(const GlueFunction *function)
{
	/* the collected errors were raised */
	Assert(function->violations.nerrors == 0);
	MemoryContextSwitchTo(function->caller_context);
	MemoryContextDelete(function->context);
}

/* End a function, and return a text. */
Datum
glue_function_end_text(const GlueFunction *function, const char *utf8)
{
	Datum		result;

	MemoryContextSwitchTo(function->caller_context);
	result = CStringGetTextDatum(glue_server_from_utf8(utf8));
	glue_function_end(function);
	return result;
}

/* End a function, and return a tree as jsonb. */
Datum
glue_function_end_tree(const GlueFunction *function, json_object *tree)
{
	Jsonb	   *result;

	MemoryContextSwitchTo(function->caller_context);
	result = glue_jsonb_from_tree(tree);
	glue_function_end(function);
	return JsonbPGetDatum(result);
}

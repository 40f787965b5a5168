/*-------------------------------------------------------------------------
 *
 * change.c
 *	  The SQL functions that update and delete connections.
 *
 * What is recorded is locked as soon as the change is announced, so that to
 * record the change, after it was made, has to wait for nobody.
 *
 * IDENTIFICATION
 *	  src/functions/change.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/client.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "miscadmin.h"
#include "operation/immediate.h"
#include "operation/record.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "text/json.h"
#include "utils/array.h"
#include "utils/tuplestore.h"

/* Names that one BatchDeleteConnection takes. */
#define MAX_BATCH_NAMES	25

/* Some connections that are to be deleted. */
typedef struct NameList
{
	int			count;
	const char **names;			/* UTF-8 */
} NameList;

/* prototypes of private functions */
static void read_names(FunctionCallInfo fcinfo, int argument, NameList *list,
					   GlueFunction *function);
static int	compare_names(const void *a, const void *b);
static void delete_batch(const GlueImmediate *immediate,
						 const GlueMirror *mirror, const NameList *batch,
						 ReturnSetInfo *result);
static void announce_batch(const GlueImmediate *immediate,
						   const NameList *batch,
						   GlueImmediateCall **changes);
static void return_outcome(const GlueImmediate *immediate,
						   const GlueMirror *mirror,
						   GlueImmediateCall *change, const char *name,
						   const GlueCall *call, ReturnSetInfo *result);
static bool is_listed(json_object *answer, const char *name);
static void return_row(ReturnSetInfo *result, const char *name, bool deleted,
					   const char *code, const char *message);

PG_FUNCTION_INFO_V1(glue_update_connection);
PG_FUNCTION_INFO_V1(glue_delete_connection);
PG_FUNCTION_INFO_V1(glue_batch_delete_connection);

/*
 * glue_update_connection(name text, connection_input jsonb, catalog_id text,
 *						  server name) returns void
 */
Datum
glue_update_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueDefinition definition;
	GlueMirror	mirror;
	GlueImmediate immediate;
	GlueImmediateOperation update;

	glue_function_begin(&function, fcinfo, "glue_update_connection()",
						GLUE_FUNCTION_WRITES);
	glue_check_new_definition(fcinfo, &definition, glue_violations_add,
							  &function.violations);
	glue_violations_report(&function.violations, "connection input",
						   GLUE_HINT_NOTHING_SENT);
	glue_function_connect(&function, glue_argument_server(fcinfo, 3),
						  definition.catalog_id);
	glue_mirror_open(&mirror, function.access.schema, GLUE_MIRROR_WRITE);
	glue_immediate_open(&immediate, &function.access);
	glue_immediate_operation_init(&update, GLUE_OPERATION_UPDATE, &immediate,
								  &mirror, definition.name);
	update.operation.input = definition.input;
	glue_immediate_operation_announce(&update);
	glue_immediate_operation_run(&update);
	glue_report_status(definition.name, update.operation.status);
	glue_function_end(&function);
	PG_RETURN_VOID();
}

/*
 * glue_delete_connection(name text, catalog_id text, server name,
 *						  missing_ok boolean) returns boolean
 */
Datum
glue_delete_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueMirror	mirror;
	GlueImmediate immediate;
	GlueImmediateOperation deletion;
	const char *name;
	bool		deleted;

	glue_function_begin(&function, fcinfo, "glue_delete_connection()",
						GLUE_FUNCTION_WRITES);
	glue_function_connect_named(&function, fcinfo, 0, &name);
	glue_mirror_open(&mirror, function.access.schema, GLUE_MIRROR_WRITE);
	glue_immediate_open(&immediate, &function.access);
	glue_immediate_operation_init(&deletion, GLUE_OPERATION_DELETE,
								  &immediate, &mirror, name);
	deletion.operation.ignore_missing = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
	glue_immediate_operation_announce(&deletion);
	glue_immediate_operation_run(&deletion);
	deleted = !deletion.operation.missing;

	glue_function_end(&function);
	PG_RETURN_BOOL(deleted);
}

/*
 * glue_batch_delete_connection(names text[], catalog_id text, server name)
 * returns table (name text, deleted boolean, error_code text,
 *				  error_message text)
 */
Datum
glue_batch_delete_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueMirror	mirror;
	GlueImmediate immediate;
	NameList	list;
	const char *catalog_id;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin(&function, fcinfo, "glue_batch_delete_connection()",
						GLUE_FUNCTION_WRITES);
	read_names(fcinfo, 0, &list, &function);
	catalog_id = glue_argument_catalog_id(fcinfo, 1, glue_violations_add,
										  &function.violations);
	glue_violations_report(&function.violations,
						   "list of names or catalog ID",
						   "Nothing was sent.");
	glue_function_connect(&function, glue_argument_server(fcinfo, 2),
						  catalog_id);
	glue_mirror_open(&mirror, function.access.schema, GLUE_MIRROR_WRITE);
	glue_immediate_open(&immediate, &function.access);

	for (int done = 0; done < list.count; done += MAX_BATCH_NAMES)
	{
		NameList	batch = {
			Min(list.count - done, MAX_BATCH_NAMES), list.names + done
		};

		delete_batch(&immediate, &mirror, &batch,
					 (ReturnSetInfo *) fcinfo->resultinfo);
	}
	glue_function_end(&function);
	return (Datum) 0;
}

/* ----------------------------------------------------------------
 * Deleting many
 * ----------------------------------------------------------------
 */

/* Get and check an array of names, none of which may be there twice. */
static void
read_names(FunctionCallInfo fcinfo, int argument, NameList *list,
		   GlueFunction *function)
{
	Datum	   *elements;
	bool	   *nulls;
	const char **sorted;

	memset(list, 0, sizeof(NameList));
	if (PG_ARGISNULL(argument))
	{
		glue_add_error(glue_violations_add, &function->violations, "$", GLUE_RULE_REQUIRED, "must not be null");
		return;
	}
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(argument), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &list->count);
	list->names = palloc0(list->count * sizeof(char *));
	sorted = palloc(list->count * sizeof(char *));
	for (int i = 0; i < list->count; i++)
	{
		char	   *path = psprintf("$[%d]", i);

		if (nulls[i])
			glue_add_error(glue_violations_add, &function->violations, path, GLUE_RULE_REQUIRED,
						   "must not be null");
		else
			list->names[i] = glue_checked_name(DatumGetTextPP(elements[i]),
											   path, glue_violations_add,
											   &function->violations);
		sorted[i] = list->names[i] ? list->names[i] : "";
	}

	qsort(sorted, list->count, sizeof(char *), compare_names);
	for (int i = 1; i < list->count; i++)
	{
		if (sorted[i][0] != '\0' && strcmp(sorted[i], sorted[i - 1]) == 0)
			glue_add_error(glue_violations_add, &function->violations, "$", GLUE_RULE_PROPERTY_VALUE,
						   psprintf("holds the name \"%s\" more than once",
									sorted[i]));
	}
}

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/*
 * Delete as many connections as one call takes, and return what became of each
 * of them.
 */
static void
delete_batch(const GlueImmediate *immediate, const GlueMirror *mirror,
			 const NameList *batch, ReturnSetInfo *result)
{
	const GlueAccess *access = immediate->access;
	json_object *names = json_object_new_array();
	GlueImmediateCall *changes[MAX_BATCH_NAMES];
	GlueCall	call;

	CHECK_FOR_INTERRUPTS();
	announce_batch(immediate, batch, changes);
	glue_access_prepare(access, &call, "BatchDeleteConnection", NULL);
	glue_tree_add(call.request, "ConnectionNameList", names);
	for (int i = 0; i < batch->count; i++)
	{
		GlueMirrorKnown known;

		glue_mirror_lock(mirror, &access->target, batch->names[i], &known);
		json_object_array_add(names, json_object_new_string(batch->names[i]));
	}
	for (int i = 0; i < batch->count; i++)
		glue_immediate_sending(changes[i], GLUE_OUTCOME_CHANGED);
	GLUE_CRASH_POINT_MEANWHILE(&call, "caller after send");
	glue_client_run(&call, 1);
	for (int i = 0; i < batch->count; i++)
		return_outcome(immediate, mirror, changes[i], batch->names[i], &call,
					   result);
}

static void
announce_batch(const GlueImmediate *immediate, const NameList *batch,
			   GlueImmediateCall **changes)
{
	GlueRequest requests[MAX_BATCH_NAMES] = {0};

	for (int i = 0; i < batch->count; i++)
	{
		requests[i].operation = "DeleteConnection";
		requests[i].name = batch->names[i];
	}
	glue_immediate_announce(immediate, requests, batch->count, changes);
}

/*
 * Return what became of one connection, and forget it if it is not there any
 * more.
 *
 * A failure of the whole call is one of each connection.
 */
static void
return_outcome(const GlueImmediate *immediate, const GlueMirror *mirror,
			   GlueImmediateCall *change, const char *name,
			   const GlueCall *call, ReturnSetInfo *result)
{
	json_object *errors = json_object_object_get(call->answer, "Errors");
	json_object *error = json_object_object_get(errors, name);
	const char *code = glue_json_tree_text(error, "ErrorCode");
	const char *message = glue_json_tree_text(error, "ErrorMessage");
	bool		gone;

	if (call->failure != NULL)
	{
		glue_immediate_failed(change, call);
		code = call->failure->code;
		message = psprintf("%s: %s", call->failure->message,
						   call->failure->detail);
		glue_immediate_close_failed(immediate, change, code, message,
									call->failure->request_id);
		return_row(result, name, false, code, message);
		return;
	}
	gone = code != NULL && strcmp(code, "EntityNotFoundException") == 0;
	if (code == NULL && (error != NULL || !is_listed(call->answer, name)))
	{
		code = "malformed answer";
		message = "The answer does not say what became of this connection.";
	}

	/* a lost answer may have said that it was deleted */
	if (gone && call->maybe_done)
		code = message = NULL;
	if (code == NULL || gone)
		glue_mirror_forget(mirror, &immediate->access->target, name);
	glue_immediate_done(change, call, code == NULL ? GLUE_OUTCOME_CHANGED :
						GLUE_OUTCOME_NOTHING);
	if (code == NULL)
		glue_immediate_close(immediate, change, NULL, call->request_id);
	else
	{
		GlueFailure refusal = {
			.code = code,
			.message = code,
			.detail = message != NULL ? message : "",
			.request_id = call->request_id,
		};

		if (!call->answer_lost)
			glue_immediate_refused(change, &refusal);
		glue_immediate_close_failed(immediate, change, code, message,
									call->request_id);
	}
	return_row(result, name, code == NULL, code, message);
}

/* Is a name in the list of those that were deleted? */
static bool
is_listed(json_object *answer, const char *name)
{
	json_object *succeeded = json_object_object_get(answer, "Succeeded");

	if (!json_object_is_type(succeeded, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(succeeded); i++)
	{
		json_object *entry = json_object_array_get_idx(succeeded, i);

		if (json_object_is_type(entry, json_type_string) &&
			strcmp(json_object_get_string(entry), name) == 0)
			return true;
	}
	return false;
}

static void
return_row(ReturnSetInfo *result, const char *name, bool deleted,
		   const char *code, const char *message)
{
	Datum		values[4] = {0};
	bool		nulls[4] = {false, false, code == NULL, message == NULL};

	values[0] = CStringGetTextDatum(glue_server_from_utf8(name));
	values[1] = BoolGetDatum(deleted);
	if (code != NULL)
		values[2] = CStringGetTextDatum(glue_server_from_utf8(code));
	if (message != NULL)
		values[3] = CStringGetTextDatum(glue_server_from_utf8(message));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/*-------------------------------------------------------------------------
 *
 * change.c
 *	  The SQL functions that update and delete connections.
 *
 * The record of a connection is locked right after the batch of the
 * change, so that recording the change after the call needs no wait.
 *
 * IDENTIFICATION
 *	  src/functions/change.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/exception_name.h"
#include "catalog/pg_type.h"
#include "client/client.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "glue/operation_name.h"
#include "miscadmin.h"
#include "operation/record.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/jsonb_tree.h"
#include "text/json.h"
#include "utils/array.h"

/* Number of names in one BatchDeleteConnection. */
#define MAX_BATCH_NAMES	25

/* Connections that one call deletes. */
typedef struct Batch
{
	const GlueFunction *function;
	int			count;
	const char **names;			/* UTF-8 */
	GlueIntent *changes[MAX_BATCH_NAMES];
} Batch;

/* The reason why one of them was not deleted; NULL if it was. */
typedef struct Refusal
{
	const char *code;
	const char *message;
} Refusal;

/* prototypes of private functions */
static const char **read_names(NullableDatum argument, int *count,
							   const GlueFindings *findings);
static void delete_batch(Batch *batch, FunctionCallInfo fcinfo);
static void write_intents(Batch *batch);
static void end_deletion(const Batch *batch, int index, const GlueCall *call,
						 FunctionCallInfo fcinfo);
static Refusal note_failure(GlueIntent *change, const GlueCall *call);
static Refusal note_answer(const Batch *batch, int index,
						   const GlueCall *call);
static Refusal read_answer(json_object *answer, const char *name);
static bool is_listed(json_object *answer, const char *name);

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
	GlueImmediateOperation update;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	glue_function_new_definition(&function, fcinfo->args[0], fcinfo->args[1],
								 fcinfo->args[2], &definition);
	glue_function_connect(&function, definition.catalog_id, fcinfo->args[3]);
	glue_function_open(&function);
	glue_immediate_operation_init(&update, GLUE_OPERATION_UPDATE,
								  &function.intents, &function.records,
								  definition.name);
	update.operation.input = definition.input;
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
	GlueImmediateOperation deletion;
	const char *name;
	bool		deleted;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	name = glue_function_connect_named(&function, fcinfo->args[0],
									   fcinfo->args[1], fcinfo->args[2]);
	glue_function_open(&function);
	glue_immediate_operation_init(&deletion, GLUE_OPERATION_DELETE,
								  &function.intents, &function.records, name);
	deletion.operation.ignore_missing = !PG_ARGISNULL(3) && PG_GETARG_BOOL(3);
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
	const char **names;
	int			count;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	names = read_names(fcinfo->args[0], &count, &function.findings);
	glue_function_connect_checked(&function, fcinfo->args[1], fcinfo->args[2],
								  "list of names or catalog ID",
								  "Nothing was sent.");
	glue_function_open(&function);

	for (int done = 0; done < count; done += MAX_BATCH_NAMES)
	{
		Batch		batch = {
			&function, Min(count - done, MAX_BATCH_NAMES), names + done
		};

		delete_batch(&batch, fcinfo);
	}
	glue_function_end(&function);
	return (Datum) 0;
}

/* ----------------------------------------------------------------
 * Deleting many
 * ----------------------------------------------------------------
 */

/* Get and check an array of names without duplicates. */
static const char **
read_names(NullableDatum argument, int *count, const GlueFindings *findings)
{
	const char **names;
	Datum	   *elements;
	bool	   *nulls;
	const int  *first;

	*count = 0;
	if (!glue_argument_given(argument, "$", findings))
		return NULL;
	deconstruct_array(DatumGetArrayTypeP(argument.value), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, count);
	names = palloc(*count * sizeof(char *));
	for (int i = 0; i < *count; i++)
	{
		NullableDatum element = {elements[i], nulls[i]};

		names[i] = glue_argument_name(element, psprintf("$[%d]", i), findings);
	}
	first = glue_first_of_names(names, *count);
	for (int i = 0; i < *count; i++)
	{
		if (first[i] != i)
			glue_add_error(findings, "$", GLUE_RULE_PROPERTY_VALUE,
						   psprintf("holds the name \"%s\" more than once",
									names[i]));
	}
	return names;
}

/* Delete as many connections as one call allows, and return their outcomes. */
static void
delete_batch(Batch *batch, FunctionCallInfo fcinfo)
{
	const GlueFunction *function = batch->function;
	json_object *names = json_object_new_array();
	GlueCall	call;

	CHECK_FOR_INTERRUPTS();
	write_intents(batch);
	glue_access_prepare(&function->access, &call, GLUE_BATCH_DELETE_CONNECTION,
						NULL);
	glue_tree_add(call.arguments, "ConnectionNameList", names);
	for (int i = 0; i < batch->count; i++)
	{
		GlueRecord	record;

		glue_record_lock(&function->records, &function->access.target,
						 batch->names[i], &record);
		glue_tree_append(names, json_object_new_string(batch->names[i]));
	}
	glue_intents_attach(batch->changes, batch->count, &call);
	glue_client_run(&call, 1);
	for (int i = 0; i < batch->count; i++)
		end_deletion(batch, i, &call, fcinfo);
}

static void
write_intents(Batch *batch)
{
	GlueRequest requests[MAX_BATCH_NAMES] = {0};

	for (int i = 0; i < batch->count; i++)
	{
		requests[i].operation = GLUE_DELETE_CONNECTION;
		requests[i].name = batch->names[i];
	}
	glue_intents_write(&batch->function->intents, requests, batch->count,
					   batch->changes);
}

/* Record the outcome for a connection, and return it as a row. */
static void
end_deletion(const Batch *batch, int index, const GlueCall *call,
			 FunctionCallInfo fcinfo)
{
	const GlueIntents *intents = &batch->function->intents;
	GlueIntent *change = batch->changes[index];
	Refusal		refusal = call->failure != NULL ? note_failure(change, call) :
		note_answer(batch, index, call);
	NullableDatum row[] = {
		glue_text(batch->names[index]), {BoolGetDatum(refusal.code == NULL)},
		glue_text(refusal.code), glue_text(refusal.message)
	};

	if (refusal.code == NULL)
		glue_intent_finish(intents, change, NULL, call->request_id);
	else
		glue_intent_finish_failed(intents, change, refusal.code,
								  refusal.message, call->failure != NULL ?
								  call->failure->request_id : call->request_id);
	glue_return_row(fcinfo, row);
}

/* A failure of the whole call is a failure of each connection. */
static Refusal
note_failure(GlueIntent *change, const GlueCall *call)
{
	const GlueFailure *failure = call->failure;
	Refusal		refusal = {
		failure->code, psprintf("%s: %s", failure->message, failure->detail)
	};

	glue_intent_failed(change, call);
	return refusal;
}

/* Note the answer for a connection, and delete its record if it is gone. */
static Refusal
note_answer(const Batch *batch, int index, const GlueCall *call)
{
	const GlueFunction *function = batch->function;
	const char *name = batch->names[index];
	Refusal		refusal = read_answer(call->answer, name);
	bool		gone = refusal.code == NULL ||
		strcmp(refusal.code, GLUE_EXCEPTION_ENTITY_NOT_FOUND) == 0;
	GlueFailure failure = {.request_id = call->request_id};

	/* a lost answer may have reported its deletion */
	if (gone && call->maybe_done)
		refusal.code = refusal.message = NULL;
	if (gone)
		glue_record_forget(&function->records, &function->access.target, name, 0);
	glue_intent_done(batch->changes[index], call, refusal.code == NULL ?
					 GLUE_OUTCOME_CHANGED : GLUE_OUTCOME_NOTHING);
	failure.code = failure.message = refusal.code;
	failure.detail = refusal.message != NULL ? refusal.message : "";
	if (refusal.code != NULL && !call->answer_lost)
		glue_intent_refused(batch->changes[index], &failure);
	return refusal;
}

/* Find a connection in the answer. */
static Refusal
read_answer(json_object *answer, const char *name)
{
	json_object *errors = json_object_object_get(answer, "Errors");
	json_object *error = json_object_object_get(errors, name);
	Refusal		refusal = {
		glue_json_tree_text(error, "ErrorCode"),
		glue_json_tree_text(error, "ErrorMessage")
	};

	if (refusal.code == NULL && (error != NULL || !is_listed(answer, name)))
	{
		refusal.code = "malformed answer";
		refusal.message = "The answer has no result for this connection.";
	}
	return refusal;
}

/* Is a name in the list of deleted connections? */
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

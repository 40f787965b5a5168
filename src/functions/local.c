/*-------------------------------------------------------------------------
 *
 * local.c
 *	  The SQL functions that need no AWS.
 *
 * They work on their arguments alone, so everybody may call them.
 *
 * IDENTIFICATION
 *	  src/functions/local.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "glue/normalize.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/redacted.h"
#include "utils/tuplestore.h"

/* prototypes of private functions */
static void return_violation(void *arg, const GlueViolation *violation);
static void note_error(void *arg, const GlueViolation *violation);

PG_FUNCTION_INFO_V1(glue_validate_connection_input);
PG_FUNCTION_INFO_V1(glue_is_valid_connection_input);
PG_FUNCTION_INFO_V1(glue_redact);

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
	caller_context = glue_enter_function_context();
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
	MemoryContext caller_context = glue_enter_function_context();
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
	MemoryContext caller_context = glue_enter_function_context();
	MemoryContext call_context = CurrentMemoryContext;
	GlueViolationList violations;
	json_object *input;
	Jsonb	   *result;

	glue_violations_init(&violations);
	glue_argument_tree(fcinfo, 0, &input, glue_violations_add, &violations);
	glue_violations_report(&violations, "value to redact", NULL);
	glue_redact_or_fail(input);

	MemoryContextSwitchTo(caller_context);
	result = glue_jsonb_from_tree(input);
	MemoryContextDelete(call_context);
	PG_RETURN_JSONB_P(result);
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

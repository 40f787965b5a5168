/*-------------------------------------------------------------------------
 *
 * local.c
 *	  The SQL functions that do not call AWS.
 *
 * They work on their arguments alone, so all roles may call them.
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
#include "server/compat.h"
#include "server/redacted.h"

PG_FUNCTION_INFO_V1(glue_validate_connection_input);
PG_FUNCTION_INFO_V1(glue_is_valid_connection_input);
PG_FUNCTION_INFO_V1(glue_redact);

/* A GlueViolationSink: add a row to the result of the call that is arg. */
static void
return_violation(void *arg, const GlueViolation *violation)
{
	glue_return_texts(arg, violation->path, violation->rule,
					  violation->message,
					  violation->severity == GLUE_SEVERITY_ERROR ?
					  "error" : "warning");
}

/*
 * glue_validate_connection_input(connection_input jsonb, tags jsonb,
 *								  catalog_id text)
 * returns table (path text, rule text, message text, severity text)
 */
Datum
glue_validate_connection_input(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueDefinition definition;
	GlueFindings findings = {return_violation, fcinfo};

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin_local(&function);
	glue_check_definition(fcinfo->args[0], fcinfo->args[1], fcinfo->args[2],
						  &definition, &findings);
	glue_function_end(&function);
	return (Datum) 0;
}

/* A GlueViolationSink: clear the boolean that is arg on any error. */
static void
note_error(void *arg, const GlueViolation *violation)
{
	if (violation->severity == GLUE_SEVERITY_ERROR)
		*(bool *) arg = false;
}

/*
 * glue_is_valid_connection_input(connection_input jsonb) returns boolean
 *
 * The function is immutable, so it must not depend on a setting.
 */
Datum
glue_is_valid_connection_input(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	bool		valid = true;
	GlueFindings findings = {note_error, &valid};
	json_object *input;

	glue_function_begin_local(&function);
	if (glue_argument_tree(fcinfo->args[0], &input, &findings))
	{
		(void) glue_normalize_connection_input(input);
		glue_validate_connection_input_tree(input, false, note_error, &valid);
	}
	glue_function_end(&function);
	PG_RETURN_BOOL(valid);
}

/*
 * glue_redact(connection_input jsonb) returns jsonb
 */
Datum
glue_redact(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	json_object *input;

	glue_function_begin_local(&function);
	glue_argument_tree(fcinfo->args[0], &input, &function.findings);
	glue_violations_report(&function.violations, "value to redact", NULL);
	glue_redact_or_fail(input);
	return glue_function_end_tree(&function, input);
}

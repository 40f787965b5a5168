/*-------------------------------------------------------------------------
 *
 * violation_list.c
 *	  All errors, reported at once.
 *
 * Findings of the validation are collected as lines of text, and become the
 * details of one warning and one error.
 *
 * IDENTIFICATION
 *	  src/functions/violation_list.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "functions/arguments.h"
#include "server/encoding.h"

/*
 * Violations that an error lists.  An input of ten thousand unknown members
 * has as many violations, and a long list does not help the user.
 */
#define MAX_LISTED_VIOLATIONS	100

void
glue_violations_init(GlueViolationList *violations)
{
	memset(violations, 0, sizeof(GlueViolationList));
	initStringInfo(&violations->errors);
	initStringInfo(&violations->warnings);
}

static void
append_line(StringInfo lines, int *count, const GlueViolation *violation)
{
	if (++*count > MAX_LISTED_VIOLATIONS)
		return;
	if (lines->len > 0)
		appendStringInfoChar(lines, '\n');
	appendStringInfo(lines, "%s %s (%s)",
					 glue_server_from_utf8(violation->path),
					 glue_server_from_utf8(violation->message),
					 violation->rule);
}

/* A GlueViolationSink: append to the GlueViolationList that is arg. */
void
glue_violations_add(void *arg, const GlueViolation *violation)
{
	GlueViolationList *violations = arg;

	if (violation->severity == GLUE_SEVERITY_ERROR)
		append_line(&violations->errors, &violations->nerrors, violation);
	else
		append_line(&violations->warnings, &violations->nwarnings, violation);
}

static void
close_list(StringInfo lines, int count)
{
	if (count > MAX_LISTED_VIOLATIONS)
		appendStringInfo(lines, "\nand %d more",
						 count - MAX_LISTED_VIOLATIONS);
}

/*
 * Raise one warning for all warnings, and one error for all errors, if there
 * are any, and empty the list, so that nothing is reported twice.
 *
 * subject names the checked object; hint may be NULL.
 */
void
glue_violations_report(GlueViolationList *violations,
					   const char *subject, const char *hint)
{
	GlueViolationList list = *violations;

	glue_violations_init(violations);
	close_list(&list.errors, list.nerrors);
	close_list(&list.warnings, list.nwarnings);
	if (list.nwarnings > 0)
		ereport(WARNING,
				(errmsg_plural("%s has %d warning", "%s has %d warnings",
							   list.nwarnings, subject, list.nwarnings),
				 errdetail_internal("%s", list.warnings.data)));
	if (list.nerrors > 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg_plural("%s has %d error", "%s has %d errors",
							   list.nerrors, subject, list.nerrors),
				 errdetail_internal("%s", list.errors.data),
				 hint ? errhint("%s", hint) : 0));
}

/* Report an error that does not come from the model. */
void
glue_add_error(const GlueFindings *findings, const char *path,
			   const char *rule, const char *message)
{
	GlueViolation violation = {
		.path = path,
		.rule = rule,
		.message = message,
		.severity = GLUE_SEVERITY_ERROR,
	};

	findings->sink(findings->arg, &violation);
}

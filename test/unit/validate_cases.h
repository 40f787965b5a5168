/*-------------------------------------------------------------------------
 *
 * validate_cases.h
 *	  Inputs and their findings, for the tests of the validators.
 *
 * IDENTIFICATION
 *	  test/unit/validate_cases.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef VALIDATE_CASES_H
#define VALIDATE_CASES_H

#include <string.h>

#include "glue/normalize.h"
#include "glue/validate.h"
#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * An input, and all that is found in it: a line each, with "E" or "W", the
 * path, the rule, and the message.
 */
typedef struct ValidateCase
{
	const char *input;
	const char *findings;
} ValidateCase;

/* valid inputs but for the addition; %s is put at the end */
#define JDBC(more) \
	"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\",\"ConnectionProperties\":" \
	"{\"JDBC_CONNECTION_URL\":\"jdbc:x://h/d\",\"SECRET_ID\":\"s\"}" more "}"
#define OF_TYPE(type, properties) \
	"{\"Name\":\"n\",\"ConnectionType\":\"" type "\"," \
	"\"ConnectionProperties\":{" properties "}}"
#define URL "\"JDBC_CONNECTION_URL\":\"jdbc:x:y\""
#define WITH_AUTH(type, properties) \
	"{\"Name\":\"n\",\"ConnectionType\":\"" type "\"," \
	"\"ConnectionProperties\":{" properties "}," \
	"\"AuthenticationConfiguration\":{}}"
#define AUTH(members) JDBC(",\"AuthenticationConfiguration\":{" members "}")
#define PROPERTY(property) \
	"{\"Name\":\"n\",\"ConnectionType\":\"JDBC\",\"ConnectionProperties\":" \
	"{\"JDBC_CONNECTION_URL\":\"jdbc:x:y\",\"SECRET_ID\":\"s\"," \
	property "}}"
#define NETWORK(members) \
	JDBC(",\"PhysicalConnectionRequirements\":{" members "}")

/* the pattern of names, as messages have it */
#define NAME_PATTERN \
	"[\\u0020-\\uD7FF\\uE000-\\uFFFD\\uD800\\uDC00-\\uDBFF\\uDFFF\\t]*"

/* findings as text, and how many */
typedef struct Findings
{
	char		text[8192];
	size_t		count;
	size_t		errors;
} Findings;

static inline void
note(void *arg, const GlueViolation *violation)
{
	Findings   *findings = arg;
	size_t		used = strlen(findings->text);
	bool		is_error = violation->severity == GLUE_SEVERITY_ERROR;

	snprintf(findings->text + used, sizeof(findings->text) - used,
			 "%s %s %s %s\n", is_error ? "E" : "W", violation->path,
			 violation->rule, violation->message);
	findings->count++;
	findings->errors += is_error;
}

static inline json_object *
parse(const char *text)
{
	json_object *tree = glue_json_tree_parse(text, strlen(text));

	if (tree == NULL && strcmp(text, "null") != 0)
		printf("Bail out! no JSON: %s\n", text);
	return tree;
}

static inline void
check(const char *input, const char *expected)
{
	json_object *tree = parse(input);
	Findings	findings = {"", 0, 0};

	glue_normalize_connection_input(tree);
	glue_validate_connection_input_tree(tree, false, note, &findings);
	is_str(findings.text, expected, input);
	glue_json_tree_free(tree);
}

#endif							/* VALIDATE_CASES_H */

/*-------------------------------------------------------------------------
 *
 * violation.h
 *	  Findings of the validator, and their messages.
 *
 * IDENTIFICATION
 *	  src/glue/violation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_VIOLATION_H
#define GLUE_GLUE_VIOLATION_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

typedef enum GlueSeverity
{
	GLUE_SEVERITY_ERROR,		/* the input must not be sent */
	GLUE_SEVERITY_WARNING		/* it may fail, there or in a job */
} GlueSeverity;

/* One finding.  The strings are valid only during the sink's call. */
typedef struct GlueViolation
{
	const char *path;			/* SQL/JSON path, such as "$.Name" */
	const char *rule;			/* one of GLUE_RULE_... below */
	const char *message;		/* the limit and the actual value */
	GlueSeverity severity;
} GlueViolation;

/*
 * Receives the findings in a stable order.  It may longjmp: the validator has
 * no resources to release during the call.
 */
typedef void (*GlueViolationSink) (void *arg, const GlueViolation *violation);

/*
 * The rules, a closed set.  First those of AWS Glue's model, which are errors
 * except for most of GLUE_RULE_ENUMERATION, because AWS adds values
 * frequently.
 */
#define GLUE_RULE_TYPE "type"	/* the wrong type of JSON value */
#define GLUE_RULE_REQUIRED "required"	/* a member is missing or null */
#define GLUE_RULE_UNKNOWN_MEMBER "unknown_member"	/* no such member; a
													 * warning if allowed */
#define GLUE_RULE_WRAPPED_INPUT "wrapped_input" /* {"ConnectionInput": ...} */
#define GLUE_RULE_ENCODING "encoding"	/* not UTF-8 */
#define GLUE_RULE_DEPTH "depth" /* nested too deeply */
#define GLUE_RULE_LENGTH "length"	/* too few or too many characters */
#define GLUE_RULE_COUNT "count" /* too few or too many entries */
#define GLUE_RULE_RANGE "range" /* too small or too large a number */
#define GLUE_RULE_PATTERN "pattern" /* a character out of place */
#define GLUE_RULE_ENUMERATION "enumeration" /* not a known value */
#define GLUE_RULE_REDACTED "redacted"	/* the replacement of a hidden secret */

/*
 * Then the rules beyond the model.  rules.def has their severities and
 * reasons.
 */
#define GLUE_RULE_REQUIRED_FOR_TYPE "required_for_type" /* missing for this
														 * ConnectionType */
#define GLUE_RULE_NOT_FOR_TYPE "not_for_type"	/* not to be used with it */
#define GLUE_RULE_CREDENTIALS "credentials" /* none, or only half of them */
#define GLUE_RULE_PROPERTY_VALUE "property_value"	/* a property's value is
													 * not usable */
#define GLUE_RULE_KEY_CASE "key_case"	/* a known key but for its case */
#define GLUE_RULE_BOOLEAN_CASE "boolean_case"	/* "True" for "true" */
#define GLUE_RULE_RESOURCE_ID "resource_id" /* no id of a subnet or group */
#define GLUE_RULE_AVAILABILITY_ZONE "availability_zone" /* missing */
#define GLUE_RULE_AMBIGUOUS_NAME "ambiguous_name"	/* "/" or ":" in a name */
#define GLUE_RULE_RESERVED_KEY "reserved_key"	/* a tag key of AWS's own */

/*
 * The position of a value, as a list from the leaf up to the root.  The list
 * is on the stack and is only formatted for a report.
 */
typedef struct GluePath
{
	const struct GluePath *parent;	/* NULL at the root */
	const char *key;			/* of a member; NULL for an entry of an array;
								 * at the root, its own path */
	size_t		index;			/* of an entry of an array, from 0 */
} GluePath;

extern const GluePath glue_root_path;	/* "$" */

typedef struct GlueReporter
{
	GlueViolationSink sink;
	void	   *arg;
} GlueReporter;

/* enough for a short value in quotes */
#define GLUE_QUOTED_SIZE 80

extern void glue_report(const GlueReporter *reporter, const GluePath *path,
						const char *rule, GlueSeverity severity,
						const char *format, ...)
			__attribute__((format(printf, 5, 6)));
extern void glue_path_write(const GluePath *path, char *buffer, size_t size);
extern bool glue_path_is_secret(const GluePath *path);
extern const char *glue_quote(const char *text,
							  char buffer[GLUE_QUOTED_SIZE]);

#endif							/* GLUE_GLUE_VIOLATION_H */

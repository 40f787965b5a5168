/*-------------------------------------------------------------------------
 *
 * validate_text.c
 *	  Validation of a string against its shape in AWS Glue's model.
 *
 * A string has an encoding, a length, a pattern and an enumeration of values.
 * The model's patterns are correct, except for new partitions; its
 * enumerations are only complete for the time of the model.
 *
 * IDENTIFICATION
 *	  src/glue/validate_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate_text.h"

#include <stdio.h>
#include <string.h>

#include "glue/rules.h"
#include "text/ascii.h"
#include "text/json.h"

/* the longest ARN whose partition is checked */
#define MAX_ARN 2048

/*
 * Is this an ARN that is valid except for its partition?  If so, report that:
 * the model lists partitions, and AWS adds new ones.
 */
static bool
check_partition(const GlueReporter *reporter, const GlueShape *shape,
				const GluePath *path, const GlueCheckedString *string)
{
	static const char prefix[] = "arn:aws";
	size_t		prefix_len = strlen(prefix);
	size_t		len;
	char		arn[MAX_ARN];

	if (string->len > sizeof(arn) ||
		strncmp(string->bytes, "arn:aws-", prefix_len + 1) != 0)
		return false;
	len = strspn(string->bytes + prefix_len, "abcdefghijklmnopqrstuvwxyz-");
	if (len > 32)
		return false;

	/* is it valid with the first of all partitions, "aws"? */
	memcpy(arn, prefix, prefix_len);
	memcpy(arn + prefix_len, string->bytes + prefix_len + len,
		   string->len - prefix_len - len);
	if (!glue_model_matches(shape->pattern, arn, string->len - len, NULL))
		return false;
	glue_report_check(reporter, path, GLUE_CHECK_SECRET_PARTITION,
					  "has the partition \"aws%.*s\", which AWS Glue's model "
					  "does not list", (int) len, string->bytes + prefix_len);
	return true;
}

/*
 * Check a string against its pattern.  For a secret, not even the invalid
 * character is reported.
 */
static void
check_pattern(const GlueReporter *reporter, const GlueShape *shape,
			  const GluePath *path, const GlueCheckedString *string)
{
	const char *subject = string->is_key ? "the key " : "";
	char		detail[64] = "";
	size_t		where;
	uint32_t	code;

	if (glue_model_matches(shape->pattern, string->bytes, string->len,
						   &where) ||
		check_partition(reporter, shape, path, string))
		return;
	if (shape->sensitive || glue_path_is_secret(path))
		;						/* nothing of it is shown */
	else if (where == string->len)
		snprintf(detail, sizeof(detail), ", but %s",
				 where == 0 ? "is empty" : "ends too early");
	else if (glue_utf8_decode(&string->bytes[where], string->len - where,
							  &code) > 0)
		snprintf(detail, sizeof(detail), ", but character %zu is U+%04X",
				 glue_utf8_length(string->bytes, where) + 1,
				 (unsigned int) code);
	glue_report(reporter, path, GLUE_RULE_PATTERN, GLUE_SEVERITY_ERROR,
				"%smust match the pattern %s%s", subject,
				shape->pattern->source, detail);
}

/* Find a known value, ignoring case; NULL if there is none. */
static const char *
find_known(const GlueShape *shape, const char *value)
{
	for (int i = 0; i < shape->value_count; i++)
	{
		if (glue_same_but_case(value, shape->values[i]))
			return shape->values[i];
	}
	return NULL;
}

/*
 * Process a string outside of the known values.  AWS adds values, and accepts
 * some undocumented ones, so most of them are harmless.  But a type that
 * differs from a known one in case is rejected.
 */
static void
check_enumeration(const GlueReporter *reporter, const GlueShape *shape,
				  const GluePath *path, const GlueCheckedString *string)
{
	bool		is_type = strcmp(shape->name, "ConnectionType") == 0;
	const char *nearest = NULL;
	char		quoted[GLUE_QUOTED_SIZE];

	/* a name that ends with "-" stands for all that begin with it */
	if (is_type && (nearest = find_known(shape, string->bytes)) == NULL)
		nearest = glue_unlisted_type(string->bytes);
	if (nearest != NULL)
	{
		if (strncmp(string->bytes, nearest, strlen(nearest)) != 0)
			glue_report_check(reporter, path, GLUE_CHECK_TYPE_CASE,
							  "%s must %s \"%s\", because case matters",
							  glue_quote(string->bytes, quoted),
							  nearest[strlen(nearest) - 1] == '-' ?
							  "begin with" : "be spelled", nearest);
		return;
	}
	nearest = glue_model_nearest(string->bytes, shape->values,
								 shape->value_count, sizeof(char *));
	if (is_type && nearest == NULL)
		nearest = glue_unlisted_type_nearest(string->bytes);
	glue_report_check(reporter, path, GLUE_CHECK_UNKNOWN_VALUE,
					  "%s is no value of %s that is known here%s%s%s",
					  glue_quote(string->bytes, quoted), shape->name,
					  nearest != NULL ? "; did you mean \"" : "",
					  nearest != NULL ? nearest : "",
					  nearest != NULL ? "\"?" : "");
}

/*
 * Check the number of characters of a string, or of entries, against a shape's
 * limits.
 */
void
glue_validate_limits(const GlueReporter *reporter, const GlueShape *shape,
					 const GluePath *path, const char *subject, size_t found)
{
	static const char *const units[2][2] = {
		{"entries", "entry"}, {"characters", "character"}
	};
	bool		is_text = shape->type == GLUE_TYPE_STRING;
	bool		too_few = shape->min >= 0 && found < (size_t) shape->min;
	int			limit = too_few ? shape->min : shape->max;

	if (limit < 0 || (!too_few && found <= (size_t) limit))
		return;
	glue_report(reporter, path, is_text ? GLUE_RULE_LENGTH : GLUE_RULE_COUNT,
				GLUE_SEVERITY_ERROR, "%smust have at %s %d %s, but has %zu",
				subject, too_few ? "least" : "most", limit,
				units[is_text][limit == 1], found);
}

/*
 * Check a string, or a key of a map, against its shape.
 */
void
glue_validate_text(const GlueReporter *reporter, const GlueShape *shape,
				   const GluePath *path, const GlueCheckedString *string)
{
	const char *subject = string->is_key ? "the key " : "";
	const char *known;

	if (!glue_utf8_valid(string->bytes, string->len))
	{
		glue_report(reporter, path, GLUE_RULE_ENCODING,
					GLUE_SEVERITY_ERROR, "%smust be valid UTF-8", subject);
		return;
	}

	/* this many bytes cannot be too many characters, so do not count them */
	if (shape->min > 0 ||
		(shape->max >= 0 && string->len > (size_t) shape->max))
		glue_validate_limits(reporter, shape, path, subject,
							 glue_utf8_length(string->bytes, string->len));
	if (shape->pattern != NULL)
		check_pattern(reporter, shape, path, string);
	if (shape->values == NULL || glue_model_has_value(shape, string->bytes))
		return;

	/* the set of keys is open, so only one in another case is suspicious */
	if (!string->is_key)
		check_enumeration(reporter, shape, path, string);
	else if ((known = find_known(shape, string->bytes)) != NULL)
		glue_report_check(reporter, path, GLUE_CHECK_KEY_CASE,
						  "is not the known key \"%s\", because case "
						  "matters", known);
}

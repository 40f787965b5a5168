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

#include <string.h>

#include "glue/rules.h"
#include "text/ascii.h"
#include "text/json.h"

/* the longest ARN whose partition is checked */
#define MAX_ARN 2048

static void check_pattern(const GlueReporter *reporter, const GlueShape *shape,
						  const GluePath *path,
						  const GlueCheckedString *string);
static bool check_partition(const GlueReporter *reporter,
							const GlueShape *shape, const GluePath *path,
							const GlueCheckedString *string);
static void check_key(const GlueReporter *reporter, const GlueShape *shape,
					  const GluePath *path, const GlueCheckedString *key);
static void check_enumeration(const GlueReporter *reporter,
							  const GlueShape *shape, const GluePath *path,
							  const GlueCheckedString *string);
static const char *find_type(const GlueShape *shape, const char *name);

/*
 * Check a string, or a key of a map, against its shape.
 */
void
glue_validate_text(const GlueReporter *reporter, const GlueShape *shape,
				   const GluePath *path, const GlueCheckedString *string)
{
	const char *subject = string->is_key ? "the key " : "";

	if (!glue_utf8_valid(string->bytes, string->len))
	{
		glue_report(reporter, path, GLUE_RULE_ENCODING,
					GLUE_SEVERITY_ERROR, "%smust be valid UTF-8", subject);
		return;
	}

	/* this many bytes cannot be too many characters, so do not count them */
	if (shape->min > 0 ||
		(shape->max >= 0 && string->len > (size_t) shape->max))
		glue_validate_limits(reporter, shape, path, GLUE_RULE_LENGTH, subject,
							 "character", "characters",
							 glue_utf8_length(string->bytes, string->len));
	if (shape->pattern != NULL)
		check_pattern(reporter, shape, path, string);
	if (shape->values == NULL || glue_model_has_value(shape, string->bytes))
		return;
	if (string->is_key)
		check_key(reporter, shape, path, string);
	else
		check_enumeration(reporter, shape, path, string);
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
	const char *source = shape->pattern->source;
	size_t		where;
	uint32_t	code;

	if (glue_model_matches(shape->pattern, string->bytes, string->len,
						   &where) ||
		check_partition(reporter, shape, path, string))
		return;
	if (shape->sensitive || glue_path_is_secret(path))
		glue_report(reporter, path, GLUE_RULE_PATTERN,
					GLUE_SEVERITY_ERROR, "%smust match the pattern %s",
					subject, source);
	else if (where == string->len)
		glue_report(reporter, path, GLUE_RULE_PATTERN,
					GLUE_SEVERITY_ERROR,
					"%smust match the pattern %s, but %s", subject, source,
					string->len == 0 ? "is empty" : "ends too early");
	else if (glue_utf8_decode(&string->bytes[where], string->len - where,
							  &code) > 0)
		glue_report(reporter, path, GLUE_RULE_PATTERN,
					GLUE_SEVERITY_ERROR,
					"%smust match the pattern %s, but character %zu is U+%04X",
					subject, source,
					glue_utf8_length(string->bytes, where) + 1,
					(unsigned int) code);
}

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
 * The set of property keys is open, so only a key that differs from a known
 * one in case is suspicious.
 */
static void
check_key(const GlueReporter *reporter, const GlueShape *shape,
		  const GluePath *path, const GlueCheckedString *key)
{
	for (int i = 0; i < shape->value_count; i++)
	{
		if (glue_same_but_case(key->bytes, shape->values[i]))
			glue_report_check(reporter, path, GLUE_CHECK_KEY_CASE,
							  "is not the known key \"%s\", because case "
							  "matters", shape->values[i]);
	}
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
	const char *nearest = is_type ? find_type(shape, string->bytes) : NULL;
	char		quoted[GLUE_QUOTED_SIZE];

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
 * Find a type of connection, ignoring case, that AWS Glue has, in its model or
 * not.  Returns its correct spelling, or NULL; a name that ends with "-"
 * stands for all that begin with it.
 */
static const char *
find_type(const GlueShape *shape, const char *name)
{
	for (int i = 0; i < shape->value_count; i++)
	{
		if (glue_same_but_case(name, shape->values[i]))
			return shape->values[i];
	}
	return glue_unlisted_type(name);
}

/*
 * Check a number of characters or entries, named by the given words, against a
 * shape's limits.
 */
void
glue_validate_limits(const GlueReporter *reporter, const GlueShape *shape,
					 const GluePath *path, const char *rule,
					 const char *subject, const char *one, const char *many,
					 size_t found)
{
	bool		too_few = shape->min >= 0 && found < (size_t) shape->min;
	int			limit = too_few ? shape->min : shape->max;

	if (limit < 0 || (!too_few && found <= (size_t) limit))
		return;
	glue_report(reporter, path, rule, GLUE_SEVERITY_ERROR,
				"%smust have at %s %d %s, but has %zu", subject,
				too_few ? "least" : "most", limit, limit == 1 ? one : many,
				found);
}

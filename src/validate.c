/*-------------------------------------------------------------------------
 *
 * validate.c
 *	  Check of a ConnectionInput and what goes with it, before it is sent.
 *
 * A value is checked against its shape in AWS Glue's model, at every depth;
 * then come the rules that the model does not have (validate_rules.c).  All
 * that is wrong is reported, in this order:
 *
 *	- the members of an object in the order that they have there, each with
 *	  all that is below it, and unknown ones where they are;
 *	- after them the required members that are missing, by name;
 *	- of one string, its encoding, then its length, then its pattern or its
 *	  enumeration, then whether it stands for a hidden secret;
 *	- at the end, the rules beyond the model.
 *
 * jsonb has a fixed order of members, so equal input gives equal reports.
 *
 * null for an optional member is the same as no member.  What AWS Glue returns
 * is never checked: it may know more than this version's model.
 *
 * IDENTIFICATION
 *	  src/validate.c
 *
 *-------------------------------------------------------------------------
 */
#include "validate.h"

#include <inttypes.h>
#include <string.h>

#include "json_tree.h"
#include "model.h"
#include "secret_text.h"
#include "validate_rules.h"

/* a string that is checked: the value at a path, or a map's key there */
typedef struct CheckedString
{
	const char *bytes;
	size_t		len;
	bool		is_key;
} CheckedString;

typedef struct Check
{
	GlueReporter reporter;
	bool		allow_unknown_members;
} Check;

static bool check_input(const Check *check, const char *shape_name,
						const GluePath *root, json_object *input);
static void check_value(const Check *check, const GlueShape *shape,
						const GluePath *path, json_object *value);
static bool check_type(const Check *check, const GlueShape *shape,
					   const GluePath *path, json_object *value);
static void check_structure(const Check *check, const GlueShape *shape,
							const GluePath *path, json_object *object);
static void check_unknown_member(const Check *check, const GlueShape *shape,
								 const GluePath *path, json_object *value);
static void check_map(const Check *check, const GlueShape *shape,
					  const GluePath *path, json_object *object);
static void check_list(const Check *check, const GlueShape *shape,
					   const GluePath *path, json_object *array);
static void check_integer(const Check *check, const GlueShape *shape,
						  const GluePath *path, int64_t number);
static void check_text(const Check *check, const GlueShape *shape,
					   const GluePath *path, const CheckedString *string);
static void report_redacted(const Check *check, const GluePath *path);
static bool is_redacted(json_object *value);
static bool holds_redacted(json_object *value);
static bool is_url(const GlueShape *shape);
static void check_pattern(const Check *check, const GlueShape *shape,
						  const GluePath *path, const CheckedString *string);
static void check_enumeration(const Check *check, const GlueShape *shape,
							  const GluePath *path,
							  const CheckedString *string);
static bool is_unlisted_type(const char *type);
static void check_count(const Check *check, const GlueShape *shape,
						const GluePath *path, size_t count);
static void check_limits(const Check *check, const GlueShape *shape,
						 const GluePath *path, const char *rule,
						 const char *subject, const char *one,
						 const char *many, size_t found);
static const char *type_name(json_object *value);

/*
 * Check a ConnectionInput, which should have been normalized.
 *
 * Any JSON may be given.  If the whole is of no use, there is one finding, at
 * the path "$".
 */
void
glue_validate_connection_input_tree(json_object *input,
									bool allow_unknown_members,
									GlueViolationSink sink, void *arg)
{
	Check		check = {{sink, arg}, allow_unknown_members};
	GluePath	root = {NULL, "$", 0};

	if (check_input(&check, "ConnectionInput", &root, input))
		glue_check_rules(&check.reporter, &root, input);
}

/*
 * Likewise for a TestConnectionInput.
 *
 * The rules beyond the model are about connections, and right for those types
 * of which AWS documents that an input can be tested.
 */
void
glue_validate_test_input_tree(json_object *input, bool allow_unknown_members,
							  GlueViolationSink sink, void *arg)
{
	Check		check = {{sink, arg}, allow_unknown_members};
	GluePath	root = {NULL, "$", 0};
	GluePath	type_path = {&root, "ConnectionType", 0};
	json_object *type;
	const char *name;

	if (!check_input(&check, "TestConnectionInput", &root, input) ||
		!json_object_object_get_ex(input, "ConnectionType", &type) ||
		!json_object_is_type(type, json_type_string))
		return;
	name = json_object_get_string(type);
	if (strcmp(name, "JDBC") == 0 || strcmp(name, "SALESFORCE") == 0)
		glue_check_rules(&check.reporter, &root, input);
	else
		glue_report(&check.reporter, &type_path, GLUE_RULE_NOT_FOR_TYPE,
					GLUE_SEVERITY_WARNING,
					"should be JDBC or SALESFORCE, because AWS Glue is "
					"documented to test connections of other types only "
					"once they exist");
}

/*
 * Check the tags of a connection.  Paths start with "$.Tags".
 */
void
glue_validate_tags(json_object *tags, GlueViolationSink sink, void *arg)
{
	Check		check = {{sink, arg}, false};
	GluePath	root = {NULL, "$.Tags", 0};
	struct json_object_iter iter;

	check_value(&check, glue_model_shape("TagsMap"), &root, tags);
	if (!json_object_is_type(tags, json_type_object))
		return;

	json_object_object_foreachC(tags, iter)
	{
		GluePath	path = {&root, iter.key, 0};
		char		prefix[5] = "";

		strncpy(prefix, iter.key, 4);
		if (glue_model_same_but_case(prefix, "aws:"))
			glue_report(&check.reporter, &path, GLUE_RULE_RESERVED_KEY,
						GLUE_SEVERITY_ERROR,
						"must not start with \"aws:\", which AWS keeps for "
						"itself");
		else if (strncmp(prefix, "aws", 3) == 0)
			glue_report(&check.reporter, &path, GLUE_RULE_RESERVED_KEY,
						GLUE_SEVERITY_WARNING,
						"should not start with \"aws\", which AWS documents "
						"as its own");
	}
}

/*
 * Check one value against a shape of the model, such as "NameString".
 *
 * path is where the value is, as it shall be reported.
 */
void
glue_validate_member(const char *shape_name, const char *path,
					 json_object *value, GlueViolationSink sink, void *arg)
{
	Check		check = {{sink, arg}, false};
	GluePath	root = {NULL, path, 0};
	const GlueShape *shape = glue_model_shape(shape_name);

	if (shape == NULL)
		glue_report(&check.reporter, &root, GLUE_RULE_TYPE,
					GLUE_SEVERITY_ERROR, "has the unknown shape \"%s\"",
					shape_name);
	else
		check_value(&check, shape, &root, value);
}

/*
 * Check an input of the shape that is named; true if it is an object, so that
 * more can be said of it.
 */
static bool
check_input(const Check *check, const char *shape_name, const GluePath *root,
			json_object *input)
{
	bool		is_object = json_object_is_type(input, json_type_object);
	json_object *inner;

	if (is_object && json_object_object_get_ex(input, shape_name, &inner) &&
		json_object_is_type(inner, json_type_object))
	{
		glue_report(&check->reporter, root, GLUE_RULE_WRAPPED_INPUT,
					GLUE_SEVERITY_ERROR,
					"must be a %s itself, but is an object that holds one; "
					"pass the inner object", shape_name);
		return false;
	}
	check_value(check, glue_model_shape(shape_name), root, input);
	return is_object;
}

static void
check_value(const Check *check, const GlueShape *shape, const GluePath *path,
			json_object *value)
{
	if (!check_type(check, shape, path, value))
		return;
	switch (shape->type)
	{
		case GLUE_TYPE_STRUCTURE:
			check_structure(check, shape, path, value);
			break;
		case GLUE_TYPE_MAP:
			check_map(check, shape, path, value);
			break;
		case GLUE_TYPE_LIST:
			check_list(check, shape, path, value);
			break;
		case GLUE_TYPE_STRING:
			{
				CheckedString string = {
					json_object_get_string(value),
					(size_t) json_object_get_string_len(value),
					false
				};

				check_text(check, shape, path, &string);

				/* an argument alone is a name, and can be called anything */
				if (path->parent != NULL &&
					(is_redacted(value) ||
					 (is_url(shape) && holds_redacted(value))))
					report_redacted(check, path);
				break;
			}
		case GLUE_TYPE_INTEGER:
			check_integer(check, shape, path, json_object_get_int64(value));
			break;
		case GLUE_TYPE_BOOLEAN:
		case GLUE_TYPE_NUMBER:
			break;
	}
}

/*
 * Check that a value has the type of JSON that its shape asks for.
 */
static bool
check_type(const Check *check, const GlueShape *shape, const GluePath *path,
		   json_object *value)
{
	json_type	type = json_object_get_type(value);
	const char *expected = "";
	bool		fits = false;

	switch (shape->type)
	{
		case GLUE_TYPE_STRUCTURE:
		case GLUE_TYPE_MAP:
			expected = "an object";
			fits = type == json_type_object;
			break;
		case GLUE_TYPE_LIST:
			expected = "an array";
			fits = type == json_type_array;
			break;
		case GLUE_TYPE_STRING:
			expected = "a string";
			fits = type == json_type_string;
			break;
		case GLUE_TYPE_BOOLEAN:
			expected = "a boolean";
			fits = type == json_type_boolean;
			break;
		case GLUE_TYPE_INTEGER:
			expected = "an integer";
			fits = type == json_type_int;
			break;
		case GLUE_TYPE_NUMBER:
			expected = "a number";
			fits = type == json_type_int || type == json_type_double;
			break;
	}
	if (!fits && is_redacted(value))
		report_redacted(check, path);
	else if (!fits)
		glue_report(&check->reporter, path, GLUE_RULE_TYPE,
					GLUE_SEVERITY_ERROR, "must be %s, but is %s",
					expected, type_name(value));
	return fits;
}

static void
check_structure(const Check *check, const GlueShape *shape,
				const GluePath *path, json_object *object)
{
	struct json_object_iter iter;

	json_object_object_foreachC(object, iter)
	{
		GluePath	inner = {path, iter.key, 0};
		const GlueMember *member = glue_model_member(shape, iter.key);

		if (member == NULL)
			check_unknown_member(check, shape, &inner, iter.val);
		else if (iter.val != NULL)
			check_value(check, member->shape, &inner, iter.val);
	}
	for (int i = 0; i < shape->member_count; i++)
	{
		const GlueMember *member = &shape->members[i];
		GluePath	inner = {path, member->name, 0};
		json_object *value;

		if (!member->required)
			continue;
		if (!json_object_object_get_ex(object, member->name, &value))
			glue_report(&check->reporter, &inner, GLUE_RULE_REQUIRED,
						GLUE_SEVERITY_ERROR, "is required");
		else if (value == NULL)
			glue_report(&check->reporter, &inner, GLUE_RULE_REQUIRED,
						GLUE_SEVERITY_ERROR, "is required, but is null");
	}
}

static void
check_unknown_member(const Check *check, const GlueShape *shape,
					 const GluePath *path, json_object *value)
{
	const char *nearest = glue_model_nearest_member(shape, path->key);

	glue_report(&check->reporter, path, GLUE_RULE_UNKNOWN_MEMBER,
				check->allow_unknown_members ? GLUE_SEVERITY_WARNING :
				GLUE_SEVERITY_ERROR,
				"is not a member of %s%s%s%s", shape->name,
				nearest != NULL ? "; did you mean \"" : "",
				nearest != NULL ? nearest : "",
				nearest != NULL ? "\"?" : "");
	if (check->allow_unknown_members && holds_redacted(value))
		report_redacted(check, path);
}

static void
check_map(const Check *check, const GlueShape *shape, const GluePath *path,
		  json_object *object)
{
	struct json_object_iter iter;

	check_count(check, shape, path,
				(size_t) json_object_object_length(object));
	json_object_object_foreachC(object, iter)
	{
		GluePath	inner = {path, iter.key, 0};
		CheckedString string = {iter.key, strlen(iter.key), true};

		check_text(check, shape->key, &inner, &string);
		check_value(check, shape->element, &inner, iter.val);
		if (!is_redacted(iter.val) && holds_redacted(iter.val))
			report_redacted(check, &inner);
	}
}

static void
check_list(const Check *check, const GlueShape *shape, const GluePath *path,
		   json_object *array)
{
	size_t		count = json_object_array_length(array);

	check_count(check, shape, path, count);
	for (size_t i = 0; i < count; i++)
	{
		GluePath	inner = {path, NULL, i};

		check_value(check, shape->element, &inner,
					json_object_array_get_idx(array, i));
	}
}

static void
check_integer(const Check *check, const GlueShape *shape,
			  const GluePath *path, int64_t number)
{
	if (shape->min >= 0 && number < shape->min)
		glue_report(&check->reporter, path, GLUE_RULE_RANGE,
					GLUE_SEVERITY_ERROR,
					"must be at least %d, but is %" PRId64,
					shape->min, number);
	else if (shape->max >= 0 && number > shape->max)
		glue_report(&check->reporter, path, GLUE_RULE_RANGE,
					GLUE_SEVERITY_ERROR,
					"must be at most %d, but is %" PRId64,
					shape->max, number);
}

static void
check_text(const Check *check, const GlueShape *shape, const GluePath *path,
		   const CheckedString *string)
{
	const char *subject = string->is_key ? "the key " : "";

	if (!glue_utf8_valid(string->bytes, string->len))
	{
		glue_report(&check->reporter, path, GLUE_RULE_ENCODING,
					GLUE_SEVERITY_ERROR, "%smust be valid UTF-8", subject);
		return;
	}

	/* so many bytes cannot be too many characters, so do not count them */
	if (shape->min > 0 ||
		(shape->max >= 0 && string->len > (size_t) shape->max))
		check_limits(check, shape, path, GLUE_RULE_LENGTH, subject,
					 "character", "characters",
					 glue_utf8_length(string->bytes, string->len));
	if (shape->pattern != NULL)
		check_pattern(check, shape, path, string);
	if (shape->values != NULL &&
		!glue_model_has_value(shape, string->bytes))
		check_enumeration(check, shape, path, string);
}

/*
 * Refuse what stands in the place of a hidden secret: who reads a connection,
 * changes it and writes it back would set a password of asterisks.
 */
static void
report_redacted(const Check *check, const GluePath *path)
{
	glue_report(&check->reporter, path, GLUE_RULE_REDACTED,
				GLUE_SEVERITY_ERROR,
				"holds \"" GLUE_REDACTED "\", which stands in the place "
				"of a secret that was hidden; give the secret itself");
}

static bool
is_redacted(json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
		strcmp(json_object_get_string(value), GLUE_REDACTED) == 0;
}

/*
 * Is a hidden secret anywhere in a value?
 *
 * Values of properties and URLs may have it in the middle.
 */
static bool
holds_redacted(json_object *value)
{
	struct json_object_iter iter;

	switch (json_object_get_type(value))
	{
		case json_type_string:
			return strstr(json_object_get_string(value), GLUE_REDACTED) != NULL;
		case json_type_object:
			json_object_object_foreachC(value, iter)
			{
				if (holds_redacted(iter.val))
					return true;
			}
			return false;
		case json_type_array:
			for (size_t i = 0; i < json_object_array_length(value); i++)
			{
				if (holds_redacted(json_object_array_get_idx(value, i)))
					return true;
			}
			return false;
		default:
			return false;
	}
}

/*
 * Is this the shape of a URL, which may have credentials in it?
 */
static bool
is_url(const GlueShape *shape)
{
	return strcmp(shape->name, "TokenUrl") == 0 ||
		strcmp(shape->name, "RedirectUri") == 0;
}

/*
 * Check a string against its pattern.  Of a secret, not even the character
 * that is wrong is told.
 */
static void
check_pattern(const Check *check, const GlueShape *shape,
			  const GluePath *path, const CheckedString *string)
{
	const char *subject = string->is_key ? "the key " : "";
	const char *source = shape->pattern->source;
	size_t		where;
	uint32_t	code;

	if (glue_model_matches(shape->pattern, string->bytes, string->len, &where))
		return;
	if (shape->sensitive || glue_path_is_secret(path))
		glue_report(&check->reporter, path, GLUE_RULE_PATTERN,
					GLUE_SEVERITY_ERROR, "%smust match the pattern %s",
					subject, source);
	else if (where == string->len)
		glue_report(&check->reporter, path, GLUE_RULE_PATTERN,
					GLUE_SEVERITY_ERROR,
					"%smust match the pattern %s, but %s", subject, source,
					string->len == 0 ? "is empty" : "ends too early");
	else if (glue_utf8_decode(&string->bytes[where], string->len - where,
							  &code) > 0)
		glue_report(&check->reporter, path, GLUE_RULE_PATTERN,
					GLUE_SEVERITY_ERROR,
					"%smust match the pattern %s, but character %zu is U+%04X",
					subject, source,
					glue_utf8_length(string->bytes, where) + 1,
					(unsigned int) code);
}

/*
 * Deal with a string that is not among the values that we know.  AWS adds
 * values, and accepts some that it documents nowhere, so there is no harm in
 * most of them.  The keys of properties are such a set that only a key that
 * differs from a known one in case is suspicious.
 */
static void
check_enumeration(const Check *check, const GlueShape *shape,
				  const GluePath *path, const CheckedString *string)
{
	const char *nearest;
	char		quoted[GLUE_QUOTED_SIZE];

	if (string->is_key)
	{
		for (int i = 0; i < shape->value_count; i++)
		{
			if (glue_model_same_but_case(string->bytes, shape->values[i]))
				glue_report(&check->reporter, path, GLUE_RULE_KEY_CASE,
							GLUE_SEVERITY_WARNING,
							"is not the known key \"%s\", because case "
							"matters", shape->values[i]);
		}
		return;
	}
	if (strcmp(shape->name, "ConnectionType") == 0 &&
		is_unlisted_type(string->bytes))
		return;
	nearest = glue_model_nearest_value(shape, string->bytes);
	glue_report(&check->reporter, path, GLUE_RULE_ENUMERATION,
				GLUE_SEVERITY_WARNING,
				"%s is no value of %s that is known here%s%s%s",
				glue_quote(string->bytes, quoted), shape->name,
				nearest != NULL ? "; did you mean \"" : "",
				nearest != NULL ? nearest : "",
				nearest != NULL ? "\"?" : "");
}

/*
 * Is this a type of connection that AWS Glue has but its model does not list?
 */
static bool
is_unlisted_type(const char *type)
{
	return strcmp(type, "DATABRICKS") == 0 || strcmp(type, "REDSHIFT") == 0 ||
		strcmp(type, "SNOWFLAKE") == 0 || strncmp(type, "REST-", 5) == 0;
}

static void
check_count(const Check *check, const GlueShape *shape, const GluePath *path,
			size_t count)
{
	check_limits(check, shape, path, GLUE_RULE_COUNT, "", "entry", "entries",
				 count);
}

/*
 * Check a number of characters or entries, of which the words are given,
 * against a shape's limits.
 */
static void
check_limits(const Check *check, const GlueShape *shape, const GluePath *path,
			 const char *rule, const char *subject,
			 const char *one, const char *many, size_t found)
{
	bool		too_few = shape->min >= 0 && found < (size_t) shape->min;
	int			limit = too_few ? shape->min : shape->max;

	if (limit < 0 || (!too_few && found <= (size_t) limit))
		return;
	glue_report(&check->reporter, path, rule, GLUE_SEVERITY_ERROR,
				"%smust have at %s %d %s, but has %zu", subject,
				too_few ? "least" : "most", limit, limit == 1 ? one : many,
				found);
}

/*
 * Name the type of a JSON value, with its article.
 */
static const char *
type_name(json_object *value)
{
	switch (json_object_get_type(value))
	{
		case json_type_object:
			return "an object";
		case json_type_array:
			return "an array";
		case json_type_string:
			return "a string";
		case json_type_boolean:
			return "a boolean";
		case json_type_int:
		case json_type_double:
			return "a number";
		case json_type_null:
			break;
	}
	return "null";
}

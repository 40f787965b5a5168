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
 *	- after them, in one finding, those that only AWS Glue sets, and then the
 *	  required members that are missing, by name;
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
 *	  src/glue/validate.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate.h"

#include <inttypes.h>
#include <string.h>

#include "glue/model.h"
#include "glue/rules.h"
#include "glue/validate_rules.h"
#include "secret/secret_text.h"
#include "text/json.h"

/* the longest ARN whose partition is looked at */
#define MAX_ARN 2048

/* the most wrappings of an input that are taken off */
#define MAX_WRAPPINGS 3

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
static bool check_wrapped(const Check *check, const char *shape_name,
						  const GluePath *root, json_object *input);
static const char *find_wrapping(json_object *object, json_object **inner);
static void check_value(const Check *check, const GlueShape *shape,
						const GluePath *path, json_object *value);
static bool check_type(const Check *check, const GlueShape *shape,
					   const GluePath *path, json_object *value);
static void check_structure(const Check *check, const GlueShape *shape,
							const GluePath *path, json_object *object);
static const char *other_type_hint(const GlueShape *shape,
								   const GluePath *path, json_type type);
static void check_unknown_member(const Check *check, const GlueShape *shape,
								 const GluePath *path, json_object *value);
static bool is_set_by_aws(const GlueShape *shape, const char *name);
static void report_set_by_aws(const Check *check, const GlueShape *shape,
							  const GluePath *path, json_object *object);
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
static bool check_partition(const Check *check, const GlueShape *shape,
							const GluePath *path,
							const CheckedString *string);
static void check_key(const Check *check, const GlueShape *shape,
					  const GluePath *path, const CheckedString *key);
static void check_enumeration(const Check *check, const GlueShape *shape,
							  const GluePath *path,
							  const CheckedString *string);
static const char *find_type(const GlueShape *shape, const char *name);
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
		glue_report_check(&check.reporter, &type_path, GLUE_CHECK_TEST_TYPE,
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
			glue_report_check(&check.reporter, &path, GLUE_CHECK_RESERVED_TAG,
							  "must not start with \"aws:\", which AWS keeps "
							  "for itself");
		else if (strncmp(prefix, "aws", 3) == 0)
			glue_report_check(&check.reporter, &path,
							  GLUE_CHECK_RESERVED_TAG_WORD,
							  "should not start with \"aws\", which AWS "
							  "documents as its own");
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
	if (!json_object_is_type(input, json_type_object))
	{
		check_value(check, glue_model_shape(shape_name), root, input);
		return false;
	}
	if (check_wrapped(check, shape_name, root, input))
		return false;
	check_value(check, glue_model_shape(shape_name), root, input);
	return true;
}

/*
 * Is this an object that holds an input, as requests, answers and templates
 * do?  If so, report that and nothing else.
 */
static bool
check_wrapped(const Check *check, const char *shape_name,
			  const GluePath *root, json_object *input)
{
	GluePath	paths[MAX_WRAPPINGS];
	const GluePath *path = root;
	json_object *inner = input;
	char		place[128];

	for (int i = 0; i < MAX_WRAPPINGS &&
		 json_object_is_type(inner, json_type_object); i++)
	{
		json_object *object = inner;
		const char *key = find_wrapping(object, &inner);

		if (key == NULL)
			break;
		paths[i].parent = path;
		paths[i].key = key;
		path = &paths[i];
	}
	if (path == root)
		return false;
	glue_path_write(path, place, sizeof(place));
	glue_report_check(&check->reporter, root, GLUE_CHECK_WRAPPED_INPUT,
					  "must be a %s itself, but is an object that holds one; "
					  "pass what is at %s%s", shape_name, place,
					  json_object_is_type(inner, json_type_array) ? "[0]" : "");
	return true;
}

/*
 * Find the member of an object that holds an input, and return its key.
 *
 * What has a type of connection is an input itself, and what has a name beside
 * "Properties" is more likely one than a template.
 */
static const char *
find_wrapping(json_object *object, json_object **inner)
{
	static const char *const names[] = {
		"Properties", "requestParameters", "Connection", "ConnectionInput",
		"connection_input", "TestConnectionInput", "test_connection_input",
		"ConnectionList",		/* the only array */
	};
	const size_t nnames = sizeof(names) / sizeof(char *);
	struct json_object_iter iter;
	bool		is_named = false;
	size_t		found = 0;
	const char *key = NULL;

	json_object_object_foreachC(object, iter)
	{
		if (glue_model_same_but_case(iter.key, "ConnectionType"))
			return NULL;
		is_named = is_named || glue_model_same_but_case(iter.key, "Name");
		for (size_t i = found; i < nnames; i++)
		{
			json_type	type = i == nnames - 1 ? json_type_array : json_type_object;

			if (json_object_is_type(iter.val, type) &&
				glue_model_same_but_case(iter.key, names[i]))
			{
				*inner = iter.val;
				key = iter.key;
				found = i;
			}
		}
	}
	return is_named && found == 0 ? NULL : key;
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
					GLUE_SEVERITY_ERROR, "must be %s, but is %s%s",
					expected, type_name(value),
					other_type_hint(shape, path, type));
	return fits;
}

/*
 * What to say to those who mix up the property of this name, which is a
 * string of JSON, and the member, which is an object.
 */
static const char *
other_type_hint(const GlueShape *shape, const GluePath *path, json_type type)
{
	if (path->key == NULL || (strcmp(path->key, "SparkProperties") != 0 &&
							  strcmp(path->key, "PythonProperties") != 0 &&
							  strcmp(path->key, "AthenaProperties") != 0))
		return "";
	if (shape->type == GLUE_TYPE_STRING && type == json_type_object)
		return "; as a property, it is a string that holds JSON";
	if (shape->type == GLUE_TYPE_MAP && type == json_type_string)
		return "; a string that holds JSON is for the property of this name "
			"in ConnectionProperties";
	return "";
}

static void
check_structure(const Check *check, const GlueShape *shape,
				const GluePath *path, json_object *object)
{
	struct json_object_iter iter;
	bool		set_by_aws = false;

	json_object_object_foreachC(object, iter)
	{
		GluePath	inner = {path, iter.key, 0};
		const GlueMember *member = glue_model_member(shape, iter.key);

		if (member == NULL && is_set_by_aws(shape, iter.key))
			set_by_aws = true;
		else if (member == NULL)
			check_unknown_member(check, shape, &inner, iter.val);
		else if (iter.val != NULL)
			check_value(check, member->shape, &inner, iter.val);
	}
	if (set_by_aws)
		report_set_by_aws(check, shape, path, object);
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

/*
 * Is this a member that a connection has, but no input for one?
 */
static bool
is_set_by_aws(const GlueShape *shape, const char *name)
{
	return strcmp(shape->name, "ConnectionInput") == 0 &&
		glue_model_only_answered(name);
}

/*
 * Tell who passes what AWS Glue has returned, in one finding.
 */
static void
report_set_by_aws(const Check *check, const GlueShape *shape,
				  const GluePath *path, json_object *object)
{
	struct json_object_iter iter;
	char		names[512] = "";

	json_object_object_foreachC(object, iter)
	{
		if (!is_set_by_aws(shape, iter.key))
			continue;
		if (names[0] != '\0')
			strncat(names, ", ", sizeof(names) - strlen(names) - 1);
		strncat(names, iter.key, sizeof(names) - strlen(names) - 1);
	}
	glue_report(&check->reporter, path,
				glue_check_rule(GLUE_CHECK_SET_BY_AWS),
				check->allow_unknown_members ? GLUE_SEVERITY_WARNING :
				glue_check_severity(GLUE_CHECK_SET_BY_AWS),
				"has members that only AWS Glue sets: %s; leave them out, or "
				"pass it to glue_update_connection(), which does so", names);
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
	if (shape->values == NULL || glue_model_has_value(shape, string->bytes))
		return;
	if (string->is_key)
		check_key(check, shape, path, string);
	else
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

	if (glue_model_matches(shape->pattern, string->bytes, string->len, &where) ||
		check_partition(check, shape, path, string))
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
 * Is this an ARN that has nothing against it but its partition?  If so,
 * report that: the model lists partitions, and AWS makes new ones.
 */
static bool
check_partition(const Check *check, const GlueShape *shape,
				const GluePath *path, const CheckedString *string)
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

	/* is it right with the first of all partitions, "aws"? */
	memcpy(arn, prefix, prefix_len);
	memcpy(arn + prefix_len, string->bytes + prefix_len + len,
		   string->len - prefix_len - len);
	if (!glue_model_matches(shape->pattern, arn, string->len - len, NULL))
		return false;
	glue_report_check(&check->reporter, path, GLUE_CHECK_SECRET_PARTITION,
					  "has the partition \"aws%.*s\", which AWS Glue's model "
					  "does not list", (int) len, string->bytes + prefix_len);
	return true;
}

/*
 * The keys of properties are such a set that only a key that differs from a
 * known one in case is suspicious.
 */
static void
check_key(const Check *check, const GlueShape *shape, const GluePath *path,
		  const CheckedString *key)
{
	for (int i = 0; i < shape->value_count; i++)
	{
		if (glue_model_same_but_case(key->bytes, shape->values[i]))
			glue_report_check(&check->reporter, path, GLUE_CHECK_KEY_CASE,
							  "is not the known key \"%s\", because case "
							  "matters", shape->values[i]);
	}
}

/*
 * Deal with a string that is not among the values that we know.  AWS adds
 * values, and accepts some that it documents nowhere, so there is no harm in
 * most of them.  But a type that differs from a known one in case is refused.
 */
static void
check_enumeration(const Check *check, const GlueShape *shape,
				  const GluePath *path, const CheckedString *string)
{
	bool		is_type = strcmp(shape->name, "ConnectionType") == 0;
	const char *nearest = is_type ? find_type(shape, string->bytes) : NULL;
	char		quoted[GLUE_QUOTED_SIZE];

	if (nearest != NULL)
	{
		if (strncmp(string->bytes, nearest, strlen(nearest)) != 0)
			glue_report_check(&check->reporter, path, GLUE_CHECK_TYPE_CASE,
							  "%s must %s \"%s\", because case matters",
							  glue_quote(string->bytes, quoted),
							  nearest[strlen(nearest) - 1] == '-' ?
							  "begin with" : "be spelled", nearest);
		return;
	}
	nearest = glue_model_nearest_value(shape, string->bytes);
	if (is_type && nearest == NULL)
		nearest = glue_unlisted_type_nearest(string->bytes);
	glue_report_check(&check->reporter, path, GLUE_CHECK_UNKNOWN_VALUE,
					  "%s is no value of %s that is known here%s%s%s",
					  glue_quote(string->bytes, quoted), shape->name,
					  nearest != NULL ? "; did you mean \"" : "",
					  nearest != NULL ? nearest : "",
					  nearest != NULL ? "\"?" : "");
}

/*
 * Find a type of connection, in whatever case, that AWS Glue has, whether its
 * model lists it or not.  Returns how it is spelled, or NULL; a name that ends
 * with "-" stands for all that begin with it.
 */
static const char *
find_type(const GlueShape *shape, const char *name)
{
	for (int i = 0; i < shape->value_count; i++)
	{
		if (glue_model_same_but_case(name, shape->values[i]))
			return shape->values[i];
	}
	return glue_unlisted_type(name);
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

/*-------------------------------------------------------------------------
 *
 * validate.c
 *	  Validation of a ConnectionInput and its arguments.
 *
 * A value is checked against its shape in AWS Glue's model, at every depth
 * (validate_value.c, validate_text.c); then against the rules that the model
 * lacks (validate_rules.c).  All findings are reported, in this order:
 *
 *	- the members of an object in their order, each with all its contents,
 *	  and unknown ones at their position;
 *	- after them, in one finding, those that only AWS Glue sets, and then
 *	  the missing required members, by name;
 *	- for one string, its encoding, its length, its pattern or its
 *	  enumeration, and the replacement of a hidden secret;
 *	- at the end, the rules beyond the model.
 *
 * jsonb has a fixed order of members, so equal input gives equal reports.
 *
 * null for an optional member is the same as no member.  AWS Glue's answers
 * are never validated here: it may be newer than this version's model.
 *
 * IDENTIFICATION
 *	  src/glue/validate.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate.h"

#include <string.h>

#include "glue/model.h"
#include "glue/rules.h"
#include "glue/validate_value.h"
#include "text/ascii.h"
#include "text/assertion.h"
#include "text/json.h"

/* the largest number of wrappings that are removed from an input */
#define MAX_WRAPPINGS 3

/*
 * Find the member of an object that contains an input, and return its key.
 *
 * A value with a type of connection is an input itself, and one with a name
 * beside "Properties" is more likely an input than a template.
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
		if (glue_same_but_case(iter.key, "ConnectionType"))
			return NULL;
		is_named = is_named || glue_same_but_case(iter.key, "Name");
		for (size_t i = found; i < nnames; i++)
		{
			json_type	type = i == nnames - 1 ? json_type_array : json_type_object;

			if (json_object_is_type(iter.val, type) &&
				glue_same_but_case(iter.key, names[i]))
			{
				*inner = iter.val;
				key = iter.key;
				found = i;
			}
		}
	}
	return is_named && found == 0 ? NULL : key;
}

/*
 * Is this an object that contains an input, such as a request, an answer or a
 * template?  If so, report only that.
 */
static bool
check_wrapped(const GlueValidation *check, const char *shape_name,
			  json_object *input)
{
	GluePath	paths[MAX_WRAPPINGS];
	const GluePath *path = &glue_root_path;
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
	if (path == &glue_root_path)
		return false;
	glue_path_write(path, place, sizeof(place));
	glue_report_check(&check->reporter, &glue_root_path,
					  GLUE_CHECK_WRAPPED_INPUT,
					  "must be a %s itself, but is an object that holds one; "
					  "pass the value at %s%s", shape_name, place,
					  json_object_is_type(inner, json_type_array) ? "[0]" : "");
	return true;
}

/*
 * Check an input of the named shape; true if it is an object, which allows
 * further checks.
 */
static bool
check_input(const GlueValidation *check, const char *shape_name,
			json_object *input)
{
	if (check_wrapped(check, shape_name, input))
		return false;
	glue_validate_value(check, glue_model_shape(shape_name), &glue_root_path,
						input);
	return json_object_is_type(input, json_type_object);
}

/*
 * Check a ConnectionInput, which should have been normalized.
 *
 * Any JSON is accepted.  If the whole value is unusable, there is one finding,
 * at the path "$".
 */
void
glue_validate_connection_input_tree(json_object *input,
									bool allow_unknown_members,
									GlueViolationSink sink, void *arg)
{
	GlueValidation check = {{sink, arg}, allow_unknown_members};

	if (check_input(&check, "ConnectionInput", input))
		glue_check_rules(&check.reporter, input);
}

/*
 * Likewise for a TestConnectionInput.
 *
 * The rules beyond the model are about connections, but also apply to the
 * types whose inputs can be tested according to AWS's documentation.
 */
void
glue_validate_test_input_tree(json_object *input, bool allow_unknown_members,
							  GlueViolationSink sink, void *arg)
{
	GlueValidation check = {{sink, arg}, allow_unknown_members};
	GluePath	type_path = {&glue_root_path, "ConnectionType", 0};
	const char *type;

	if (!check_input(&check, "TestConnectionInput", input))
		return;
	type = glue_json_tree_text(input, "ConnectionType");
	if (type == NULL)
		return;
	if (strcmp(type, "JDBC") == 0 || strcmp(type, "SALESFORCE") == 0)
		glue_check_rules(&check.reporter, input);
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
	GlueValidation check = {{sink, arg}, false};
	GluePath	root = {NULL, "$.Tags", 0};
	struct json_object_iter iter;

	glue_validate_value(&check, glue_model_shape("TagsMap"), &root, tags);
	if (!json_object_is_type(tags, json_type_object))
		return;

	json_object_object_foreachC(tags, iter)
	{
		GluePath	path = {&root, iter.key, 0};
		char		prefix[5] = "";

		strncpy(prefix, iter.key, 4);
		if (glue_same_but_case(prefix, "aws:"))
			glue_report_check(&check.reporter, &path, GLUE_CHECK_RESERVED_TAG,
							  "must not start with \"aws:\", which AWS "
							  "reserves");
		else if (strncmp(prefix, "aws", 3) == 0)
			glue_report_check(&check.reporter, &path,
							  GLUE_CHECK_RESERVED_TAG_WORD,
							  "should not start with \"aws\", which AWS "
							  "documents as reserved");
	}
}

/*
 * Check one value against a shape of the model, such as "NameString".
 *
 * path is the reported position of the value.
 */
void
glue_validate_member(const char *shape_name, const char *path,
					 json_object *value, GlueViolationSink sink, void *arg)
{
	GlueValidation check = {{sink, arg}, false};
	GluePath	root = {NULL, path, 0};
	const GlueShape *shape = glue_model_shape(shape_name);

	glue_assert(shape != NULL);
	glue_validate_value(&check, shape, &root, value);
}

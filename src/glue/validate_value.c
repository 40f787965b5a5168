/*-------------------------------------------------------------------------
 *
 * validate_value.c
 *	  Validation of a value against its shape in AWS Glue's model.
 *
 * Every type of shape has its checks: of the type of JSON, of the members of a
 * structure, of the number of entries, of an integer's range; those of strings
 * and keys are in validate_text.c.
 *
 * The replacement of a hidden secret is rejected in any place: in a string, in
 * a property's value, in a URL.
 *
 * IDENTIFICATION
 *	  src/glue/validate_value.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate_value.h"

#include <inttypes.h>
#include <string.h>

#include "glue/redact_string.h"
#include "glue/rules.h"
#include "glue/validate_text.h"
#include "text/buffer.h"

/*
 * Reject the replacement of a hidden secret: a connection that is read, changed
 * and written back would get a password of asterisks.
 */
static void
report_redacted(const GlueValidation *check, const GluePath *path)
{
	glue_report(&check->reporter, path, GLUE_RULE_REDACTED,
				GLUE_SEVERITY_ERROR,
				"holds \"" GLUE_REDACTED "\", which stands in the place "
				"of a secret that was hidden; give the secret itself");
}

/*
 * Is this the shape of a URL, which may contain credentials?
 */
static bool
is_url(const GlueShape *shape)
{
	return strcmp(shape->name, "TokenUrl") == 0 ||
		strcmp(shape->name, "RedirectUri") == 0;
}

/*
 * A hint for the confusion of the property of this name, which is a string of
 * JSON, with the member, which is an object.
 */
static const char *
other_type_hint(const GlueShape *shape, const GluePath *path, int types)
{
	if (path->key == NULL || (strcmp(path->key, "SparkProperties") != 0 &&
							  strcmp(path->key, "PythonProperties") != 0 &&
							  strcmp(path->key, "AthenaProperties") != 0))
		return "";
	if (shape->type == GLUE_TYPE_STRING && (types & GLUE_TYPE_MAP) != 0)
		return "; as a property, it is a string that holds JSON";
	if (shape->type == GLUE_TYPE_MAP && types == GLUE_TYPE_STRING)
		return "; a string that holds JSON is for the property of this name "
			"in ConnectionProperties";
	return "";
}

/*
 * Name the type of a JSON value, with its article.
 */
static const char *
type_name(int types)
{
	static const struct
	{
		int			types;
		const char *name;
	}			names[] = {
		{GLUE_TYPE_STRUCTURE | GLUE_TYPE_MAP, "an object"},
		{GLUE_TYPE_LIST, "an array"},
		{GLUE_TYPE_STRING, "a string"},
		{GLUE_TYPE_BOOLEAN, "a boolean"},
		{GLUE_TYPE_NUMBER, "a number"},
		{GLUE_TYPE_INTEGER, "an integer"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if ((types & names[i].types) != 0)
			return names[i].name;
	}
	return "null";
}

/*
 * Check that a value has the type of JSON of its shape.
 */
static bool
check_type(const GlueValidation *check, const GlueShape *shape,
		   const GluePath *path, json_object *value)
{
	int			types = glue_model_types_of(value);

	if ((types & shape->type) != 0)
		return true;
	if (glue_is_hidden(value))
		report_redacted(check, path);
	else
		glue_report(&check->reporter, path, GLUE_RULE_TYPE,
					GLUE_SEVERITY_ERROR, "must be %s, but is %s%s",
					type_name(shape->type), type_name(types),
					other_type_hint(shape, path, types));
	return false;
}

static void
check_unknown_member(const GlueValidation *check, const GlueShape *shape,
					 const GluePath *path, json_object *value)
{
	const char *nearest = glue_model_nearest(path->key, shape->members,
											 shape->member_count,
											 sizeof(GlueMember));

	glue_report(&check->reporter, path, GLUE_RULE_UNKNOWN_MEMBER,
				check->allow_unknown_members ? GLUE_SEVERITY_WARNING :
				GLUE_SEVERITY_ERROR,
				"is not a member of %s%s%s%s", shape->name,
				nearest != NULL ? "; did you mean \"" : "",
				nearest != NULL ? nearest : "",
				nearest != NULL ? "\"?" : "");
	if (check->allow_unknown_members && glue_holds_hidden(value))
		report_redacted(check, path);
}

/*
 * Is this a member of a connection, but not of an input?
 */
static bool
is_set_by_aws(const GlueShape *shape, const char *name)
{
	return strcmp(shape->name, "ConnectionInput") == 0 &&
		glue_model_only_answered(name);
}

/*
 * Report all members that only AWS Glue sets, in one finding.
 */
static void
report_set_by_aws(const GlueValidation *check, const GlueShape *shape,
				  const GluePath *path, json_object *object)
{
	struct json_object_iter iter;
	char		names[512];
	GlueTextBuffer out = {names, sizeof(names), 0};

	json_object_object_foreachC(object, iter)
	{
		if (is_set_by_aws(shape, iter.key))
			glue_text_put_all(&out, out.len > 0 ? ", " : "", iter.key, NULL);
	}
	glue_text_end(&out);
	glue_report(&check->reporter, path,
				glue_check_rule(GLUE_CHECK_SET_BY_AWS),
				check->allow_unknown_members ? GLUE_SEVERITY_WARNING :
				glue_check_severity(GLUE_CHECK_SET_BY_AWS),
				"has members that only AWS Glue sets: %s; leave them out, or "
				"pass it to glue_update_connection(), which does so", names);
}

static void
check_structure(const GlueValidation *check, const GlueShape *shape,
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
			glue_validate_value(check, member->shape, &inner, iter.val);
	}
	if (set_by_aws)
		report_set_by_aws(check, shape, path, object);
	for (int i = 0; i < shape->member_count; i++)
	{
		const GlueMember *member = &shape->members[i];
		GluePath	inner = {path, member->name, 0};
		json_object *value;
		bool		there;

		if (!member->required)
			continue;
		there = json_object_object_get_ex(object, member->name, &value);
		if (value == NULL)
			glue_report(&check->reporter, &inner, GLUE_RULE_REQUIRED,
						GLUE_SEVERITY_ERROR, "is required%s",
						there ? ", but is null" : "");
	}
}

static void
check_map(const GlueValidation *check, const GlueShape *shape,
		  const GluePath *path, json_object *object)
{
	struct json_object_iter iter;

	glue_validate_limits(&check->reporter, shape, path, "",
						 (size_t) json_object_object_length(object));
	json_object_object_foreachC(object, iter)
	{
		GluePath	inner = {path, iter.key, 0};
		GlueCheckedString string = {iter.key, strlen(iter.key), true};

		glue_validate_text(&check->reporter, shape->key, &inner, &string);
		glue_validate_value(check, shape->element, &inner, iter.val);
		if (glue_holds_hidden(iter.val) && !glue_is_hidden(iter.val))
			report_redacted(check, &inner);
	}
}

static void
check_list(const GlueValidation *check, const GlueShape *shape,
		   const GluePath *path, json_object *array)
{
	size_t		count = json_object_array_length(array);

	glue_validate_limits(&check->reporter, shape, path, "", count);
	for (size_t i = 0; i < count; i++)
	{
		GluePath	inner = {path, NULL, i};

		glue_validate_value(check, shape->element, &inner,
							json_object_array_get_idx(array, i));
	}
}

static void
check_integer(const GlueValidation *check, const GlueShape *shape,
			  const GluePath *path, int64_t number)
{
	bool		too_small = shape->min >= 0 && number < shape->min;

	if (too_small || (shape->max >= 0 && number > shape->max))
		glue_report(&check->reporter, path, GLUE_RULE_RANGE,
					GLUE_SEVERITY_ERROR, "must be at %s %d, but is %" PRId64,
					too_small ? "least" : "most",
					too_small ? shape->min : shape->max, number);
}

/*
 * Check a value and all its contents against its shape.
 */
void
glue_validate_value(const GlueValidation *check, const GlueShape *shape,
					const GluePath *path, json_object *value)
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
				GlueCheckedString string = {
					json_object_get_string(value),
					(size_t) json_object_get_string_len(value),
					false
				};

				glue_validate_text(&check->reporter, shape, path, &string);

				/* a single argument is a name, and may have any value */
				if (path->parent != NULL &&
					(glue_is_hidden(value) ||
					 (is_url(shape) && glue_holds_hidden(value))))
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

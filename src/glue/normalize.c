/*-------------------------------------------------------------------------
 *
 * normalize.c
 *	  Conversion of user input to AWS Glue's form.
 *
 * Input is converted if its meaning is unambiguous:
 *
 *	- in maps of strings, booleans and numbers become strings;
 *	- optional members that are null are removed;
 *	- types of connections that need no ConnectionProperties get an empty
 *	  one, which the API requires;
 *	- a Connection from an answer becomes a ConnectionInput.
 *
 * Anything else, and any value of a wrong kind, is left for the validator to
 * report.  So is a value whose conversion failed for lack of memory.
 *
 * IDENTIFICATION
 *	  src/glue/normalize.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/normalize.h"

#include <stdio.h>
#include <string.h>

#include "glue/model.h"
#include "glue/same_value.h"
#include "text/ascii.h"
#include "text/json.h"

static bool normalize(const GlueShape *shape, json_object *value);
static bool normalize_structure(const GlueShape *shape, json_object *object);

static void
add_empty_properties(json_object *input)
{
	json_object *empty = json_object_new_object();

	if (json_object_object_add(input, "ConnectionProperties", empty) != 0)
		json_object_put(empty);
}

/* Normalize a ConnectionInput; returns whether it was changed. */
bool
glue_normalize_connection_input(json_object *input)
{
	const char *type = glue_json_tree_text(input, "ConnectionType");
	bool		changed;

	if (!json_object_is_type(input, json_type_object))
		return false;
	changed = normalize(glue_model_shape("ConnectionInput"), input);

	if (json_object_object_get(input, "ConnectionProperties") != NULL ||
		(!glue_same_text(type, "NETWORK") && !glue_same_text(type, "DYNAMODB")))
		return changed;
	add_empty_properties(input);
	return true;
}

static void
drop_empty_members(json_object *input)
{
	/* json-c allows the deletion of the loop's current entry */
	json_object_object_foreach(input, key, value)
	{
		if (glue_is_nothing(value))
			json_object_object_del(input, key);
	}
}

/*
 * Convert a Connection from an answer to a ConnectionInput: members that only
 * AWS Glue sets are removed, and so are empty ones, which have no meaning.
 * ConnectionProperties, which an input must have, is added if AWS Glue has
 * dropped it for being empty.
 *
 * Returns false, and changes nothing, if it is no such Connection.  Otherwise
 * left_out lists the members that only AWS Glue sets, in their order, as far
 * as they fit.
 */
bool
glue_input_from_connection(json_object *input, char *left_out, size_t size)
{
	const GlueShape *connection = glue_model_shape("Connection");
	size_t		used = 0;

	left_out[0] = '\0';
	for (int i = 0; i < connection->member_count; i++)
	{
		const char *name = connection->members[i].name;

		if (!glue_model_only_answered(name) ||
			!json_object_object_get_ex(input, name, NULL))
			continue;
		if (used < size)
			used += (size_t) snprintf(left_out + used, size - used, "%s%s",
									  used > 0 ? ", " : "", name);
		json_object_object_del(input, name);
	}
	if (used == 0)
		return false;
	drop_empty_members(input);
	if (json_object_object_get(input, "ConnectionProperties") == NULL)
		add_empty_properties(input);
	return true;
}

/* Normalize a value of another shape of the model, such as "TagsMap". */
void
glue_normalize(const char *shape_name, json_object *value)
{
	(void) normalize(glue_model_shape(shape_name), value);
}

/*
 * Normalize a map of strings.
 */
static bool
normalize_map(json_object *object)
{
	bool		changed = false;

	json_object_object_foreach(object, key, value)
	{
		json_object *string = NULL;
		const char *spelling;

		if (!json_object_is_type(value, json_type_boolean) &&
			!glue_json_is_number(value))
			continue;
		changed = true;

		/* a number keeps its original spelling */
		spelling = json_object_get_string(value);
		if (spelling != NULL)
			string = json_object_new_string(spelling);
		if (string != NULL && json_object_object_add(object, key, string) != 0)
			json_object_put(string);
	}
	return changed;
}

/*
 * Normalize a value of this shape and its contents; returns whether anything
 * was changed.
 */
static bool
normalize(const GlueShape *shape, json_object *value)
{
	if (!json_object_is_type(value, json_type_object))
		return false;
	if (shape->type == GLUE_TYPE_STRUCTURE)
		return normalize_structure(shape, value);
	return shape->type == GLUE_TYPE_MAP &&
		shape->element->type == GLUE_TYPE_STRING && normalize_map(value);
}

static bool
normalize_structure(const GlueShape *shape, json_object *object)
{
	bool		changed = false;

	/* json-c allows the deletion of the loop's current entry */
	json_object_object_foreach(object, key, value)
	{
		const GlueMember *member = glue_model_member(shape, key);

		if (member == NULL)
			continue;
		if (value != NULL)
			changed |= normalize(member->shape, value);
		else if (!member->required)
		{
			json_object_object_del(object, key);
			changed = true;
		}
	}
	return changed;
}

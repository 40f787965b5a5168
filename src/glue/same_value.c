/*-------------------------------------------------------------------------
 *
 * same_value.c
 *	  Equality of values for AWS Glue.
 *
 * Glue drops empty values, returns lists in any order, and rounds times.
 *
 * IDENTIFICATION
 *	  src/glue/same_value.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/same_value.h"

static size_t count_entries(json_object *array, json_object *entry);

/*
 * Is this a value that Glue drops: null, "", {} or []?
 */
bool
glue_is_nothing(json_object *value)
{
	switch (json_object_get_type(value))
	{
		case json_type_null:
			return true;
		case json_type_string:
			return json_object_get_string_len(value) == 0;
		case json_type_object:
			return json_object_object_length(value) == 0;
		case json_type_array:
			return json_object_array_length(value) == 0;
		default:
			return false;
	}
}

/*
 * Are two times the same, in seconds, if one may have been rounded to
 * microseconds?
 */
bool
glue_same_time(json_object *a, json_object *b)
{
	double		first = json_object_get_double(a);
	double		second = json_object_get_double(b);
	double		difference = first - second;

	/* infinite values have no difference */
	return first == second || (difference > -0.0005 && difference < 0.0005);
}

/*
 * Do two lists have the same entries, in any order, equally often?
 */
bool
glue_same_entries(json_object *sent, json_object *got)
{
	size_t		count;

	if (!json_object_is_type(sent, json_type_array) ||
		!json_object_is_type(got, json_type_array))
		return false;
	count = json_object_array_length(sent);
	if (count != json_object_array_length(got))
		return false;

	/* lists are short: Glue permits 50 entries */
	for (size_t i = 0; i < count; i++)
	{
		json_object *entry = json_object_array_get_idx(sent, i);

		if (count_entries(sent, entry) != count_entries(got, entry))
			return false;
	}
	return true;
}

static size_t
count_entries(json_object *array, json_object *entry)
{
	size_t		found = 0;

	for (size_t i = 0; i < json_object_array_length(array); i++)
		found += json_object_equal(json_object_array_get_idx(array, i),
								   entry) != 0;
	return found;
}

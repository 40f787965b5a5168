/*-------------------------------------------------------------------------
 *
 * model.c
 *	  Lookups in AWS Glue's model.
 *
 * The model itself is generated (model_data.c).  These functions are a binary
 * search in one of its sorted arrays, a search for the nearest name in one of
 * them, or a run of one of its automata.
 *
 * Names are compared byte by byte, and case is ignored for ASCII only, in any
 * locale: all names of the model are ASCII.
 *
 * IDENTIFICATION
 *	  src/glue/model.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/model.h"

#include <stdlib.h>
#include <string.h>

#include "text/ascii.h"
#include "text/json.h"

/*
 * Compare a name with an entry, for bsearch().  Every entry that we search
 * begins with the pointer to its name.
 */
static int
compare_name(const void *key, const void *entry)
{
	return strcmp(key, *(const char *const *) entry);
}

static const void *
find(const char *name, const void *array, int count, size_t size)
{
	if (count == 0)
		return NULL;
	return bsearch(name, array, (size_t) count, size, compare_name);
}

/*
 * Return the operation of this name, or NULL if we have none.
 */
const GlueModelOperation *
glue_model_operation(const char *name)
{
	return find(name, glue_model_operations, glue_model_operation_count,
				sizeof(GlueModelOperation));
}

/*
 * Return the shape of this name, or NULL.
 */
const GlueShape *
glue_model_shape(const char *name)
{
	return find(name, glue_model_shapes, glue_model_shape_count,
				sizeof(GlueShape));
}

/*
 * Return the member of this name of a structure, or NULL.
 */
const GlueMember *
glue_model_member(const GlueShape *structure, const char *name)
{
	return find(name, structure->members, structure->member_count,
				sizeof(GlueMember));
}

/*
 * Is this the name of a member of a Connection but not of a ConnectionInput,
 * so that only AWS Glue can set it?
 */
bool
glue_model_only_answered(const char *member_name)
{
	return glue_model_member(glue_model_shape("Connection"),
							 member_name) != NULL &&
		glue_model_member(glue_model_shape("ConnectionInput"),
						  member_name) == NULL;
}

/*
 * Return the union of the model's members of this name, or NULL.
 */
const GlueMemberName *
glue_model_member_name(const char *name)
{
	return find(name, glue_model_member_names, glue_model_member_name_count,
				sizeof(GlueMemberName));
}

/*
 * The set of types of a value; null has none.
 */
int
glue_model_types_of(json_object *value)
{
	switch (json_object_get_type(value))
	{
		case json_type_object:
			return GLUE_TYPE_STRUCTURE | GLUE_TYPE_MAP;
		case json_type_array:
			return GLUE_TYPE_LIST;
		case json_type_string:
			return GLUE_TYPE_STRING;
		case json_type_boolean:
			return GLUE_TYPE_BOOLEAN;
		case json_type_int:
			return GLUE_TYPE_INTEGER | GLUE_TYPE_NUMBER;
		case json_type_double:
			return GLUE_TYPE_NUMBER;
		case json_type_null:
			break;
	}
	return 0;
}

/*
 * Is this a declared error of an operation?  False if we have no such
 * operation.
 */
bool
glue_model_has_error(const char *operation, const char *code)
{
	const GlueModelOperation *found = glue_model_operation(operation);

	return found != NULL && glue_is_one_of(code, found->errors);
}

/*
 * Is this one of the values of an enumeration?
 */
bool
glue_model_has_value(const GlueShape *enumeration, const char *value)
{
	return find(value, enumeration->values, enumeration->value_count,
				sizeof(const char *)) != NULL;
}

/*
 * Find the class of a code point above ASCII.  There are only a few ranges,
 * and nearly all text is in the first.
 */
static int
class_of(const GluePattern *pattern, uint32_t code)
{
	const GlueCodeRange *range = pattern->ranges;

	while (code > range->last)
		range++;
	return range->code_class;
}

/*
 * Does the pattern accept the whole text?
 *
 * If not and where is not NULL, *where is the offset of the first invalid
 * character, or len if the text only ends too early.  Invalid UTF-8 is not
 * accepted anywhere.
 */
bool
glue_model_matches(const GluePattern *pattern, const char *text, size_t len,
				   size_t *where)
{
	int			state = 1;
	size_t		at = 0;

	while (at < len)
	{
		uint32_t	code = (unsigned char) text[at];
		size_t		width = 1;
		int			code_class;

		if (code < 0x80)
			code_class = pattern->ascii[code] - '0';
		else
		{
			width = glue_utf8_decode(&text[at], len - at, &code);
			if (width == 0)
				break;
			code_class = class_of(pattern, code);
		}
		state = pattern->next[state * pattern->class_count + code_class] - '0';
		if (state == 0)
			break;
		at += width;
	}
	if (where != NULL)
		*where = at;
	return at == len && pattern->accepts[state] == '1';
}

/*
 * Compute the Levenshtein distance of two names, ignoring case.  Any result
 * above limit means "more than limit".  Both lengths are at most
 * GLUE_MODEL_NEAREST_MAX.
 *
 * costs[j] is the distance between the processed part of a and the first j
 * letters of b.
 */
static int
distance(const char *a, size_t a_len, const char *b, size_t b_len, int limit)
{
	int			costs[GLUE_MODEL_NEAREST_MAX + 1];

	if (a_len > b_len + (size_t) limit || b_len > a_len + (size_t) limit ||
		b_len > GLUE_MODEL_NEAREST_MAX)
		return limit + 1;
	for (size_t j = 0; j <= b_len; j++)
		costs[j] = (int) j;
	for (size_t i = 1; i <= a_len; i++)
	{
		int			diagonal = costs[0];
		int			least;

		least = costs[0] = (int) i;
		for (size_t j = 1; j <= b_len; j++)
		{
			int			cost = diagonal;

			if (glue_lower(a[i - 1]) != glue_lower(b[j - 1]))
				cost++;
			diagonal = costs[j];
			if (costs[j] + 1 < cost)
				cost = costs[j] + 1;
			if (costs[j - 1] + 1 < cost)
				cost = costs[j - 1] + 1;
			costs[j] = cost;
			if (cost < least)
				least = cost;
		}
		if (least > limit)
			return limit + 1;
	}
	return costs[b_len];
}

/*
 * Return the most similar name in an array, or NULL if more than a third of
 * its letters would have to change, or half of those of a short name, where
 * two swapped letters already count as two.
 *
 * Each element of the array has this size, and begins with its name.  Of several
 * that are equally near, the first is taken.
 */
const char *
glue_model_nearest(const char *name, const void *array, int count,
				   size_t size)
{
	size_t		len = strnlen(name, GLUE_MODEL_NEAREST_MAX + 1);
	const char *best = NULL;
	int			limit;

	if (len == 0 || len > GLUE_MODEL_NEAREST_MAX)
		return NULL;
	limit = (int) (len < 3 ? 1 : len < 7 ? len / 2 : len / 3);
	for (int i = 0; i < count && limit >= 0; i++)
	{
		const char *candidate = *(const char *const *)
			((const char *) array + (size_t) i * size);
		int			found = distance(name, len, candidate, strlen(candidate),
									 limit);

		if (found <= limit)
		{
			best = candidate;
			limit = found - 1;
		}
	}
	return best;
}

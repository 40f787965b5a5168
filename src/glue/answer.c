/*-------------------------------------------------------------------------
 *
 * answer.c
 *	  Validation of AWS Glue's answers.
 *
 * Answers are stored in tables, indexes, notifications and messages, each of
 * which has its own limits.  So they are checked once, before any other code
 * uses them:
 *
 *	- A value with consequences is an error if it is invalid: a name that no
 *	  connection can have, a time or version out of range.  A truncated or
 *	  skipped one would be wrong.
 *	- Texts for display are truncated, and lose control characters that
 *	  could corrupt a terminal.  So is a status, because the meaning of a
 *	  long one is unknown anyway, and AWS's action should be recorded all
 *	  the same.
 *	- Numbers must be valid in jsonb.
 *
 * A member of another type than in the model counts as absent, and the code
 * that needs it reports that.  But if absence has a meaning, another type is
 * an error here: an absent status means READY, and an absent page token the
 * end.
 *
 * Otherwise AWS's data are accepted, and the model's limits for requests do
 * not apply.
 *
 * IDENTIFICATION
 *	  src/glue/answer.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/answer.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "glue/model.h"
#include "glue/operation_name.h"
#include "glue/violation.h"
#include "text/ascii.h"
#include "text/assertion.h"
#include "text/json.h"

#define PATH_SIZE			256

/* Times before 1970 or from the year 5138 on are invalid. */
#define TIME_LIMIT			1e11

/* Longest number as text; a 64-bit integer has 20 digits. */
#define MAX_NUMBER_LEN		100

/* Longest status, in characters. */
#define MAX_STATUS_LEN		64

/* Replacement of the rest of a truncated text. */
#define DOTS				"..."

#define TOO_LARGE			"is too large for memory"

/* Members of a connection that are times. */
static const char *const times[] = {
	"CreationTime", "LastUpdatedTime", "LastConnectionValidationTime",
};

/* Set the problem of a member, or of the whole value; returns false. */
static bool
complain(const GluePath *path, const char *member, const char *what,
		 char *problem)
{
	GluePath	inner = {path, member, 0};
	char		text[PATH_SIZE];

	glue_path_write(member != NULL ? &inner : path, text, sizeof(text));
	text[glue_utf8_hide_controls(text, strlen(text), "")] = '\0';
	snprintf(problem, GLUE_ANSWER_PROBLEM_SIZE, "%s %s", text, what);
	return false;
}

static bool
is_name(json_object *value)
{
	const GlueShape *shape = glue_model_shape("NameString");
	const char *text = json_object_get_string(value);
	size_t		len = (size_t) json_object_get_string_len(value);
	size_t		length;

	if (!json_object_is_type(value, json_type_string))
		return false;
	length = glue_utf8_length(text, len);
	return length >= (size_t) shape->min && length <= (size_t) shape->max &&
		glue_model_matches(shape->pattern, text, len, NULL);
}

/* Is a member a string or absent? */
static bool
is_string(const GluePath *path, json_object *object, const char *member,
		  char *problem)
{
	json_object *value = json_object_object_get(object, member);

	return value == NULL || json_object_is_type(value, json_type_string) ||
		complain(path, member, "must be a string", problem);
}

/* The offset of a character of a text that has more of them. */
static size_t
character_offset(const char *text, size_t index)
{
	size_t		at = 0;
	uint32_t	code;

	while (index-- > 0)
		at += glue_utf8_decode(text + at, 4, &code);
	return at;
}

/*
 * Truncate a text to at most max characters, and replace each control
 * character but tabs and line ends with a question mark.  An empty text is
 * removed, as AWS Glue does itself.  Returns false if there is no memory.
 */
static bool
shorten(json_object *object, const char *member, int max)
{
	json_object *value = json_object_object_get(object, member);
	json_object *shorter;
	size_t		len;
	char	   *text;

	if (!json_object_is_type(value, json_type_string))
		return true;
	len = (size_t) json_object_get_string_len(value);
	if (len == 0)
	{
		json_object_object_del(object, member);
		return true;
	}
	text = malloc(len + sizeof(DOTS));
	if (text == NULL)
		return false;
	memcpy(text, json_object_get_string(value), len);
	len = glue_utf8_hide_controls(text, len, "\t\r\n");
	if (glue_utf8_length(text, len) > (size_t) max)
	{
		len = character_offset(text, (size_t) max - strlen(DOTS));
		memcpy(text + len, DOTS, strlen(DOTS));
		len += strlen(DOTS);
	}
	shorter = json_object_new_string_len(text, (int) len);
	OPENSSL_cleanse(text, len);
	free(text);
	if (shorter == NULL)
		return false;
	json_object_get(value);
	if (json_object_object_add(object, member, shorter) != 0)
		return false;
	glue_json_tree_free(value); /* it may quote a secret */
	return true;
}

/*
 * Shorten the error of each connection in the answer to BatchDeleteConnection.
 * Other problems of an error are reported for its connection.  Returns false
 * if there is no memory.
 */
static bool
shorten_errors(json_object *answer)
{
	const GlueShape *shape = glue_model_shape("ErrorDetail");
	json_object *errors = json_object_object_get(answer, "Errors");
	struct json_object_iter iter;

	glue_json_foreach(errors, iter)
	{
		for (int i = 0; i < shape->member_count; i++)
		{
			if (!shorten(iter.val, shape->members[i].name,
						 shape->members[i].shape->max))
				return false;
		}
	}
	return true;
}

/* A number with an exponent that becomes 0 is too small for a double. */
static bool
is_plain_number(json_object *number)
{
	double		value = json_object_get_double(number);
	const char *spelling = json_object_to_json_string(number);

	return isfinite(value) && spelling != NULL &&
		strlen(spelling) <= MAX_NUMBER_LEN &&
		(value != 0 || strpbrk(spelling, "eE") == NULL);
}

/* Check a name, which goes into an index: it has at most 1020 bytes. */
static bool
check_name(const GluePath *path, json_object *connection, const char *member,
		   char *problem)
{
	json_object *value = json_object_object_get(connection, member);

	return !json_object_is_type(value, json_type_string) ||
		json_object_get_string_len(value) == 0 || is_name(value) ||
		complain(path, member,
				 "must have 1 to 255 characters, and no control characters",
				 problem);
}

static bool
check_status(const GluePath *path, json_object *object, const char *member,
			 char *problem)
{
	return is_string(path, object, member, problem) &&
		(shorten(object, member, MAX_STATUS_LEN) ||
		 complain(path, member, TOO_LARGE, problem));
}

/* Check a number of these types: it must be below the limit. */
static bool
check_range(const GluePath *path, json_object *connection, const char *member,
			int types, double limit, const char *what, char *problem)
{
	json_object *value = json_object_object_get(connection, member);
	double		number = json_object_get_double(value);

	return (glue_model_types_of(value) & types) == 0 ||
		(number >= 0 && number < limit) ||
		complain(path, member, what, problem);
}

/* Tags are optional, but must be an object of strings. */
static bool
check_tags(const GluePath *path, json_object *answer, char *problem)
{
	GluePath	inner = {path, "Tags", 0};
	struct json_object_iter iter;
	json_object *tags;

	if (!json_object_object_get_ex(answer, "Tags", &tags))
		return true;
	if (!json_object_is_type(tags, json_type_object))
		return complain(path, "Tags", "must be an object", problem);
	json_object_object_foreachC(tags, iter)
	{
		if (!json_object_is_type(iter.val, json_type_string))
			return complain(&inner, iter.key, "must be a string", problem);
	}
	return true;
}

/*
 * Check all numbers.  The recursion is limited by the depth of trees.
 */
static bool
check_numbers(const GluePath *path, json_object *value, char *problem)
{
	switch (json_object_get_type(value))
	{
		case json_type_object:
			{
				json_object_object_foreach(value, key, member)
				{
					GluePath	inner = {path, key, 0};

					if (!check_numbers(&inner, member, problem))
						return false;
				}
				return true;
			}
		case json_type_array:
			for (size_t i = 0; i < json_object_array_length(value); i++)
			{
				GluePath	inner = {path, NULL, i};

				if (!check_numbers(&inner,
								   json_object_array_get_idx(value, i),
								   problem))
					return false;
			}
			return true;
		case json_type_double:
			return is_plain_number(value) ||
				complain(path, NULL, "is a number out of range", problem);
		default:
			return true;
	}
}

/* Check a connection; a missing one is reported elsewhere. */
static bool
check_connection(const GluePath *path, json_object *connection, char *problem)
{
	const GlueShape *shape = glue_model_shape("Connection");

	if (!json_object_is_type(connection, json_type_object))
		return true;
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
	{
		if (!check_range(path, connection, times[i], GLUE_TYPE_NUMBER,
						 TIME_LIMIT, "must be a time in seconds, from 0 to 1e11",
						 problem))
			return false;
	}
	if (!shorten(connection, "StatusReason",
				 glue_model_member(shape, "StatusReason")->shape->max) ||
		!shorten(connection, "LastUpdatedBy",
				 glue_model_member(shape, "LastUpdatedBy")->shape->max))
		return complain(path, NULL, TOO_LARGE, problem);
	return check_name(path, connection, "Name", problem) &&
		check_name(path, connection, "ConnectionType", problem) &&
		check_status(path, connection, "Status", problem) &&
		check_range(path, connection, "ConnectionSchemaVersion",
					GLUE_TYPE_INTEGER, INT_MAX + 1.0,
					"must be an integer from 0 to 2147483647", problem) &&
		check_numbers(path, connection, problem);
}

/*
 * For pages only the token is checked: an invalid entry must not affect the
 * others.
 */
static bool
check_all(const char *operation, json_object *answer, char *problem)
{
	static const char status[] = "CreateConnectionStatus";
	GluePath	connection = {&glue_root_path, "Connection", 0};

	/* a creation's status may be absent */
	if (strcmp(operation, GLUE_CREATE_CONNECTION) == 0)
		return glue_same_text(glue_json_tree_text(answer, status), "") ?
			complain(&glue_root_path, status, "must not be empty", problem) :
			check_status(&glue_root_path, answer, status, problem);
	if (strcmp(operation, GLUE_GET_CONNECTION) == 0)
		return check_connection(&connection,
								json_object_object_get(answer, "Connection"),
								problem);
	if (strcmp(operation, GLUE_GET_CONNECTIONS) == 0 ||
		strcmp(operation, GLUE_LIST_CONNECTION_TYPES) == 0)
		return is_string(&glue_root_path, answer, "NextToken", problem);
	if (strcmp(operation, GLUE_GET_TAGS) == 0)
		return check_tags(&glue_root_path, answer, problem);
	if (strcmp(operation, GLUE_BATCH_DELETE_CONNECTION) == 0)
		return shorten_errors(answer) ||
			complain(&glue_root_path, "Errors", TOO_LARGE, problem);
	return strcmp(operation, GLUE_DESCRIBE_CONNECTION_TYPE) != 0 ||
		check_numbers(&glue_root_path, answer, problem);
}

/*
 * Check an answer that was decoded as a success.  An invalid one becomes
 * malformed.
 */
void
glue_answer_check(GlueReply *reply, const char *operation)
{
	char		problem[GLUE_ANSWER_PROBLEM_SIZE];

	glue_assert(reply->kind == GLUE_REPLY_SUCCESS && reply->tree != NULL);
	if (check_all(operation, reply->tree, problem))
		return;
	glue_reply_clear(reply);
	reply->kind = GLUE_REPLY_MALFORMED;
	snprintf(reply->message, sizeof(reply->message), "%s", problem);
}

/*
 * Check an entry of a page, from the list of that name, at index.  Returns
 * false and sets the problem if it is invalid.
 */
bool
glue_answer_check_entry(json_object *entry, const char *member, size_t index,
						char problem[GLUE_ANSWER_PROBLEM_SIZE])
{
	GluePath	list = {&glue_root_path, member, 0};
	GluePath	path = {&list, NULL, index};

	if (!json_object_is_type(entry, json_type_object))
		return complain(&path, NULL, "must be an object", problem);
	return strcmp(member, "ConnectionList") == 0 ?
		check_connection(&path, entry, problem) :
		check_numbers(&path, entry, problem);
}

/* Does a connection have a valid name? */
bool
glue_answer_has_name(json_object *connection)
{
	return is_name(json_object_object_get(connection, "Name"));
}

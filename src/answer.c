/*-------------------------------------------------------------------------
 *
 * answer.c
 *	  What an answer of AWS Glue holds, made fit for use.
 *
 * Answers go into tables, indexes, notifications and messages, each of which
 * has limits of its own.  So they are checked here, once, before anybody looks
 * at them:
 *
 *	- Members that the model has are of the type that it says, as far as they
 *	  are used.  Members that it does not have may be anything.
 *	- What something depends on is an error if it cannot be what it should: a
 *	  name that no connection can have, a time or version out of range, a page
 *	  token that is no text.  To cut or skip it would be a lie.
 *	- Texts that are only shown are cut, and lose the characters that would
 *	  garble a terminal.  So is a status, because nobody knows what a long one
 *	  means anyway, and what AWS has done should be recorded all the same.
 *	- Numbers are such as jsonb can hold.
 *
 * Values that the model would refuse in a request are not refused for that: what
 * AWS has is what it has.
 *
 * IDENTIFICATION
 *	  src/answer.c
 *
 *-------------------------------------------------------------------------
 */
#include "answer.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "json_tree.h"
#include "model.h"
#include "violation.h"

#define PATH_SIZE			256

/* Times before 1970 or in the year 5138 are none. */
#define TIME_LIMIT			1e11

/* Longest spelling of a number; a 64-bit integer has 20 digits. */
#define MAX_NUMBER_LEN		100

/* Longest status, and longest name of any other kind, in characters. */
#define MAX_STATUS_LEN		64
#define MAX_NAME_LEN		255

/* What stands for the rest of a text that was cut. */
#define DOTS				"..."

/*
 * Operations whose answers are used member by member.  Of pages only the token
 * is looked at here: one bad entry is not to spoil the others.
 */
static const char *const checked_operations[] = {
	"CreateConnection", "GetConnection", "GetTags",
};

static const char *const paged_operations[] = {
	"GetConnections", "ListConnectionTypes",
};

/* Members that are only shown. */
static const char *const shown_members[] = {
	"LastUpdatedBy", "Status", "StatusReason", "CreateConnectionStatus",
};

static bool is_listed(const char *name, const char *const *list, int count);
static bool check_numbers(const GluePath *path, json_object *value,
						  char *problem);
static bool check_number(json_object *number);
static bool check_value(const GluePath *path, const GlueShape *shape,
						json_object *value, char *problem);
static bool check_structure(const GluePath *path, const GlueShape *shape,
							json_object *object, char *problem);
static bool check_map(const GluePath *path, const GlueShape *shape,
					  json_object *object, char *problem);
static bool check_list(const GluePath *path, const GlueShape *shape,
					   json_object *array, char *problem);
static bool check_name(const GluePath *path, json_object *value,
					   char *problem);
static bool check_errors(json_object *answer);
static bool shorten(json_object *object, const char *member, int max);
static size_t character_offset(const char *text, size_t index);
static bool complain(const GluePath *path, const char *what, char *problem);

#define IS_LISTED(name, list) \
	is_listed(name, list, (int) (sizeof(list) / sizeof((list)[0])))

/*
 * Check an answer to an operation that was decoded as a success.  If it cannot
 * be used, it becomes a malformed one.
 */
void
glue_answer_check(GlueReply *reply, const char *operation)
{
	const GlueOperation *model = glue_model_operation(operation);
	GluePath	root = {NULL, "$", 0};
	GluePath	token = {&root, "NextToken", 0};
	char		problem[GLUE_ANSWER_PROBLEM_SIZE];
	bool		usable = true;

	if (IS_LISTED(operation, checked_operations))
		usable = check_numbers(&root, reply->tree, problem) &&
			check_value(&root, model->output, reply->tree, problem);
	else if (IS_LISTED(operation, paged_operations))
		usable = check_value(&token,
							 glue_model_member(model->output, "NextToken")->shape,
							 json_object_object_get(reply->tree, "NextToken"),
							 problem);
	else if (strcmp(operation, "DescribeConnectionType") == 0)
		usable = check_numbers(&root, reply->tree, problem);
	else if (strcmp(operation, "BatchDeleteConnection") == 0 &&
			 !check_errors(reply->tree))
		usable = complain(&root, "is too large for memory", problem);
	if (usable)
		return;
	glue_reply_clear(reply);
	reply->kind = GLUE_REPLY_MALFORMED;
	snprintf(reply->message, sizeof(reply->message), "%s", problem);
}

/*
 * Check an entry of a page, which has it in the list of that name at index.
 * Returns false and says why if it cannot be used.
 */
bool
glue_answer_check_entry(json_object *entry, const char *member, size_t index,
						char problem[GLUE_ANSWER_PROBLEM_SIZE])
{
	GluePath	root = {NULL, "$", 0};
	GluePath	list = {&root, member, 0};
	GluePath	path = {&list, NULL, index};

	if (!json_object_is_type(entry, json_type_object))
		return complain(&path, "must be an object", problem);
	return check_numbers(&path, entry, problem) &&
		(strcmp(member, "ConnectionList") != 0 ||
		 check_value(&path, glue_model_shape("Connection"), entry, problem));
}

/* Has a connection a name by which it can be known? */
bool
glue_answer_has_name(json_object *connection)
{
	GluePath	root = {NULL, "$", 0};
	char		problem[GLUE_ANSWER_PROBLEM_SIZE];
	json_object *name = json_object_object_get(connection, "Name");

	return json_object_is_type(name, json_type_string) &&
		check_name(&root, name, problem);
}

static bool
is_listed(const char *name, const char *const *list, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(name, list[i]) == 0)
			return true;
	}
	return false;
}

/*
 * Check all numbers.  Recurses no deeper than a tree can be nested.
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
			return check_number(value) ||
				complain(path, "is a number out of range", problem);
		default:
			return true;
	}
}

/* What is spelled with an exponent and becomes 0 is too small for a double. */
static bool
check_number(json_object *number)
{
	double		value = json_object_get_double(number);
	const char *spelling = json_object_to_json_string(number);

	return isfinite(value) && spelling != NULL &&
		strlen(spelling) <= MAX_NUMBER_LEN &&
		(value != 0 || strpbrk(spelling, "eE") == NULL);
}

/* Check a value, which may be null, against a shape. */
static bool
check_value(const GluePath *path, const GlueShape *shape, json_object *value,
			char *problem)
{
	double		number;

	if (value == NULL)
		return true;
	switch (shape->type)
	{
		case GLUE_TYPE_STRUCTURE:
			return check_structure(path, shape, value, problem);
		case GLUE_TYPE_MAP:
			return check_map(path, shape, value, problem);
		case GLUE_TYPE_LIST:
			return check_list(path, shape, value, problem);
		case GLUE_TYPE_STRING:
			return json_object_is_type(value, json_type_string) ||
				complain(path, "must be a string", problem);
		case GLUE_TYPE_BOOLEAN:
			return json_object_is_type(value, json_type_boolean) ||
				complain(path, "must be a boolean", problem);
		case GLUE_TYPE_INTEGER:
			return (json_object_is_type(value, json_type_int) &&
					json_object_get_int64(value) >= 0 &&
					json_object_get_int64(value) <= INT_MAX) ||
				complain(path, "must be an integer from 0 to 2147483647",
						 problem);
		case GLUE_TYPE_NUMBER:
			number = json_object_get_double(value);
			return ((json_object_is_type(value, json_type_int) ||
					 json_object_is_type(value, json_type_double)) &&
					number >= 0 && number < TIME_LIMIT) ||
				complain(path, "must be a time in seconds, from 0 to 1e11",
						 problem);
	}
	return true;
}

static bool
check_structure(const GluePath *path, const GlueShape *shape,
				json_object *object, char *problem)
{
	if (!json_object_is_type(object, json_type_object))
		return complain(path, "must be an object", problem);
	for (int i = 0; i < shape->member_count; i++)
	{
		const GlueMember *member = &shape->members[i];
		GluePath	inner = {path, member->name, 0};
		json_object *value = json_object_object_get(object, member->name);

		if (value == NULL)
			continue;
		if (!check_value(&inner, member->shape, value, problem))
			return false;
		if ((strcmp(member->name, "Name") == 0 ||
			 strcmp(member->name, "ConnectionType") == 0) &&
			!check_name(&inner, value, problem))
			return false;
		if (strcmp(member->name, "CreateConnectionStatus") == 0 &&
			json_object_get_string_len(value) == 0)
			return complain(&inner, "must not be empty", problem);
		if (IS_LISTED(member->name, shown_members) &&
			!shorten(object, member->name, member->shape->max > 0 ?
					 member->shape->max : MAX_STATUS_LEN))
			return complain(&inner, "is too large for memory", problem);
	}
	return true;
}

static bool
check_map(const GluePath *path, const GlueShape *shape, json_object *object,
		  char *problem)
{
	struct json_object_iter iter;

	if (!json_object_is_type(object, json_type_object))
		return complain(path, "must be an object", problem);
	json_object_object_foreachC(object, iter)
	{
		GluePath	inner = {path, iter.key, 0};

		if (!check_value(&inner, shape->element, iter.val, problem))
			return false;
	}
	return true;
}

/* A list has no nulls in it. */
static bool
check_list(const GluePath *path, const GlueShape *shape, json_object *array,
		   char *problem)
{
	if (!json_object_is_type(array, json_type_array))
		return complain(path, "must be a list", problem);
	for (size_t i = 0; i < json_object_array_length(array); i++)
	{
		GluePath	inner = {path, NULL, i};
		json_object *entry = json_object_array_get_idx(array, i);

		if (entry == NULL)
			return complain(&inner, "must not be null", problem);
		if (!check_value(&inner, shape->element, entry, problem))
			return false;
	}
	return true;
}

/*
 * Check a name, which is a string.  It gets into an index, and has at most
 * 1020 bytes.
 */
static bool
check_name(const GluePath *path, json_object *value, char *problem)
{
	const char *text = json_object_get_string(value);
	size_t		len = (size_t) json_object_get_string_len(value);
	size_t		length = glue_utf8_length(text, len);

	return (length >= 1 && length <= MAX_NAME_LEN &&
			glue_model_matches(glue_model_shape("NameString")->pattern,
							   text, len, NULL)) ||
		complain(path, "must have 1 to 255 characters, and no control characters",
				 problem);
}

/*
 * Shorten what the answer to BatchDeleteConnection says of each connection.
 * Whatever else is wrong with it is known as one of that connection.  Returns
 * false if memory is short.
 */
static bool
check_errors(json_object *answer)
{
	const GlueShape *shape = glue_model_shape("ErrorDetail");
	json_object *errors = json_object_object_get(answer, "Errors");
	struct json_object_iter iter;

	if (!json_object_is_type(errors, json_type_object))
		return true;
	json_object_object_foreachC(errors, iter)
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

/*
 * Cut a text to at most max characters, and put a question mark in the place of
 * each control character but tabs and line ends.  An empty text goes away, as
 * AWS Glue itself has it.  Returns false if memory is short.
 */
static bool
shorten(json_object *object, const char *member, int max)
{
	json_object *value = json_object_is_type(object, json_type_object) ?
		json_object_object_get(object, member) : NULL;
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
	glue_json_tree_free(value); /* which may quote a secret */
	return true;
}

/* Where does a character of a text begin that has more of them? */
static size_t
character_offset(const char *text, size_t index)
{
	size_t		at = 0;
	uint32_t	code;

	while (index-- > 0)
		at += glue_utf8_decode(text + at, 4, &code);
	return at;
}

/* Say what is wrong at a path; returns false. */
static bool
complain(const GluePath *path, const char *what, char *problem)
{
	char		text[PATH_SIZE];

	glue_path_write(path, text, sizeof(text));
	text[glue_utf8_hide_controls(text, strlen(text), "")] = '\0';
	snprintf(problem, GLUE_ANSWER_PROBLEM_SIZE, "%s %s", text, what);
	return false;
}

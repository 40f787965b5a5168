/*-------------------------------------------------------------------------
 *
 * difference.c
 *	  Descriptions of differences between a sent definition and AWS Glue's.
 *
 * Values are redacted before.  A tag's value is no secret, but it is not shown
 * if its key looks like that of one.
 *
 * IDENTIFICATION
 *	  src/glue/difference.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/difference.h"

#include <stdio.h>

#include "glue/redact_key.h"
#include "glue/same_value.h"
#include "text/json.h"

#define PATH_SIZE 1024
#define MESSAGE_SIZE 512

/*
 * Report a redacted value that differs between the sides.
 */
void
glue_difference_report(GlueDifferences *differences, const GluePath *path,
					   json_object *sent, json_object *got)
{
	char		message[MESSAGE_SIZE];
	char		sent_text[GLUE_QUOTED_SIZE];
	char		got_text[GLUE_QUOTED_SIZE];

	if (glue_is_nothing(got))
		snprintf(message, sizeof(message), "was given as %s, but AWS Glue does "
				 "not have it", glue_difference_describe(sent, sent_text));
	else if (glue_is_nothing(sent))
		snprintf(message, sizeof(message), "was not given, but AWS Glue has "
				 "%s", glue_difference_describe(got, got_text));
	else
		snprintf(message, sizeof(message), "was given as %s, but AWS Glue has "
				 "%s", glue_difference_describe(sent, sent_text), glue_difference_describe(got, got_text));
	glue_difference_tell(differences, path, message);
}

/*
 * Report a difference of a tag, which may be missing on one side.
 */
void
glue_difference_report_tag(GlueDifferences *differences, const char *key,
						   json_object *sent, json_object *got)
{
	GluePath	root = {NULL, "$.Tags", 0};
	GluePath	path = {&root, key, 0};
	char		message[MESSAGE_SIZE];
	char		sent_text[GLUE_QUOTED_SIZE];
	char		got_text[GLUE_QUOTED_SIZE];

	if (got == NULL)
		snprintf(message, sizeof(message), "was given, but AWS Glue does not "
				 "have it");
	else if (sent == NULL)
		snprintf(message, sizeof(message), "was not given, but AWS Glue has "
				 "it");
	else if (glue_redact_is_secret_key(key))
		snprintf(message, sizeof(message), "was given with another value than "
				 "AWS Glue has");
	else
		snprintf(message, sizeof(message), "was given as %s, but AWS Glue has "
				 "%s", glue_difference_describe(sent, sent_text), glue_difference_describe(got, got_text));
	glue_difference_tell(differences, &path, message);
}

/*
 * Pass a difference to the sink, if there is one.
 */
void
glue_difference_tell(GlueDifferences *differences, const GluePath *path,
					 const char *message)
{
	char		text[PATH_SIZE];

	differences->equal = false;
	if (differences->sink == NULL)
		return;
	glue_path_write(path, text, sizeof(text));
	differences->sink(differences->arg, text, message);
}

/* The same of a member of the definition, or of a key of that, unless it is NULL. */
void
glue_difference_tell_member(GlueDifferences *differences, const char *member,
							const char *key, const char *message)
{
	GluePath	path = {&glue_root_path, member, 0};
	GluePath	inner = {&path, key, 0};

	glue_difference_tell(differences, key != NULL ? &inner : &path, message);
}

/*
 * Describe a redacted value in a few words.
 */
const char *
glue_difference_describe(json_object *value, char buffer[GLUE_QUOTED_SIZE])
{
	size_t		count;

	switch (json_object_get_type(value))
	{
		case json_type_string:
			return glue_quote(json_object_get_string(value), buffer);
		case json_type_array:
			count = json_object_array_length(value);
			snprintf(buffer, GLUE_QUOTED_SIZE, "a list of %zu", count);
			return buffer;
		case json_type_object:
			return "an object";
		case json_type_null:
			return "null";
		default:
			glue_json_tree_write(value, buffer, GLUE_QUOTED_SIZE);
			return buffer;
	}
}

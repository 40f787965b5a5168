/*-------------------------------------------------------------------------
 *
 * observation.c
 *	  Comparison of what was known of a connection with what AWS Glue has.
 *
 * compare.c compares how a connection is defined; this is about the members of
 * a Connection that nobody defines: its status, and when it was changed.
 *
 * What was not known is no difference.  The times tell of changes that cannot
 * be seen otherwise: somebody has given the connection another password, or
 * has deleted it and created it anew.
 *
 * IDENTIFICATION
 *	  src/observation.c
 *
 *-------------------------------------------------------------------------
 */
#include "observation.h"

#include <stdio.h>
#include <string.h>

#include "json_tree.h"
#include "redact.h"
#include "violation.h"

#define PATH_SIZE 64
#define MESSAGE_SIZE 512

/* How far two clocks may be off, in seconds. */
#define CLOCK_TOLERANCE 5

/* The members that count as a difference when they are not the same. */
static const char *const compared[] = {
	"Status", "StatusReason", "ConnectionSchemaVersion",
};

/* The members that are worth recording when they are not the same. */
static const char *const recorded[] = {
	"Status", "StatusReason", "ConnectionSchemaVersion", "CreationTime",
	"LastUpdatedTime", "LastUpdatedBy", "LastConnectionValidationTime",
};

static bool same_member(json_object *known, json_object *connection,
						const char *name);
static bool is_number(json_object *value);
static const char *describe(json_object *connection, const char *name,
							char buffer[GLUE_QUOTED_SIZE]);
static void write_quoted(json_object *value, char buffer[GLUE_QUOTED_SIZE]);
static void report(const char *member, const char *message,
				   GlueDifferenceSink sink, void *arg);

/*
 * The status of a connection; AWS Glue leaves it out where a connection is
 * ready at once.
 */
const char *
glue_connection_status(json_object *connection)
{
	json_object *status = glue_member_of(connection, "Status");

	return json_object_is_type(status, json_type_string) &&
		json_object_get_string_len(status) > 0 ?
		json_object_get_string(status) : "READY";
}

/*
 * Has a connection been changed since it was known?  Not as far as can be
 * told, if either time is missing.
 */
bool
glue_updated_since(json_object *known, json_object *connection)
{
	return !same_member(known, connection, "LastUpdatedTime") ||
		!same_member(known, connection, "CreationTime");
}

/* Is it another connection than the one that was known, as far as can be told? */
bool
glue_recreated_since(json_object *known, json_object *connection)
{
	return !same_member(known, connection, "CreationTime");
}

/*
 * Has a connection been changed or created after a time in seconds?  That is
 * for when its times were not known: two clocks are compared, so changes within
 * a few seconds go unnoticed.
 */
bool
glue_updated_after(json_object *connection, double time)
{
	static const char *const times[] = {"CreationTime", "LastUpdatedTime"};

	for (int i = 0; i < 2; i++)
	{
		json_object *value = glue_member_of(connection, times[i]);

		if (is_number(value) &&
			json_object_get_double(value) > time + CLOCK_TOLERANCE)
			return true;
	}
	return false;
}

/*
 * Compare the status of a connection with the known one.  Returns true if they
 * are equal, and otherwise gives each difference to the sink.
 */
bool
glue_compare_observations(json_object *known, json_object *connection,
						  GlueDifferenceSink sink, void *arg)
{
	bool		equal = true;

	for (size_t i = 0; i < sizeof(compared) / sizeof(char *); i++)
	{
		char		message[MESSAGE_SIZE];
		char		before[GLUE_QUOTED_SIZE];
		char		after[GLUE_QUOTED_SIZE];

		if (same_member(known, connection, compared[i]))
			continue;
		snprintf(message, sizeof(message),
				 "was %s, but is %s in AWS Glue",
				 describe(known, compared[i], before),
				 describe(connection, compared[i], after));
		report(compared[i], message, sink, arg);
		equal = false;
	}
	return equal;
}

/*
 * Find out whether a connection that is defined as it should be was changed
 * all the same.  Returns false if it was, and tells the sink.
 */
bool
glue_compare_unseen_changes(json_object *known, json_object *connection,
							GlueDifferenceSink sink, void *arg)
{
	if (!same_member(known, connection, "CreationTime"))
		report("CreationTime",
			   "is another one in AWS Glue: the connection was deleted and "
			   "created anew, perhaps with other secrets", sink, arg);
	else if (!same_member(known, connection, "LastUpdatedTime"))
		report("LastUpdatedTime",
			   "is another one in AWS Glue: something that cannot be seen, "
			   "such as a secret, may have been changed", sink, arg);
	else
		return true;
	return false;
}

/*
 * Is there anything about a connection that is worth recording?
 */
bool
glue_observed_anything_new(json_object *known, json_object *connection)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(char *); i++)
	{
		bool		there = strcmp(recorded[i], "Status") == 0 ||
			!glue_is_nothing(glue_member_of(connection, recorded[i]));

		if (!same_member(known, connection, recorded[i]) ||
			(there && glue_is_nothing(glue_member_of(known, recorded[i]))))
			return true;
	}
	return false;
}

/*
 * Is a member the same, or was it not known?
 */
static bool
same_member(json_object *known, json_object *connection, const char *name)
{
	json_object *before = glue_member_of(known, name);
	json_object *after = glue_member_of(connection, name);

	if (strcmp(name, "Status") == 0)
		return glue_is_nothing(before) ||
			strcmp(glue_connection_status(known),
				   glue_connection_status(connection)) == 0;
	if (strcmp(name, "StatusReason") == 0 && !glue_is_nothing(before) &&
		glue_is_nothing(after))
		return false;
	if (glue_is_nothing(before) || glue_is_nothing(after))
		return true;
	if (is_number(before) && is_number(after))
		return glue_same_time(before, after);
	return json_object_equal(before, after) != 0;
}

static bool
is_number(json_object *value)
{
	return json_object_is_type(value, json_type_double) ||
		json_object_is_type(value, json_type_int);
}

/*
 * Say what a member is, without secrets.  A status is always there.
 */
static const char *
describe(json_object *connection, const char *name,
		 char buffer[GLUE_QUOTED_SIZE])
{
	json_object *value = glue_member_of(connection, name);
	json_object *copy = NULL;

	if (strcmp(name, "Status") == 0 &&
		(glue_is_nothing(value) || !json_object_is_type(value, json_type_string)))
		return glue_quote(glue_connection_status(connection), buffer);
	if (glue_is_nothing(value))
		return "not there";
	if (json_object_deep_copy(value, &copy, NULL) == 0 &&
		glue_redact_tree(copy))
		write_quoted(copy, buffer);
	else
		glue_quote(GLUE_REDACTED, buffer);
	glue_json_tree_free(copy);
	return buffer;
}

/*
 * Write a value in quotes, whatever type it has; what is long is cut.
 */
static void
write_quoted(json_object *value, char buffer[GLUE_QUOTED_SIZE])
{
	char		text[2 * GLUE_QUOTED_SIZE];

	if (json_object_is_type(value, json_type_string))
	{
		glue_quote(json_object_get_string(value), buffer);
		return;
	}
	if (glue_json_tree_write(value, text, sizeof(text)) >= sizeof(text))
		text[glue_utf8_clip(text, sizeof(text) - 1, sizeof(text) - 2)] = '\0';
	glue_quote(text, buffer);
}

static void
report(const char *member, const char *message,
	   GlueDifferenceSink sink, void *arg)
{
	GluePath	root = {NULL, "$", 0};
	GluePath	path = {&root, member, 0};
	char		text[PATH_SIZE];

	glue_path_write(&path, text, sizeof(text));
	sink(arg, text, message);
}

/*-------------------------------------------------------------------------
 *
 * observation.c
 *	  Comparison of a recorded connection with AWS Glue's.
 *
 * compare.c compares the definition of a connection; this file compares the
 * members of a Connection that are not part of it: its status and its times.
 *
 * The times reveal changes that are not visible otherwise: another session has
 * changed the connection's password, or has deleted and created the connection
 * again.  A later update does not prove another session's change, because AWS
 * Glue makes some updates itself; the result is unknown.  A member that was
 * not recorded is no difference; but if a comparison is impossible, the result
 * is unknown, not equal.
 *
 * IDENTIFICATION
 *	  src/glue/observation.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/observation.h"

#include <stdio.h>
#include <string.h>

#include "glue/redact.h"
#include "glue/same_value.h"
#include "glue/violation.h"
#include "text/json.h"

#define MESSAGE_SIZE 512

/*
 * The time of an answer has whole seconds, and AWS has more than one clock;
 * see also ownership.c.
 */
#define CLOCK_TOLERANCE 2

/*
 * The members whose change is recorded; that of the first three is a
 * difference.
 */
#define NCOMPARED 3
static const char *const recorded[] = {
	"Status", "StatusReason", "ConnectionSchemaVersion", "CreationTime",
	"LastUpdatedTime", "LastUpdatedBy", "LastConnectionValidationTime",
};

/*
 * The status of a connection; AWS Glue omits it if the connection was ready at
 * once.
 */
const char *
glue_connection_status(json_object *connection)
{
	const char *status = glue_json_tree_text(connection, "Status");

	return status != NULL && status[0] != '\0' ? status : "READY";
}

/* A time of a connection; NULL if there is none. */
static json_object *
time_of(json_object *connection, const char *name)
{
	json_object *value = json_object_object_get(connection, name);

	return glue_json_is_number(value) ? value : NULL;
}

/* Is a time later than another one in seconds, which may be rounded? */
static bool
is_after(json_object *time, double seconds)
{
	return json_object_get_double(time) > seconds + CLOCK_TOLERANCE;
}

/*
 * Detect changes of a connection since it was recorded.
 *
 * known_at is the time of the record, by AWS's clock and in seconds; 0 if it
 * is unknown.  It replaces times that were never read: the answer to a create
 * has none.  If a connection was not changed since it was created, its time of
 * update is that of its creation, to the millisecond.
 */
GlueUnseenChange
glue_unseen_change(json_object *known, double known_at,
				   json_object *connection)
{
	json_object *knew_created = time_of(known, "CreationTime");
	json_object *knew_updated = time_of(known, "LastUpdatedTime");
	json_object *created = time_of(connection, "CreationTime");
	json_object *updated = time_of(connection, "LastUpdatedTime");

	if (created == NULL || (knew_created == NULL && known_at == 0))
		return GLUE_UNSEEN_UNKNOWN;
	if (knew_created != NULL ? !glue_same_time(knew_created, created) :
		is_after(created, known_at))
		return GLUE_UNSEEN_OTHER_LIFE;

	/* if both answers have no time of update, there was no update */
	if (knew_updated == NULL && (knew_created == NULL || updated == NULL))
		knew_updated = created;
	if (updated == NULL)
		updated = created;
	if (knew_updated != NULL ? !glue_same_time(knew_updated, updated) :
		known_at == 0 || is_after(updated, known_at))
		return GLUE_UNSEEN_UPDATE;
	return GLUE_UNSEEN_NOTHING;
}

/*
 * Is a member unchanged, or was it not recorded?
 */
static bool
same_member(json_object *known, json_object *connection, const char *name)
{
	json_object *before = json_object_object_get(known, name);
	json_object *after = json_object_object_get(connection, name);

	if (strcmp(name, "Status") == 0)
		return glue_is_nothing(before) ||
			strcmp(glue_connection_status(known),
				   glue_connection_status(connection)) == 0;
	if (strcmp(name, "StatusReason") == 0 && !glue_is_nothing(before) &&
		glue_is_nothing(after))
		return false;
	if (glue_is_nothing(before) || glue_is_nothing(after))
		return true;
	if (glue_json_is_number(before) && glue_json_is_number(after))
		return glue_same_time(before, after);
	return json_object_equal(before, after) != 0;
}

/*
 * Describe a member, without secrets.  The status always has a value.
 */
static const char *
describe(json_object *connection, const char *name,
		 char buffer[GLUE_QUOTED_SIZE])
{
	json_object *value = json_object_object_get(connection, name);
	json_object *copy;
	const char *what;

	if (strcmp(name, "Status") == 0 &&
		(glue_is_nothing(value) || !json_object_is_type(value, json_type_string)))
		return glue_quote(glue_connection_status(connection), buffer);
	if (glue_is_nothing(value))
		return "not there";
	copy = glue_redact_copy(value);
	what = copy != NULL ? glue_difference_describe(copy, buffer) :
		GLUE_REDACTED;
	glue_json_tree_free(copy);
	return what;
}

/*
 * Compare the status of a connection with the recorded one.  Returns true if
 * they are equal, and otherwise reports each difference to the sink.
 */
bool
glue_compare_observations(json_object *known, json_object *connection,
						  GlueDifferenceSink sink, void *arg)
{
	GlueDifferences differences = {sink, arg, true};

	for (size_t i = 0; i < NCOMPARED; i++)
	{
		char		message[MESSAGE_SIZE];
		char		before[GLUE_QUOTED_SIZE];
		char		after[GLUE_QUOTED_SIZE];

		if (same_member(known, connection, recorded[i]))
			continue;
		snprintf(message, sizeof(message),
				 "was %s, but is %s in AWS Glue",
				 describe(known, recorded[i], before),
				 describe(connection, recorded[i], after));
		glue_difference_tell_member(&differences, recorded[i], NULL, message);
	}
	return differences.equal;
}

/*
 * Report a change that is not visible to the sink, if there was any.
 */
void
glue_report_unseen_change(GlueUnseenChange change, GlueDifferenceSink sink,
						  void *arg)
{
	static const struct
	{
		const char *member;
		const char *message;
	}			reports[] = {
		[GLUE_UNSEEN_UPDATE] = {"LastUpdatedTime",
			"is another one in AWS Glue: something that cannot be seen, such as "
		"a secret, may have been changed, so its secrets are unknown"},
		[GLUE_UNSEEN_UNKNOWN] = {"CreationTime",
			"is not known: whether this is the connection that was recorded, "
		"with the same secrets, is unknown"},
		[GLUE_UNSEEN_OTHER_LIFE] = {"CreationTime",
			"is another one in AWS Glue: the connection was deleted and created "
		"again, perhaps with other secrets"},
	};
	GlueDifferences differences = {sink, arg, true};

	if (change != GLUE_UNSEEN_NOTHING)
		glue_difference_tell_member(&differences, reports[change].member, NULL,
									reports[change].message);
}

/*
 * Has a connection any change that is recorded?
 */
bool
glue_observed_anything_new(json_object *known, json_object *connection)
{
	for (size_t i = 0; i < sizeof(recorded) / sizeof(char *); i++)
	{
		bool		there = strcmp(recorded[i], "Status") == 0 ||
			!glue_is_nothing(json_object_object_get(connection, recorded[i]));

		if (!same_member(known, connection, recorded[i]) ||
			(there && glue_is_nothing(json_object_object_get(known, recorded[i]))))
			return true;
	}
	return false;
}

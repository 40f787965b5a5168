/*-------------------------------------------------------------------------
 *
 * ownership.c
 *	  Whether a connection is the one that a request has made.
 *
 * When the answer to a create is lost, the connection is read back.  What is
 * found is ours if it is younger than our call and has the definition that we
 * sent.  A definition alone does not prove it: somebody else's connection of
 * yesterday may look the same, and must not be taken over.
 *
 * One that is to be deleted again, some time after it was made, must moreover
 * not be younger than the answer: then the one that we made is gone, and this
 * is somebody else's.  And nobody may have changed it since but we ourselves;
 * AWS says when a connection was last updated, whatever was changed.
 *
 * All of these times are AWS's own, so that no clock of ours is compared with
 * them.  What one of them is not known for cannot be told, and is not said to be
 * somebody else's.
 *
 * IDENTIFICATION
 *	  src/glue/ownership.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/ownership.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "glue/compare.h"
#include "text/json.h"

/*
 * By how much the clocks of AWS may differ among each other; and the time of a
 * connection may be in whole seconds.
 */
#define TOLERANCE_MS	1000

/* prototypes of private functions */
static GlueOwnership check_begin(const GlueMadeConnection *made,
								 json_object *connection, double *created_ms,
								 char findings[GLUE_FINDINGS_SIZE]);
static GlueOwnership check_end(const GlueMadeConnection *made,
							   double created_ms, double updated_ms,
							   char findings[GLUE_FINDINGS_SIZE]);
static bool find_time(json_object *connection, const char *member,
					  double *time_ms);
static GlueOwnership conclude(GlueOwnership ownership, const char *finding,
							  char findings[GLUE_FINDINGS_SIZE]);
static bool has_definition(const GlueMadeConnection *made,
						   json_object *connection,
						   char findings[GLUE_FINDINGS_SIZE]);
static void note_difference(void *arg, const char *path, const char *message);

/*
 * Decide whose a connection is that was asked for a moment ago.
 *
 * connection is what GetConnection returned, NULL if that was nothing.  Of made,
 * what was sent matters, and when.  Unless the connection is ours, findings says
 * why in whole sentences, without secrets.
 */
GlueOwnership
glue_ownership(const GlueMadeConnection *made, json_object *connection,
			   char findings[GLUE_FINDINGS_SIZE])
{
	double		created_ms;
	GlueOwnership ownership = check_begin(made, connection, &created_ms,
										  findings);

	if (ownership != GLUE_OURS)
		return ownership;
	return glue_compare_definitions(made->sent, connection, note_difference,
									findings) ? GLUE_OURS : GLUE_SOMEBODY_ELSES;
}

/*
 * Decide whether a connection is the one that was made, and as it was made but
 * for updates of our own.
 */
GlueOwnership
glue_ownership_unchanged(const GlueMadeConnection *made,
						 json_object *connection,
						 char findings[GLUE_FINDINGS_SIZE])
{
	double		created_ms;
	double		updated_ms;
	GlueOwnership when = check_begin(made, connection, &created_ms, findings);

	if (when == GLUE_OURS)
	{
		if (!find_time(connection, "LastUpdatedTime", &updated_ms))
			updated_ms = created_ms;
		when = check_end(made, created_ms, updated_ms, findings);
	}
	if (when != GLUE_OURS)
		return when;
	return has_definition(made, connection, findings) ?
		GLUE_OURS : GLUE_SOMEBODY_ELSES;
}

/*
 * Can a connection be ours, as far as it is not too old?  Then the findings are
 * empty.
 */
static GlueOwnership
check_begin(const GlueMadeConnection *made, json_object *connection,
			double *created_ms, char findings[GLUE_FINDINGS_SIZE])
{
	if (!find_time(connection, "CreationTime", created_ms))
		return conclude(GLUE_CANNOT_TELL,
						"The answer does not say when the connection was created.",
						findings);
	if (made->begun_ms == 0)
		return conclude(GLUE_CANNOT_TELL,
						"When the request was sent, by AWS's clock, is not known.",
						findings);
	if (!(*created_ms >= made->begun_ms - TOLERANCE_MS))
		return conclude(GLUE_SOMEBODY_ELSES,
						"It was created before the request was sent.", findings);
	return conclude(GLUE_OURS, "", findings);
}

/* Likewise, as far as neither it nor its last update is too young? */
static GlueOwnership
check_end(const GlueMadeConnection *made, double created_ms,
		  double updated_ms, char findings[GLUE_FINDINGS_SIZE])
{
	if (made->ended_ms != 0 && created_ms > made->ended_ms + TOLERANCE_MS)
		return conclude(GLUE_SOMEBODY_ELSES,
						"It was created after the request had ended.", findings);
	if ((made->nupdates == 0 && updated_ms > created_ms + TOLERANCE_MS) ||
		(made->nupdates > 0 && made->updated_ms != 0 &&
		 updated_ms > made->updated_ms + TOLERANCE_MS))
		return conclude(GLUE_SOMEBODY_ELSES, "It was updated since.", findings);
	if (made->ended_ms == 0)
		return conclude(GLUE_CANNOT_TELL,
						"When the request had ended, by AWS's clock, is not known.",
						findings);
	return conclude(GLUE_OURS, "", findings);
}

/* A time of a connection, in milliseconds.  False if nobody says so. */
static bool
find_time(json_object *connection, const char *member, double *time_ms)
{
	json_object *moment;

	if (!json_object_is_type(connection, json_type_object))
		return false;
	moment = json_object_object_get(connection, member);
	if (!json_object_is_type(moment, json_type_double) &&
		!json_object_is_type(moment, json_type_int))
		return false;
	*time_ms = json_object_get_double(moment) * 1000.0;
	return true;
}

static GlueOwnership
conclude(GlueOwnership ownership, const char *finding,
		 char findings[GLUE_FINDINGS_SIZE])
{
	snprintf(findings, GLUE_FINDINGS_SIZE, "%s", finding);
	return ownership;
}

/*
 * Is a connection defined as it was made, or as one of our updates has it?
 * The findings are about the former.
 */
static bool
has_definition(const GlueMadeConnection *made, json_object *connection,
			   char findings[GLUE_FINDINGS_SIZE])
{
	char		others[GLUE_FINDINGS_SIZE];
	bool		found;

	findings[0] = '\0';
	found = glue_compare_definitions(made->sent, connection, note_difference,
									 findings);
	for (int i = 0; i < made->nupdates && !found; i++)
	{
		others[0] = '\0';
		found = glue_compare_definitions(made->updates[i], connection,
										 note_difference, others);
	}
	if (found)
		findings[0] = '\0';
	return found;
}

/* A GlueDifferenceSink: append to the findings; what is too long is cut. */
static void
note_difference(void *arg, const char *path, const char *message)
{
	char	   *findings = arg;
	size_t		used = strlen(findings);
	size_t		room = GLUE_FINDINGS_SIZE - used;

	if ((size_t) snprintf(findings + used, room, "%s%s %s",
						  used > 0 ? " " : "", path, message) >= room)
		findings[glue_utf8_clip(findings, GLUE_FINDINGS_SIZE - 1,
								GLUE_FINDINGS_SIZE - 2)] = '\0';
}

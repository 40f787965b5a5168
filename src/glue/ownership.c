/*-------------------------------------------------------------------------
 *
 * ownership.c
 *	  Decision whether a connection was made by our request.
 *
 * When the answer to a create is lost, the connection is read back.  It is
 * ours if it is younger than our call and has the definition that we sent.
 * The definition alone is no proof: an older connection of another client may
 * be identical, and must not be taken over.
 *
 * Before a connection is deleted again, some time after its creation, it must
 * moreover not be younger than the answer: otherwise ours was deleted, and
 * this is another client's.  And only we may have changed it since; AWS
 * returns the time of the last update of any kind.
 *
 * All of these times are AWS's own, so that our clocks are not involved.  If
 * one of them is unknown, the result is "cannot tell", and not another
 * client's.
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
#include "text/buffer.h"
#include "text/json.h"

/*
 * AWS's clocks may differ by this; and the time of a connection may be in
 * whole seconds.
 */
#define TOLERANCE_MS	1000

static GlueOwnership
conclude(GlueOwnership ownership, const char *finding,
		 char findings[GLUE_FINDINGS_SIZE])
{
	snprintf(findings, GLUE_FINDINGS_SIZE, "%s", finding);
	return ownership;
}

/* A time of a connection, in milliseconds; false if it has none. */
static bool
find_time(json_object *connection, const char *member, double *time_ms)
{
	json_object *moment = json_object_object_get(connection, member);

	if (!glue_json_is_number(moment))
		return false;
	*time_ms = json_object_get_double(moment) * 1000.0;
	return true;
}

/*
 * Is a connection young enough to be ours?  Then the findings are empty.
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
						"The time when the request was sent, by AWS's clock, is not known.",
						findings);
	if (!(*created_ms >= made->begun_ms - TOLERANCE_MS))
		return conclude(GLUE_SOMEBODY_ELSES,
						"It was created before the request was sent.", findings);
	return conclude(GLUE_OURS, "", findings);
}

/* Likewise, are it and its last update old enough? */
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
						"The time when the request had ended, by AWS's clock, is not known.",
						findings);
	return conclude(GLUE_OURS, "", findings);
}

/* A GlueDifferenceSink: append to the findings. */
static void
note_difference(void *arg, const char *path, const char *message)
{
	GlueTextBuffer *findings = arg;

	glue_text_put_all(findings, findings->len > 0 ? " " : "", path, " ",
					  message, NULL);
}

/* Does a connection have the definition of its creation?  If not, why not? */
static bool
has_definition(const GlueMadeConnection *made, json_object *connection,
			   char findings[GLUE_FINDINGS_SIZE])
{
	GlueTextBuffer out = {findings, GLUE_FINDINGS_SIZE, 0};
	bool		found = glue_compare_definitions(made->sent, connection,
												 note_difference, &out);

	glue_text_end(&out);
	return found;
}

/*
 * Decide the ownership of a connection after a recent create.
 *
 * connection is GetConnection's answer, NULL if there is none.  Of made, only
 * the definition and the begin are used.  Unless the connection is ours,
 * findings gives the reason in whole sentences, without secrets.
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
	return has_definition(made, connection, findings) ?
		GLUE_OURS : GLUE_SOMEBODY_ELSES;
}

/*
 * Decide whether a connection is the one that we made, and unchanged except by
 * our own updates.  The findings are about the definition of its creation.
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
	if (when != GLUE_OURS || has_definition(made, connection, findings))
		return when;
	for (int i = 0; i < made->nupdates; i++)
	{
		if (glue_compare_definitions(made->updates[i], connection, NULL, NULL))
			return conclude(GLUE_OURS, "", findings);
	}
	return GLUE_SOMEBODY_ELSES;
}

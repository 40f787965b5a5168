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
 * The age is measured with the service's own clock at both ends (creation
 * time and Date header), the duration of the call with ours, so that the
 * clocks need not agree.
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

#include "aws/reply.h"
#include "glue/compare.h"
#include "text/json.h"

/* The Date header has whole seconds, and tells of one moment of an exchange. */
#define AGE_TOLERANCE_MS	2000

/* prototypes of private functions */
static GlueOwnership judge_age(json_object *connection,
							   const char *date_header, long long begun_ms,
							   double *age_ms,
							   char findings[GLUE_FINDINGS_SIZE]);
static bool find_age(json_object *connection, const char *member,
					 const char *date_header, double *age_ms);
static GlueOwnership settle(GlueOwnership ownership, const char *finding,
							char findings[GLUE_FINDINGS_SIZE]);
static bool has_definition(const GlueMadeConnection *made,
						   json_object *connection,
						   char findings[GLUE_FINDINGS_SIZE]);
static void note_difference(void *arg, const char *path, const char *message);

/*
 * Decide whose a connection is.
 *
 * sent is our ConnectionInput, connection what GetConnection returned, NULL
 * if that was nothing; date_header is the Date of that answer, elapsed_ms the
 * time since our call began.  Unless the connection is ours, findings says
 * why in whole sentences, without secrets.
 */
GlueOwnership
glue_ownership(json_object *sent, json_object *connection,
			   const char *date_header, long long elapsed_ms,
			   char findings[GLUE_FINDINGS_SIZE])
{
	double		age_ms;
	GlueOwnership ownership = judge_age(connection, date_header, elapsed_ms,
										&age_ms, findings);

	if (ownership != GLUE_OURS)
		return ownership;
	return glue_compare_definitions(sent, connection, note_difference,
									findings) ? GLUE_OURS : GLUE_SOMEBODY_ELSES;
}

/*
 * Decide whether a connection is the one that was made, and as it was made but
 * for updates of our own.
 */
GlueOwnership
glue_ownership_unchanged(const GlueMadeConnection *made,
						 json_object *connection, const char *date_header,
						 char findings[GLUE_FINDINGS_SIZE])
{
	double		age_ms;
	double		updated_ms;
	GlueOwnership ownership = judge_age(connection, date_header,
										made->begun_ms, &age_ms, findings);

	if (ownership != GLUE_OURS)
		return ownership;
	if (made->answered_ms >= 0 &&
		age_ms < made->answered_ms - AGE_TOLERANCE_MS)
		return settle(GLUE_SOMEBODY_ELSES,
					  "It was created after the request had ended.", findings);
	if (!find_age(connection, "LastUpdatedTime", date_header, &updated_ms))
		updated_ms = age_ms;
	if ((made->nupdates == 0 && updated_ms < age_ms - AGE_TOLERANCE_MS) ||
		(made->nupdates > 0 && made->updated_ms >= 0 &&
		 updated_ms < made->updated_ms - AGE_TOLERANCE_MS))
		return settle(GLUE_SOMEBODY_ELSES, "It was updated since.", findings);
	return has_definition(made, connection, findings) ?
		GLUE_OURS : GLUE_SOMEBODY_ELSES;
}

/*
 * Can a connection be ours, as far as its age goes?  Then the findings are
 * empty.
 */
static GlueOwnership
judge_age(json_object *connection, const char *date_header,
		  long long begun_ms, double *age_ms,
		  char findings[GLUE_FINDINGS_SIZE])
{
	if (!find_age(connection, "CreationTime", date_header, age_ms))
		return settle(GLUE_CANNOT_TELL,
					  "The answer does not say when the connection was created.",
					  findings);
	if (*age_ms > begun_ms + AGE_TOLERANCE_MS)
		return settle(GLUE_SOMEBODY_ELSES,
					  "It was created before the request was sent.", findings);
	return settle(GLUE_OURS, "", findings);
}

/* How long ago was a moment of a connection?  False if nobody says so. */
static bool
find_age(json_object *connection, const char *member, const char *date_header,
		 double *age_ms)
{
	json_object *moment;
	long long	now;

	if (!json_object_is_type(connection, json_type_object))
		return false;
	moment = json_object_object_get(connection, member);
	if ((!json_object_is_type(moment, json_type_double) &&
		 !json_object_is_type(moment, json_type_int)) ||
		!glue_reply_parse_date(date_header, &now))
		return false;
	*age_ms = (now - json_object_get_double(moment)) * 1000.0;
	return true;
}

static GlueOwnership
settle(GlueOwnership ownership, const char *finding,
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

/*-------------------------------------------------------------------------
 *
 * ownership.c
 *	  Whether a connection is the one that a lost request has made.
 *
 * When the answer to a create is lost, the connection is read back.  What is
 * found is ours if it is younger than our call and has the definition that we
 * sent.  A definition alone does not prove it: somebody else's connection of
 * yesterday may look the same, and must not be taken over.
 *
 * The age is measured with the service's own clock at both ends (creation
 * time and Date header), the duration of the call with ours, so that the
 * clocks need not agree.
 *
 * IDENTIFICATION
 *	  src/ownership.c
 *
 *-------------------------------------------------------------------------
 */
#include "ownership.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "json_tree.h"
#include "reply.h"

/* The Date header has whole seconds, and tells of one moment of an exchange. */
#define AGE_TOLERANCE_MS	2000

/* prototypes of private functions */
static bool find_age(json_object *connection, const char *date_header,
					 double *age_ms);
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

	findings[0] = '\0';
	if (!json_object_is_type(connection, json_type_object) ||
		!find_age(connection, date_header, &age_ms))
	{
		snprintf(findings, GLUE_FINDINGS_SIZE,
				 "The answer does not say when the connection was created.");
		return GLUE_CANNOT_TELL;
	}
	if (age_ms > elapsed_ms + AGE_TOLERANCE_MS)
	{
		snprintf(findings, GLUE_FINDINGS_SIZE,
				 "It was created before the request was sent.");
		return GLUE_SOMEBODY_ELSES;
	}
	return glue_compare_definitions(sent, connection, note_difference,
									findings) ? GLUE_OURS : GLUE_SOMEBODY_ELSES;
}

/* How long ago was a connection created?  False if nobody says so. */
static bool
find_age(json_object *connection, const char *date_header, double *age_ms)
{
	json_object *creation_time = json_object_object_get(connection,
														"CreationTime");
	long long	now;

	if ((!json_object_is_type(creation_time, json_type_double) &&
		 !json_object_is_type(creation_time, json_type_int)) ||
		!glue_reply_parse_date(date_header, &now))
		return false;
	*age_ms = (now - json_object_get_double(creation_time)) * 1000.0;
	return true;
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

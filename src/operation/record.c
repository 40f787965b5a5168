/*-------------------------------------------------------------------------
 *
 * record.c
 *	  Recording a connection that was read, and checking an older record.
 *
 * Records hold no secrets.
 *
 * IDENTIFICATION
 *	  src/operation/record.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "glue/compare.h"
#include "glue/observation.h"
#include "operation/record.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "text/json.h"

/* A GlueDifferenceSink */
static void
ignore_difference(void *arg, const char *path, const char *message)
{
}

/*
 * Record a connection that was read, unless the record is newer.
 *
 * known is the old record, or NULL.  connection is redacted, and was requested
 * at asked_at.  tags are its tags; NULL if they are not known.
 *
 * As long as no other client has changed the connection, the old record has
 * more than can be read: the digest of its secrets, and how it was to be
 * validated.  And the recorded definition stays if the encoding of this
 * database lacks a character of the one that was read.
 */
void
glue_record_connection(const GlueAccess *access, const GlueRecords *records,
					   const GlueRecord *recorded, json_object *connection,
					   TimestampTz asked_at, json_object *tags)
{
	GlueRecord	record = {0};
	const char *name = glue_json_tree_text(connection, "Name");
	GlueUnseenChange change = recorded == NULL ? GLUE_UNSEEN_OTHER_LIFE :
		glue_change_since_recorded(recorded, connection);

	if (change != GLUE_UNSEEN_OTHER_LIFE)
		record = *recorded;
	if (change == GLUE_UNSEEN_OTHER_LIFE ||
		(glue_tree_fits_jsonb(connection) &&
		 (!glue_compare_definitions(recorded->definition, connection,
									ignore_difference, NULL) ||
		  glue_definition_reveals(recorded->definition, connection))))
	{
		record.definition = connection;
		record.secret_digest = NULL;
	}
	if (change != GLUE_UNSEEN_NOTHING)
		record.secret_digest = NULL;
	record.target = &access->target;
	record.tags = tags;
	record.name = name;
	record.observed = connection;
	record.status = glue_connection_status(connection);
	record.recorded_at = asked_at;
	glue_record_write(records, &record, NULL);
}

/*
 * The recorded tags of a connection; NULL if it may be another connection now,
 * whose tags are not known.
 */
json_object *
glue_recorded_tags(const GlueRecord *recorded, json_object *connection)
{
	return glue_change_since_recorded(recorded, connection) <= GLUE_UNSEEN_UPDATE ?
		recorded->tags : NULL;
}

/*
 * The change of a connection since it was recorded, besides visible
 * differences.
 */
GlueUnseenChange
glue_change_since_recorded(const GlueRecord *recorded,
						   json_object *connection)
{
	const double days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
	double		recorded_at = recorded->aws_recorded_at == 0 ? 0 :
		recorded->aws_recorded_at / 1e6 + days * SECS_PER_DAY;

	return glue_unseen_change(recorded->observed, recorded_at, connection);
}

/* Report details that the status alone does not tell; it may be NULL. */
void
glue_report_status(const char *name, const char *status)
{
	if (status != NULL && strcmp(status, "FAILED") == 0)
		ereport(WARNING,
				(errmsg("AWS Glue connection \"%s\" exists, but is not usable",
						glue_server_from_utf8(name)),
				 errdetail("Its status is FAILED."),
				 errhint("\"StatusReason\" of glue_get_connection() has the reason. The name is taken until the connection is deleted.")));
}

/*-------------------------------------------------------------------------
 *
 * record.c
 *	  What is recorded of a connection that was read, and what is still true of it.
 *
 * What is recorded has no secrets.
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

/* prototypes of private functions */
static void ignore_difference(void *arg, const char *path,
							  const char *message);

/*
 * Record what was read of a connection, unless something newer is recorded.
 *
 * record is what was recorded before, or NULL.  connection is redacted, and was
 * asked for at asked_at.  tags are those that it has; NULL if they are not known.
 *
 * As long as nobody else has changed the connection, more is known of it than
 * can be read: which secrets it has, and how it was asked to be validated.  And
 * what is recorded of its definition stays if this database lacks a character of
 * what was read.
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
 * The tags that are recorded of a connection; NULL if another one may be there
 * now, so that nobody knows them.
 */
json_object *
glue_recorded_tags(const GlueRecord *recorded, json_object *connection)
{
	return glue_change_since_recorded(recorded, connection) <= GLUE_UNSEEN_UPDATE ?
		recorded->tags : NULL;
}

/*
 * What has become of a connection since it was recorded, besides what can be
 * seen?
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

/* A GlueDifferenceSink */
static void
ignore_difference(void *arg, const char *path, const char *message)
{
}

/* Tell the user what the status alone does not; it may be NULL. */
void
glue_report_status(const char *name, const char *status)
{
	if (status != NULL && strcmp(status, "FAILED") == 0)
		ereport(WARNING,
				(errmsg("AWS Glue connection \"%s\" is there, but is not usable",
						glue_server_from_utf8(name)),
				 errdetail("Its status is FAILED."),
				 errhint("\"StatusReason\" of glue_get_connection() says why. The name is taken until the connection is deleted.")));
}

/*-------------------------------------------------------------------------
 *
 * log.c
 *	  Lines of the server log about requests that do not succeed.
 *
 * Each request that has failed permanently, or is put off for longer than a
 * minute, has one line, in a form that programs can read: the words "glue_conn
 * request", and then key=value, where values that are not plain words are JSON
 * strings.  The message of the error is in the table.  The line is built in
 * the transaction that records the outcome, because the name may need an
 * encoding conversion, and is written after the commit.
 *
 * IDENTIFICATION
 *	  src/queue/log.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "queue/job.h"
#include "server/encoding.h"
#include "utils/json.h"
#include "utils/timestamp.h"

/* Shorter delays are not logged. */
#define LOGGED_PAUSE_MS			(60 * 1000)

/* Append a value, or "" for none. */
static void
append(StringInfo line, const char *key, const char *utf8)
{
	appendStringInfo(line, " %s=", key);
	escape_json(line, utf8 != NULL ? glue_server_from_utf8(utf8) : "");
}

/*
 * The line about a request that has ended or goes back into the queue; NULL if
 * there is nothing to log.  It belongs to the current memory context.
 */
char *
glue_log_line(const GlueRequest *request, const GlueRequestOutcome *outcome, const char *aws_request_id)
{
	StringInfoData line;
	bool		queued = strcmp(outcome->state, GLUE_STATE_QUEUED) == 0;

	if (outcome->error_code == NULL ||
		(queued &&
		 !TimestampDifferenceExceeds(GetCurrentTimestamp(),
									 outcome->next_attempt_at,
									 LOGGED_PAUSE_MS)) ||
		(!queued && strcmp(outcome->state, GLUE_STATE_FAILED) != 0))
		return NULL;
	initStringInfo(&line);
	appendStringInfo(&line, "glue_conn request id=" INT64_FORMAT " state=%s operation=%s",
					 request->id, outcome->state, request->operation);
	append(&line, "name", request->name);
	appendStringInfo(&line, " attempts=%d", request->attempts);
	append(&line, "code", outcome->error_code);
	append(&line, "aws_request_id", aws_request_id);
	append(&line, "next_attempt_at", !queued ? NULL :
		   timestamptz_to_str(outcome->next_attempt_at));
	return line.data;
}

/* Write a line, or nothing for NULL. */
void
glue_log_write(const char *line)
{
	if (line != NULL)
		ereport(LOG, (errmsg_internal("%s", line)));
}

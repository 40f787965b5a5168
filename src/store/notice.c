/*-------------------------------------------------------------------------
 *
 * notice.c
 *	  Notifications of the states of requests.
 *
 * IDENTIFICATION
 *	  src/store/notice.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "commands/async.h"
#include "lib/stringinfo.h"
#include "server/encoding.h"
#include "store/jobs.h"
#include "utils/json.h"

/*
 * Notify of the state of a request when the current transaction commits.  Text
 * is UTF-8; status may be NULL.
 */
void
glue_request_notify(int64 id, const char *operation, const char *name,
					const char *state, const char *status)
{
	StringInfoData payload;

	initStringInfo(&payload);
	appendStringInfo(&payload, "{\"id\": " INT64_FORMAT ", \"operation\": \"%s\", \"name\": ",
					 id, operation);
	escape_json(&payload, glue_server_from_utf8(name));
	appendStringInfo(&payload, ", \"state\": \"%s\", \"status\": ", state);
	if (status != NULL)
		escape_json(&payload, glue_server_from_utf8(status));
	else
		appendStringInfoString(&payload, "null");
	appendStringInfoChar(&payload, '}');
	Async_Notify("glue_connection", payload.data);
}

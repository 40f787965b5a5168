/*-------------------------------------------------------------------------
 *
 * wait.c
 *	  The SQL function that waits until a connection is ready.
 *
 * AWS Glue does not announce that a connection has become READY or FAILED, so
 * it must be polled: at short intervals at first, then at longer ones, with
 * random jitter.
 *
 * IDENTIFICATION
 *	  src/functions/wait.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "client/account.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "functions/function.h"
#include "glue/answer.h"
#include "glue/observation.h"
#include "operation/record.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/redacted.h"
#include "text/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* The first and the longest pause between two reads, without the jitter. */
#define FIRST_PAUSE_MS		500
#define LONGEST_PAUSE_MS	10000
#define PAUSE_GROWTH		1.5

/* prototypes of private functions */
static json_object *wait_for_end(const GlueFunction *function,
								 const char *name, TimestampTz deadline,
								 MemoryContext context,
								 TimestampTz *asked_at);
static void record_end(const GlueFunction *function, const char *name,
					   json_object *connection, TimestampTz asked_at);
static void report_failed(const char *name, json_object *connection);

PG_FUNCTION_INFO_V1(glue_wait_connection);

/*
 * glue_wait_connection(name text, timeout interval, catalog_id text,
 *						server name) returns text
 */
Datum
glue_wait_connection(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	const char *name;
	const char *catalog_id;
	json_object *connection;
	const char *status;
	TimestampTz deadline;
	TimestampTz asked_at;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	name = glue_function_name(&function, fcinfo->args[0], fcinfo->args[2],
							  &catalog_id);
	deadline = glue_argument_deadline(fcinfo->args[1]);
	glue_function_connect(&function, catalog_id, fcinfo->args[3]);

	connection = wait_for_end(&function, name, deadline,
							  AllocSetContextCreate(CurrentMemoryContext,
													"glue_conn answer",
													ALLOCSET_DEFAULT_SIZES),
							  &asked_at);
	status = glue_connection_status(connection);
	if (!XactReadOnly && glue_account_find(&function.access) == NULL)
		record_end(&function, name, connection, asked_at);
	if (strcmp(status, "FAILED") == 0)
		report_failed(name, connection);
	return glue_function_end_text(&function, status);
}

/*
 * Read a connection until it is not IN_PROGRESS any more; returns it redacted,
 * in the memory of context.
 */
static json_object *
wait_for_end(const GlueFunction *function, const char *name,
			 TimestampTz deadline, MemoryContext context,
			 TimestampTz *asked_at)
{
	double		pause_ms = FIRST_PAUSE_MS;
	MemoryContext old_context = MemoryContextSwitchTo(context);

	for (;;)
	{
		GlueCall	call;
		json_object *connection;
		long		left_ms;

		*asked_at = GetCurrentTimestamp();
		connection = glue_function_get(function, &call, name, false);
		if (strcmp(glue_connection_status(connection), "IN_PROGRESS") != 0)
		{
			glue_redact_or_fail(connection);
			MemoryContextSwitchTo(old_context);
			return connection;
		}

		left_ms = TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												  deadline);
		if (left_ms <= 0)
			ereport(ERROR,
					(errcode(ERRCODE_CONNECTION_EXCEPTION),
					 errmsg("AWS Glue connection \"%s\" is still IN_PROGRESS",
							glue_server_from_utf8(name)),
					 errdetail("The time limit of the wait ran out."),
					 errhint("Call the function again, or with a longer \"timeout\".")));
		glue_http_sleep(Min(left_ms,
							(long) (pause_ms * (0.5 + pg_prng_double(&pg_global_prng_state) / 2))));
		pause_ms = Min(pause_ms * PAUSE_GROWTH, LONGEST_PAUSE_MS);
		MemoryContextReset(context);
	}
}

/* Record the final status, if the connection has a record. */
static void
record_end(const GlueFunction *function, const char *name,
		   json_object *connection, TimestampTz asked_at)
{
	GlueRecords records;
	GlueRecord	record;

	glue_records_open(&records, function->access.schema, RowExclusiveLock);
	if (glue_answer_has_name(connection) &&
		glue_record_find(&records, &function->access.target, name, &record) &&
		glue_record_lock(&records, &function->access.target, name, &record))
		glue_record_connection(&function->access, &records, &record, connection, asked_at,
							   glue_recorded_tags(&record, connection));
}

/* Report why a connection is not usable. */
static void
report_failed(const char *name, json_object *connection)
{
	const char *reason = glue_json_tree_text(connection, "StatusReason");

	ereport(WARNING,
			(errmsg("AWS Glue connection \"%s\" has failed",
					glue_server_from_utf8(name)),
			 errdetail_internal("%s", reason != NULL ?
								glue_server_from_utf8(reason) :
								"AWS Glue gives no reason."),
			 errhint("Correct the connection with glue_update_connection(), or delete it: its name is taken until then.")));
}

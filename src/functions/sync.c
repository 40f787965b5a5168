/*-------------------------------------------------------------------------
 *
 * sync.c
 *	  The SQL functions that compare the table with AWS Glue's catalog.
 *
 * Both read the whole catalog, page by page, and compare each connection with
 * its record.  Then they handle recorded connections that were not in the
 * catalog.  glue_connection_drift() returns the differences;
 * glue_sync_connections() records them.
 *
 * Other sessions change connections meanwhile, and pages are read one after
 * the other.  So a record that is newer than the request of a page is not
 * changed.  A connection that was on no page is read by its name before it is
 * reported as removed.  A connection without a record is read by its name
 * before it is reported as added, if a request for it is open or has ended
 * since.  The name is locked before it is recorded, so that no concurrent
 * deletion misses the record.
 *
 * Tags are not compared, because reading them takes a call for each
 * connection.
 *
 * IDENTIFICATION
 *	  src/functions/sync.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/client.h"
#include "client/pages.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "glue/answer.h"
#include "glue/compare.h"
#include "glue/observation.h"
#include "glue/operation_name.h"
#include "miscadmin.h"
#include "operation/record.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/progress.h"
#include "server/redacted.h"
#include "store/connection_lock.h"
#include "store/requests.h"
#include "text/json.h"
#include "utils/memutils.h"

/* One pass through the catalog. */
typedef struct Survey
{
	GlueFunction function;
	GlueRequestQueue queue;		/* if the differences are recorded */
	int			nadded;
	FunctionCallInfo fcinfo;	/* for the result rows */
	TimestampTz began_at;
	GlueNameStore *seen;
	MemoryContext context;		/* of the current connection */

	/* the current connection */
	const char *name;
	const char *change;			/* "changed", ... */
	bool		differs;
} Survey;

/* prototypes of private functions */
static void survey_catalog(FunctionCallInfo fcinfo, GlueFunctionKind kind);
static void survey_pages(Survey *survey);
static void survey_connection(Survey *survey, json_object *connection,
							  TimestampTz asked_at);
static void leave_out(const Survey *survey, const char *why);
static void add_unknown(Survey *survey, json_object *connection,
						TimestampTz asked_at);
static void lock_name(Survey *survey);
static json_object *read_again(Survey *survey);
static void compare_record(Survey *survey, const GlueRecord *record,
						   json_object *connection, TimestampTz asked_at);
static void find_differences(Survey *survey, const GlueRecord *record,
							 json_object *connection);
static void survey_others(Survey *survey);
static void survey_absent(Survey *survey, const char *name);
static void note_difference(void *arg, const char *path,
							const char *message);
static void return_change(Survey *survey, const char *path,
						  const char *message);

PG_FUNCTION_INFO_V1(glue_sync_connections);
PG_FUNCTION_INFO_V1(glue_connection_drift);

/*
 * glue_sync_connections(catalog_id text, server name)
 * returns table (name text, change text)
 */
Datum
glue_sync_connections(PG_FUNCTION_ARGS)
{
	survey_catalog(fcinfo, GLUE_FUNCTION_WRITES);
	return (Datum) 0;
}

/*
 * glue_connection_drift(catalog_id text, server name)
 * returns table (name text, change text, path text, message text)
 */
Datum
glue_connection_drift(PG_FUNCTION_ARGS)
{
	survey_catalog(fcinfo, GLUE_FUNCTION_READS);
	return (Datum) 0;
}

static void
survey_catalog(FunctionCallInfo fcinfo, GlueFunctionKind kind)
{
	Survey		survey = {0};
	GlueFunction *function = &survey.function;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin(function, fcinfo, kind);
	glue_function_connect_checked(function, fcinfo->args[0], fcinfo->args[1],
								  "catalog ID", NULL);
	glue_function_identify(function);

	glue_records_open(&function->records, function->access.schema,
					  function->writes ? RowExclusiveLock : AccessShareLock);
	if (function->writes)
		glue_request_queue_open(&survey.queue, function->access.schema,
								AccessShareLock);
	survey.fcinfo = fcinfo;
	survey.seen = glue_name_store_new();
	survey.began_at = GetCurrentTimestamp();
	glue_progress_begin_function(function->writes ? "sync" : "drift",
								 function->context);
	survey.context = AllocSetContextCreate(CurrentMemoryContext,
										   "glue_conn connection",
										   ALLOCSET_DEFAULT_SIZES);
	survey_pages(&survey);
	survey_others(&survey);
	glue_function_end(function);
}

/* Handle every connection in the catalog. */
static void
survey_pages(Survey *survey)
{
	GlueCall	call;
	GluePages	pages;
	json_object *connection;
	const char *problem;

	glue_progress_phase("reading the catalog", -1);
	glue_prepare_list_connections(&survey->function, &call);
	glue_pages_init(&pages, &call, "ConnectionList");
	while ((connection = glue_pages_next_unchecked(&pages, &problem)) != NULL ||
		   problem != NULL)
	{
		MemoryContext old_context = MemoryContextSwitchTo(survey->context);

		if (!glue_answer_has_name(connection))
			glue_failure_raise(ERROR,
							   glue_call_malformed_answer(&pages.call,
														  problem != NULL ? problem : "it holds a connection without a name"));
		survey->name = glue_json_tree_text(connection, "Name");
		glue_name_store_add(survey->seen, survey->name);
		if (problem != NULL)
			leave_out(survey, problem);
		else
		{
			glue_redact_or_fail(connection);
			survey_connection(survey, connection, pages.asked_at);
		}
		glue_progress_add(1);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(survey->context);
	}
}

/* Handle one connection, which has a name and no secrets. */
static void
survey_connection(Survey *survey, json_object *connection,
				  TimestampTz asked_at)
{
	GlueRecord	record;

	survey->name = glue_json_tree_text(connection, "Name");
	if (!glue_tree_fits_jsonb(connection))
	{
		leave_out(survey, "It has characters that the encoding of the database does not have.");
		return;
	}
	if (glue_record_find(&survey->function.records, &survey->function.access.target,
						 survey->name, &record))
	{
		if (record.recorded_at <= asked_at)
			compare_record(survey, &record, connection, asked_at);
		return;
	}
	if (survey->function.writes)
	{
		add_unknown(survey, connection, asked_at);
		return;
	}
	survey->change = "added";
	return_change(survey, "$", "is in AWS Glue, but is not recorded");
}

/* Warn that a connection can neither be compared nor recorded. */
static void
leave_out(const Survey *survey, const char *why)
{
	ereport(WARNING,
			(errmsg("AWS Glue connection \"%s\" is left out",
					glue_server_from_utf8(survey->name)),
			 errdetail_internal("%s", glue_server_from_utf8(why))));
}

/*
 * Record a connection without a record, unless a request has acted on it since
 * its page was requested, and it does not exist any more.
 */
static void
add_unknown(Survey *survey, json_object *connection, TimestampTz asked_at)
{
	GlueRecord	record;

	lock_name(survey);
	if (glue_record_find(&survey->function.records, &survey->function.access.target,
						 survey->name, &record))
		return;
	if (glue_request_active_since(&survey->queue, survey->name, asked_at))
	{
		asked_at = GetCurrentTimestamp();
		connection = read_again(survey);
		if (connection == NULL)
			return;
	}
	survey->change = "added";
	return_change(survey, NULL, NULL);
	glue_record_connection(&survey->function.access, &survey->function.records, NULL, connection,
						   asked_at, NULL);
}

static void
lock_name(Survey *survey)
{
	GlueConnectionLock lock;

	glue_connection_lock_name(&lock, &survey->function.access.target,
							  GLUE_GET_CONNECTIONS, survey->name,
							  ExclusiveLock, survey->nadded++);
	glue_connection_lock_take(&lock, 1);
}

/* Read the connection by its name; NULL if it does not exist. */
static json_object *
read_again(Survey *survey)
{
	GlueCall	call;
	json_object *connection =
		glue_function_get(&survey->function, &call, survey->name, true);

	if (connection == NULL)
		return NULL;
	if (!glue_answer_has_name(connection))
		glue_failure_raise(ERROR,
						   glue_call_malformed_answer(&call,
													  "it holds a connection without a name"));
	glue_redact_or_fail(connection);
	return connection;
}

/* Compare a connection with its record. */
static void
compare_record(Survey *survey, const GlueRecord *record,
			   json_object *connection, TimestampTz asked_at)
{
	GlueRecord	record_now;

	find_differences(survey, record, connection);
	if (!survey->function.writes ||
		(!survey->differs &&
		 !glue_observed_anything_new(record->observed, connection) &&
		 !glue_definition_reveals(record->definition, connection)))
		return;

	/* the last holder of the lock may have changed or deleted it */
	if (!glue_record_lock(&survey->function.records, &survey->function.access.target,
						  survey->name, &record_now) ||
		record_now.recorded_at != record->recorded_at)
		return;
	if (survey->differs)
		return_change(survey, NULL, NULL);
	glue_record_connection(&survey->function.access, &survey->function.records, record, connection,
						   asked_at, glue_recorded_tags(record, connection));
}

/* Note the certain and the possible differences from the record. */
static void
find_differences(Survey *survey, const GlueRecord *record,
				 json_object *connection)
{
	GlueUnseenChange change = glue_change_since_recorded(record, connection);
	bool		claims;			/* the record has values that cannot be read */

	survey->change = "changed";
	survey->differs = false;
	glue_compare_definitions(record->definition, connection, note_difference,
							 survey);
	glue_compare_observations(record->observed, connection, note_difference,
							  survey);
	claims = record->secret_digest != NULL ||
		(record->tags != NULL && change > GLUE_UNSEEN_UPDATE);
	if (claims || (!survey->differs && change != GLUE_UNSEEN_UNKNOWN))
		glue_report_unseen_change(change, note_difference, survey);
}

/* Handle recorded connections that were not in the catalog. */
static void
survey_others(Survey *survey)
{
	GlueNameStore *unseen;
	const char *name;

	unseen = glue_record_unseen(&survey->function.records, &survey->function.access.target,
								survey->seen, survey->began_at);
	glue_progress_phase("looking for the rest", glue_name_store_count(unseen));
	while ((name = glue_name_store_next(unseen)) != NULL)
	{
		MemoryContext old_context = MemoryContextSwitchTo(survey->context);

		CHECK_FOR_INTERRUPTS();
		survey_absent(survey, name);
		glue_progress_add(1);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(survey->context);
	}
}

/*
 * Handle a recorded connection that was not in the catalog.
 *
 * Concurrent additions and deletions can make it fall between two pages, so it
 * is read by its name.
 */
static void
survey_absent(Survey *survey, const char *name)
{
	const GlueTarget *target = &survey->function.access.target;
	GlueRecord	record;
	TimestampTz asked_at = GetCurrentTimestamp();
	json_object *connection;

	if (survey->function.writes &&
		(!glue_record_lock(&survey->function.records, target, name, &record) ||
		 record.recorded_at >= survey->began_at))
		return;
	survey->name = name;
	connection = read_again(survey);
	if (connection != NULL)
	{
		survey_connection(survey, connection, asked_at);
		return;
	}
	survey->change = "removed";
	return_change(survey, "$", "is recorded, but is not in AWS Glue");
	if (survey->function.writes)
		glue_record_forget(&survey->function.records, target, name, 0);
}

/* A GlueDifferenceSink: the Survey is arg. */
static void
note_difference(void *arg, const char *path, const char *message)
{
	Survey	   *survey = arg;

	survey->differs = true;
	if (!survey->function.writes)
		return_change(survey, path, message);
}

/* Return a row; only glue_connection_drift() returns path and message. */
static void
return_change(Survey *survey, const char *path, const char *message)
{
	glue_return_texts(survey->fcinfo, survey->name, survey->change, path,
					  message);
}

/*-------------------------------------------------------------------------
 *
 * activity.c
 *	  The SQL functions behind the views of current activity.
 *
 * The views join the table of requests, the locks, and the state in shared
 * memory, which these functions return.  Each function returns the rows of
 * roles whose privileges the current user has, or all rows to a member of
 * pg_monitor.
 *
 * IDENTIFICATION
 *	  src/functions/activity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "catalog/pg_authid.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "miscadmin.h"
#include "server/activity.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/news.h"
#include "server/progress.h"
#include "server/service.h"
#include "store/connection_lock.h"
#include "store/sealed_input.h"
#include "utils/acl.h"

PG_FUNCTION_INFO_V1(glue_calls);
PG_FUNCTION_INFO_V1(glue_progresses);
PG_FUNCTION_INFO_V1(glue_worker_obstacle);
PG_FUNCTION_INFO_V1(glue_waits_for);
PG_FUNCTION_INFO_V1(glue_lock_key);

/* May the current user see the activity of a role in a database? */
static bool
may_see(Oid database, Oid role)
{
	return database == MyDatabaseId &&
		(has_privs_of_role(GetUserId(), role) ||
		 has_privs_of_role(GetUserId(), ROLE_PG_MONITOR));
}

/* A text in UTF-8; null if it is empty. */
static NullableDatum
text_or_null(const char *utf8)
{
	return glue_text(utf8[0] != '\0' ? utf8 : NULL);
}

/*
 * glue_calls()
 * returns table (request bigint, operation text, connection_name text,
 *				  target text, role oid, pid integer, waiting_for text,
 *				  since timestamptz, attempts integer)
 */
Datum
glue_calls(PG_FUNCTION_ARGS)
{
	GlueShownActivity shown;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; glue_activity_copy(i, &shown); i++)
	{
		NullableDatum row[] = {
			{Int64GetDatum(shown.request), shown.request == 0},
			text_or_null(shown.operation), text_or_null(shown.name),
			{CStringGetTextDatum(shown.target)},
			{ObjectIdGetDatum(shown.role)}, {Int32GetDatum(shown.pid)},
			glue_text(glue_activity_wait_name(shown.wait)),
			{TimestampTzGetDatum(shown.since)}, {Int32GetDatum(shown.attempts)}
		};

		if (shown.pid != 0 && may_see(shown.database, shown.role))
			glue_return_row(fcinfo, row);
	}
	return (Datum) 0;
}

/*
 * glue_progresses()
 * returns table (pid integer, role oid, command text, phase text, done bigint,
 *				  total bigint, since timestamptz)
 */
Datum
glue_progresses(PG_FUNCTION_ARGS)
{
	GlueProgress progress;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; glue_progress_copy(i, &progress); i++)
	{
		NullableDatum row[] = {
			{Int32GetDatum(progress.pid)}, {ObjectIdGetDatum(progress.role)},
			{CStringGetTextDatum(progress.command)},
			text_or_null(progress.phase), {Int64GetDatum(progress.done)},
			{Int64GetDatum(progress.total), progress.total < 0},
			{TimestampTzGetDatum(progress.since)}
		};

		if (progress.pid != 0 && may_see(progress.database, progress.role))
			glue_return_row(fcinfo, row);
	}
	return (Datum) 0;
}

static const char *
obstacle(void)
{
	if (RecoveryInProgress())
		return "Look at the primary: this server is a standby, and carries out no requests.";
	if (!glue_shared_is_shared())
		return "Add glue_conn to \"shared_preload_libraries\" and restart the server, or call glue_process_requests().";
	if (!glue_service_exists())
		return "Set \"glue_conn.worker\" to on, include this database in \"glue_conn.databases\", and do not use a template database; or call glue_process_requests().";
	switch (glue_work_obstacle(GLUE_WORK_QUEUE))
	{
		case GLUE_OBSTACLE_NO_LAUNCHER:
			return "Look at the server log: the launcher of the background workers does not run.";
		case GLUE_OBSTACLE_NO_ROOM:
			return "Raise \"max_worker_processes\": there is no room for another background worker.";
		default:
			return NULL;
	}
}

/*
 * glue_worker_obstacle() returns text
 *
 * The action that gives this database a background worker; null if it has one,
 * or will have one.
 */
Datum
glue_worker_obstacle(PG_FUNCTION_ARGS)
{
	const char *what_to_do = obstacle();

	if (what_to_do == NULL)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(CStringGetTextDatum(what_to_do));
}

/*
 * glue_waits_for(error_code text) returns text
 *
 * The reason why a request waits, from an error that an administrator must
 * correct; null for other errors.
 */
Datum
glue_waits_for(PG_FUNCTION_ARGS)
{
	const char *code = TextDatumGetCString(PG_GETARG_DATUM(0));
	int			sqlstate = glue_failure_sqlstate_of(code);

	if (strcmp(code, GLUE_CODE_NO_SECRET_KEY) == 0)
		PG_RETURN_DATUM(CStringGetTextDatum("key"));
	if (strcmp(code, GLUE_CODE_TARGET_CHANGED) == 0)
		PG_RETURN_DATUM(CStringGetTextDatum("target"));
	if (strcmp(code, GLUE_CODE_NO_CREDENTIALS) == 0 ||
		strcmp(code, GLUE_CODE_NO_ACCOUNT) == 0 ||
		sqlstate == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION ||
		sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE)
		PG_RETURN_DATUM(CStringGetTextDatum("credentials"));
	PG_RETURN_NULL();
}

static const char *
utf8_of(Datum datum)
{
	text	   *server = DatumGetTextPP(datum);

	return glue_utf8_copy(VARDATA_ANY(server), VARSIZE_ANY_EXHDR(server));
}

/*
 * glue_lock_key(endpoint text, region text, catalog_id text, name text)
 * returns bigint
 *
 * The key of the lock on the name of a connection, or, without a name, on all
 * names of a target; null while the catalog is not known.
 */
Datum
glue_lock_key(PG_FUNCTION_ARGS)
{
	const char *texts[4] = {NULL};

	for (int i = 0; i < lengthof(texts); i++)
	{
		if (!PG_ARGISNULL(i))
			texts[i] = utf8_of(PG_GETARG_DATUM(i));
	}
	if (texts[0] == NULL || texts[1] == NULL || texts[2] == NULL)
		PG_RETURN_NULL();
	PG_RETURN_INT64(glue_connection_lock_key(texts[0], texts[1], texts[2],
											 texts[3]));
}

/*-------------------------------------------------------------------------
 *
 * request.c
 *	  The SQL functions that wait for a request, cancel it, and return the home
 *	  of requests.
 *
 * A role may act on the requests that row security shows to it: its own, and
 * those of roles whose privileges it has.  It gets the same error for other
 * requests as for missing ones.
 *
 * IDENTIFICATION
 *	  src/functions/request.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "fmgr.h"
#include "functions/function.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/home.h"
#include "server/news.h"
#include "server/service.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/timestamp.h"

/* The pauses between two looks at a request. */
#define FIRST_PAUSE_MS		10
#define LONGEST_PAUSE_MS	1000
#define PAUSE_GROWTH		1.5

/* From this pause on, the reason of the wait is checked, too. */
#define PATIENCE_MS			50

/* Time limit for the start of a launcher. */
#define LAUNCHER_MS			10000

/* prototypes of private functions */
static void begin_about_request(GlueFunction *function,
								FunctionCallInfo fcinfo,
								GlueFunctionKind kind,
								GlueRequestQueue *queue,
								GlueRequestState *found);
pg_noreturn static void refuse_to_cancel(int64 id,
										 const GlueRequestState *request);
static void check_that_end_can_be_seen(int64 id,
									   const GlueRequestState *request);
static void check_hope(int64 id, const GlueRequestState *request,
					   const GlueRequestActivity *activity,
					   bool worker_may_come);
pg_noreturn static void raise_not_ended(int64 id, const char *state,
										const GlueRequestActivity *activity);
static const char *what_it_waits_for(const GlueRequestActivity *activity);

PG_FUNCTION_INFO_V1(glue_cancel_request);
PG_FUNCTION_INFO_V1(glue_wait_request);
PG_FUNCTION_INFO_V1(glue_home_function);

/*
 * glue_cancel_request(id bigint) returns text
 */
Datum
glue_cancel_request(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	GlueFunction function;
	GlueRequestQueue queue;
	GlueRequestState request;

	begin_about_request(&function, fcinfo, GLUE_FUNCTION_WRITES, &queue,
						&request);
	glue_request_refuse_held(id, &request);
	if (!glue_request_cancel(&queue, id) &&
		(request.is_intent || request.answered) &&
		!glue_request_has_ended(&request))
		refuse_to_cancel(id, &request);
	glue_request_find_visible(&queue, id, &request);
	return glue_function_end_text(&function, request.state);
}

/*
 * glue_wait_request(id bigint, timeout interval) returns text
 *
 * Each look uses a new snapshot, because other transactions change the
 * request.  If the wait cannot succeed unless an administrator acts first,
 * that is an error.
 */
Datum
glue_wait_request(PG_FUNCTION_ARGS)
{
	static uint32 wait_event = 0;
	int64		id;
	double		pause_ms = FIRST_PAUSE_MS;
	TimestampTz began_at = GetCurrentTimestamp();
	TimestampTz deadline;
	GlueFunction function;
	GlueRequestQueue queue;
	GlueRequestState request;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	id = PG_GETARG_INT64(0);
	deadline = glue_argument_deadline(fcinfo->args[1]);
	begin_about_request(&function, fcinfo, GLUE_FUNCTION_READS, &queue,
						&request);
	while (!glue_request_has_ended(&request))
	{
		TimestampTz now = GetCurrentTimestamp();
		long		left_ms = TimestampDifferenceMilliseconds(now, deadline);

		glue_request_refuse_held(id, &request);
		check_that_end_can_be_seen(id, &request);
		if (left_ms <= 0 || pause_ms >= PATIENCE_MS)
		{
			GlueRequestActivity activity = {0};

			(void) glue_request_activity(function.access.schema, id,
										 &activity);
			check_hope(id, &request, &activity,
					   glue_service_exists() && !RecoveryInProgress() &&
					   !TimestampDifferenceExceeds(began_at, now,
												   LAUNCHER_MS));
			if (left_ms <= 0)
				raise_not_ended(id, request.state, &activity);
		}
		(void) glue_news_await(Min(left_ms, (long) pause_ms),
							   GLUE_WAIT_EVENT(wait_event, "GlueConnWaitRequest"));
		pause_ms = Min(pause_ms * PAUSE_GROWTH, LONGEST_PAUSE_MS);
		glue_request_find_visible(&queue, id, &request);
	}
	return glue_function_end_text(&function, request.state);
}

/* Begin a function whose first argument is the ID of a request. */
static void
begin_about_request(GlueFunction *function, FunctionCallInfo fcinfo,
					GlueFunctionKind kind, GlueRequestQueue *queue,
					GlueRequestState *found)
{
	glue_function_begin(function, fcinfo, kind);
	glue_request_queue_open(queue, function->access.schema,
							kind == GLUE_FUNCTION_WRITES ?
							RowExclusiveLock : AccessShareLock);
	glue_request_find_visible(queue, PG_GETARG_INT64(0), found);
}

/* Find a request that the current user may see. */
void
glue_request_find_visible(const GlueRequestQueue *queue, int64 id,
						  GlueRequestState *found)
{
	if (!glue_request_find(queue, id, found) ||
		!has_privs_of_role(GetUserId(), found->requested_by))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("request %lld does not exist", (long long) id),
				 errdetail("There is no such request, or it belongs to a role whose privileges the current user does not have.")));
}

bool
glue_request_has_ended(const GlueRequestState *request)
{
	return strcmp(request->state, GLUE_STATE_QUEUED) != 0 &&
		strcmp(request->state, GLUE_STATE_RUNNING) != 0 && !request->held;
}

/* A request of another home is not carried out here. */
void
glue_request_refuse_held(int64 id, const GlueRequestState *request)
{
	if (request->held)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("request %lld is held", (long long) id),
				 errdetail("It was made in another database, of which this one is a copy, or before this server was restored to a point in time."),
				 errhint("A superuser can call glue_take_over_requests() to have it carried out here, or glue_drop_held_requests().")));
}

/*
 * Raise the error for a call that acted at once, or for a request that was
 * carried out.
 */
static void
refuse_to_cancel(int64 id, const GlueRequestState *request)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("request %lld cannot be cancelled", (long long) id),
			 !request->is_intent ?
			 errdetail("AWS Glue has carried it out, but that cannot be recorded. The reason is in the column \"error_message\" of its row in \"glue_request\".") :
			 strcmp(request->state, GLUE_STATE_QUEUED) == 0 ?
			 errdetail("It was a call that acted at once. Its transaction was rolled back, and its effect in AWS Glue is about to be undone.") :
			 errdetail("It is a call that acted at once, in a transaction that may not have ended, or is being undone."),
			 !request->is_intent ?
			 errhint("Correct the cause; the next attempt records it.") :
			 errhint("If its transaction commits, it is done; if not, it is undone. glue_wait_request() waits for that.")));
}

/*
 * Raise an error if this transaction cannot see the end of a request, because
 * it has changed the request itself, or uses one snapshot.
 */
static void
check_that_end_can_be_seen(int64 id, const GlueRequestState *request)
{
	if (request->uncommitted)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot wait for request %lld in the transaction that queued it",
						(long long) id),
				 errdetail("The request is carried out after the transaction has committed."),
				 errhint("Commit first.")));
	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("cannot wait for request %lld in a transaction with a fixed snapshot",
						(long long) id),
				 errdetail("At the isolation levels REPEATABLE READ and SERIALIZABLE, the transaction does not see the end of the request."),
				 errhint("Wait in a transaction of isolation level READ COMMITTED.")));
}

/*
 * Raise an error if no process carries out the request, or if its last attempt
 * has failed with an error that only an administrator can correct.
 */
static void
check_hope(int64 id, const GlueRequestState *request,
		   const GlueRequestActivity *activity, bool worker_may_come)
{
	static const char *const hopeless[] = {
		"no worker", "credentials", "key", "target"
	};

	if (strcmp(request->state, GLUE_STATE_QUEUED) != 0 || activity->waiting_for == NULL)
		return;
	for (int i = worker_may_come ? 1 : 0; i < lengthof(hopeless); i++)
	{
		if (strcmp(activity->waiting_for, hopeless[i]) == 0)
			ereport(ERROR,
					(errcode(i == 0 ? ERRCODE_INSUFFICIENT_RESOURCES :
							 ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("request %lld is not carried out at present",
							(long long) id),
					 errdetail_internal("%s", what_it_waits_for(activity)),
					 errhint("%s", activity->what_to_do)));
	}
}

static void
raise_not_ended(int64 id, const char *state,
				const GlueRequestActivity *activity)
{
	ereport(ERROR,
			(errcode(ERRCODE_CONNECTION_EXCEPTION),
			 errmsg("request %lld is still %s", (long long) id, state),
			 errdetail("The time limit of the wait ran out.%s%s",
					   activity->waiting_for != NULL ? " " : "",
					   what_it_waits_for(activity)),
			 activity->what_to_do != NULL ?
			 errhint("%s", activity->what_to_do) :
			 errhint("Call the function again, or with a longer \"timeout\".")));
}

/* The reason of the wait, in sentences. */
static const char *
what_it_waits_for(const GlueRequestActivity *activity)
{
	if (activity->waiting_for == NULL)
		return "";
	if (strcmp(activity->waiting_for, "no worker") == 0)
		return "No background worker carries it out.";
	if (activity->last_error == NULL)
		return psprintf("It waits for: %s.", activity->waiting_for);
	return psprintf("It waits for: %s. The last error was: %s",
					activity->waiting_for, activity->last_error);
}

/*
 * glue_home() returns bigint
 *
 * The table identifies the requests of this database by it.
 */
Datum
glue_home_function(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(glue_home(get_func_namespace(fcinfo->flinfo->fn_oid)));
}

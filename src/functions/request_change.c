/*-------------------------------------------------------------------------
 *
 * request_change.c
 *	  The SQL functions that retry, take over and drop requests.
 *
 * A request that has ended without success can be retried, and so can one that
 * waits because its target has changed.  Only the owner of the server, or a
 * superuser, may confirm the new target: the request and its secrets then go
 * to an account that the role of the request may never have meant.
 *
 * Held requests can be taken over or dropped: see request_home.c.
 *
 * IDENTIFICATION
 *	  src/functions/request_change.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/foreign_server.h"
#include "functions/function.h"
#include "miscadmin.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/impersonation.h"
#include "server/news.h"
#include "server/session_settings.h"
#include "store/jobs.h"
#include "store/request_row.h"
#include "utils/acl.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void find_retried(const GlueRequestQueue *queue, int64 id,
						 GlueRequestState *found);
static bool has_lost_target(const GlueRequestState *request);
static void redirect(const GlueFunction *function, int64 id, bool requeued);
static const char *find_server(const GlueRequest *request);
static void resolve_as(GlueAccess *access, const GlueRequest *request,
					   const char *server);
static void check_entitled(const GlueRequest *request,
						   const GlueTarget *target);
pg_noreturn static void refuse_to_retry(int64 id, bool is_intent);

PG_FUNCTION_INFO_V1(glue_retry_request);
PG_FUNCTION_INFO_V1(glue_take_over_requests);
PG_FUNCTION_INFO_V1(glue_drop_held_requests);

/*
 * glue_retry_request(id bigint) returns text
 */
Datum
glue_retry_request(PG_FUNCTION_ARGS)
{
	int64		id = PG_GETARG_INT64(0);
	GlueFunction function;
	GlueRequestQueue queue;
	GlueRequestState request;
	bool		requeued;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	glue_request_queue_open(&queue, function.access.schema, RowExclusiveLock);
	find_retried(&queue, id, &request);
	glue_request_refuse_held(id, &request);
	requeued = glue_request_requeue(&queue, id);
	if (!requeued)
	{
		glue_request_hasten(&queue, id);
		if (glue_request_has_ended(&request) &&
			(request.is_intent ||
			 (request.has_secrets &&
			  strcmp(request.state, GLUE_STATE_SUCCEEDED) != 0)))
			refuse_to_retry(id, request.is_intent);
	}
	if (has_lost_target(&request))
		redirect(&function, id, requeued);
	(void) glue_request_find(&queue, id, &request);
	return glue_function_end_text(&function, request.state);
}

/*
 * Find a request that the current user may retry: one that it may see, or one
 * that waits for the owner of its foreign server, if that is the current user.
 * The owner of a server may not retry a request that has ended.
 */
static void
find_retried(const GlueRequestQueue *queue, int64 id, GlueRequestState *found)
{
	Oid			owner;

	if (glue_request_find(queue, id, found) && !found->held &&
		!glue_request_has_ended(found) && has_lost_target(found) &&
		found->cluster == glue_cluster() &&
		OidIsValid(found->server_oid) &&
		glue_foreign_server_name(found->server_oid, &owner) != NULL &&
		has_privs_of_role(GetUserId(), owner))
		return;
	glue_request_find_visible(queue, id, found);
}

/*
 * Did the target of a request not exist any more, or has it changed?  For a
 * call that acted at once, the error does not tell, so this is assumed.
 */
static bool
has_lost_target(const GlueRequestState *request)
{
	return request->is_intent ||
		(request->error_code != NULL &&
		 (strcmp(request->error_code, GLUE_CODE_TARGET_CHANGED) == 0 ||
		  strcmp(request->error_code,
				 unpack_sql_state(ERRCODE_UNDEFINED_OBJECT)) == 0));
}

/*
 * Redirect a queued request to its current target, if that has changed.
 *
 * A request that had ended, and so has no secrets, is treated like a new one:
 * it goes to the server that has the name now.
 */
static void
redirect(const GlueFunction *function, int64 id, bool requeued)
{
	GlueJobQueue queue;
	const GlueRequest *request;
	GlueAccess	access = {0};
	const GlueTarget *target = &access.target;

	(void) glue_job_queue_open(&queue, function->access.schema, 0);
	request = glue_queued_request_lock(&queue, id);
	if (request == NULL)
		return;
	resolve_as(&access, request,
			   requeued ? request->server : find_server(request));
	if (request->cluster == glue_cluster() &&
		request->server_oid == target->server_oid &&
		memcmp(request->fingerprint,
			   glue_request_fingerprint(request, target),
			   GLUE_FINGERPRINT_LEN) == 0 &&
		!glue_request_is_for_others(request, target))
		return;
	if (!requeued)
		check_entitled(request, target);
	glue_request_redirect(&queue, request, target);
	glue_news_wake_queue_at_commit();
}

/*
 * The current name of the server of a request, or NULL.  In the same cluster,
 * the OID identifies the server, not its name.
 */
static const char *
find_server(const GlueRequest *request)
{
	const char *name = request->server;
	Oid			owner;

	if (name == NULL || request->cluster != glue_cluster() ||
		!OidIsValid(request->server_oid))
		return name;
	name = glue_foreign_server_name(request->server_oid, &owner);
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("foreign server \"%s\" was dropped",
						request->server),
				 errdetail("Request %lld was made for it.",
						   (long long) request->id),
				 errhint("Cancel the request and make another one.")));
	return name;
}

/*
 * The current target of a request with this server, as for a queue process:
 * independent of the settings of this session.
 */
static void
resolve_as(GlueAccess *access, const GlueRequest *request, const char *server)
{
	GlueImpersonation saved;
	int			level;

	if (!glue_act_as(&saved, request->role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role of request %lld does not exist any more",
						(long long) request->id)));
	level = glue_session_settings_enter(request->settings);
	glue_target_resolve(&access->target, server, request->catalog_id,
						request->region);
	glue_account_peek(access);
	glue_session_settings_leave(level);
	glue_stop_impersonating(&saved);
}

/*
 * The owner of the server, and a superuser, may decide where requests go.  If
 * the request comes from another cluster, as after pg_upgrade, the user must
 * also have the privileges of the old server's owner.
 */
static void
check_entitled(const GlueRequest *request, const GlueTarget *target)
{
	bool		same = request->cluster == glue_cluster();

	if (superuser() ||
		(OidIsValid(target->server_owner) &&
		 has_privs_of_role(GetUserId(), target->server_owner) &&
		 (same || has_privs_of_role(GetUserId(), request->server_owner))))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("permission denied to send request %lld to another target",
					(long long) request->id),
			 errdetail("The target has changed since the request was made."),
			 target->server != NULL ?
			 errhint("The owner of foreign server \"%s\", or a superuser, can retry it.",
					 target->server) :
			 errhint("A superuser can retry it.")));
}

/*
 * glue_take_over_requests(ids bigint[]) returns bigint
 */
Datum
glue_take_over_requests(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueJobQueue queue;
	List	   *requests;
	ListCell   *cell;
	int64		count;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	if (!superuser())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("must be superuser to take over requests of another database")));
	(void) glue_job_queue_open(&queue, function.access.schema, 0);
	requests = glue_held_requests_lock(&queue, PG_GETARG_DATUM(0),
									   PG_ARGISNULL(0));
	foreach(cell, requests)
	{
		GlueRequest *request = lfirst(cell);
		MemoryContext old_context = MemoryContextSwitchTo(request->context);

		glue_request_take_over(&queue, request,
							   glue_request_keeps_id(&queue, request) ?
							   request->id : glue_request_next_id(&queue.table));
		MemoryContextSwitchTo(old_context);
		MemoryContextDelete(request->context);
		CHECK_FOR_INTERRUPTS();
	}
	count = list_length(requests);
	if (count > 0)
	{
		glue_requests_enter_cluster(&queue);
		glue_news_wake_queue_at_commit();
	}
	glue_function_end(&function);
	PG_RETURN_INT64(count);
}

/*
 * glue_drop_held_requests(ids bigint[]) returns bigint
 */
Datum
glue_drop_held_requests(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueJobQueue queue;
	int64		count;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	(void) glue_job_queue_open(&queue, function.access.schema, 0);
	count = glue_requests_drop_held(&queue, PG_GETARG_DATUM(0),
									PG_ARGISNULL(0));
	glue_function_end(&function);
	PG_RETURN_INT64(count);
}

static void
refuse_to_retry(int64 id, bool is_intent)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("request %lld cannot be retried", (long long) id),
			 is_intent ?
			 errdetail("It was a call that acted at once. Only the undo of a rolled-back call can be retried, after it has failed.") :
			 errdetail("Its connection input held secrets, which were erased when the request ended."),
			 is_intent ?
			 errhint("Call the function again.") :
			 errhint("Make a new request, with the whole connection input.")));
}

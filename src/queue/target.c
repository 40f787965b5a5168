/*-------------------------------------------------------------------------
 *
 * target.c
 *	  The targets of requests: the endpoint, the account and the role.
 *
 * Requests of the same role for the same server, catalog and region share a
 * target.  The target is looked up again in each transaction that claims
 * requests for it, with the privileges of the role.  So a revoked privilege,
 * an altered server and a dropped role take effect.
 *
 * A request goes to the target that the settings of its session have selected,
 * and to the server that it was made for, even if the server was renamed.  If
 * the server, its user mapping or the settings were changed since, and the
 * request would go elsewhere, it waits until an entitled role confirms the new
 * target: the request and its secrets were meant for another account.
 *
 * The source of its credentials is determined in that transaction.  Unless the
 * credentials are cached, they are fetched outside of it: see queue/targets.c.
 *
 * A target is blocked if there are no credentials for it, or if AWS refuses
 * them.  All its requests would fail in the same way, so none is claimed for a
 * while.  The delay grows until one request succeeds.
 *
 * IDENTIFICATION
 *	  src/queue/target.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/foreign_server.h"
#include "common/pg_prng.h"
#include "queue/target.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/impersonation.h"
#include "server/session_settings.h"
#include "server/subtransaction.h"
#include "store/request_row.h"

/* First delay of a request, or of a blocked target. */
#define FIRST_BACKOFF_MS		2000
#define LONGEST_BACKOFF_MS		(10 * 60 * 1000)

/* The progress of the search for a target. */
typedef enum Progress
{
	PROGRESS_NONE,				/* the role must not use the target */
	PROGRESS_CHANGED,			/* the target differs from that of the request */
	PROGRESS_RESOLVED
} Progress;

/* The search for the target of a request. */
typedef struct Finding
{
	GlueWorkTarget *target;
	const GlueRequest *request;
	Progress	progress;		/* the progress so far, if an error is raised */
} Finding;

/* prototypes of private functions */
static void find_with_rights(void *arg);
static void find_way(Finding *finding);
static const char *find_server(Finding *finding, Oid *server);
static bool leads_elsewhere(const GlueRequest *request,
							const GlueTarget *target);
static bool may_pass(int sqlstate);

/*
 * Find the target of a role's requests, and the source of its credentials.
 * Sets target->failure if the role is gone or lacks a privilege, if there is
 * no source of credentials, or if the requests would go elsewhere now.  The
 * current memory context is the target's.
 */
void
glue_work_target_resolve(GlueWorkTarget *target, const GlueRequest *request,
						 Oid schema)
{
	Finding		finding = {target, request, PROGRESS_NONE};
	ErrorData  *error;

	target->access.schema = schema;
	error = glue_subtransaction_try(find_with_rights, &finding);
	if (error == NULL)
		return;
	target->failure = glue_failure_from_error(error);
	target->refused = finding.progress == PROGRESS_NONE &&
		!may_pass(error->sqlerrcode);
	if (finding.progress == PROGRESS_CHANGED)
		target->failure->code = GLUE_CODE_TARGET_CHANGED;
}

/*
 * The part of it that runs with the privileges of the role; an error restores
 * the current user.
 */
static void
find_with_rights(void *arg)
{
	Finding    *finding = arg;
	GlueWorkTarget *target = finding->target;
	GlueImpersonation saved;

	if (!glue_act_as(&saved, target->state->target.role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role of the request does not exist any more")));
	find_way(finding);
	target->connected = glue_credentials_at_hand(&target->access.target,
												 &target->plan,
												 &target->access.credentials);
	if (target->connected)
		(void) glue_account_at_hand(&target->access);
	glue_stop_impersonating(&saved);
}

/* The part of it that depends on settings; an error restores them, too. */
static void
find_way(Finding *finding)
{
	GlueWorkTarget *target = finding->target;
	const GlueRequest *request = finding->request;
	GlueTarget *found = &target->access.target;
	const char *name;
	Oid			server;
	int			level = 0;

	if (request->settings != NULL || request->undo != NULL)
		level = glue_session_settings_enter(request->settings);
	name = find_server(finding, &server);
	glue_target_resolve(found, name, target->catalog_id, target->region);
	finding->progress = PROGRESS_CHANGED;

	/* a concurrent session can give the name to another server */
	if (found->server_oid != server || leads_elsewhere(request, found))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the target has changed since the request was made"),
				 errdetail("It has another endpoint, role, access key or profile.")));
	if (found->catalog == NULL)
		found->catalog = target->account_id;
	finding->progress = PROGRESS_RESOLVED;
	(void) glue_credentials_plan(found, &target->plan, false);
	if (request->settings != NULL || request->undo != NULL)
		glue_session_settings_leave(level);
}

/*
 * The foreign server of a request, and its current name; NULL if the request
 * uses none.
 *
 * A name does not identify a server: another role can give it to another
 * server.  OIDs of another cluster, before pg_upgrade, do not either; then the
 * owner must be the same.
 */
static const char *
find_server(Finding *finding, Oid *server)
{
	const GlueRequest *request = finding->request;
	Oid			owner = InvalidOid;
	const char *name;

	*server = InvalidOid;
	if (request->server == NULL)
		return NULL;
	*server = request->server_oid;
	if (request->cluster != glue_cluster() || !OidIsValid(*server))
		*server = glue_foreign_server_by_name(request->server);
	name = OidIsValid(*server) ? glue_foreign_server_name(*server, &owner) : NULL;
	if (request->cluster != glue_cluster() &&
		(name == NULL || owner != request->server_owner))
	{
		finding->progress = PROGRESS_CHANGED;
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("foreign server \"%s\" is not the one that the request was made for",
						request->server),
				 errdetail("In this cluster, there is none of that name with the same owner.")));
	}
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("foreign server \"%s\" was dropped",
						request->server),
				 errdetail("The request was made for it. A server of the same name may belong to another role.")));
	return name;
}

/*
 * Does a target differ from that at the time of the request?  A request that
 * was not made by our functions may go anywhere.
 *
 * If the accounts of the request and of the credentials are both known, they
 * are compared, and the source of the credentials does not matter.  But an
 * account that is only configured stays the same if the credentials change.
 */
static bool
leads_elsewhere(const GlueRequest *request, const GlueTarget *target)
{
	static const unsigned char unknown[GLUE_FINGERPRINT_LEN];

	if (memcmp(request->fingerprint, unknown, GLUE_FINGERPRINT_LEN) == 0)
		return false;
	if (strcmp(target->endpoint.origin, request->endpoint) != 0)
		return true;
	if (request->account_id != NULL && target->claimed_account == NULL &&
		!request->has_secrets)
		return false;
	return memcmp(glue_request_fingerprint(request, target),
				  request->fingerprint, GLUE_FINGERPRINT_LEN) != 0;
}

/*
 * Is an error independent of the request?  Then an administrator must correct
 * the cause, such as a file that cannot be read, or it disappears with time.
 */
static bool
may_pass(int sqlstate)
{
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_SYSTEM_ERROR:
			return true;
		default:
			return sqlstate == ERRCODE_LOCK_NOT_AVAILABLE;
	}
}

/*
 * Are the credentials of a target known, or is it known that there are none?
 */
bool
glue_work_target_connected(const GlueWorkTarget *target)
{
	return target->failure != NULL || target->connected;
}

/*
 * Does a target with credentials need to know its account?  Not if its requests
 * name a catalog, and were made without an account.
 */
bool
glue_work_target_lacks_account(const GlueWorkTarget *target)
{
	const GlueTarget *found = &target->access.target;

	if (found->account_id != NULL)
		return false;
	return target->account_id != NULL || found->catalog_id == NULL ||
		(target->has_tags && target->no_account == NULL &&
		 glue_target_connection_arn(found, "") == NULL);
}

/*
 * The call for the account of a target's credentials has ended.  Sets
 * target->failure if the account is unknown and required.
 */
void
glue_work_target_learn_account(GlueWorkTarget *target, GlueCall *call)
{
	MemoryContext old_context = MemoryContextSwitchTo(target->context);
	GlueFailure *failure = glue_account_learn(&target->access, call);

	if (failure != NULL)
		failure = glue_failure_no_account(failure);
	if (target->account_id == NULL && target->access.target.catalog_id != NULL)
		target->no_account = failure;
	else
		target->failure = failure;
	target->asks_account = false;
	MemoryContextSwitchTo(old_context);
}

/* Block a target for a while; returns the end of that time. */
TimestampTz
glue_target_state_block(GlueTargetState *state)
{
	if (state->blocked_until <= GetCurrentTimestamp())
		state->blocked_until = glue_work_backoff(++state->failures);
	return state->blocked_until;
}

/* Time of the next attempt, after so many consecutive failures. */
TimestampTz
glue_work_backoff(int failures)
{
	double		ms = FIRST_BACKOFF_MS;

	for (int i = 1; i < failures && ms < LONGEST_BACKOFF_MS; i++)
		ms *= 2;
	ms = Min(ms, LONGEST_BACKOFF_MS) *
		(0.5 + pg_prng_double(&pg_global_prng_state) / 2);
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) ms);
}

/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Where the requests of a queue go, and as whom.
 *
 * Requests for the same server, catalog and region that the same role asked
 * for share a target.  It is found anew in each transaction that claims
 * requests for it, with the rights of the role: so a right that was revoked, a
 * server that was altered and a role that was dropped are noticed.
 *
 * A request goes where the settings of the session led that made it, and to the
 * server that it was made for, whatever that is called now.  If it would go
 * elsewhere, because the server, its user mapping or the settings were changed
 * since, it waits until a role that is entitled to says that this is right:
 * what it asks for was meant for another account, and its secrets, too.
 *
 * A target is blocked if there are no credentials for it, or if AWS refuses
 * them.  All its requests would fail in the same way, so they are left alone:
 * longer and longer, until one of them succeeds.
 *
 * How to get its credentials is decided in that transaction.  Unless they are
 * at hand, they are got outside of it: see queue/targets.c.
 *
 * IDENTIFICATION
 *	  src/queue/target.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/credential_failure.h"
#include "client/foreign_server.h"
#include "common/pg_prng.h"
#include "queue/target.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/impersonation.h"
#include "server/session_settings.h"
#include "server/subtransaction.h"
#include "store/request_row.h"

/* How long a request, or a blocked target, is left alone. */
#define FIRST_BACKOFF_MS		2000
#define LONGEST_BACKOFF_MS		(10 * 60 * 1000)

/* How far it was got in finding a target. */
typedef enum Progress
{
	PROGRESS_NONE,				/* the role must not use it */
	PROGRESS_CHANGED,			/* it is another one than it was */
	PROGRESS_RESOLVED
} Progress;

/* A target that is being found for a request. */
typedef struct Finding
{
	GlueWorkTarget *target;
	const GlueRequest *request;
	Progress	progress;		/* how far it was got if that raises an error */
} Finding;

/* prototypes of private functions */
static void find_with_rights(void *arg);
static void find_way(Finding *finding);
static const char *find_server(Finding *finding, Oid *server);
static bool leads_elsewhere(const GlueRequest *request,
							const GlueTarget *target);
static bool is_unknown(const unsigned char *fingerprint);
static bool may_pass(int sqlstate);
static bool is_key(const GlueBlockedTarget *key, const GlueRequest *request);

/*
 * Find out where the requests of a role go, and how to get credentials; sets
 * target->failure if the role is gone or may not, if there is no way to any, or
 * if they would go elsewhere now.  The current memory context is the target's.
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

/* The work of that; an error restores the current user. */
static void
find_with_rights(void *arg)
{
	Finding    *finding = arg;
	GlueWorkTarget *target = finding->target;
	GlueImpersonation saved;

	if (!glue_act_as(&saved, target->state->target.role))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the role that asked for it does not exist any more")));
	find_way(finding);
	target->connected = glue_credentials_at_hand(&target->access.target,
												 &target->plan,
												 &target->access.credentials);
	if (target->connected)
		(void) glue_account_at_hand(&target->access);
	glue_stop_impersonating(&saved);
}

/*
 * The part of that which depends on settings; an error restores them, too.
 */
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
	glue_target_resolve_region(found, name, target->catalog_id,
							   target->region);
	finding->progress = PROGRESS_CHANGED;

	/* a name can come to mean another server at any moment */
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
 * The foreign server of a request, and the name that it has now; NULL if it needs
 * none.
 *
 * A name says nothing about whose server it is: somebody else can give it to
 * another one.  OIDs of another cluster, before pg_upgrade, mean nothing either;
 * there the owner has to be the same.
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
				 errdetail("The request was made for it. Another server of that name may be anybody's.")));
	return name;
}

/*
 * Does a target lead elsewhere now than when a request was made?  A request that
 * was not made by our functions may go anywhere.
 *
 * If the account is known, that decides, as soon as it is known of the
 * credentials, too; and then it does not matter how they are got.  But what is
 * only claimed of the account stays the same if they are changed.
 */
static bool
leads_elsewhere(const GlueRequest *request, const GlueTarget *target)
{
	if (is_unknown(request->fingerprint))
		return false;
	if (strcmp(target->endpoint.origin, request->endpoint) != 0)
		return true;
	if (request->account_id != NULL && target->claimed_account == NULL &&
		!request->has_secrets)
		return false;
	return memcmp(glue_request_fingerprint(request, target),
				  request->fingerprint, GLUE_FINGERPRINT_LEN) != 0;
}

static bool
is_unknown(const unsigned char *fingerprint)
{
	static const unsigned char unknown[GLUE_FINGERPRINT_LEN];

	return memcmp(fingerprint, unknown, GLUE_FINGERPRINT_LEN) == 0;
}

/*
 * Has an error nothing to do with what is asked for?  Then it is for an
 * administrator to repair, as a file that cannot be read, or for time.
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

/* Is it known what a target is called with, or that it cannot be called? */
bool
glue_work_target_connected(const GlueWorkTarget *target)
{
	return target->failure != NULL || target->connected;
}

/*
 * Does a target that has credentials need to know whose they are?  Not if its
 * requests name a catalog, and it was never known.
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
 * The call that asks whose the credentials of a target are has ended.  Sets
 * target->failure if that is not known and has to be.
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

/* ----------------------------------------------------------------
 * What is remembered from one transaction to the next
 * ----------------------------------------------------------------
 */

/*
 * What is remembered of the target of a request, in a list.  If that is nothing
 * yet, it is added, and lives in context as the list does.
 */
GlueTargetState *
glue_target_state_find(List **states, const GlueRequest *request,
					   MemoryContext context)
{
	MemoryContext old_context;
	ListCell   *cell;
	GlueTargetState *state;

	foreach(cell, *states)
	{
		state = lfirst(cell);
		if (is_key(&state->target, request))
			return state;
	}
	old_context = MemoryContextSwitchTo(context);
	state = palloc0(sizeof(GlueTargetState));
	state->target.cluster = request->cluster;
	state->target.server_oid = request->server_oid;
	state->target.role = request->role;
	state->target.settings = pstrdup(request->settings_text);
	memcpy(state->target.fingerprint, request->fingerprint,
		   GLUE_FINGERPRINT_LEN);
	*states = lappend(*states, state);
	MemoryContextSwitchTo(old_context);
	return state;
}

/* Is a target known by what a request says of its own? */
static bool
is_key(const GlueBlockedTarget *key, const GlueRequest *request)
{
	return key->cluster == request->cluster &&
		key->server_oid == request->server_oid &&
		key->role == request->role &&
		strcmp(key->settings, request->settings_text) == 0 &&
		memcmp(key->fingerprint, request->fingerprint,
			   GLUE_FINGERPRINT_LEN) == 0;
}

/* Leave a target alone for a while; returns until when. */
TimestampTz
glue_target_state_block(GlueTargetState *state)
{
	if (state->blocked_until <= GetCurrentTimestamp())
		state->blocked_until = glue_work_backoff(++state->failures);
	return state->blocked_until;
}

/* When to try again after so many failures in a row. */
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

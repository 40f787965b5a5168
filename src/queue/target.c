/*-------------------------------------------------------------------------
 *
 * target.c
 *	  Where the requests of a queue go, and as whom.
 *
 * Requests for the same server, catalog and region that the same role asked
 * for share a target.  It is found anew in each transaction that claims
 * requests for it, with the rights of the role: so a right that was revoked, a
 * server that was altered and a role that was dropped are heeded.  What was
 * found before lives on as long as requests use it.
 *
 * A request goes where the settings of the session led that made it, and to the
 * server that it was made for, whatever that is called now.  If it would go
 * elsewhere, because the server, its user mapping or the settings were changed
 * since, it waits until somebody who is entitled to says that this is right:
 * what it asks for was meant for another account, and its secrets, too.
 *
 * How to get its credentials is decided in that transaction.  Unless they are
 * at hand, they are got outside of it, since others have to be asked for them,
 * and can take their time; requests for other targets go on meanwhile.
 *
 * From one transaction to the next it is remembered whether a target is in
 * trouble, and how fast it may be called.  If there are no credentials, or AWS
 * refuses them, all its requests would fail in the same way, so they are left
 * alone: longer and longer, until one of them succeeds.
 *
 * IDENTIFICATION
 *	  src/queue/target.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "client/account.h"
#include "client/foreign_server.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "queue/target.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/session_settings.h"
#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "store/request_row.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/syscache.h"

/* How long a request, or a target in trouble, is left alone. */
#define FIRST_BACKOFF_MS		2000
#define LONGEST_BACKOFF_MS		(10 * 60 * 1000)

/* How far it was got in finding a target. */
typedef enum Progress
{
	PROGRESS_NONE,				/* the role must not use it */
	PROGRESS_CHANGED,			/* it is another one than it was */
	PROGRESS_RESOLVED
} Progress;

/* prototypes of private functions */
static bool same_text(const char *a, const char *b);
static GlueWorkTarget *find_target(GlueWorkTargets *all,
								   const GlueClaim *request);
static GlueTargetState *find_state(GlueWorkTargets *all,
								   const GlueClaim *request);
static bool is_key_of(const GlueBlockedTarget *key,
					  const GlueClaim *request);
static void fill_key(GlueBlockedTarget *key, const GlueClaim *request);
static void resolve_target(GlueWorkTarget *target, const GlueClaim *request,
						   Oid schema);
static void find_way(GlueWorkTarget *target, const GlueClaim *request,
					 volatile Progress *progress);
static bool is_unknown(const unsigned char *fingerprint);
static const char *find_server(const GlueRequest *request, Oid *server,
							   volatile Progress *progress);
static void connect_target(GlueWorkTargets *all, GlueWorkTarget *target);
static long see_to_others(void *arg);
static ErrorData *catch_error(MemoryContext context);
static bool may_pass(int sqlstate);
static void heed_interrupt(ErrorData *error);
static void delete_target(GlueWorkTarget *target);

/*
 * Begin without any target; what there will be is in the current context.
 *
 * meanwhile is called while the credentials of a target are waited for, and may
 * do with the others whatever it wants.
 */
void
glue_work_targets_init(GlueWorkTargets *all, Oid schema,
					   const GlueTransactions *transactions,
					   GlueHttpMeanwhile meanwhile, void *meanwhile_arg)
{
	memset(all, 0, sizeof(GlueWorkTargets));
	all->context = CurrentMemoryContext;
	all->schema = schema;
	all->transactions = transactions;
	all->meanwhile = meanwhile;
	all->meanwhile_arg = meanwhile_arg;
	dlist_init(&all->targets);
}

/* A new transaction begins, so all targets are to be found anew. */
void
glue_work_targets_expire(GlueWorkTargets *all)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &all->targets)
	{
		GlueWorkTarget *target = dlist_container(GlueWorkTarget, node,
												 iter.cur);

		target->current = false;
		if (target->njobs == 0)
			delete_target(target);
	}
}

/*
 * Find the credentials of a target that needs some, and its account; false if
 * there is none.  This can take calls, so no transaction is to be open, where
 * that can be helped.
 *
 * Nothing is done if that is being done already: then it is from there that we
 * were called.
 */
bool
glue_work_targets_connect(GlueWorkTargets *all)
{
	dlist_iter	iter;

	if (all->connecting)
		return false;
	dlist_foreach(iter, &all->targets)
	{
		GlueWorkTarget *target = dlist_container(GlueWorkTarget, node,
												 iter.cur);

		if (!glue_work_target_connected(target))
		{
			connect_target(all, target);
			return true;
		}
	}
	return false;
}

/*
 * The targets that are left alone at present, as a list: those in trouble, and
 * those that would have to wait.
 */
List *
glue_work_targets_blocked(const GlueWorkTargets *all)
{
	TimestampTz now = GetCurrentTimestamp();
	List	   *blocked = NIL;
	ListCell   *cell;
	dlist_iter	iter;

	foreach(cell, all->states)
	{
		GlueTargetState *state = lfirst(cell);

		if (state->blocked_until > now)
			blocked = lappend(blocked, &state->target);
	}
	dlist_foreach(iter, (dlist_head *) &all->targets)
	{
		GlueWorkTarget *target = dlist_container(GlueWorkTarget, node,
												 iter.cur);

		if (!glue_work_target_connected(target))
			blocked = list_append_unique_ptr(blocked, &target->state->target);
	}
	return blocked;
}

/*
 * The target of a request, as it is now, until glue_work_target_release().
 */
GlueWorkTarget *
glue_work_target_use(GlueWorkTargets *all, const GlueClaim *request)
{
	GlueWorkTarget *target = find_target(all, request);

	target->njobs++;
	return target;
}

/* Is it known what a target is called with, or that it cannot be called? */
bool
glue_work_target_connected(const GlueWorkTarget *target)
{
	if (target->failure != NULL)
		return true;
	return target->connected &&
		(!target->has_tags || target->account != NULL ||
		 target->no_account != NULL);
}

/* A request does not need its target any more. */
void
glue_work_target_release(GlueWorkTarget *target)
{
	if (--target->njobs == 0 && !target->current)
		delete_target(target);
}

/* Leave a target alone for a while; returns until when. */
TimestampTz
glue_work_target_block(GlueWorkTarget *target)
{
	GlueTargetState *state = target->state;

	if (state->blocked_until <= GetCurrentTimestamp())
		state->blocked_until = glue_work_backoff(++state->failures);
	return state->blocked_until;
}

/*
 * May a request be sent to a target, as far as its rate goes?  Returns 0 if
 * so, and counts it; else when to ask again.
 *
 * What was not used is saved for a tenth of a second, and no longer.
 */
TimestampTz
glue_work_target_take_turn(GlueWorkTarget *target)
{
	int			rate = target->access.target.max_requests_per_second;
	GlueTargetState *state = target->state;
	TimestampTz now;

	if (rate == 0)
		return 0;
	now = GetCurrentTimestamp();
	if (state->next_call_at > now)
		return state->next_call_at;
	state->next_call_at = Max(state->next_call_at, now - USECS_PER_SEC / 10) +
		USECS_PER_SEC / rate;
	return 0;
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

/* Act as a role from now on; false if there is none. */
bool
glue_work_as_role(Oid role, Oid *user, int *security_context)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		return false;
	GetUserIdAndSecContext(user, security_context);
	SetUserIdAndSecContext(role, *security_context |
						   SECURITY_LOCAL_USERID_CHANGE);
	return true;
}

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The target of a request, as it is now. */
static GlueWorkTarget *
find_target(GlueWorkTargets *all, const GlueClaim *request)
{
	dlist_iter	iter;
	MemoryContext context;
	MemoryContext old_context;
	GlueWorkTarget *target;

	dlist_foreach(iter, &all->targets)
	{
		target = dlist_container(GlueWorkTarget, node, iter.cur);
		if (target->current && is_key_of(&target->key, request) &&
			same_text(target->catalog_id, request->what.catalog_id) &&
			strcmp(target->region, request->what.region) == 0)
			return target;
	}

	context = AllocSetContextCreate(all->context, "glue_conn target",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	target = palloc0(sizeof(GlueWorkTarget));
	target->context = context;
	fill_key(&target->key, request);
	target->region = pstrdup(request->what.region);
	if (request->what.catalog_id != NULL)
		target->catalog_id = pstrdup(request->what.catalog_id);
	target->current = true;
	target->state = find_state(all, request);
	dlist_push_tail(&all->targets, &target->node);
	resolve_target(target, request, all->schema);
	MemoryContextSwitchTo(old_context);
	return target;
}

/* What is remembered of the target of a request. */
static GlueTargetState *
find_state(GlueWorkTargets *all, const GlueClaim *request)
{
	MemoryContext old_context;
	ListCell   *cell;
	GlueTargetState *state;

	foreach(cell, all->states)
	{
		state = lfirst(cell);
		if (is_key_of(&state->target, request))
			return state;
	}
	old_context = MemoryContextSwitchTo(all->context);
	state = palloc0(sizeof(GlueTargetState));
	fill_key(&state->target, request);
	all->states = lappend(all->states, state);
	MemoryContextSwitchTo(old_context);
	return state;
}

/* Is a target known by what a request says of its own? */
static bool
is_key_of(const GlueBlockedTarget *key, const GlueClaim *request)
{
	return key->cluster == request->what.cluster &&
		key->server_oid == request->what.server_oid &&
		key->role == request->what.role &&
		strcmp(key->settings, request->settings_text) == 0 &&
		memcmp(key->fingerprint, request->what.fingerprint,
			   GLUE_FINGERPRINT_LEN) == 0;
}

static void
fill_key(GlueBlockedTarget *key, const GlueClaim *request)
{
	key->cluster = request->what.cluster;
	key->server_oid = request->what.server_oid;
	key->role = request->what.role;
	key->settings = pstrdup(request->settings_text);
	memcpy(key->fingerprint, request->what.fingerprint, GLUE_FINGERPRINT_LEN);
}

/*
 * Find out where the requests of a role go, and how to get credentials; sets
 * target->failure if the role is gone or may not, if there is no way to any, or
 * if they would go elsewhere now.
 */
static void
resolve_target(GlueWorkTarget *target, const GlueClaim *request, Oid schema)
{
	ResourceOwner owner = CurrentResourceOwner;
	GlueAccess *access = &target->access;
	Oid			user;
	int			security_context;
	volatile Progress progress = PROGRESS_NONE;

	access->schema = schema;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(target->context);
	PG_TRY();
	{
		if (!glue_work_as_role(target->key.role, &user, &security_context))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("the role that asked for it does not exist any more")));
		find_way(target, request, &progress);
		target->connected = glue_credentials_at_hand(&access->target,
													 &target->plan,
													 &access->credentials);
		SetUserIdAndSecContext(user, security_context);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error = catch_error(target->context);

		RollbackAndReleaseCurrentSubTransaction();
		heed_interrupt(error);
		MemoryContextSwitchTo(target->context);
		target->failure = glue_failure_from_error(error);
		target->refused = progress == PROGRESS_NONE &&
			!may_pass(error->sqlerrcode);
		if (progress == PROGRESS_CHANGED)
			target->failure->code = GLUE_CODE_TARGET_CHANGED;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(target->context);
	CurrentResourceOwner = owner;
}

/*
 * The part of that which depends on settings.  *progress says how far it got if
 * it raises an error, which also restores the settings.
 */
static void
find_way(GlueWorkTarget *target, const GlueClaim *request,
		 volatile Progress *progress)
{
	GlueTarget *found = &target->access.target;
	const char *name;
	Oid			server;
	int			level = 0;

	if (request->settings != NULL || request->undo != NULL)
		level = glue_session_settings_enter(request->settings);
	name = find_server(&request->what, &server, progress);
	glue_target_resolve_region(found, name, target->catalog_id,
							   target->region);
	*progress = PROGRESS_CHANGED;

	/* a name can come to mean another server at any moment */
	if (found->server_oid != server ||
		(!is_unknown(request->what.fingerprint) &&
		 memcmp(glue_request_fingerprint(&request->what, found),
				request->what.fingerprint, GLUE_FINGERPRINT_LEN) != 0))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the target has changed since the request was made"),
				 errdetail("It has another endpoint, role, access key or profile.")));
	*progress = PROGRESS_RESOLVED;
	glue_credentials_plan(found, &target->plan);
	if (request->settings != NULL || request->undo != NULL)
		glue_session_settings_leave(level);
}

/* A request that was not made by our functions may go anywhere. */
static bool
is_unknown(const unsigned char *fingerprint)
{
	static const unsigned char unknown[GLUE_FINGERPRINT_LEN];

	return memcmp(fingerprint, unknown, GLUE_FINGERPRINT_LEN) == 0;
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
find_server(const GlueRequest *request, Oid *server,
			volatile Progress *progress)
{
	Oid			owner = InvalidOid;
	const char *name;

	*server = InvalidOid;
	if (request->server == NULL)
		return NULL;
	*server = request->server_oid;
	if (request->cluster != glue_cluster() || !OidIsValid(*server))
		*server = glue_foreign_server_by_name(glue_server_from_utf8(request->server));
	name = OidIsValid(*server) ? glue_foreign_server_name(*server, &owner) : NULL;
	if (request->cluster != glue_cluster() &&
		(name == NULL || owner != request->server_owner))
	{
		*progress = PROGRESS_CHANGED;
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("foreign server \"%s\" is not the one that the request was made for",
						glue_server_from_utf8(request->server)),
				 errdetail("In this cluster, there is none of that name with the same owner.")));
	}
	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("foreign server \"%s\" was dropped",
						glue_server_from_utf8(request->server)),
				 errdetail("The request was made for it. Another server of that name may be anybody's.")));
	return name;
}

/*
 * Find the credentials of a target, and its account if a request needs it.
 *
 * An error that is raised on the way is the target's as well.  There is no
 * (sub)transaction that could clean up after it, but nothing is at work here
 * that needs one.  What is raised while others are seen to is not the target's.
 */
static void
connect_target(GlueWorkTargets *all, GlueWorkTarget *target)
{
	GlueAccess *access = &target->access;
	MemoryContext old_context = MemoryContextSwitchTo(target->context);
	ErrorData  *volatile error = NULL;

	all->connecting = true;
	glue_http_set_meanwhile(see_to_others, all);
	PG_TRY();
	{
		if (!target->connected)
			target->failure = glue_credentials_fetch(&access->target,
													 &target->plan, NULL,
													 &access->credentials);
		target->connected = target->failure == NULL;
		if (target->connected && target->has_tags)
			target->no_account = glue_account_find(&access->target,
												   &access->credentials,
												   glue_credentials_renew,
												   &target->account);
	}
	PG_CATCH();
	{
		glue_http_set_meanwhile(NULL, NULL);
		if (all->in_meanwhile)
			PG_RE_THROW();
		error = catch_error(target->context);
		heed_interrupt(error);
		LWLockReleaseAll();
		ConditionVariableCancelSleep();
		pgstat_report_wait_end();
	}
	PG_END_TRY();
	glue_http_set_meanwhile(NULL, NULL);
	all->connecting = false;

	if (error != NULL)
	{
		/* its text has to be converted */
		all->transactions->begin(false);
		MemoryContextSwitchTo(target->context);
		target->failure = glue_failure_from_error(error);
		all->transactions->commit();
	}
	MemoryContextSwitchTo(old_context);
}

static long
see_to_others(void *arg)
{
	GlueWorkTargets *all = arg;
	long		again_ms;

	all->in_meanwhile = true;
	again_ms = all->meanwhile(all->meanwhile_arg);
	all->in_meanwhile = false;
	return again_ms;
}

/* Take the error that was raised, which is to be cleaned up after. */
static ErrorData *
catch_error(MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	FlushErrorState();
	return error;
}

/*
 * Has an error nothing to do with what is asked for?  Then it is for an
 * administrator to mend, as a file that cannot be read, or for time.
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
 * Raise an error again if it asks us to stop; not before a subtransaction has
 * ended, of which who gets the error may know nothing.
 */
static void
heed_interrupt(ErrorData *error)
{
	if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
}

static void
delete_target(GlueWorkTarget *target)
{
	dlist_delete(&target->node);
	MemoryContextDelete(target->context);
}

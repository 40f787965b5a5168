/*-------------------------------------------------------------------------
 *
 * targets.c
 *	  All targets of a queue process.
 *
 * A target that was looked up in one transaction is kept as long as jobs use
 * it, while a later transaction looks it up again.
 *
 * Credentials that are not cached are fetched by a call of their own, because
 * their source is another service, which can be slow.  Requests for this target
 * wait, and no more of them are claimed.
 *
 * IDENTIFICATION
 *	  src/queue/targets.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "client/turn.h"
#include "queue/target.h"
#include "server/secret_memory.h"
#include "text/ascii.h"
#include "utils/memutils.h"

/* Begin without any target; targets are allocated in the current memory context. */
void
glue_work_targets_init(GlueWorkTargets *all, const GlueQueueProcess *process)
{
	memset(all, 0, sizeof(GlueWorkTargets));
	all->context = CurrentMemoryContext;
	all->process = process;
	dlist_init(&all->targets);
}

static void
delete_target(GlueWorkTarget *target)
{
	dlist_delete(&target->node);
	MemoryContextDelete(target->context);
}

/* A new transaction begins: all targets must be looked up again. */
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

/* The number of requests that can be claimed for a target. */
static int
room_of(const GlueWorkTarget *target)
{
	int			ahead = glue_turns_claim_ahead(&target->access.target,
											   &target->access.credentials);

	return ahead < INT_MAX ? ahead - target->state->njobs : INT_MAX;
}

/*
 * The targets that no request is claimed for at present, as a list: those that
 * are blocked or wait for credentials; and, if full_too, those with as many
 * claimed requests as their rate limit allows in a minute.
 */
List *
glue_work_targets_blocked(const GlueWorkTargets *all, bool full_too)
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

		if (!glue_work_target_connected(target) ||
			(full_too && room_of(target) <= 0))
			blocked = list_append_unique_ptr(blocked, &target->state->target);
	}
	return blocked;
}

/*
 * The number of requests that can be claimed for any targets, so that no
 * target has more than its rate limit allows in a minute.  Before any target
 * is known, it is the number for the slowest operation.
 */
int
glue_work_targets_room(const GlueWorkTargets *all)
{
	int			room = INT_MAX;
	dlist_iter	iter;

	if (dlist_is_empty((dlist_head *) &all->targets))
		return glue_turns_claim_ahead(NULL, NULL);
	dlist_foreach(iter, (dlist_head *) &all->targets)
	{
		int			least = room_of(dlist_container(GlueWorkTarget, node,
													iter.cur));

		/* a target without room is not claimed for */
		if (least > 0)
			room = Min(room, least);
	}
	return room;
}

/* The state of the target of a request, which is added if there is none yet. */
static GlueTargetState *
find_state(GlueWorkTargets *all, const GlueRequest *request)
{
	MemoryContext old_context;
	ListCell   *cell;
	GlueTargetState *state;

	foreach(cell, all->states)
	{
		state = lfirst(cell);
		if (state->target.cluster == request->cluster &&
			state->target.server_oid == request->server_oid &&
			state->target.role == request->role &&
			strcmp(state->target.settings, request->settings_text) == 0 &&
			memcmp(state->target.fingerprint, request->fingerprint,
				   GLUE_FINGERPRINT_LEN) == 0)
			return state;
	}
	old_context = MemoryContextSwitchTo(all->context);
	state = palloc0(sizeof(GlueTargetState));
	state->target.cluster = request->cluster;
	state->target.server_oid = request->server_oid;
	state->target.role = request->role;
	state->target.settings = pstrdup(request->settings_text);
	memcpy(state->target.fingerprint, request->fingerprint,
		   GLUE_FINGERPRINT_LEN);
	all->states = lappend(all->states, state);
	MemoryContextSwitchTo(old_context);
	return state;
}

/* The current target of a request. */
static GlueWorkTarget *
find_target(GlueWorkTargets *all, const GlueRequest *request)
{
	GlueTargetState *state = find_state(all, request);
	dlist_iter	iter;
	MemoryContext context;
	MemoryContext old_context;
	GlueWorkTarget *target;

	dlist_foreach(iter, &all->targets)
	{
		target = dlist_container(GlueWorkTarget, node, iter.cur);
		if (target->current && target->state == state &&
			strcmp(target->endpoint, request->endpoint) == 0 &&
			glue_same_text(target->catalog_id, request->catalog_id) &&
			glue_same_text(target->account_id, request->account_id) &&
			strcmp(target->region, request->region) == 0)
			return target;
	}

	context = AllocSetContextCreate(all->context, "glue_conn target",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	target = palloc0(sizeof(GlueWorkTarget));
	target->context = context;
	target->state = state;
	target->region = pstrdup(request->region);
	target->endpoint = pstrdup(request->endpoint);
	if (request->catalog_id != NULL)
		target->catalog_id = pstrdup(request->catalog_id);
	if (request->account_id != NULL)
		target->account_id = pstrdup(request->account_id);
	target->current = true;
	dlist_push_tail(&all->targets, &target->node);
	glue_work_target_resolve(target, request, all->process->schema);
	MemoryContextSwitchTo(old_context);
	return target;
}

/* The current target of a request, until glue_work_target_release(). */
GlueWorkTarget *
glue_work_target_use(GlueWorkTargets *all, const GlueRequest *request)
{
	GlueWorkTarget *target = find_target(all, request);

	target->njobs++;
	target->state->njobs++;
	return target;
}

/* Release the reference of a job to its target. */
void
glue_work_target_release(GlueWorkTarget *target)
{
	Assert(target->njobs > 0 && target->state->njobs >= target->njobs);
	Assert(!target->fetching || target->njobs > 1);
	target->state->njobs--;
	if (--target->njobs == 0 && !target->current)
		delete_target(target);
}

/*
 * The next call that fetches the credentials of a target; NULL if no job waits for
 * one that has not been started.  Those jobs use the target until the call has
 * ended.
 */
GlueCall *
glue_work_targets_fetch(GlueWorkTargets *all)
{
	dlist_iter	iter;

	dlist_foreach(iter, &all->targets)
	{
		GlueWorkTarget *target = dlist_container(GlueWorkTarget, node,
												 iter.cur);

		if (!target->wanted || target->fetching ||
			glue_work_target_connected(target))
			continue;
		target->fetching = true;
		glue_call_prepare_credentials(&target->fetch, &target->access.target,
									  &target->plan);
		return &target->fetch;
	}
	return NULL;
}

/* That call has ended. */
void
glue_work_targets_fetched(GlueCall *call)
{
	GlueWorkTarget *target = (GlueWorkTarget *)
		((char *) call - offsetof(GlueWorkTarget, fetch));
	MemoryContext old_context = MemoryContextSwitchTo(target->context);

	if (call->failure != NULL)
		target->failure = glue_failure_copy(call->failure);
	else
		target->access.credentials = glue_secret_credentials(call->credentials);
	target->connected = target->failure == NULL;
	target->fetching = false;
	MemoryContextSwitchTo(old_context);
}

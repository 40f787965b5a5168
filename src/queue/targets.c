/*-------------------------------------------------------------------------
 *
 * targets.c
 *	  All targets of a process that works a queue.
 *
 * What was found of a target in one transaction lives on as long as requests use
 * it, while a later transaction finds it anew.
 *
 * The credentials of a target that are not at hand are got by a call of their own,
 * since others have to be asked for them, and can take their time.  Requests of the
 * target wait for it, and no more of them are claimed.
 *
 * IDENTIFICATION
 *	  src/queue/targets.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "client/turn.h"
#include "queue/targets.h"
#include "server/secret_memory.h"
#include "text/ascii.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static GlueWorkTarget *find_target(GlueWorkTargets *all,
								   const GlueClaim *request);
static int	room_of(const GlueWorkTarget *target);
static void delete_target(GlueWorkTarget *target);

/* Begin without any target; what there will be is in the current context. */
void
glue_work_targets_init(GlueWorkTargets *all, const GlueQueueProcess *process)
{
	memset(all, 0, sizeof(GlueWorkTargets));
	all->context = CurrentMemoryContext;
	all->process = process;
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
 * The targets that are left alone at present, as a list: those blocked, and
 * those that would have to wait; and those of which as many requests were claimed
 * as they take in a minute, if full_too.
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
 * How many more requests can be claimed, whichever targets they are for, so that
 * no target has more than it takes in a minute.  Before any are known, it is what
 * the slowest one takes.
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

		/* nothing is claimed of a target that has none */
		if (least > 0)
			room = Min(room, least);
	}
	return room;
}

/* How many more requests of a target can be claimed. */
static int
room_of(const GlueWorkTarget *target)
{
	int			ahead = glue_turns_claim_ahead(&target->access.target,
											   &target->access.credentials);

	return ahead < INT_MAX ? ahead - target->state->njobs : INT_MAX;
}

/*
 * The target of a request, as it is now, until glue_work_target_release().
 */
GlueWorkTarget *
glue_work_target_use(GlueWorkTargets *all, const GlueClaim *request)
{
	GlueWorkTarget *target = find_target(all, request);

	target->njobs++;
	target->state->njobs++;
	return target;
}

/* The target of a request, as it is now. */
static GlueWorkTarget *
find_target(GlueWorkTargets *all, const GlueClaim *request)
{
	GlueTargetState *state = glue_target_state_find(&all->states, request,
													all->context);
	dlist_iter	iter;
	MemoryContext context;
	MemoryContext old_context;
	GlueWorkTarget *target;

	dlist_foreach(iter, &all->targets)
	{
		target = dlist_container(GlueWorkTarget, node, iter.cur);
		if (target->current && target->state == state &&
			strcmp(target->endpoint, request->what.endpoint) == 0 &&
			glue_same_text(target->catalog_id, request->what.catalog_id) &&
			glue_same_text(target->account_id, request->what.account_id) &&
			strcmp(target->region, request->what.region) == 0)
			return target;
	}

	context = AllocSetContextCreate(all->context, "glue_conn target",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	target = palloc0(sizeof(GlueWorkTarget));
	target->context = context;
	target->state = state;
	target->region = pstrdup(request->what.region);
	target->endpoint = pstrdup(request->what.endpoint);
	if (request->what.catalog_id != NULL)
		target->catalog_id = pstrdup(request->what.catalog_id);
	if (request->what.account_id != NULL)
		target->account_id = pstrdup(request->what.account_id);
	target->current = true;
	dlist_push_tail(&all->targets, &target->node);
	glue_work_target_resolve(target, request, all->process->schema);
	MemoryContextSwitchTo(old_context);
	return target;
}

/* A request does not need its target any more. */
void
glue_work_target_release(GlueWorkTarget *target)
{
	Assert(target->njobs > 0 && target->state->njobs >= target->njobs);
	Assert(!target->fetching || target->njobs > 1);
	target->state->njobs--;
	if (--target->njobs == 0 && !target->current)
		delete_target(target);
}

static void
delete_target(GlueWorkTarget *target)
{
	dlist_delete(&target->node);
	MemoryContextDelete(target->context);
}

/*
 * The call that gets the credentials of another target; NULL if no job waits for
 * any, or they are being got.  Those jobs use the target until it has ended.
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

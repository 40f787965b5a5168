/*-------------------------------------------------------------------------
 *
 * targets.c
 *	  All targets of a process that works a queue.
 *
 * What was found of a target in one transaction lives on as long as requests use
 * it, while a later transaction finds it anew.
 *
 * The credentials of a target that are not at hand are got outside of a
 * transaction, since others have to be asked for them, and can take their time.
 * Requests for other targets go on meanwhile, from within that wait.  Those of the
 * target wait, and no more of them are claimed.
 *
 * IDENTIFICATION
 *	  src/queue/targets.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "client/turn.h"
#include "pgstat.h"
#include "queue/targets.h"
#include "storage/condition_variable.h"
#include "storage/lwlock.h"
#include "text/ascii.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static GlueWorkTarget *find_target(GlueWorkTargets *all,
								   const GlueRequest *request);
static int	room_of(const GlueWorkTarget *target);
static void delete_target(GlueWorkTarget *target);
static void connect_target(GlueWorkTargets *all, GlueWorkTarget *target);
static long see_to_others(void *arg);

/*
 * Begin without any target; what there will be is in the current context.
 *
 * meanwhile is called while the credentials of a target are waited for, and may
 * do with the others whatever it wants.
 */
void
glue_work_targets_init(GlueWorkTargets *all, const GlueQueueProcess *process,
					   GlueHttpMeanwhile meanwhile, void *meanwhile_arg)
{
	memset(all, 0, sizeof(GlueWorkTargets));
	all->context = CurrentMemoryContext;
	all->process = process;
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
glue_work_target_use(GlueWorkTargets *all, const GlueRequest *request)
{
	GlueWorkTarget *target = find_target(all, request);

	target->njobs++;
	target->state->njobs++;
	return target;
}

/* The target of a request, as it is now. */
static GlueWorkTarget *
find_target(GlueWorkTargets *all, const GlueRequest *request)
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

/* A request does not need its target any more. */
void
glue_work_target_release(GlueWorkTarget *target)
{
	Assert(target->njobs > 0 && target->state->njobs >= target->njobs);
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
 * Find the credentials of a target that needs some; false if there is none.  This can take calls, so no transaction is to be open, where
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
 * Find the credentials of a target.
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
	}
	PG_CATCH();
	{
		glue_http_set_meanwhile(NULL, NULL);
		if (all->in_meanwhile)
			PG_RE_THROW();
		MemoryContextSwitchTo(target->context);
		error = CopyErrorData();
		FlushErrorState();
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
			ReThrowError(error);
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
		all->process->begin();
		MemoryContextSwitchTo(target->context);
		target->failure = glue_failure_from_error(error);
		all->process->commit();
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

/*-------------------------------------------------------------------------
 *
 * targets.c
 *	  All targets of a queue process.
 *
 * A target that was looked up in one transaction is kept as long as jobs use
 * it, while a later transaction looks it up again.
 *
 * Credentials that are not cached are fetched outside of a transaction,
 * because their source is another service, which can be slow.  Requests for
 * other targets continue meanwhile, from within that wait.  Requests for this
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
 * Begin without any target; targets are allocated in the current memory
 * context.
 *
 * meanwhile is called during the wait for the credentials of a target, and may
 * use all other targets.
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

/* The number of requests that can be claimed for a target. */
static int
room_of(const GlueWorkTarget *target)
{
	int			ahead = glue_turns_claim_ahead(&target->access.target,
											   &target->access.credentials);

	return ahead < INT_MAX ? ahead - target->state->njobs : INT_MAX;
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

/* The current target of a request. */
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

/* Release the reference of a job to its target. */
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
 * Find the credentials of a target that needs some; false if there is no such
 * target.  This can take calls, so no transaction should be open.
 *
 * Does nothing in a recursive call, from within the wait for credentials.
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
 * An error that is raised here becomes the failure of the target.  There is no
 * (sub)transaction to clean up after it, but no code that is called here needs
 * one.  An error that is raised while the jobs of other targets continue is
 * not the target's.
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
		/* its text must be converted */
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

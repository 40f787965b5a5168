/*-------------------------------------------------------------------------
 *
 * steps.c
 *	  The calls of a job, one after the other.
 *
 * src/operation decides which calls an operation takes.  This file decides
 * whether there is a first call: not without credentials or secrets, not while
 * another session has locked the name of the connection, and not if a stored
 * result is only to be recorded.
 *
 * No transaction is open, so no table can be read.  After the last call, the
 * outcome of the job is decided.
 *
 * IDENTIFICATION
 *	  src/queue/steps.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "queue/job.h"
#include "server/crash_point.h"
#include "store/request_row.h"
#include "utils/memutils.h"

/* Delay of a request if another session has locked its connection. */
#define LOCKED_RETRY_MS			250

/* prototypes of private functions */
static GlueCall *ranked(const GlueJob *job, GlueCall *call);
static GlueCall *start(GlueJob *job);
static bool lock_connection(GlueJob *job);
static void unlock_connection(void *arg);
static void learn_account(GlueJob *job);
static void note_account(GlueJob *job);
static void resolve(GlueJob *job);

/*
 * The first call of a job; NULL if it ends without a call, with its outcome
 * decided.
 */
GlueCall *
glue_job_start(GlueJob *job)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	GlueWorkTarget *target = job->target;
	GlueCall   *call = NULL;

	if (target->failure != NULL)
		glue_job_resolve_failure(job, target->failure);
	else if (!job->is_answered && glue_work_target_lacks_account(target))
	{
		/*
		 * one job asks for it, and the others of the target begin after that;
		 * a job that is only to be recorded does not need it
		 */
		target->asks_account = job->asks_account = true;
		call = &job->operation.call;
		glue_account_prepare(&target->access, call);
	}
	else if (job->operation.access == NULL)
		note_account(job);
	else if (!job->is_answered &&
			 glue_request_is_for_others(job->request,
										&target->access.target))
		glue_job_resolve_failure(job, glue_failure_target_changed(job->request->account_id,
																  target->access.target.account_id));
	else if (!lock_connection(job))
		glue_job_put_back(job, LOCKED_RETRY_MS);
	else if (job->is_answered)
		 /* no call is necessary */ ;
	else if (job->is_void && !glue_operation_may_be_hit(&job->operation))
		job->outcome.state = GLUE_STATE_SUCCEEDED;
	else if (job->refusal != NULL)
		glue_job_resolve_failure(job, job->refusal);
	else if (job->failure != NULL)
		glue_job_resolve_sealing(job);
	else
		call = start(job);
	MemoryContextSwitchTo(old_context);
	return ranked(job, call);
}

/* A call, with the ID and the priority of its job, or NULL. */
static GlueCall *
ranked(const GlueJob *job, GlueCall *call)
{
	Assert(call != NULL || job->outcome.state != NULL);
	if (call == NULL)
		return NULL;
	call->for_request = job->request->id;
	call->rate_class = job->request->undo != NULL ? GLUE_RATE_UNDO :
		GLUE_RATE_QUEUE;
	if (job->request->undo != NULL)
		GLUE_CRASH_POINT("undo before call %s", call->operation);
	return call;
}

/*
 * Lock the name of the connection until the job is released; false if another
 * session holds the lock.
 *
 * The undo of a creation takes no lock: the session that waits for it may hold
 * the lock, and no session acts on the connection before the undo has ended.
 */
static bool
lock_connection(GlueJob *job)
{
	if (job->request->undo != NULL && job->request->undo->may_have_made)
		return true;
	glue_connection_lock_name(&job->lock, &job->target->access.target,
							  job->request->operation,
							  job->request->name, ExclusiveLock, 0);
	Assert(!job->locked);
	job->locked = glue_connection_lock_try(&job->lock);
	if (job->locked)
	{
		job->unlock.func = unlock_connection;
		job->unlock.arg = &job->lock;
		MemoryContextRegisterResetCallback(job->context, &job->unlock);
	}
	return job->locked;
}

/*
 * A MemoryContextCallbackFunction, so that an error releases the lock, too.
 */
static void
unlock_connection(void *arg)
{
	glue_connection_lock_leave(arg);
}

/* The call for the account has ended. */
static void
learn_account(GlueJob *job)
{
	GlueWorkTarget *target = job->target;

	glue_work_target_learn_account(target, &job->operation.call);
	if (target->failure != NULL)
		glue_job_resolve_failure(job, target->failure);
	else
		note_account(job);
}

/*
 * The account of the connection was not known when the request was claimed.
 * Now it is, and it is written to the row before anything is sent, so that
 * other sessions can tell which connection the request is for.
 */
static void
note_account(GlueJob *job)
{
	if (job->request->account_id == NULL)
		job->request->account_id = job->target->access.target.account_id;
	glue_job_put_back(job, 0);
}

/*
 * The first call of the operation, which has the ARN that addresses the tags, if
 * it is needed; NULL if the operation ends without a call, or the account of the
 * ARN is not known.
 */
static GlueCall *
start(GlueJob *job)
{
	GlueCall   *call;

	if (job->is_tagged && job->request->undo == NULL &&
		job->target->no_account != NULL)
	{
		glue_job_resolve_failure(job, job->target->no_account);
		return NULL;
	}
	if (job->is_tagged)
		job->operation.arn =
			glue_target_connection_arn(&job->target->access.target,
									   job->operation.name);
	call = glue_operation_start(&job->operation);
	if (call == NULL)
		glue_job_resolve(job);
	return call;
}

/*
 * A call of a job has ended: return the next one; NULL after the last one,
 * with the outcome decided.
 */
GlueCall *
glue_job_next(GlueJob *job)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	GlueCall   *call = NULL;

	Assert(job->outcome.state == NULL && !job->is_answered);
	if (job->asks_account)
		learn_account(job);
	else
	{
		if (job->request->undo != NULL)
			GLUE_CRASH_POINT("undo after call %s",
							 job->operation.call.operation);
		call = glue_operation_next(&job->operation);
		if (call == NULL)
			resolve(job);
	}
	MemoryContextSwitchTo(old_context);
	return ranked(job, call);
}

/*
 * A job has made its last call.  If it has no result to record, it records the
 * effect of earlier messages.
 */
static void
resolve(GlueJob *job)
{
	glue_job_resolve(job);
	if (!job->has_operation &&
		strcmp(job->outcome.state, GLUE_STATE_QUEUED) != 0)
		job->has_operation = glue_operation_take_final_read(&job->operation);
}

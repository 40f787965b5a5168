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
#include "client/credential_failure.h"
#include "queue/job.h"
#include "server/crash_point.h"
#include "store/request_row.h"

/* Delay of a request if another session has locked its connection. */
#define LOCKED_RETRY_MS			250

/* prototypes of private functions */
static GlueCall *ranked(const GlueJob *job, GlueCall *call);
static GlueCall *start(GlueJob *job);
static bool lacks_account(const GlueJob *job);
static GlueCall *ask_account(GlueJob *job);
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
	else if (lacks_account(job))
		call = ask_account(job);
	else if (job->operation.access == NULL)
		note_account(job);
	else if (!job->is_answered &&
			 glue_request_is_for_others(job->request,
										&target->access.target))
		glue_job_resolve_failure(job, glue_failure_target_changed(job->request->account_id,
																  target->access.target.account_id));
	else if (!glue_job_lock(job))
		glue_job_put_back(job, LOCKED_RETRY_MS);
	else if (job->is_answered)
		 /* no call is necessary */ ;
	else if (job->is_void && !glue_operation_may_be_hit(&job->operation))
		job->outcome.state = GLUE_STATE_SUCCEEDED;
	else if (job->refusal != NULL)
		glue_job_resolve_failure(job, job->refusal);
	else if (job->failure != NULL)
		glue_job_resolve_sealing(job);
	else if (job->request->undo == NULL && job->is_tagged &&
			 target->no_account != NULL)
		glue_job_resolve_failure(job, target->no_account);
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

/* What is only to be recorded does not need the account of the credentials. */
static bool
lacks_account(const GlueJob *job)
{
	return !job->is_answered && glue_work_target_lacks_account(job->target);
}

/*
 * The call that asks for the account of a target's credentials.  One job makes
 * it, and the other jobs of the target begin after that.
 */
static GlueCall *
ask_account(GlueJob *job)
{
	job->target->asks_account = job->asks_account = true;
	glue_account_prepare(&job->target->access, &job->operation.call);
	return &job->operation.call;
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
 * it is needed.
 */
static GlueCall *
start(GlueJob *job)
{
	GlueCall   *call;

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
 * A job has made its last call.  If it has no result to record, it records
 * what earlier messages have done.
 */
static void
resolve(GlueJob *job)
{
	glue_job_resolve(job);
	if (!job->has_operation &&
		strcmp(job->outcome.state, GLUE_STATE_QUEUED) != 0)
		job->has_operation = glue_operation_take_final_read(&job->operation);
}

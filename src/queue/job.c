/*-------------------------------------------------------------------------
 *
 * job.c
 *	  One request that is worked on.
 *
 * A request becomes a job when it is claimed.  The transaction that claims it
 * looks up all that the database knows about it: see queue/prepare.c.  Then its
 * calls are made, outside of any transaction: queue/steps.c says which.  When they
 * have ended, it is decided what becomes of the request: see queue/outcome.c.
 * That is recorded in another transaction, together with what the calls have
 * changed in glue_connection: see queue/record.c.
 *
 * When a job has its turn, and which jobs are recorded together, is up to
 * queue/run.c and queue/batch.c.
 *
 * A job locks the name of its connection in AWS Glue when it begins, and keeps the
 * lock as long as it lives.  So no call that acts at once is made for the same
 * connection meanwhile.
 *
 * IDENTIFICATION
 *	  src/queue/job.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "queue/job.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void unlock_connection(void *arg);

/*
 * Make a job of a request, which lives as long.  Its target is in use from now on.
 */
GlueJob *
glue_job_new(GlueRequest *request, GlueWorkTargets *targets)
{
	GlueJob    *job = MemoryContextAllocZero(request->context,
											 sizeof(GlueJob));

	job->context = request->context;
	job->request = request;
	job->target = glue_work_target_use(targets, request);
	return job;
}

/*
 * Lock the name of the connection, for as long as the job lives; false if
 * somebody else has.
 *
 * What has to be undone is waited for by others, who may have the lock, and they
 * keep away from it otherwise.
 */
bool
glue_job_lock(GlueJob *job)
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

/* A MemoryContextCallbackFunction: the job is over, even if by an error. */
static void
unlock_connection(void *arg)
{
	glue_connection_lock_leave(arg);
}

/* Free a job that was recorded. */
void
glue_job_release(GlueJob *job)
{
	glue_work_target_release(job->target);
	MemoryContextDelete(job->context);
}

/*-------------------------------------------------------------------------
 *
 * job.c
 *	  One claimed request.
 *
 * A request becomes a job when it is claimed.  The transaction that claims it
 * reads everything that the database knows about it: see queue/prepare.c.
 * Then its calls are made, outside of any transaction: see queue/steps.c.
 * After the last call, the outcome of the request is decided: see
 * queue/outcome.c.  Another transaction records the outcome, and the changes
 * of glue_connection with it: see queue/record.c.
 *
 * queue/run.c schedules the calls of jobs, and queue/batch.c decides which
 * jobs are recorded together.
 *
 * A job locks the name of its connection when it begins, and holds the lock
 * until it is released.  So no session makes a call that acts at once for the
 * same connection meanwhile.
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
 * Make a job of a request, in the memory context of the request.  The job
 * holds a reference to its target.
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
 * Lock the name of the connection until the job is released; false if another
 * session holds the lock.
 *
 * The undo of a creation takes no lock: the session that waits for it may hold
 * the lock, and no session acts on the connection before the undo has ended.
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

/*
 * A MemoryContextCallbackFunction, so that an error releases the lock, too.
 */
static void
unlock_connection(void *arg)
{
	glue_connection_lock_leave(arg);
}

/* Free a job after its outcome was recorded. */
void
glue_job_release(GlueJob *job)
{
	glue_work_target_release(job->target);
	MemoryContextDelete(job->context);
}

/*-------------------------------------------------------------------------
 *
 * stages.c
 *	  The jobs of a run, by the stage that each is in.
 *
 *	 claimed --> parked --> waiting --> calls
 *							|			|
 *							+-> ended <-+
 *								|
 *								+--> recorded --> released
 *								|		^
 *								+--> locked
 *
 * A job is parked until its target has credentials.  It waits until there is
 * room for its first call, and few calls of its target wait for the rate
 * limit.  During its calls, the job is in no list.  After the last one it waits
 * for a transaction that records it; if another session has locked the rows,
 * for a later one.
 *
 * Lists are in the order of arrival, but undos begin before everything else,
 * since other sessions wait for them.
 *
 * IDENTIFICATION
 *	  src/queue/stages.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/turn.h"
#include "queue/stages.h"
#include "server/progress.h"
#include "utils/memutils.h"

/*
 * Calls of a target that may wait for the rate limit.  Jobs of other targets
 * continue meanwhile.
 */
#define MAX_TURNS				8

/* Delay of a retry if another session has locked a connection, or its row. */
#define LOCKED_RETRY_MS			1000

/* Take the first job out of a list. */
static GlueJob *
take_first(dlist_head *jobs)
{
	return dlist_container(GlueJob, node, dlist_pop_head_node(jobs));
}

/* Has the first job of a list waited long enough? */
static bool
is_due(dlist_head *jobs, TimestampTz now)
{
	return !dlist_is_empty(jobs) &&
		dlist_container(GlueJob, node, dlist_head_node(jobs))->record_at <= now;
}

/* Add a job to the jobs that are to be recorded. */
static void
end_job(GlueStages *stages, GlueJob *job)
{
	job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 GLUE_RECORD_DELAY_MS);
	dlist_push_tail(&stages->ended, &job->node);
	stages->nended++;
}

/*
 * Enter a claimed job.  A job that is only to be recorded needs no
 * credentials.
 */
void
glue_stages_enter(GlueStages *stages, GlueJob *job)
{
	if (job->is_answered)
	{
		dlist_push_tail(&stages->waiting, &job->node);
		stages->nwaiting++;
	}
	else
	{
		job->target->wanted = true;
		dlist_push_tail(&stages->parked, &job->node);
		stages->nparked++;
	}
}

/* Move the jobs whose targets have credentials now from parked to waiting. */
void
glue_stages_unpark(GlueStages *stages)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &stages->parked)
	{
		GlueJob    *job = dlist_container(GlueJob, node, iter.cur);

		if (!glue_work_target_connected(job->target))
			continue;
		dlist_delete(&job->node);
		stages->nparked--;
		if (job->request->undo != NULL)
			dlist_push_head(&stages->waiting, &job->node);
		else
			dlist_push_tail(&stages->waiting, &job->node);
		stages->nwaiting++;
	}
}

/*
 * Put jobs that wait for their first call back into the queue, except undos, and
 * jobs whose target has a failure, which is to be recorded.
 */
void
glue_stages_put_back(GlueStages *stages)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &stages->waiting)
	{
		GlueJob    *job = dlist_container(GlueJob, node, iter.cur);

		if (job->request->undo != NULL || job->target->failure != NULL)
			continue;
		dlist_delete(&job->node);
		stages->nwaiting--;
		glue_job_put_back(job, 0);
		end_job(stages, job);
	}
}

/* ----------------------------------------------------------------
 * Calls
 * ----------------------------------------------------------------
 */

/*
 * Begin the first job that can begin; returns its call, or NULL if there is
 * none.  Jobs before it end at once, or stay in the list because enough calls
 * of their targets wait.
 */
GlueCall *
glue_stages_start(GlueStages *stages)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &stages->waiting)
	{
		GlueJob    *job = dlist_container(GlueJob, node, iter.cur);
		GlueCall   *call;

		/* another job of the target is asking for the account */
		if (job->target->asks_account)
			continue;
		if (job->request->undo == NULL &&
			glue_turns_waiting(&job->target->access.target,
							   &job->target->access.credentials) >= MAX_TURNS)
			continue;
		dlist_delete(&job->node);
		stages->nwaiting--;
		Assert(glue_work_target_connected(job->target) || job->is_answered);
		Assert(job->outcome.state == NULL || job->is_answered);
		call = glue_job_start(job);
		if (call != NULL)
		{
			stages->nactive++;
			return call;
		}
		end_job(stages, job);
	}
	return NULL;
}

/*
 * A call has ended: continue with its job.  Returns whether the job has prepared
 * its next call.
 */
bool
glue_stages_call_ended(GlueStages *stages, GlueCall *call)
{
	GlueJob    *job = (GlueJob *) ((char *) call -
								   offsetof(GlueJob, operation.call));

	Assert(stages->nactive > 0);
	if (glue_job_next(job) != NULL)
		return true;
	stages->nactive--;
	end_job(stages, job);
	return false;
}

/* ----------------------------------------------------------------
 * Recording
 * ----------------------------------------------------------------
 */

/* Has a job waited long enough to be recorded? */
bool
glue_stages_due(GlueStages *stages, TimestampTz now)
{
	return is_due(&stages->locked, now) || is_due(&stages->ended, now);
}

/* Take all ended jobs out of their list. */
GlueJob   **
glue_stages_take_ended(GlueStages *stages, int *njobs)
{
	GlueJob   **jobs = palloc(stages->nended * sizeof(GlueJob *));

	*njobs = 0;
	while (!dlist_is_empty(&stages->ended))
		jobs[(*njobs)++] = take_first(&stages->ended);
	stages->nended = 0;
	return jobs;
}

/*
 * Take a job that has waited for the lock of another session; NULL if none is
 * due.
 */
GlueJob *
glue_stages_take_locked(GlueStages *stages, TimestampTz now)
{
	return is_due(&stages->locked, now) ? take_first(&stages->locked) : NULL;
}

/* Another session has locked the rows of a job: record it later. */
void
glue_stages_lock(GlueStages *stages, GlueJob *job)
{
	job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 LOCKED_RETRY_MS);
	dlist_push_tail(&stages->locked, &job->node);
}

/* Free the recorded jobs after the commit, and write their log lines. */
void
glue_stages_release(GlueStages *stages)
{
	while (!dlist_is_empty(&stages->recorded))
	{
		GlueJob    *job = take_first(&stages->recorded);

		glue_log_write(job->log_line);
		glue_work_target_release(job->target);
		MemoryContextDelete(job->context);
		glue_progress_add(1);
	}
}

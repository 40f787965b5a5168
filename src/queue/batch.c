/*-------------------------------------------------------------------------
 *
 * batch.c
 *	  A run of the queue, and its transactions.
 *
 * One transaction records and claims for many requests, so that a commit costs
 * each of them little.
 *
 * Calls that acted at once come first.  A run looks for calls of transactions
 * that were rolled back when it begins, at news, and now and then, because
 * other calls for the same connection wait until they are undone.  The search
 * is cheap if there are no such calls.  If there are many calls of long
 * transactions, the search is limited to a share of the time.
 *
 * One bad request does not block another one.  A request that cannot be
 * claimed or prepared is put off alone, and so is a request that cannot be
 * recorded.  If another session holds the lock of the connection or of its
 * row, the outcome is recorded later.
 *
 * IDENTIFICATION
 *	  src/queue/batch.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/resolve.h"
#include "queue/batch.h"
#include "server/crash_point.h"
#include "utils/memutils.h"

/*
 * Requests that are claimed ahead of time.  The cost of a claim hardly depends
 * on the number of requests.
 */
#define CLAIM_AHEAD				256

/* Claimed requests that may wait for the credentials of their targets. */
#define MAX_PARKED				1024

/*
 * The search for calls to undo takes at most one part in LOOK_SHARE of the
 * time.
 */
#define LOOK_SHARE				10
#define LOOK_REST_MS			10

/* prototypes of private functions */
static void look(GlueRun *run, const GlueJobQueue *queue,
				 GlueResolution *resolution);
static void rest(GlueRun *run, TimestampTz began_at);
static void claim(GlueRun *run, GlueJobQueue *queue, const GlueRecords *records,
				  bool undo);
static void claim_to_do(GlueRun *run, const GlueJobQueue *queue,
						const GlueRecords *records, int claimed);
static int	claim_kind(GlueRun *run, const GlueJobQueue *queue,
					   const GlueRecords *records, GlueJobKind kind,
					   int limit);
static void record_ended(GlueRun *run, GlueJobQueue *queue,
						 const GlueRecords *records);
static void record_alone(GlueRun *run, GlueJob *job, GlueJobQueue *queue,
						 const GlueRecords *records);
static bool is_passing(const ErrorData *error);
static void note_recorded(GlueRun *run, GlueJob *job);
static TimestampTz next_due_of(const GlueJobQueue *queue, GlueJobKind kind,
							   TimestampTz tried_again_at);

/*
 * Record the outcomes of ended jobs, and claim as many requests as can begin;
 * before that, look for calls to undo.
 */
void
glue_run_transaction(GlueRun *run)
{
	GlueJobQueue queue;
	GlueRecords records;
	GlueResolution resolution = {0};
	MemoryContext old_context = CurrentMemoryContext;
	TimestampTz began_at = GetCurrentTimestamp();
	bool		undo = glue_run_wants_look(run, began_at);

	glue_queue_begin(run->process);
	MemoryContextSwitchTo(run->batch_context);
	if (glue_job_queue_open(&queue, run->process->schema,
							run->process->claimant))
	{
		glue_records_open(&records, run->process->schema, RowExclusiveLock);
		if (undo)
			look(run, &queue, &resolution);
		record_ended(run, &queue, &records);
		claim(run, &queue, &records, undo);
		if (undo)
			rest(run, began_at);
	}
	else
		run->claim_at = DT_NOEND;
	MemoryContextSwitchTo(old_context);
	if (resolution.nresolved > 0)
		GLUE_CRASH_POINT("undo before resolve commit");
	if (run->undo_recorded)
		GLUE_CRASH_POINT("undo before record commit");
	run->process->commit();
	if (resolution.nresolved > 0)
		GLUE_CRASH_POINT("undo after resolve commit");
	if (run->undo_recorded)
		GLUE_CRASH_POINT("undo after record commit");
	run->undo_recorded = false;
	glue_stages_release(&run->stages);
	glue_intents_resolved(&resolution);
	MemoryContextReset(run->batch_context);
	MemoryContextSwitchTo(old_context);
}

/* ----------------------------------------------------------------
 * Looking for calls to undo
 * ----------------------------------------------------------------
 */

/* Is it time to look for calls to undo? */
bool
glue_run_wants_look(const GlueRun *run, TimestampTz now)
{
	return run->claim_at != DT_NOEND && now >= run->look_at &&
		now >= run->rest_until;
}

/*
 * Look soon: another session waits for an undo, or the last search found more
 * calls than it could handle.
 */
void
glue_run_look_soon(GlueRun *run)
{
	run->look_at = 0;
	run->look_again = true;
}

/* Find calls whose transaction was rolled back, so that they can be undone. */
static void
look(GlueRun *run, const GlueJobQueue *queue, GlueResolution *resolution)
{
	/* requests that are put off during the search have a later time than this */
	run->look_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											   GLUE_IDLE_LOOK_MS);
	run->look_again = false;
	glue_intents_resolve(queue, resolution);
	if (resolution->incomplete)
		glue_run_look_soon(run);
}

/* Compute the pause after a search that began at began_at. */
static void
rest(GlueRun *run, TimestampTz began_at)
{
	TimestampTz now = GetCurrentTimestamp();
	long		rest_ms = TimestampDifferenceMilliseconds(began_at, now) *
		LOOK_SHARE;

	run->rest_until =
		TimestampTzPlusMilliseconds(now, Min(Max(rest_ms, LOOK_REST_MS),
											 GLUE_IDLE_LOOK_MS));
}

/* ----------------------------------------------------------------
 * Claiming
 * ----------------------------------------------------------------
 */

/*
 * Claim as many requests as can begin, and some more; but of a target with a
 * low rate limit, no more than its share of one minute.
 */
static void
claim(GlueRun *run, GlueJobQueue *queue, const GlueRecords *records, bool undo)
{
	bool		enough = run->stages.nwaiting > CLAIM_AHEAD / 2 ||
		run->stages.nparked > MAX_PARKED;
	int			claimed = 0;

	/* enough jobs are waiting, and each claim has a fixed cost */
	if ((enough && !undo) || run->claim_at == DT_NOEND)
		return;
	glue_work_targets_expire(&run->targets);
	if (undo)
	{
		claimed = claim_kind(run, queue, records, GLUE_JOB_TO_UNDO,
							 CLAIM_AHEAD);
		if (claimed == CLAIM_AHEAD)
			glue_run_look_soon(run);
	}
	if (!enough)
		claim_to_do(run, queue, records, claimed);
	glue_stages_unpark(&run->stages);
	if (run->max_requests > 0 && run->nclaimed >= run->max_requests)
		run->claim_at = DT_NOEND;
}

/*
 * Claim queued requests.  If there are none, and nothing else was claimed,
 * wait before the next claim.
 */
static void
claim_to_do(GlueRun *run, const GlueJobQueue *queue, const GlueRecords *records,
			int claimed)
{
	if (!run->only_undo)
		claimed += claim_kind(run, queue, records, GLUE_JOB_TO_DO,
							  Min(run->width - run->stages.nactive +
								  CLAIM_AHEAD - run->stages.nwaiting,
								  glue_work_targets_room(&run->targets)));
	run->claim_at = 0;
	if (claimed == 0)
		run->claim_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													GLUE_IDLE_LOOK_MS);
}

/* Claim requests of one kind; returns how many. */
static int
claim_kind(GlueRun *run, const GlueJobQueue *queue, const GlueRecords *records,
		   GlueJobKind kind, int limit)
{
	List	   *jobs;
	ListCell   *cell;

	if (run->max_requests > 0)
		limit = Min(limit, run->max_requests - run->nclaimed);
	if (limit <= 0)
		return 0;
	jobs = glue_jobs_claim(queue, records, &run->targets, kind, limit,
						   run->context);
	foreach(cell, jobs)
		glue_stages_enter(&run->stages, lfirst(cell));
	run->nclaimed += list_length(jobs);
	return list_length(jobs);
}

/* ----------------------------------------------------------------
 * Recording
 * ----------------------------------------------------------------
 */

/*
 * Record the outcomes of all ended jobs in one transaction, unless one of them
 * cannot be recorded.
 */
static void
record_ended(GlueRun *run, GlueJobQueue *queue, const GlueRecords *records)
{
	TimestampTz now = GetCurrentTimestamp();
	GlueJob    *job;
	GlueJob   **jobs;
	int			njobs;
	bool		recorded;

	while ((job = glue_stages_take_locked(&run->stages, now)) != NULL)
		record_alone(run, job, queue, records);
	jobs = glue_stages_take_ended(&run->stages, &njobs);
	recorded = glue_jobs_record(jobs, njobs, queue, records) == NULL;
	for (int i = 0; i < njobs; i++)
	{
		if (recorded)
			note_recorded(run, jobs[i]);
		else
			record_alone(run, jobs[i], queue, records);
	}
}

/*
 * Record the outcome of one job.  On failure, store it in the row of the
 * request.  If another session has locked the rows, record it later; but not if
 * the job is for a row of a provisioning table: the transaction that has deleted
 * the row has locked its entry.  It may call AWS Glue for the connection next,
 * and so wait for this process.
 *
 * If even the row of the request cannot be updated, leave that to the next
 * process.  It finds that the claim has no owner, and reads the connection.
 */
static void
record_alone(GlueRun *run, GlueJob *job, GlueJobQueue *queue,
			 const GlueRecords *records)
{
	ErrorData  *error = glue_jobs_record(&job, 1, queue, records);

	if (error != NULL &&
		(!is_passing(error) || job->request->provision_id != 0))
	{
		glue_job_keep_answer(job, error);
		error = glue_jobs_record(&job, 1, queue, records);
	}
	if (error != NULL && is_passing(error))
	{
		glue_stages_lock(&run->stages, job);
		return;
	}
	if (error != NULL)
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("could not record the outcome of request %lld: %s",
						(long long) job->request->id, error->message)));
	note_recorded(run, job);
}

/* Is an error due to a concurrent transaction? */
static bool
is_passing(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TRANSACTION_ROLLBACK;
}

/*
 * Mark a job as finished; it is released once the transaction is committed.
 */
static void
note_recorded(GlueRun *run, GlueJob *job)
{
	/* no news announces when an undo can continue */
	if (job->request->undo != NULL)
	{
		run->undo_recorded = true;
		if (job->outcome.next_attempt_at != 0)
			run->look_at = Min(run->look_at, job->outcome.next_attempt_at);
	}
	Assert(job->outcome.state != NULL);
	dlist_push_tail(&run->stages.recorded, &job->node);
}

/* ----------------------------------------------------------------
 * When to run again
 * ----------------------------------------------------------------
 */

/* When the next request is due; 0 if there is none. */
TimestampTz
glue_run_next_due(GlueRun *run)
{
	GlueJobQueue queue;
	TimestampTz due = 0;
	TimestampTz undo_due = 0;
	MemoryContext old_context = CurrentMemoryContext;

	glue_queue_begin(run->process);
	MemoryContextSwitchTo(run->batch_context);
	if (glue_job_queue_open(&queue, run->process->schema,
							run->process->claimant))
	{
		if (!run->only_undo)
			due = next_due_of(&queue, GLUE_JOB_TO_DO, run->claim_at);
		undo_due = next_due_of(&queue, GLUE_JOB_TO_UNDO, run->look_at);
	}
	run->process->commit();
	MemoryContextSwitchTo(old_context);
	if (due == 0 || (undo_due != 0 && undo_due < due))
		due = undo_due;
	return due;
}

/*
 * Likewise for one kind.  Requests that were due at the last look, and were
 * not claimed, wait for something; they are due again at tried_again_at.
 */
static TimestampTz
next_due_of(const GlueJobQueue *queue, GlueJobKind kind,
			TimestampTz tried_again_at)
{
	TimestampTz due = glue_requests_next_due(queue, kind);
	TimestampTz tried_at = TimestampTzPlusMilliseconds(tried_again_at,
													   -GLUE_IDLE_LOOK_MS);

	return due != 0 && due < tried_at ? tried_again_at : due;
}

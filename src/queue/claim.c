/*-------------------------------------------------------------------------
 *
 * claim.c
 *	  Claiming requests, and preparing their operations.
 *
 * Many requests are claimed and prepared at once.  An error does not tell
 * which request has caused it, so the requests are then tried one by one.  The
 * one that fails stays in the queue, is put off, and has the error in its row.
 *
 * A constraint on the table can reject even that update.  Then this process
 * remembers the request, and writes a message to the server log.
 *
 * IDENTIFICATION
 *	  src/queue/claim.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "queue/job.h"
#include "server/subtransaction.h"
#include "utils/memutils.h"

/*
 * Number of requests that are remembered; then the oldest one is forgotten.
 */
#define MAX_STUCK				256

/* A request whose row cannot be changed at present. */
typedef struct StuckRequest
{
	int64		id;
	TimestampTz until;			/* not claimed before */
	int			failures;
} StuckRequest;

static StuckRequest stuck[MAX_STUCK];
static int	nstuck = 0;

/* The requests that are claimed at once. */
typedef struct Claiming
{
	const GlueJobQueue *queue;
	const GlueRecords *records;
	GlueWorkTargets *targets;
	GlueJobKind kind;
	GlueJobFilter filter;
	MemoryContext parent;		/* of the requests */
	List	   *jobs;
} Claiming;

/* A request that is put off. */
typedef struct PuttingOff
{
	const GlueJobQueue *queue;
	const GlueRequest *request;
	GlueRequestOutcome outcome;
} PuttingOff;

/* prototypes of private functions */
static ErrorData *claim(Claiming *claiming);
static void claim_and_prepare(void *arg);
static void put_off(const GlueJobQueue *queue, const GlueRequest *request,
					ErrorData *error);
static void write_failure(void *arg);
static void remember(int64 id, const ErrorData *error);
static int	find_stuck_ids(int64 *ids);

/*
 * Claim requests that are due, at most limit.  Returns a list of GlueJob * in
 * the current memory context.  Each job has a memory context of its own, a
 * child of parent.
 */
List *
glue_jobs_claim(const GlueJobQueue *queue, const GlueRecords *records,
				GlueWorkTargets *targets, GlueJobKind kind, int limit,
				MemoryContext parent)
{
	Claiming	claiming = {
		.queue = queue,
		.records = records,
		.targets = targets,
		.kind = kind,
		.parent = parent,
	};
	int64		ids[MAX_STUCK];
	List	   *jobs = NIL;
	List	   *due;
	ListCell   *cell;

	Assert(IsTransactionState() && limit > 0);
	glue_job_queue_sign_up(queue);
	claiming.filter.limit = limit;
	claiming.filter.blocked = glue_work_targets_blocked(targets,
														kind == GLUE_JOB_TO_DO);
	claiming.filter.excluded = ids;
	claiming.filter.nexcluded = find_stuck_ids(ids);
	if (claim(&claiming) == NULL)
		return claiming.jobs;

	due = glue_requests_due(queue, kind, &claiming.filter);
	foreach(cell, due)
	{
		const GlueRequest *request = lfirst(cell);
		ErrorData  *error;

		claiming.filter.only = request->id;
		claiming.filter.limit = 1;
		error = claim(&claiming);
		if (error != NULL)
			put_off(queue, request, error);
		jobs = list_concat(jobs, claiming.jobs);
	}
	return jobs;
}

/* Claim and prepare requests, all or none.  Returns NULL, or the error. */
static ErrorData *
claim(Claiming *claiming)
{
	MemoryContext parent = claiming->parent;
	ErrorData  *error;
	ListCell   *cell;

	claiming->jobs = NIL;
	claiming->parent = AllocSetContextCreate(parent, "glue_conn claim",
											 ALLOCSET_SMALL_SIZES);
	error = glue_subtransaction_try(claim_and_prepare, claiming);
	foreach(cell, claiming->jobs)
	{
		GlueJob    *job = lfirst(cell);

		if (error == NULL)
			MemoryContextSetParent(job->context, parent);
		else
			glue_work_target_release(job->target);
	}
	MemoryContextDelete(claiming->parent);
	claiming->parent = parent;
	if (error != NULL)
		claiming->jobs = NIL;
	return error;
}

static void
claim_and_prepare(void *arg)
{
	Claiming   *claiming = arg;
	List	   *requests;
	ListCell   *cell;

	requests = glue_requests_claim(claiming->queue, claiming->kind,
								   &claiming->filter, claiming->parent);
	if (claiming->kind == GLUE_JOB_TO_UNDO)
		glue_undo_evidence_find(claiming->queue, requests);
	foreach(cell, requests)
	{
		GlueRequest *request = lfirst(cell);
		GlueJob    *job = MemoryContextAllocZero(request->context,
												 sizeof(GlueJob));

		job->context = request->context;
		job->request = request;
		job->target = glue_work_target_use(claiming->targets, request);

		/* from here on, an error must release the target */
		claiming->jobs = lappend(claiming->jobs, job);
		glue_job_prepare(job, claiming->records);
		if (request->answer != NULL && request->undo == NULL &&
			job->operation.access != NULL)
			glue_job_restore_answer(job);
	}
	glue_check_deferred();
}

/* Put off a request after an error in its claim or its preparation. */
static void
put_off(const GlueJobQueue *queue, const GlueRequest *request,
		ErrorData *error)
{
	const GlueFailure *failure = glue_failure_from_error(error);
	PuttingOff	putting_off = {
		queue, request, {
			.state = GLUE_STATE_QUEUED,
			.next_attempt_at = glue_work_backoff(request->attempts),
			.error_code = failure->code,
			.error_message = psprintf("%s: %s", failure->message,
									  failure->detail),
		}
	};
	ErrorData  *why = glue_subtransaction_try(write_failure, &putting_off);

	if (why != NULL)
		remember(request->id, why);
	else
		glue_log_write(glue_log_line(request, &putting_off.outcome, NULL));
}

static void
write_failure(void *arg)
{
	const PuttingOff *putting_off = arg;

	glue_request_put_off(putting_off->queue, putting_off->request->id,
						 &putting_off->outcome);
	glue_check_deferred();
}

/* Remember that the row of a request cannot be changed. */
static void
remember(int64 id, const ErrorData *error)
{
	StuckRequest *request = stuck;

	while (request < stuck + nstuck && request->id != id)
		request++;
	if (request == stuck + nstuck)
	{
		if (nstuck == MAX_STUCK)
			memmove(&stuck[0], &stuck[1], --nstuck * sizeof(StuckRequest));
		request = &stuck[nstuck++];
		request->id = id;
		request->failures = 0;
	}
	request->until = glue_work_backoff(++request->failures);
	ereport(LOG,
			(errcode(error->sqlerrcode),
			 errmsg("could not update request %lld: %s",
					(long long) id, error->message),
			 errdetail("It will be retried later.")));
}

/*
 * Find the remembered requests that must not be claimed yet; returns their
 * number.
 */
static int
find_stuck_ids(int64 *ids)
{
	TimestampTz now = GetCurrentTimestamp();
	int			nids = 0;

	for (int i = 0; i < nstuck; i++)
	{
		if (stuck[i].until > now)
			ids[nids++] = stuck[i].id;
	}
	return nids;
}

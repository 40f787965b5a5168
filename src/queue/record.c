/*-------------------------------------------------------------------------
 *
 * record.c
 *	  Recording the outcomes of jobs.
 *
 * The change of glue_connection, the end of the request, and the notification
 * belong to one transaction.  Many requests share a transaction.
 *
 * The names of their connections are locked by then, or are locked now, so
 * that no concurrent transaction, which we do not see, records another state.
 *
 * IDENTIFICATION
 *	  src/queue/record.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/aws_clock.h"
#include "glue/operation_name.h"
#include "http/clock.h"
#include "miscadmin.h"
#include "queue/job.h"
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/impersonation.h"
#include "server/subtransaction.h"

/* Interval between two log messages about an undo that still fails. */
#define LOG_PAUSE_US			(60 * INT64CONST(1000000))
#define NUM_LOGGED				64

typedef struct LoggedUndo
{
	Oid			database;
	int64		id;
	int64		at;				/* by glue_monotonic_us() */
} LoggedUndo;

GlueSharedPart glue_logged_undo_part = {
	.name = "glue_conn undos in the log",
	.size = NUM_LOGGED * sizeof(LoggedUndo),
};

/* The change that a job makes to the ownership of its row. */
typedef enum RowChange
{
	ROW_UNCHANGED,
	ROW_ENDS,					/* its entry is deleted */
	ROW_DOUBTS,					/* it may own a connection that cannot be read */
	ROW_LOSES,					/* the connection that it owned is gone */
	ROW_OWNS
} RowChange;

/* Jobs that are recorded together. */
typedef struct JobList
{
	GlueJob   **jobs;
	int			njobs;
	GlueJobQueue *queue;
	const GlueRecords *records;
} JobList;

/* prototypes of private functions */
static void record_jobs(void *arg);
static bool record_connection(GlueJob *job, const GlueJobQueue *queue,
							  const GlueRecords *records);
static void record_row(const GlueJob *job, const GlueRecords *records,
					   bool recorded);
static RowChange row_change(const GlueJob *job, bool recorded);
static void record_doubt(const GlueRequest *request,
						 const GlueProvisions *provisions);
static void record_requests(GlueJob **jobs, int njobs, GlueJobQueue *queue);
static void prepare_log_line(GlueJob *job);
static void warn_if_left(const GlueJob *job);
static void log_refusal(const GlueJob *job);
static bool was_logged(int64 id);

/*
 * Record the outcomes of all these jobs, or of none of them.  Returns NULL, or
 * the error in the current memory context.
 */
ErrorData *
glue_jobs_record(GlueJob **jobs, int njobs, GlueJobQueue *queue,
				 const GlueRecords *records)
{
	JobList		list = {jobs, njobs, queue, records};

	return njobs == 0 ? NULL : glue_subtransaction_try(record_jobs, &list);
}

static void
record_jobs(void *arg)
{
	const JobList *list = arg;
	MemoryContext context = CurrentMemoryContext;

	for (int i = 0; i < list->njobs; i++)
	{
		bool		recorded;

		Assert(list->jobs[i]->outcome.state != NULL);
		MemoryContextSwitchTo(list->jobs[i]->context);
		recorded = record_connection(list->jobs[i], list->queue, list->records);
		if (list->jobs[i]->request->provision_id != 0)
			record_row(list->jobs[i], list->records, recorded);
	}
	MemoryContextSwitchTo(context);
	record_requests(list->jobs, list->njobs, list->queue);
	glue_check_deferred();
}

/*
 * Record the change that a job has made in AWS Glue, as the role of the
 * request; false if there is none, or if another session has acted on the
 * connection since.
 */
static bool
record_connection(GlueJob *job, const GlueJobQueue *queue,
				  const GlueRecords *records)
{
	GlueConnectionLock lock;
	GlueImpersonation saved;

	if (!job->has_operation)
		return false;
	if (!job->locked)
	{
		glue_connection_lock_name(&lock, &job->target->access.target,
								  job->request->operation,
								  job->request->name, ExclusiveLock, 0);
		glue_connection_lock_take(&lock, 1);
	}
	if (job->is_answered &&
		glue_request_acted_since(queue, job->request->id,
								 job->operation.ended_at))
		return false;
	(void) glue_act_as(&saved, job->target->state->target.role);
	if (job->request->undo != NULL)
		GLUE_CRASH_POINT("undo before record");
	glue_operation_record(&job->operation, records);
	glue_stop_impersonating(&saved);
	return true;
}

/* Record the connection that the row of a job owns now. */
static void
record_row(const GlueJob *job, const GlueRecords *records, bool recorded)
{
	const GlueRequest *request = job->request;
	const GlueProvisions *provisions = &records->provisions;
	RowChange	change = row_change(job, recorded);

	if (change == ROW_UNCHANGED)
		return;
	glue_provision_lock(provisions, request->provision_id);
	if (change == ROW_ENDS)
		glue_provision_drop(provisions, request->provision_id);
	else if (change == ROW_DOUBTS)
		record_doubt(request, provisions);
	else if (change == ROW_LOSES)
		glue_provision_lost(provisions, request->provision_id);
	else
		glue_provision_own(provisions, request->provision_id,
						   &job->operation.access->target, request->name,
						   &job->operation.life, job->operation.created);
}

/* The change that a job makes to the ownership of its row. */
static RowChange
row_change(const GlueJob *job, bool recorded)
{
	const GlueOperation *operation = &job->operation;
	const char *name = job->request->operation;
	const char *state = job->outcome.state;
	bool		failed = strcmp(state, GLUE_STATE_FAILED) == 0;
	bool		loses = operation->other_life && strcmp(state, GLUE_STATE_QUEUED) != 0;
	bool		ends = loses || strcmp(state, GLUE_STATE_SUCCEEDED) == 0;

	if (strcmp(name, GLUE_REQUEST_RELEASE) == 0)
		return ends || failed ? ROW_ENDS : ROW_UNCHANGED;
	if (strcmp(name, GLUE_DELETE_CONNECTION) == 0)
		return ends ? ROW_ENDS : ROW_UNCHANGED;
	if (failed && job->outcome.uncertain)
		return ROW_DOUBTS;
	if (loses)
		return ROW_LOSES;
	return recorded && !operation->gone &&
		operation->kind != GLUE_OPERATION_POLL ? ROW_OWNS : ROW_UNCHANGED;
}

/*
 * It is not known whether a connection was created, and it will not be
 * determined: perhaps the target is gone.  But the request names the place
 * that it was sent to.
 */
static void
record_doubt(const GlueRequest *request, const GlueProvisions *provisions)
{
	GlueTarget	target = {
		.catalog = request->catalog_id != NULL ? request->catalog_id :
		request->account_id
	};

	strlcpy(target.endpoint.origin, request->endpoint,
			sizeof(target.endpoint.origin));
	strlcpy(target.endpoint.region, request->region,
			sizeof(target.endpoint.region));
	glue_provision_doubt(provisions, request->provision_id, &target, request->name);
}

/* Record the outcomes of requests, and notify. */
static void
record_requests(GlueJob **jobs, int njobs, GlueJobQueue *queue)
{
	const GlueRequest **requests = palloc(njobs * sizeof(GlueRequest *));
	GlueRequestOutcome **outcomes = palloc(njobs * sizeof(GlueRequestOutcome *));

	for (int i = 0; i < njobs; i++)
	{
		Assert(strcmp(jobs[i]->outcome.state, GLUE_STATE_RUNNING) != 0);
		requests[i] = jobs[i]->request;
		outcomes[i] = &jobs[i]->outcome;
		if (jobs[i]->target->failure == NULL)
			jobs[i]->outcome.aws_ended_at =
				glue_aws_clock_now(jobs[i]->target->access.target.endpoint.url).earliest;
	}
	glue_requests_record(queue, requests, outcomes, njobs);
	for (int i = 0; i < njobs; i++)
	{
		if (!outcomes[i]->recorded)
			continue;
		glue_request_notify(requests[i]->id, requests[i]->operation,
							requests[i]->name, outcomes[i]->state,
							outcomes[i]->status);
		warn_if_left(jobs[i]);
		log_refusal(jobs[i]);
		prepare_log_line(jobs[i]);
	}
}

static void
prepare_log_line(GlueJob *job)
{
	const GlueFailure *failure = job->operation.failure;
	const char *aws_request_id = job->outcome.aws_request_id;
	MemoryContext old_context = MemoryContextSwitchTo(job->context);

	if (aws_request_id == NULL)
		aws_request_id = failure != NULL && failure->request_id != NULL ?
			failure->request_id : job->operation.request_id;
	job->log_line = glue_log_line(job->request, &job->outcome, aws_request_id);
	MemoryContextSwitchTo(old_context);
}

/* Warn in the log about the connection that a failed undo may have left. */
static void
warn_if_left(const GlueJob *job)
{
	const GlueRequest *request = job->request;

	if (request->undo == NULL || !job->outcome.uncertain ||
		strcmp(job->outcome.state, GLUE_STATE_FAILED) != 0)
		return;
	ereport(WARNING,
			(errmsg("could not undo a rolled-back call for AWS Glue connection \"%s\"",
					glue_server_from_utf8(request->name)),
			 errdetail("Request %lld (%s) has failed: %s",
					   (long long) request->id, request->operation,
					   glue_server_from_utf8(job->outcome.error_message)),
			 errhint("Correct the cause and call glue_retry_request(%lld), or check the connection yourself.",
					 (long long) request->id)));
}

/*
 * Log that an undo has failed and is retried: other sessions wait for the
 * connection.
 */
static void
log_refusal(const GlueJob *job)
{
	const GlueRequest *request = job->request;
	const GlueFailure *failure = job->target->failure != NULL ?
		job->target->failure : job->operation.failure;

	if (request->undo == NULL || failure == NULL ||
		strcmp(job->outcome.state, GLUE_STATE_QUEUED) != 0 || was_logged(request->id))
		return;
	ereport(LOG,
			(errcode(failure->sqlstate),
			 errmsg("could not yet undo a rolled-back call for AWS Glue connection \"%s\"",
					glue_server_from_utf8(request->name)),
			 errdetail("Request %lld (%s) is retried: %s: %s",
					   (long long) request->id, request->operation,
					   glue_server_from_utf8(failure->message),
					   glue_server_from_utf8(failure->detail))));
}

/*
 * Was this logged less than a minute ago?  If not, remember that it is logged
 * now.
 */
static bool
was_logged(int64 id)
{
	LoggedUndo *logged = glue_shared_attach(&glue_logged_undo_part);
	int64		now = glue_monotonic_us();
	bool		was_logged;

	logged += ((uint64) id + MyDatabaseId) % NUM_LOGGED;
	glue_shared_lock(LW_EXCLUSIVE);
	was_logged = logged->database == MyDatabaseId && logged->id == id &&
		now - logged->at < LOG_PAUSE_US;
	if (!was_logged)
		*logged = (LoggedUndo)
	{
		MyDatabaseId, id, now
	};
	glue_shared_unlock();
	return was_logged;
}

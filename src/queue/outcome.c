/*-------------------------------------------------------------------------
 *
 * outcome.c
 *	  The outcome of an attempt at a request.
 *
 * A request has succeeded, has failed, or goes back into the queue.  It goes
 * back if a retry may succeed, if its connection is not ready yet, or if an
 * administrator must act first.  Only a failure of the request itself counts
 * as an attempt.
 *
 * An undo ends as rolled back.  It is retried without limit, even if AWS Glue
 * refuses it.  It fails only if its role or its server is gone, or if the
 * owner of the connection cannot be determined.  Then AWS Glue may hold a
 * connection that is not recorded, or that is not wanted, and the server log
 * says so.
 *
 * Nothing is written here: the outcome is a member of the job, and
 * queue/record.c records it.
 *
 * IDENTIFICATION
 *	  src/queue/outcome.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "queue/job.h"
#include "server/settings.h"
#include "text/json.h"

/* Delay of a request if its key is missing. */
#define NO_KEY_RETRY_MS			30000

/* Shortest interval between two reads of a connection that is IN_PROGRESS. */
#define SHORTEST_POLL_MS		1000
#define LONGEST_POLL_MS			30000
#define MAX_PROGRESS_MS			(60 * 60 * 1000)

/* prototypes of private functions */
static const char *remark(const GlueOperation *operation);
static void resolve_undo(GlueJob *job);
static void resolve_late(GlueJob *job);
static void resolve_progress(GlueJob *job);
static long progress_ms(const GlueJob *job);
static bool is_unknown(const GlueJob *job, const GlueFailure *failure);
static void put_off(GlueJob *job, const GlueFailure *failure,
					TimestampTz until, bool free_attempt);
static void set_error(GlueJob *job, const GlueFailure *failure);
static void fail(GlueJob *job, const GlueFailure *failure);

/* An operation has ended: decide the outcome of its request. */
void
glue_job_resolve(GlueJob *job)
{
	GlueOperation *operation = &job->operation;
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_SUCCEEDED,
		.status = operation->status,
		.error_message = remark(operation),
		.aws_request_id = operation->request_id,
	};

	if (operation->failure != NULL)
	{
		glue_job_resolve_failure(job, operation->failure);
		return;
	}
	job->target->state->failures = 0;
	if (job->request->undo != NULL)
	{
		resolve_undo(job);
		return;
	}
	if (operation->unresolved)
	{
		resolve_late(job);
		return;
	}
	job->has_operation = !job->is_void;
	if (operation->status != NULL &&
		strcmp(operation->status, "IN_PROGRESS") == 0)
	{
		resolve_progress(job);
		return;
	}
	if (operation->status != NULL && strcmp(operation->status, "FAILED") == 0)
	{
		const char *reason = glue_json_tree_text(operation->observed,
												 "StatusReason");

		outcome.state = GLUE_STATE_FAILED;
		outcome.error_code = "FAILED";
		outcome.error_message = reason != NULL ? reason :
			"AWS Glue gives no reason that can be shown.";
	}
	job->outcome = outcome;
}

/* A remark about an operation that has succeeded; or NULL. */
static const char *
remark(const GlueOperation *operation)
{
	if (operation->read_back)
		return "The answer was lost, but the connection was found by reading it back.";
	if (operation->not_read != NULL)
		return psprintf("The connection was updated, but could not be read afterwards. %s",
						operation->not_read->detail);
	if (operation->tags_not_read != NULL)
		return psprintf("The tags were changed, but could not be read afterwards. %s",
						operation->tags_not_read->detail);
	return NULL;
}

/*
 * An undo has ended, or must wait until the call is resolved, or until its
 * result can be recorded.  If the call itself has failed, and its transaction
 * has committed, the failure of the call stays in the row.
 */
static void
resolve_undo(GlueJob *job)
{
	const GlueOperation *operation = &job->operation;
	const GlueUndo *undo = job->request->undo;
	GlueRequestOutcome outcome = {
		.state = undo->committed ? GLUE_STATE_FAILED : GLUE_STATE_ROLLED_BACK,
		.error_code = operation->left,
		.error_message = operation->left_why,
		.aws_request_id = operation->request_id,
		.aws_settled_at = operation->aws_settled_at,
	};

	if (operation->doubtful)
	{
		/* read the connection once more */
		outcome.state = GLUE_STATE_FAILED;
		outcome.uncertain = true;
	}
	job->has_operation = !undo->deferred &&
		(operation->gone || !operation->unresolved);
	if (operation->unresolved || undo->deferred)
	{
		outcome.state = GLUE_STATE_QUEUED;
		outcome.next_attempt_at = operation->not_before;
		outcome.free_attempt = true;
		outcome.undone = !operation->unresolved && !operation->doubtful;
	}
	if (undo->undone || (undo->committed && operation->left == NULL))
	{
		outcome.error_code = job->request->error_code;
		outcome.error_message = job->request->error_message;
	}
	job->outcome = outcome;
}

/*
 * A message that was sent before may still arrive: do, or redo, the operation
 * when it cannot arrive any more.
 */
static void
resolve_late(GlueJob *job)
{
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_QUEUED,
		.next_attempt_at = job->operation.not_before,
		.free_attempt = true,
		.uncertain = true,
		.error_message = "An earlier message may still arrive at AWS Glue. No call is made for the connection until that is impossible.",
		.aws_settled_at = job->operation.aws_settled_at,
	};

	job->has_operation = false;
	job->outcome = outcome;
}

/*
 * A connection is not ready yet: read it again, unless that has gone on for
 * too long.
 */
static void
resolve_progress(GlueJob *job)
{
	long		age_ms = progress_ms(job);
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_QUEUED,
		.status = "IN_PROGRESS",
		.free_attempt = true,
		.aws_request_id = job->operation.request_id,
	};

	outcome.next_attempt_at =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									Min(Max(age_ms / 5, SHORTEST_POLL_MS),
										LONGEST_POLL_MS));
	if (age_ms > MAX_PROGRESS_MS)
	{
		outcome.state = GLUE_STATE_FAILED;
		outcome.next_attempt_at = 0;
		outcome.error_code = "IN_PROGRESS";
		outcome.error_message = "The connection is still IN_PROGRESS after an hour.";
	}
	job->outcome = outcome;
}

/*
 * Time that a connection has been in progress.  The request may have waited
 * long before the call was made, and our clock may be wrong.
 */
static long
progress_ms(const GlueJob *job)
{
	TimestampTz now = GetCurrentTimestamp();
	json_object *updated = json_object_object_get(job->operation.observed,
												  "LastUpdatedTime");
	pg_time_t	unix_now = timestamptz_to_time_t(now);
	double		age;

	if (!json_object_is_type(updated, json_type_double) &&
		!json_object_is_type(updated, json_type_int))
		return 0;
	age = Max(unix_now - json_object_get_double(updated), 0) * 1000;
	return Min(age, TimestampDifferenceMilliseconds(job->request->started_at,
													now));
}

/*
 * A request has failed, for now or permanently.
 *
 * The refusal of its target ends it.  But an undo waits until an administrator
 * has corrected the cause, unless the role or the server is gone.
 */
void
glue_job_resolve_failure(GlueJob *job, const GlueFailure *failure)
{
	/* the rate limit delays the retry, so no further delay is necessary */
	bool		was_throttled =
		failure->sqlstate == ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;

	if (job->target->refused &&
		(job->request->undo == NULL ||
		 failure->sqlstate == ERRCODE_UNDEFINED_OBJECT))
		fail(job, failure);
	else if (failure == job->target->failure ||
			 glue_failure_lacks_credentials(failure))
		put_off(job, failure, glue_target_state_block(job->target->state), true);
	else if (job->request->undo != NULL ||
			 (failure->transient &&
			  (job->request->attempts < glue_setting_max_request_attempts ||
			   is_unknown(job, failure))))
		put_off(job, failure,
				Max(was_throttled ? GetCurrentTimestamp() :
					glue_work_backoff(job->request->attempts),
					job->operation.not_before), false);
	else
		fail(job, failure);
}

/*
 * May AWS have carried out a request?  Then the request stays open until that
 * is known, because later requests for the connection depend on it.
 */
static bool
is_unknown(const GlueJob *job, const GlueFailure *failure)
{
	return job->request->uncertain || failure->ambiguous;
}

/*
 * The secrets of a request cannot be opened.  If a key is missing, an
 * administrator must provide it, and no attempt is counted.
 */
void
glue_job_resolve_sealing(GlueJob *job)
{
	if (job->sealing == GLUE_UNSEAL_NEVER)
		fail(job, job->failure);
	else
		put_off(job, job->failure,
				TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											NO_KEY_RETRY_MS), true);
}

/*
 * Return a job that has not begun to the queue: other requests may wait for it
 * while it is claimed.
 */
void
glue_job_put_back(GlueJob *job, int pause_ms)
{
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_QUEUED,
		.free_attempt = true,
		.uncertain = job->request->uncertain,
		.error_code = job->request->error_code,
		.error_message = job->request->error_message,
		.answer = job->request->answer,
	};

	outcome.next_attempt_at =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), pause_ms);
	job->has_operation = false;
	job->outcome = outcome;
}

/*
 * Put the request back into the queue, until a time.  An undo that is finished,
 * or whose transaction has committed, keeps the error of the call.
 */
static void
put_off(GlueJob *job, const GlueFailure *failure, TimestampTz until,
		bool free_attempt)
{
	const GlueUndo *undo = job->request->undo;

	glue_job_put_back(job, 0);
	job->outcome.next_attempt_at = until;
	job->outcome.free_attempt = free_attempt;
	job->outcome.uncertain = is_unknown(job, failure);
	job->outcome.aws_settled_at = job->operation.aws_settled_at;
	if (undo == NULL || !(undo->committed || undo->undone))
		set_error(job, failure);
}

/* Set the error of the outcome. */
static void
set_error(GlueJob *job, const GlueFailure *failure)
{
	job->outcome.error_code = MemoryContextStrdup(job->context, failure->code);
	job->outcome.error_message =
		MemoryContextStrdup(job->context, psprintf("%s: %s", failure->message,
												   failure->detail));
}

/*
 * End the request as failed.  But if another request relies on the connection,
 * its undo has nothing left to do.
 */
static void
fail(GlueJob *job, const GlueFailure *failure)
{
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_FAILED,
		.uncertain = job->request->undo != NULL || is_unknown(job, failure),
		.aws_request_id = job->operation.request_id,
	};

	job->outcome = outcome;
	set_error(job, failure);

	/* AWS Glue has carried it out, and the result can never be recorded */
	if (job->request->answer != NULL && job->request->undo == NULL)
	{
		job->outcome.error_message =
			psprintf("It was carried out, but cannot be recorded: %s",
					 job->outcome.error_message);
		job->outcome.answer = job->request->answer;
	}

	/* the absence of the connection is recorded, too */
	job->has_operation = job->operation.gone;
	if (job->request->undo != NULL && job->request->undo->taken_over)
	{
		job->operation.left = "NotOurs";
		job->operation.left_why = GLUE_UNDO_TAKEN_OVER;
		job->request->undo->deferred = false;
		resolve_undo(job);
		job->has_operation = false;
	}
}

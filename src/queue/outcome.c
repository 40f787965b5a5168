/*-------------------------------------------------------------------------
 *
 * outcome.c
 *	  What becomes of a request whose attempt has ended.
 *
 * A request has succeeded, has failed, or goes back into the queue: because it
 * may succeed another time, because its connection is not ready yet, or because
 * an administrator must act first.  Only a failure of its own counts as an
 * attempt.
 *
 * What is undone ends as rolled back, whatever has come of it.  It is tried as
 * long as it takes, even if AWS Glue refuses it, and fails only if nobody is left
 * in whose name it could be done, or if nobody can tell whose the connection is.
 * Then there may be something in AWS Glue that the database does not know, or
 * that nobody wants, and the log of the server says so.
 *
 * Nothing is written here: a job has its outcome, which queue/record.c records.
 *
 * IDENTIFICATION
 *	  src/queue/outcome.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/credential_failure.h"
#include "queue/job.h"
#include "server/settings.h"
#include "text/json.h"

/* How long a request whose key is missing is left alone. */
#define NO_KEY_RETRY_MS			30000

/* How often a connection that is IN_PROGRESS is looked at. */
#define SHORTEST_POLL_MS		1000
#define LONGEST_POLL_MS			30000
#define MAX_PROGRESS_MS			(60 * 60 * 1000)

/* prototypes of private functions */
static const char *remark(const GlueOperation *operation);
static void resolve_undo(GlueJob *job);
static void resolve_late(GlueJob *job);
static void resolve_progress(GlueJob *job);
static long progress_ms(const GlueJob *job);
static bool was_throttled(const GlueFailure *failure);
static bool is_final(const GlueJob *job, const GlueFailure *failure);
static bool is_unknown(const GlueJob *job, const GlueFailure *failure);
static void put_off(GlueJob *job, const GlueFailure *failure);
static void fail(GlueJob *job, const GlueFailure *failure);

/* An operation has ended: decide what becomes of its request. */
void
glue_job_resolve(GlueJob *job)
{
	GlueOperation *operation = &job->operation;
	GlueClaimOutcome outcome = {
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

/* What else there is to know of an operation that has succeeded; or NULL. */
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
 * An undo has ended, or has to wait until it is resolved, or until it can be
 * recorded.  If only the call has failed, and its transaction has committed, the
 * call's own failure stays what there is to be said.
 */
static void
resolve_undo(GlueJob *job)
{
	const GlueOperation *operation = &job->operation;
	const GlueUndo *undo = job->request->undo;
	GlueClaimOutcome outcome = {
		.state = undo->committed ? GLUE_STATE_FAILED : GLUE_STATE_ROLLED_BACK,
		.error_code = operation->left,
		.error_message = operation->left_why,
		.aws_request_id = operation->request_id,
		.aws_settled_at = operation->aws_settled_at,
	};

	if (operation->doubtful)
	{
		/* it can be looked at once more */
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

/* What was sent before may yet arrive: do it, or do it again, when it cannot. */
static void
resolve_late(GlueJob *job)
{
	GlueClaimOutcome outcome = {
		.state = GLUE_STATE_QUEUED,
		.next_attempt_at = job->operation.not_before,
		.free_attempt = true,
		.uncertain = true,
		.error_message = "What was sent before may yet arrive at AWS Glue. Until it cannot, nothing is done about the connection.",
		.aws_settled_at = job->operation.aws_settled_at,
	};

	job->has_operation = false;
	job->outcome = outcome;
}

/* A connection is not ready yet: look again, unless it takes for ever. */
static void
resolve_progress(GlueJob *job)
{
	long		age_ms = progress_ms(job);
	GlueClaimOutcome outcome = {
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
 * For how long a connection has been in progress.  The request may have waited
 * long before it was made, and our clock may be wrong.
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

/* A request has failed, for now or for good. */
void
glue_job_resolve_failure(GlueJob *job, const GlueFailure *failure)
{
	if (job->target->refused && is_final(job, failure))
		fail(job, failure);
	else if (failure == job->target->failure ||
			 glue_failure_lacks_credentials(failure))
	{
		put_off(job, failure);
		job->outcome.next_attempt_at = glue_target_state_block(job->target->state);
		job->outcome.free_attempt = true;
	}
	else if (job->request->undo != NULL ||
			 (failure->transient &&
			  (job->request->attempts < glue_setting_max_request_attempts ||
			   is_unknown(job, failure))))
	{
		put_off(job, failure);
		job->outcome.next_attempt_at =
			Max(was_throttled(failure) ? GetCurrentTimestamp() :
				glue_work_backoff(job->request->attempts),
				job->operation.not_before);
	}
	else
		fail(job, failure);
}

/* Then another attempt waits for its turn, and need not be put off besides. */
static bool
was_throttled(const GlueFailure *failure)
{
	return failure->sqlstate == ERRCODE_CONFIGURATION_LIMIT_EXCEEDED;
}

/*
 * Does it end a request that its target is not to be used?  An undo waits until
 * an administrator has repaired that, unless the role or the server is gone.
 */
static bool
is_final(const GlueJob *job, const GlueFailure *failure)
{
	return job->request->undo == NULL ||
		failure->sqlstate == ERRCODE_UNDEFINED_OBJECT;
}

/*
 * May a request have been carried out?  Then it does not end before that is
 * known: what is asked for after it must not be done in ignorance of it.
 */
static bool
is_unknown(const GlueJob *job, const GlueFailure *failure)
{
	return job->request->uncertain || failure->ambiguous;
}

/*
 * The secrets of a request cannot be opened.  If a key is missing, that is for
 * an administrator to repair, and costs no attempt.
 */
void
glue_job_resolve_sealing(GlueJob *job)
{
	if (job->sealing == GLUE_UNSEAL_NEVER)
	{
		fail(job, job->failure);
		return;
	}
	put_off(job, job->failure);
	job->outcome.free_attempt = true;
	job->outcome.next_attempt_at =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), NO_KEY_RETRY_MS);
}

/*
 * Decide that a job goes back into the queue, without having begun: others may wait
 * for the request as long as it is here.
 */
void
glue_job_put_back(GlueJob *job, int pause_ms)
{
	GlueClaimOutcome outcome = {
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

/* Back into the queue. */
static void
put_off(GlueJob *job, const GlueFailure *failure)
{
	GlueClaimOutcome outcome = {
		.state = GLUE_STATE_QUEUED,
		.error_code = MemoryContextStrdup(job->context, failure->code),
		.error_message = MemoryContextStrdup(job->context,
											 psprintf("%s: %s", failure->message,
													  failure->detail)),
		.uncertain = is_unknown(job, failure),
		.aws_settled_at = job->operation.aws_settled_at,
		.answer = job->request->answer,
	};

	job->has_operation = false;
	if (job->request->undo != NULL &&
		(job->request->undo->committed || job->request->undo->undone))
	{
		outcome.error_code = job->request->error_code;
		outcome.error_message = job->request->error_message;
	}
	job->outcome = outcome;
}

/* For good; but if others rely on a connection, it need not be undone. */
static void
fail(GlueJob *job, const GlueFailure *failure)
{
	GlueClaimOutcome outcome = {
		.state = GLUE_STATE_FAILED,
		.error_code = MemoryContextStrdup(job->context, failure->code),
		.error_message = MemoryContextStrdup(job->context,
											 psprintf("%s: %s", failure->message,
													  failure->detail)),
		.uncertain = job->request->undo != NULL || is_unknown(job, failure),
		.aws_request_id = job->operation.request_id,
	};

	/* it was carried out before, and cannot be recorded any more */
	if (job->request->answer != NULL && job->request->undo == NULL)
	{
		outcome.error_message =
			psprintf("It was carried out, but cannot be recorded: %s",
					 outcome.error_message);
		outcome.answer = job->request->answer;
	}

	/* that there is no such connection is worth recording */
	job->has_operation = job->operation.gone;
	job->outcome = outcome;
	if (job->request->undo != NULL && job->request->undo->taken_over)
	{
		job->operation.left = "NotOurs";
		job->operation.left_why = GLUE_UNDO_TAKEN_OVER;
		job->request->undo->deferred = false;
		resolve_undo(job);
		job->has_operation = false;
	}
}

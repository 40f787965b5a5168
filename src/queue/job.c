/*-------------------------------------------------------------------------
 *
 * job.c
 *	  One request that is worked on: what is done for it, and what comes of it.
 *
 * A request becomes a job when it is claimed: all that the database knows about
 * it is looked up then, in the transaction that claims it.  Its calls need no
 * transaction.  What becomes of the request is decided as soon as they have
 * ended, and recorded in another transaction, together with what they have
 * changed in glue_connection.
 *
 * A request has succeeded, has failed, or goes back into the queue: because it
 * may succeed another time, because its connection is not ready yet, or because
 * an administrator must mend something first.  Only what it can be blamed for
 * counts as an attempt.
 *
 * What is undone ends as rolled back, whatever has come of it.  It is tried as
 * long as it takes, even if AWS Glue refuses it, and fails only if nobody is left
 * in whose name it could be done.  Then there may be something in AWS Glue that
 * the database does not know, and the log of the server says so.
 *
 * When a job has its turn, and which jobs are recorded together, is up to
 * queue/run.c; what is recorded, to queue/record.c.
 *
 * IDENTIFICATION
 *	  src/queue/job.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/foreign_server.h"
#include "queue/job.h"
#include "server/builtins.h"
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/settings.h"
#include "store/digest_key.h"
#include "text/json.h"
#include "utils/memutils.h"

/* How long a request whose key is missing is left alone. */
#define NO_KEY_RETRY_MS			30000

/* How long a request whose connection somebody has locked is left alone. */
#define LOCKED_RETRY_MS			250

/* How often a connection that is IN_PROGRESS is looked at. */
#define SHORTEST_POLL_MS		1000
#define LONGEST_POLL_MS			30000
#define MAX_PROGRESS_MS			(60 * 60 * 1000)

/* prototypes of private functions */
static bool lock_connection(GlueJob *job);
static void unlock_connection(void *arg);
static GlueCall *begin_undo(GlueJob *job);
static GlueCall *next_of_undo(GlueJob *job);
static void find_arn(GlueJob *job);
static void fill_operation(GlueJob *job, const GlueMirror *mirror);
static void fill_input(GlueJob *job);
static void fail_for_lack_of_key(GlueJob *job);
static void find_known(GlueJob *job, const GlueMirror *mirror);
static void fill_undo(GlueJob *job);
static void heed_row(GlueJob *job);
static void judge(GlueJob *job);
static const char *remark(const GlueOperation *operation);
static void judge_undo(GlueJob *job);
static void judge_failure(GlueJob *job, const GlueFailure *failure);
static bool is_final(const GlueJob *job, const GlueFailure *failure);
static bool is_unknown(const GlueJob *job, const GlueFailure *failure);
static void judge_sealing(GlueJob *job);
static void judge_progress(GlueJob *job);
static long progress_ms(const GlueJob *job);
static void put_off(GlueJob *job, const GlueFailure *failure);
static void fail(GlueJob *job, const GlueFailure *failure);

/*
 * Make a job of a request, which lives as long.  Its target is in use from now on.
 */
GlueJob *
glue_job_new(GlueClaim *request, GlueWorkTargets *targets)
{
	GlueJob    *job = MemoryContextAllocZero(request->context,
											 sizeof(GlueJob));

	job->context = request->context;
	job->request = request;
	job->target = glue_work_target_use(targets, request);
	return job;
}

/*
 * Look up what a request needs.  What goes wrong is a failure of this request
 * alone.
 */
void
glue_job_prepare(GlueJob *job, const GlueMirror *mirror)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);

	fill_operation(job, mirror);
	MemoryContextSwitchTo(old_context);
}

/*
 * The first call of a job; NULL if it ends without one, and its outcome is
 * decided.
 */
GlueCall *
glue_job_begin(GlueJob *job)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	GlueWorkTarget *target = job->target;
	GlueCall   *call = NULL;

	if (target->failure != NULL)
		judge_failure(job, target->failure);
	else if (!lock_connection(job))
		glue_job_put_back(job, LOCKED_RETRY_MS);
	else if (job->is_answered)
		 /* nothing to be called */ ;
	else if (job->is_void)
		job->outcome.state = "succeeded";
	else if (job->failure != NULL)
		judge_sealing(job);
	else if (job->request->undo != NULL)
		call = begin_undo(job);
	else if (job->is_tagged && target->no_account != NULL)
		judge_failure(job, target->no_account);
	else
	{
		find_arn(job);
		call = glue_operation_begin(&job->operation);
	}
	MemoryContextSwitchTo(old_context);
	return call;
}

/*
 * Lock the name of the connection, for as long as the job lives; false if
 * somebody else has.
 *
 * What has to be undone is waited for by others, who may have the lock, and they
 * keep away from it otherwise.
 */
static bool
lock_connection(GlueJob *job)
{
	if (job->request->undo != NULL && job->request->undo->may_have_made)
		return true;
	glue_connection_lock_name(&job->lock, &job->target->access.target,
							  job->request->what.name, ExclusiveLock, 0);
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

/*
 * Decide that a job goes back into the queue, without having begun: others may wait
 * for the request as long as it is here.
 */
void
glue_job_put_back(GlueJob *job, int pause_ms)
{
	GlueClaimOutcome outcome = {
		.state = "queued",
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

/* Likewise, of an undo; tags are of less concern to it. */
static GlueCall *
begin_undo(GlueJob *job)
{
	GlueCall   *call;

	find_arn(job);
	call = glue_undo_begin(&job->operation);
	if (call == NULL)
		judge(job);
	else
		GLUE_CRASH_POINT("undo before call %s", call->operation);
	return call;
}

/* The ARN by which tags are addressed to a connection, if that is wanted. */
static void
find_arn(GlueJob *job)
{
	const GlueWorkTarget *target = job->target;

	if (job->is_tagged)
		job->operation.arn =
			glue_target_connection_arn(&target->access.target,
									   target->account, job->operation.name);
}

/*
 * A call of a job has ended: the next one; NULL if that was the last, and the
 * outcome is decided.
 */
GlueCall *
glue_job_next(GlueJob *job)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	GlueCall   *call = job->request->undo != NULL ? next_of_undo(job) :
		glue_operation_next(&job->operation);

	if (call == NULL)
		judge(job);
	MemoryContextSwitchTo(old_context);
	return call;
}

static GlueCall *
next_of_undo(GlueJob *job)
{
	GlueCall   *call;

	GLUE_CRASH_POINT("undo after call %s", job->operation.call.operation);
	call = glue_undo_next(&job->operation);
	if (call != NULL)
		GLUE_CRASH_POINT("undo before call %s", call->operation);
	return call;
}

/* Take leave of a job that was recorded. */
void
glue_job_release(GlueJob *job)
{
	glue_work_target_release(job->target);
	MemoryContextDelete(job->context);
}

/* ----------------------------------------------------------------
 * What is to be done
 * ----------------------------------------------------------------
 */

static void
fill_operation(GlueJob *job, const GlueMirror *mirror)
{
	const GlueClaim *request = job->request;
	GlueOperation *operation = &job->operation;
	const char *on_conflict = request->what.on_conflict;

	if (job->target->failure != NULL)
		return;
	operation->access = &job->target->access;
	operation->name = request->what.name;
	operation->tags = request->what.tags;
	operation->uncertain = request->uncertain;
	operation->began_at = request->started_at;
	operation->requested_at = request->requested_at;
	if (request->what.on_missing != NULL)
	{
		operation->create_missing = strcmp(request->what.on_missing, "create") == 0;
		operation->ignore_missing = strcmp(request->what.on_missing, "ignore") == 0;
	}
	if (on_conflict != NULL && strcmp(on_conflict, "adopt") == 0)
		operation->on_conflict = GLUE_CONFLICT_ADOPT;
	else if (on_conflict != NULL && strcmp(on_conflict, "update") == 0)
		operation->on_conflict = GLUE_CONFLICT_UPDATE;

	if (request->status != NULL && strcmp(request->status, "IN_PROGRESS") == 0)
		operation->kind = GLUE_OPERATION_POLL;
	else if (strcmp(request->what.operation, "DeleteConnection") == 0)
		operation->kind = GLUE_OPERATION_DELETE;
	else if (strcmp(request->what.operation, "UpdateConnection") == 0)
		operation->kind = GLUE_OPERATION_UPDATE;

	find_known(job, mirror);
	if (request->undo != NULL)
	{
		fill_undo(job);
		return;
	}
	if (request->answer != NULL)
		return;					/* see queue/answer.c */
	if (request->what.for_row && operation->known == NULL)
		heed_row(job);
	job->is_tagged = operation->tags != NULL &&
		(operation->kind == GLUE_OPERATION_UPDATE ||
		 (operation->kind == GLUE_OPERATION_CREATE &&
		  operation->on_conflict != GLUE_CONFLICT_ERROR));
	if (job->is_tagged)
		job->target->has_tags = true;

	fill_input(job);
}

/*
 * Open the secrets of a request.  To see whether a connection is ready goes on
 * without them: they only keep what AWS Glue says of it from quoting them.
 */
static void
fill_input(GlueJob *job)
{
	const GlueClaim *request = job->request;
	GlueOperation *operation = &job->operation;
	Oid			schema = operation->access->schema;

	operation->input = request->what.input;
	if (request->what.has_secrets)
		job->sealing = glue_request_unseal(request->id, &request->what,
										   request->sealed,
										   &operation->input, &job->failure);
	if (operation->kind == GLUE_OPERATION_POLL)
	{
		operation->redacted = job->sealing != GLUE_UNSEALED;
		job->sealing = GLUE_UNSEALED;
		job->failure = NULL;
		return;
	}
	if (job->sealing != GLUE_UNSEALED || operation->input == NULL)
		return;
	if (glue_digest_possible(schema, operation->input))
		operation->digest = glue_digest_secrets(schema, operation->input);
	else
		fail_for_lack_of_key(job);
}

/* Like a key that secrets were sealed with: an administrator can mend it. */
static void
fail_for_lack_of_key(GlueJob *job)
{
	GlueFailure *failure = palloc0(sizeof(GlueFailure));

	failure->sqlstate = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
	failure->code = "no digest key";
	failure->message = GLUE_NO_DIGEST_KEY;
	failure->detail = glue_secret_key_hint(job->target->access.schema);
	job->sealing = GLUE_UNSEAL_LATER;
	job->failure = failure;
}

/*
 * What is recorded of the connection.  If the server was renamed since the request
 * was made, and no other one has its name, that may be under the old name.
 */
static void
find_known(GlueJob *job, const GlueMirror *mirror)
{
	GlueTarget	target = job->target->access.target;
	const char *name = job->request->what.name;
	const char *server = job->request->what.server;

	if (glue_mirror_find(mirror, &target, name, &job->known))
	{
		job->operation.known = &job->known;
		return;
	}
	if (server == NULL)
		return;
	target.server = glue_server_from_utf8(server);
	if (strcmp(target.server, job->target->access.target.server) == 0 ||
		OidIsValid(glue_foreign_server_by_name(target.server)) ||
		!glue_mirror_find(mirror, &target, name, &job->known))
		return;
	job->operation.known = &job->known;
	job->known_server = target.server;
}

/*
 * A call is to be undone.  It takes no secrets to do that, and those that were
 * sent are not here.  Tags that the call may have changed are read, if anything
 * is recorded of the connection.
 */
static void
fill_undo(GlueJob *job)
{
	const GlueClaim *request = job->request;
	GlueOperation *operation = &job->operation;
	const char *made_by = request->what.operation;

	operation->kind = GLUE_OPERATION_UNDO;
	operation->made_by = made_by;
	operation->made_at = request->requested_at;
	operation->undo = request->undo;
	operation->input = request->what.input;
	operation->redacted = true;
	job->is_tagged = operation->known != NULL &&
		!request->undo->may_have_made &&
		(operation->tags != NULL || strcmp(made_by, "TagResource") == 0 ||
		 strcmp(made_by, "UntagResource") == 0);
	if (job->is_tagged)
		job->target->has_tags = true;
}

/*
 * This database does not know the connection of a row to exist.  If there is
 * one of that name, it is not the row's, and is left alone.
 */
static void
heed_row(GlueJob *job)
{
	if (job->operation.kind == GLUE_OPERATION_UPDATE)
		job->operation.kind = GLUE_OPERATION_CREATE;
	else if (job->operation.kind == GLUE_OPERATION_DELETE)
		job->is_void = true;
}

/* ----------------------------------------------------------------
 * Outcomes
 * ----------------------------------------------------------------
 */

/* An operation has ended: decide what becomes of its request. */
static void
judge(GlueJob *job)
{
	GlueOperation *operation = &job->operation;
	GlueClaimOutcome outcome = {
		.state = "succeeded",
		.status = operation->status,
		.error_message = remark(operation),
		.aws_request_id = operation->request_id,
	};

	if (operation->failure != NULL)
	{
		judge_failure(job, operation->failure);
		return;
	}
	job->target->state->failures = 0;
	if (job->request->undo != NULL)
	{
		judge_undo(job);
		return;
	}
	job->has_operation = true;
	if (operation->status != NULL &&
		strcmp(operation->status, "IN_PROGRESS") == 0)
	{
		judge_progress(job);
		return;
	}
	if (operation->status != NULL && strcmp(operation->status, "FAILED") == 0)
	{
		const char *reason = glue_json_tree_text(operation->observed,
												 "StatusReason");

		outcome.state = "failed";
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
 * An undo has ended, or has to wait until it is settled, or until it can be
 * recorded.  If only the call has failed, and its transaction has committed, the
 * call's own failure stays what there is to be said.
 */
static void
judge_undo(GlueJob *job)
{
	const GlueOperation *operation = &job->operation;
	const GlueUndo *undo = job->request->undo;
	GlueClaimOutcome outcome = {
		.state = undo->committed ? "failed" : "rolled_back",
		.error_code = operation->left,
		.error_message = operation->left_why,
		.aws_request_id = operation->request_id,
	};

	job->has_operation = !undo->deferred &&
		(operation->gone || !operation->unsettled);
	if (operation->unsettled || undo->deferred)
	{
		outcome.state = "queued";
		outcome.next_attempt_at = operation->not_before;
		outcome.free_attempt = true;
		outcome.undone = !operation->unsettled;
	}
	if (undo->undone || (undo->committed && operation->left == NULL))
	{
		outcome.error_code = job->request->error_code;
		outcome.error_message = job->request->error_message;
	}
	job->outcome = outcome;
}

/* A request has failed, for now or for good. */
static void
judge_failure(GlueJob *job, const GlueFailure *failure)
{
	if (job->target->refused && is_final(job, failure))
		fail(job, failure);
	else if (failure == job->target->failure ||
			 glue_failure_lacks_credentials(failure))
	{
		put_off(job, failure);
		job->outcome.next_attempt_at = glue_work_target_block(job->target);
		job->outcome.free_attempt = true;
	}
	else if (job->request->undo != NULL ||
			 (failure->transient &&
			  (job->request->attempts < glue_setting_max_request_attempts ||
			   is_unknown(job, failure))))
	{
		put_off(job, failure);
		job->outcome.next_attempt_at =
			Max(glue_work_backoff(job->request->attempts),
				job->operation.not_before);
	}
	else
		fail(job, failure);
}

/*
 * Does it end a request that its target is not to be used?  An undo waits until
 * an administrator has mended that, unless the role or the server is gone.
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
 * an administrator to mend, and costs no attempt.
 */
static void
judge_sealing(GlueJob *job)
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

/* A connection is not ready yet: look again, unless it takes for ever. */
static void
judge_progress(GlueJob *job)
{
	long		age_ms = progress_ms(job);
	GlueClaimOutcome outcome = {
		.state = "queued",
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
		outcome.state = "failed";
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

/* Back into the queue. */
static void
put_off(GlueJob *job, const GlueFailure *failure)
{
	GlueClaimOutcome outcome = {
		.state = "queued",
		.error_code = MemoryContextStrdup(job->context, failure->code),
		.error_message = MemoryContextStrdup(job->context,
											 psprintf("%s: %s", failure->message,
													  failure->detail)),
		.uncertain = is_unknown(job, failure),
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
		.state = "failed",
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
		judge_undo(job);
		job->has_operation = false;
	}
}

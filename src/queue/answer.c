/*-------------------------------------------------------------------------
 *
 * answer.c
 *	  Results from AWS Glue that could not be recorded yet.
 *
 * A constraint or a trigger on glue_connection can reject the result of a
 * call.  AWS Glue has carried out the call nevertheless, so the call must not
 * be repeated, and its result must not be lost.  The result is stored in the
 * row of the request, and the request returns to the queue with the error.
 * The next attempt records the result, and does not call AWS Glue.
 *
 * The stored result holds no secret.  The definition is in the row of the
 * request, redacted, and the definition that AWS Glue returned is redacted as
 * well.
 *
 * Meanwhile another session may have changed the connection by a call that
 * acted at once.  That change is recorded, and is newer than the stored
 * result.
 *
 * An undo reads the connection again in each attempt, so only the result of
 * the undo is stored.
 *
 * IDENTIFICATION
 *	  src/queue/answer.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "queue/job.h"
#include "server/builtins.h"
#include "server/jsonb_tree.h"
#include "text/json.h"

static void
add_tree(json_object *object, const char *name, json_object *tree)
{
	if (tree != NULL)
		glue_tree_add(object, name, json_object_get(tree));
}

/* Add the digest of the secrets, if any, in hexadecimal digits. */
static void
add_digest(json_object *object, const GlueSecretDigest *digest)
{
	char		text[2 * sizeof(GlueSecretDigest) + 1];
	uint64		len;

	if (digest == NULL)
		return;
	len = hex_encode((const char *) digest, sizeof(GlueSecretDigest), text);
	text[len] = '\0';
	glue_tree_add_text(object, "digest", text);
}

/* The result of a job, as a JSON object. */
static json_object *
answer_of(const GlueJob *job)
{
	const GlueOperation *operation = &job->operation;
	json_object *answer = glue_tree_new_object();

	glue_tree_add_text(answer, "error_code", job->outcome.error_code);
	glue_tree_add_text(answer, "error_message", job->outcome.error_message);
	if (job->request->undo != NULL)
		return answer;
	glue_tree_add_text(answer, "state", job->outcome.state);
	glue_tree_add_text(answer, "status", job->outcome.status);
	glue_tree_add_text(answer, "request_id", job->outcome.aws_request_id);
	glue_tree_add(answer, "done", json_object_new_boolean(job->has_operation));
	glue_tree_add(answer, "ended_at",
				  json_object_new_int64(operation->ended_at != 0 ?
										operation->ended_at :
										GetCurrentTimestamp()));
	glue_tree_add(answer, "kind", json_object_new_int(operation->kind));
	glue_tree_add(answer, "gone", json_object_new_boolean(operation->gone));
	glue_tree_add(answer, "created",
				  json_object_new_boolean(operation->created));
	glue_tree_add(answer, "aws_time",
				  json_object_new_int64(operation->aws_time));
	glue_tree_add(answer, "made_from",
				  json_object_new_int64(operation->life.from));
	glue_tree_add(answer, "made_until",
				  json_object_new_int64(operation->life.until));
	glue_tree_add(answer, "other_life",
				  json_object_new_boolean(operation->other_life));
	add_tree(answer, "observed", operation->observed);
	add_tree(answer, "read_tags", operation->read_tags);
	add_tree(answer, "recorded_tags", operation->recorded_tags);
	add_digest(answer, operation->secrets);

	/* the database cannot store this text; a retry would fail in the same way */
	if (!glue_tree_fits_jsonb(answer))
		json_object_object_del(answer, "observed");
	return answer;
}

/*
 * The result of a job cannot be recorded, because of an error: store it in the
 * row of the request.  The request is retried later.
 */
void
glue_job_keep_answer(GlueJob *job, const ErrorData *error)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	const GlueFailure *failure = glue_failure_from_error(error);
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_QUEUED,
		.next_attempt_at = glue_work_backoff(job->request->attempts),
		.uncertain = job->outcome.uncertain,
		.undone = job->request->undo != NULL && !job->operation.unresolved,
		.status = job->outcome.status,
		.error_code = failure->code,
		.aws_request_id = job->outcome.aws_request_id,
	};

	outcome.error_message =
		psprintf(job->has_operation ?
				 "It was carried out, but could not be recorded: %s" :
				 "Its outcome could not be recorded: %s",
				 failure->message);
	if (job->has_operation || strcmp(job->outcome.state, GLUE_STATE_QUEUED) != 0)
		outcome.answer = answer_of(job);
	job->outcome = outcome;
	job->has_operation = false;
	MemoryContextSwitchTo(old_context);
}

static const GlueSecretDigest *
digest_of(json_object *object)
{
	const char *text = glue_json_tree_text(object, "digest");
	GlueSecretDigest *digest;

	if (text == NULL || strlen(text) != 2 * sizeof(GlueSecretDigest))
		return NULL;
	digest = palloc(sizeof(GlueSecretDigest));
	hex_decode(text, strlen(text), (char *) digest);
	return digest;
}

/*
 * Restore the result that an earlier attempt has stored.
 *
 * AWS Glue has carried the call out in the account of the request.  The account
 * of the credentials may be unknown, or another one by now.
 */
void
glue_job_restore_answer(GlueJob *job)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	GlueOperation *operation = &job->operation;
	GlueAccess *access = palloc(sizeof(GlueAccess));
	json_object *answer = job->request->answer;
	GlueRequestOutcome outcome = {
		.state = glue_json_tree_text(answer, "state"),
		.status = glue_json_tree_text(answer, "status"),
		.error_code = glue_json_tree_text(answer, "error_code"),
		.error_message = glue_json_tree_text(answer, "error_message"),
		.aws_request_id = glue_json_tree_text(answer, "request_id"),
	};

	/* an object without a final state, which we never write, is ignored */
	if (outcome.state == NULL || strcmp(outcome.state, GLUE_STATE_QUEUED) == 0)
	{
		outcome.state = GLUE_STATE_QUEUED;
		outcome.next_attempt_at = GetCurrentTimestamp();
		outcome.free_attempt = true;
	}
	*access = *operation->access;
	access->target.account_id = job->request->account_id;
	operation->access = access;
	operation->kind =
		json_object_get_int(json_object_object_get(answer, "kind"));
	operation->input = operation->shown = job->request->input;
	operation->gone =
		json_object_get_boolean(json_object_object_get(answer, "gone"));
	operation->created =
		json_object_get_boolean(json_object_object_get(answer, "created"));
	operation->observed = json_object_object_get(answer, "observed");
	operation->read_tags = json_object_object_get(answer, "read_tags");
	operation->recorded_tags = json_object_object_get(answer, "recorded_tags");
	operation->ended_at =
		json_object_get_int64(json_object_object_get(answer, "ended_at"));
	operation->aws_time =
		json_object_get_int64(json_object_object_get(answer, "aws_time"));
	operation->life.from =
		json_object_get_int64(json_object_object_get(answer, "made_from"));
	operation->life.until =
		json_object_get_int64(json_object_object_get(answer, "made_until"));
	operation->other_life =
		json_object_get_boolean(json_object_object_get(answer, "other_life"));
	operation->status = outcome.status;
	operation->request_id = outcome.aws_request_id;
	operation->secrets = digest_of(answer);
	job->outcome = outcome;
	job->has_operation =
		json_object_get_boolean(json_object_object_get(answer, "done"));
	job->is_answered = true;
	MemoryContextSwitchTo(old_context);
}

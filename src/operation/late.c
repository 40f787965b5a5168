/*-------------------------------------------------------------------------
 *
 * late.c
 *	  Messages that may arrive at AWS Glue after their sender is gone.
 *
 * A message whose answer was lost, or whose worker is gone, may still be in
 * transit.  A late update or deletion must not hit a new connection of the
 * same name.  So its request stays open until the message cannot arrive any
 * more: for the timeout of a call, or glue_conn.settle_time, if that is
 * longer.  No other request of the queue acts on the connection meanwhile.
 *
 * A call that acts at once does not wait, and may have made a new connection of
 * the name that the late message does hit.  So the connection is read after
 * that time.  If the operation has no result of its own, because it has failed
 * or has nothing to do any more, that state is recorded.
 *
 * As in undo.c, AWS's clock decides: the sender was gone before the first
 * answer to us, and the time is over if the Date of another answer says so.
 * The connection is read for these two answers.  If an endpoint sends no Date,
 * it is asked when the time is over by our clock.
 *
 * A creation that arrives twice is refused, so it can be retried at once; but
 * not if the connection is deleted in between.  So the deletion for a row
 * waits until the creation cannot arrive any more.
 *
 * Only the queue waits: a call that acts at once, and whose answer was lost,
 * ends with the result of its last attempt.
 *
 * IDENTIFICATION
 *	  src/operation/late.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <float.h>

#include "aws/exception_name.h"
#include "glue/observation.h"
#include "glue/operation_name.h"
#include "operation/operation.h"
#include "operation/tags.h"
#include "server/redacted.h"
#include "server/secret_memory.h"
#include "server/settings.h"

/* The pause before the first look, and the longest pause between two looks. */
#define SHORTEST_PAUSE_MS	250
#define LONGEST_PAUSE_MS	(5 * 60 * 1000)

/* prototypes of private functions */
static GlueCall *note_final_read(GlueOperation *operation);

/* Must an operation wait until earlier messages cannot arrive any more? */
bool
glue_operation_may_be_hit(const GlueOperation *operation)
{
	return operation->aws_settled_at != 0 &&
		(operation->kind == GLUE_OPERATION_UPDATE ||
		 operation->kind == GLUE_OPERATION_DELETE ||
		 (operation->kind == GLUE_OPERATION_CREATE &&
		  (operation->was_update ||
		   operation->on_conflict == GLUE_CONFLICT_UPDATE)));
}

/*
 * The connection was read, for the Date of the answer: continue, unless the
 * operation must still wait, and ends for now.
 */
GlueCall *
glue_operation_after_await_late(GlueOperation *operation)
{
	const GlueCall *call = &operation->call;
	TimestampTz answered_at = glue_call_aws_time(call);
	TimestampTz over_by = glue_call_over_by(call);

	if (answered_at == 0 && call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (answered_at == 0)
		answered_at = over_by = GetCurrentTimestamp();
	if (operation->aws_settled_at == DT_NOEND)
		operation->aws_settled_at =
			TimestampTzPlusMilliseconds(over_by,
										Max(glue_setting_settle_time,
											glue_change_timeout_ms(call->target)));
	if (answered_at < operation->aws_settled_at)
		return glue_operation_look_again(operation,
										 (operation->aws_settled_at - answered_at) / 1000);
	return note_final_read(operation);
}

/*
 * No earlier message can arrive any more: note the state of the connection.
 * The reason of its status is dropped, because it may quote secrets that are
 * not the request's.
 */
static GlueCall *
note_final_read(GlueOperation *operation)
{
	const GlueCall *call = &operation->call;
	json_object *connection = glue_operation_found(call);

	operation->final_gone =
		glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND);
	if (call->failure != NULL && call->failure->transient)
		return glue_operation_finish(operation, call->failure);
	if (call->failure == NULL && connection != NULL)
	{
		operation->final_read = glue_redacted_copy(connection);
		json_object_object_del(operation->final_read, "StatusReason");
		if (operation->tags != NULL)
			return glue_operation_tags(operation, GLUE_STEP_READ_LATE_TAGS);
	}
	return glue_operation_prepare_first(operation);
}

/* The tags of the connection were read, too, or could not be. */
GlueCall *
glue_operation_after_late_tags(GlueOperation *operation)
{
	json_object *tags;
	GlueFailure *failure = glue_tags_readable(&operation->call, &tags);

	if (failure != NULL && failure->transient)
		return glue_operation_finish(operation, failure);
	if (failure != NULL)
		operation->final_tags_not_read = glue_failure_copy(failure);
	else
		operation->final_tags = glue_secret_tree_copy(tags);
	return glue_operation_prepare_first(operation);
}

/*
 * May an earlier update have given a connection, which was read, the definition
 * of the operation?  Then that definition does not show the creator of the
 * connection.
 */
bool
glue_operation_was_hit(const GlueOperation *operation, json_object *connection,
					   char findings[GLUE_FINDINGS_SIZE])
{
	if (!glue_operation_may_be_hit(operation) ||
		glue_unseen_change(NULL, DBL_MAX, connection) != GLUE_UNSEEN_UPDATE)
		return false;
	strlcpy(findings, "It was updated after its creation.",
			GLUE_FINDINGS_SIZE);
	return true;
}

/*
 * An operation has ended, and has no result to be recorded.  If an earlier
 * message may have changed the connection, its state after that is the result;
 * false if not.
 */
bool
glue_operation_take_final_read(GlueOperation *operation)
{
	if (operation->final_read == NULL && !operation->final_gone)
		return false;
	operation->kind = GLUE_OPERATION_POLL;
	operation->observed = operation->final_read;
	operation->gone = operation->final_gone;
	operation->read_tags = operation->final_tags;
	operation->tags_not_read = operation->final_tags_not_read;
	return true;
}

/* Too early: end the operation, so that its request is retried. */
GlueCall *
glue_operation_look_again(GlueOperation *operation, int64 pause_ms)
{
	operation->unresolved = true;
	operation->not_before =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									Min(Max(pause_ms, SHORTEST_PAUSE_MS),
										LONGEST_PAUSE_MS));
	return glue_operation_finish(operation, NULL);
}

/*
 * A call that has changed a connection, or may have, has ended.  If an answer
 * was lost, its message may arrive once more.  If the call has succeeded for a
 * row, whose name another row may use next, the operation ends, and is retried
 * when no message can arrive any more.
 */
bool
glue_operation_was_late(GlueOperation *operation)
{
	const GlueCall *call = &operation->call;
	bool		failed = call->failure != NULL &&
		!glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND);

	if (operation->is_first ||
		(!call->answer_lost && !(failed && call->failure->ambiguous)))
		return false;
	operation->aws_settled_at = DT_NOEND;
	if (failed || operation->row == NULL)
		return false;
	(void) glue_operation_look_again(operation, 0);
	return true;
}

/*
 * A connection that did not exist is a success, too: a request can be carried
 * out twice.
 */
GlueCall *
glue_operation_after_delete(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	if (glue_operation_was_late(operation))
		return NULL;
	operation->missing =
		glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND) &&
		!operation->uncertain && !call->maybe_done;
	operation->gone = call->failure == NULL ||
		glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND);
	if (operation->missing && !operation->ignore_missing)
		return glue_operation_finish(operation, call->failure);
	return glue_operation_finish(operation, operation->gone ? NULL : call->failure);
}

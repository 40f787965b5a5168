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
 * As in undo.c, AWS's clock decides: the sender was gone before the first
 * answer to us, and the time is over if the Date of another answer says so.
 * The connection is read for these two answers; the call that acts later
 * handles its state.  If an endpoint sends no Date, it is asked when the time
 * is over by our clock.
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

#include "aws/exception_name.h"
#include "operation/operation.h"
#include "server/settings.h"

/* The pause before the first look, and the longest pause between two looks. */
#define SHORTEST_PAUSE_MS	250
#define LONGEST_PAUSE_MS	(5 * 60 * 1000)

/* Must an operation wait until earlier messages cannot arrive any more? */
bool
glue_operation_may_be_hit(const GlueOperation *operation)
{
	return operation->aws_settled_at != 0 &&
		(operation->kind == GLUE_OPERATION_UPDATE ||
		 operation->kind == GLUE_OPERATION_DELETE ||
		 (operation->kind == GLUE_OPERATION_CREATE &&
		  operation->on_conflict == GLUE_CONFLICT_UPDATE));
}

/*
 * The connection was read, for the Date of the answer; false if the operation
 * must still wait, and has ended for now.
 */
bool
glue_operation_after_await_late(GlueOperation *operation)
{
	const GlueCall *call = &operation->call;
	TimestampTz answered_at = glue_call_aws_time(call);
	TimestampTz over_by = glue_call_over_by(call);

	if (answered_at == 0 && call->failure != NULL)
	{
		glue_operation_finish(operation, call->failure);
		return false;
	}
	if (answered_at == 0)
		answered_at = over_by = GetCurrentTimestamp();
	if (operation->aws_settled_at == DT_NOEND)
		operation->aws_settled_at =
			TimestampTzPlusMilliseconds(over_by,
										Max(glue_setting_settle_time,
											glue_change_timeout_ms(call->target)));
	if (answered_at >= operation->aws_settled_at)
		return true;
	(void) glue_operation_look_again(operation,
									 (operation->aws_settled_at - answered_at) / 1000);
	return false;
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

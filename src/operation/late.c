/*-------------------------------------------------------------------------
 *
 * late.c
 *	  What may arrive at AWS Glue after its sender is gone.
 *
 * A request whose answer was lost, or whose worker is gone, may still be on its way.
 * An update or a deletion of which that is so must not find the connection that
 * somebody makes under the name next.  So its request stays open until it cannot
 * arrive any more: for as long as a call is waited for, or glue_conn.settle_time, if
 * that is longer.  Nothing else of the queue is done about the connection meanwhile.
 *
 * As in undo.c, that goes by AWS's clock: its sender was gone before the first answer
 * to us, and it is time if the Date of another answer says so.  The connection is
 * read for these two; what there is, is looked at by the call that acts then.  An endpoint
 * that does not say what time it is, is asked when it is time by our clock.
 *
 * A creation that arrives twice is refused, so it can be tried again at once; but not
 * if the connection is deleted in between.  So the deletion for a row waits for what
 * was sent to create it.
 *
 * Only the queue waits: a caller that acts at once, and has lost an answer, is told how
 * it ended.
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

/* When to look first, and how long to wait for another look at most. */
#define SHORTEST_PAUSE_MS	250
#define LONGEST_PAUSE_MS	(5 * 60 * 1000)

/* Must an operation wait for what was sent before? */
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
 * The connection was read, to see what time it is; false if it is too early for
 * anything else, and the operation has ended.
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

/* Too early: end the operation, so that its request is tried again. */
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
 * A call that has changed a connection, or may have, has ended.  Was an answer lost on
 * the way?  Then what was sent may arrive once more.  If it has succeeded for a row,
 * whose name others want next, the operation ends, to be done again when it cannot.
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

/* What was not there is gone as well: a request can be carried out twice. */
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

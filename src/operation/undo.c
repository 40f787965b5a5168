/*-------------------------------------------------------------------------
 *
 * undo.c
 *	  Undoing a call that acted at once, and was rolled back.
 *
 * A connection that the call has created is deleted again.  Deleting another
 * client's connection would be far worse than leaving ours, so it must be
 * proved that the connection is ours, and that no other client uses it:
 *
 *	- no other request of this database has used it: see store/evidence.c
 *	- it was created during the call, has the definition of the call, and was
 *	  not changed since: see glue/ownership.c
 *	- if AWS Glue has not answered the call, glue_connection has no record of
 *	  the connection
 *
 * Without that proof, the connection is not touched, but reported, and
 * recorded.
 *
 * Updates and deletions are not undone, because the previous state of the
 * connection is not known.  Its present state is read and recorded.
 *
 *	 read --+-- not there ---------------------> forget
 *			|
 *			+-- ours -----> delete ------------> forget
 *			|
 *			+-- kept, not ours, not undone ----> record
 *
 * If it is too early to record that, another look follows later.
 *
 * If the answer to the call was lost, its message, or a copy of it, may still
 * be in transit.  So for glue_conn.settle_time, and for the timeout of the
 * call, no state is final: a connection of ours is deleted, and looked for
 * again.  After that, no message of the call is expected any more; so a
 * connection that was created later is not ours.  In the same way, a deletion
 * whose answer was lost may arrive late, and hit another client's connection.
 * The undo does not end before that is impossible, so no session of this
 * database creates such a connection meanwhile.
 *
 * AWS's clock decides all that: a sender was gone before the first answer to
 * us, and a state is final if that was long enough ago by the latest known
 * time of AWS's clock before the read.
 *
 * An interrupted undo starts again.  If it has deleted the connection already,
 * it finds none.
 *
 * IDENTIFICATION
 *	  src/operation/undo.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/exception_name.h"
#include "client/aws_clock.h"
#include "glue/operation_name.h"
#include "glue/ownership.h"
#include "http/clock.h"
#include "operation/operation.h"
#include "operation/record.h"
#include "operation/sender_gone.h"
#include "server/jsonb_tree.h"
#include "server/redacted.h"
#include "server/settings.h"

/*
 * If two times of AWS's clocks are nearer than this, their order is not
 * certain.
 */
#define CLOSE_QUARTERS_MS	5000

/* prototypes of private functions */
static bool recorded_since_deletion(const GlueOperation *operation,
									const GlueRecord *record);
static bool may_change(const GlueOperation *operation);
static long long late_limit_ms(const GlueOperation *operation);
static void note_sender_gone(GlueOperation *operation, TimestampTz gone_by);
static long long final_in_ms(const GlueOperation *operation);
static bool is_told(const GlueOperation *operation);
static bool is_final(const GlueOperation *operation);
static GlueCall *resolve_maybe_ours(GlueOperation *operation,
									json_object *connection);
static GlueOwnership prove(const GlueOperation *operation,
						   json_object *connection,
						   char findings[GLUE_FINDINGS_SIZE]);
static GlueCall *finish_gone(GlueOperation *operation);
static GlueCall *finish_left(GlueOperation *operation, const char *left,
							 const char *why);
static GlueCall *finish_doubtful(GlueOperation *operation,
								 const char *findings);
static GlueCall *finish_not_undone(GlueOperation *operation);
static GlueCall *look_again(GlueOperation *operation);

/*
 * Begin to undo a call; returns the first call for that, or NULL if it must
 * wait.
 */
GlueCall *
glue_operation_start_undo(GlueOperation *operation)
{
	Assert(operation->undo != NULL && operation->made_by != NULL);
	operation->asked_at = operation->seen_at = GetCurrentTimestamp();
	operation->aws_asked =
		glue_aws_clock_now(operation->access->target.endpoint.url);
	operation->sender_gone_ms = glue_sender_gone_ms(operation->undo->id);
	if (!operation->undo->may_have_made)
	{
		note_sender_gone(operation, operation->aws_asked.latest);
		if (!is_final(operation))
			return look_again(operation);
	}
	return glue_operation_read(operation, GLUE_STEP_UNDO_READ);
}

/*
 * Record the result of an undo that has not failed, unless the record is
 * newer.
 *
 * Another client's connection is recorded, too, because the table mirrors AWS
 * Glue.  A record from before a deletion is out of date, even if the
 * transaction of the deletion was rolled back.
 */
void
glue_operation_record_undo(const GlueOperation *operation, const GlueRecords *records)
{
	const GlueTarget *target = &operation->access->target;
	GlueRecord	record;
	json_object *tags;
	bool		ours = operation->undo->keep && operation->left != NULL &&
		strcmp(operation->left, "NotOurs") != 0 &&
		strcmp(operation->left, GLUE_UNDO_NOT_KNOWN) != 0;

	if (operation->gone)
	{
		glue_record_forget(records, target, operation->name,
						   operation->seen_at);
		return;
	}
	if (!glue_record_find(records, target, operation->name, &record) ||
		!recorded_since_deletion(operation, &record))
	{
		memset(&record, 0, sizeof(GlueRecord));
		record.definition = glue_without_secrets(operation->input);
	}
	tags = glue_recorded_tags(&record, operation->observed);
	if (operation->read_tags != NULL)
		tags = operation->read_tags;
	else if (tags == NULL && ours)
		tags = operation->tags;
	glue_record_connection(operation->access, records, &record,
						   operation->observed, operation->seen_at, tags);
}

/* Milliseconds between two times; negative if the second one is earlier. */
static long long
elapsed_ms(TimestampTz since, TimestampTz until)
{
	return (until - since) / 1000;
}

/*
 * Is the record of the connection from after the last deletion, by this call
 * or by one that is not resolved?  Only deletions with a known end count.
 *
 * AWS's clock decides, if the two times are far enough apart; if they are
 * close, our clock decides, which is finer, but may have been set meanwhile.
 */
static bool
recorded_since_deletion(const GlueOperation *operation,
						const GlueRecord *record)
{
	const GlueUndo *undo = operation->undo;
	TimestampTz aws_deleted_at = undo->aws_deleted_at;
	TimestampTz deleted_at = undo->deleted_at;
	long long	apart_ms;

	if (strcmp(operation->made_by, GLUE_DELETE_CONNECTION) == 0)
	{
		aws_deleted_at = Max(aws_deleted_at, undo->aws_ended_at);
		deleted_at = Max(deleted_at, undo->answered_at);
	}
	apart_ms = elapsed_ms(aws_deleted_at, record->aws_recorded_at);
	if (aws_deleted_at != 0 && record->aws_recorded_at != 0 &&
		(apart_ms > CLOSE_QUARTERS_MS || apart_ms < -CLOSE_QUARTERS_MS))
		return apart_ms > 0;
	return record->recorded_at > deleted_at;
}

/*
 * May a message still arrive: of the call, if it was not answered, or of a
 * deletion of ours?  In doubt, the wait is as long, too.
 */
static bool
may_change(const GlueOperation *operation)
{
	return operation->undo->answered_at == 0 || operation->doubtful ||
		operation->aws_settled_at != 0;
}

/*
 * Time that a message may still arrive after its sender is gone: of the call,
 * or of a deletion of ours, if one may have been sent.
 */
static long long
late_limit_ms(const GlueOperation *operation)
{
	long long	ms = operation->undo->late_limit_ms;

	if (operation->aws_settled_at != 0 && !is_told(operation))
		ms = Max(ms, glue_change_timeout_ms(&operation->access->target));
	return ms;
}

/*
 * A sender was gone at a time of AWS's clock: from then on, the settling time
 * passes.
 */
static void
note_sender_gone(GlueOperation *operation, TimestampTz gone_by)
{
	if (gone_by != 0 && may_change(operation) &&
		(operation->aws_settled_at == 0 ||
		 operation->aws_settled_at == DT_NOEND))
		operation->aws_settled_at =
			TimestampTzPlusMilliseconds(gone_by, late_limit_ms(operation));
}

/*
 * Time until the state that was read is final; 0 or less: it is final.
 *
 * AWS's clock decides, by its latest certain time before the read.  If it is
 * not known, the last message was sent before the note of sender_gone.c, if
 * there is one yet.  Our clock, which may have been set meanwhile, decides
 * only if nothing is known but the time of the call.
 */
static long long
final_in_ms(const GlueOperation *operation)
{
	if (!may_change(operation))
		return 0;
	if (is_told(operation))
		return elapsed_ms(operation->aws_asked.earliest,
						  operation->aws_settled_at);
	if (operation->aws_settled_at != 0)
		return late_limit_ms(operation) - operation->sender_gone_ms;
	return late_limit_ms(operation) -
		elapsed_ms(operation->began_at, operation->asked_at);
}

/* Does AWS's clock decide? */
static bool
is_told(const GlueOperation *operation)
{
	return operation->aws_settled_at != 0 &&
		operation->aws_settled_at != DT_NOEND &&
		operation->aws_asked.earliest != 0;
}

/* Is the state that was read final? */
static bool
is_final(const GlueOperation *operation)
{
	return final_in_ms(operation) <= 0;
}

/* ----------------------------------------------------------------
 * Outcomes
 * ----------------------------------------------------------------
 */

GlueCall *
glue_operation_after_undo_read(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);
	GlueFailure *failure = glue_operation_not_found(call);

	note_sender_gone(operation, glue_call_over_by(call));
	if (glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND))
	{
		operation->gone = true;
		return finish_gone(operation);
	}
	if (failure != NULL)
		return glue_operation_finish(operation, failure);
	glue_operation_observe(operation, connection);
	if (operation->undo->may_have_made)
		return resolve_maybe_ours(operation, connection);
	if (operation->arn != NULL)
		return glue_operation_tags(operation, GLUE_STEP_UNDO_READ_TAGS);
	return finish_not_undone(operation);
}

/* There is a connection that the call may have created. */
static GlueCall *
resolve_maybe_ours(GlueOperation *operation, json_object *connection)
{
	const GlueUndo *undo = operation->undo;
	char		findings[GLUE_FINDINGS_SIZE];

	if (undo->taken_over)
		return finish_left(operation, "NotOurs", GLUE_UNDO_TAKEN_OVER);
	if (undo->answered_at == 0 && operation->record != NULL &&
		recorded_since_deletion(operation, operation->record))
		return finish_left(operation, "NotOurs",
						   "It was not deleted, because it is recorded in glue_connection, and it is not known whether this call has created it.");
	switch (prove(operation, connection, findings))
	{
		case GLUE_OURS:
			break;
		case GLUE_SOMEBODY_ELSES:
			return finish_left(operation, "NotOurs",
							   psprintf("It was not deleted, because it is not, or not any more, the connection that was created. %s",
										findings));
		case GLUE_CANNOT_TELL:
			return finish_doubtful(operation, findings);
	}
	if (undo->keep)
		return finish_left(operation, "Kept",
						   "It was created and is kept, as \"glue_conn.on_rollback\" required when it was created.");
	glue_sender_gone_forget(undo->id);
	operation->sender_gone_ms = 0;
	return glue_operation_delete(operation, GLUE_STEP_UNDO_DELETE);
}

/* A time of AWS's clock, since 1970; 0: not known. */
static long long
epoch_ms_or_none(TimestampTz time)
{
	return time == 0 || time == DT_NOEND ? 0 : glue_epoch_ms(time);
}

/*
 * Is this connection the one that the call has created, unchanged since our
 * last look?
 */
static GlueOwnership
prove(const GlueOperation *operation, json_object *connection,
	  char findings[GLUE_FINDINGS_SIZE])
{
	const GlueUndo *undo = operation->undo;
	GlueMadeConnection made = {
		.sent = operation->input,
		.begun_ms = epoch_ms_or_none(undo->aws_sent_at),
		.ended_ms = epoch_ms_or_none(undo->answered_at != 0 ?
									 undo->aws_ended_at :
									 operation->aws_settled_at),
		.updates = undo->updates,
		.nupdates = undo->nupdates,
		.updated_ms = epoch_ms_or_none(undo->aws_updated_at),
	};

	return glue_ownership_unchanged(&made, connection, findings);
}

/* The tags were read, or cannot be. */
GlueCall *
glue_operation_after_undo_read_tags(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *tags = json_object_object_get(call->answer, "Tags");

	if (call->failure != NULL &&
		(call->failure->transient ||
		 glue_failure_lacks_credentials(call->failure)))
		return glue_operation_finish(operation, call->failure);
	if (json_object_is_type(tags, json_type_object))
		operation->read_tags = glue_redacted_copy(tags);
	return finish_not_undone(operation);
}

/*
 * The connection was deleted.  If the message was sent more than once, it may
 * be carried out once more.
 */
GlueCall *
glue_operation_after_undo_delete(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->gone = call->failure == NULL ||
		glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND);
	operation->seen_at = GetCurrentTimestamp();
	if (call->maybe_done || (call->failure != NULL && call->failure->ambiguous))
		operation->aws_settled_at = DT_NOEND;
	if (!operation->gone)
		return glue_operation_finish(operation, call->failure);
	return finish_gone(operation);
}

/* ----------------------------------------------------------------
 * Ends
 * ----------------------------------------------------------------
 */

/* There is no connection. */
static GlueCall *
finish_gone(GlueOperation *operation)
{
	if (!is_final(operation))
		return look_again(operation);
	if (!operation->undo->may_have_made)
		return finish_not_undone(operation);
	return glue_operation_finish(operation, NULL);
}

/* The call has left a change. */
static GlueCall *
finish_left(GlueOperation *operation, const char *left, const char *why)
{
	if (!is_final(operation))
		return look_again(operation);
	operation->left = left;
	operation->left_why = why;
	return glue_operation_finish(operation, NULL);
}

/*
 * The owner of the connection cannot be determined: report that, and look
 * again for a while.
 */
static GlueCall *
finish_doubtful(GlueOperation *operation, const char *findings)
{
	operation->doubtful = true;
	note_sender_gone(operation, glue_call_over_by(&operation->call));
	operation->left = GLUE_UNDO_NOT_KNOWN;
	operation->left_why =
		psprintf("It is not known whether it is the connection that was created. It is not deleted. %s",
				 findings);
	return finish_left(operation, operation->left, operation->left_why);
}

static GlueCall *
finish_not_undone(GlueOperation *operation)
{
	return finish_left(operation, "NotUndone",
					   psprintf("The effect of %s cannot be undone. The present state in AWS Glue is recorded.",
								strcmp(operation->made_by, GLUE_CREATE_CONNECTION) == 0 ?
								"the call for a connection that existed" :
								operation->made_by));
}

/*
 * The state is not final.  Look again after a pause as long as the time that
 * has passed already, but at the latest when the state is final.
 */
static GlueCall *
look_again(GlueOperation *operation)
{
	long long	left_ms = final_in_ms(operation);
	long long	pause_ms = Min(late_limit_ms(operation) - left_ms, left_ms);

	if (!is_told(operation))
		glue_sender_gone_note(operation->undo->id);
	return glue_operation_look_again(operation, pause_ms);
}

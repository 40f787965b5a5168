/*-------------------------------------------------------------------------
 *
 * undo.c
 *	  Undoing a call that acted at once, and was rolled back.
 *
 * A connection that the call has created is deleted again.  To delete somebody
 * else's would be far worse than to leave ours, so it must be proved that it is
 * ours, and nobody else's meanwhile:
 *
 *	- nobody has used it through this database: see store/evidence.c
 *	- it was created while the call was under way, is defined as it was created,
 *	  and was not changed since: see glue/ownership.c
 *	- if AWS Glue has not answered the call, glue_connection does not have it
 *
 * What cannot be proved is left alone, reported, and recorded as it is.
 *
 * What else a call can do is not undone: what a connection was before, nobody
 * knows.  Then what is there is read and recorded, so that the table shows it.
 *
 *	 read --+-- not there ---------------------> forget
 *			|
 *			+-- ours -----> delete ------------> forget
 *			|
 *			+-- kept, not ours, not undone ----> record
 *
 * If it is too early to record that, it is done later, by another look.
 *
 * If nobody has seen the answer to the call, the request may still be on its
 * way, or another copy of it.  So for glue_conn.settle_time nothing that is seen
 * is final: what is ours is deleted, and looked for again.  After that, no
 * request of the call's is expected any more; so a connection that is younger is
 * not ours.  In the same way, a deletion whose answer was lost may come late, and
 * hit somebody else's connection.  The undo is not over before that is
 * impossible, and so nobody here makes one meanwhile.
 *
 * An undo that was interrupted begins from the start.  If it had deleted the
 * connection already, there is none.
 *
 * IDENTIFICATION
 *	  src/operation/undo.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "glue/ownership.h"
#include "operation/record.h"
#include "operation/undo.h"
#include "server/jsonb_tree.h"
#include "server/redacted.h"
#include "server/settings.h"

/* The first pause before a connection is looked for again. */
#define SHORTEST_PAUSE_MS	250

/* prototypes of private functions */
static TimestampTz deleted_at(const GlueOperation *operation);
static TimestampTz settled_at(const GlueOperation *operation);
static bool is_settled(const GlueOperation *operation);
static GlueCall *settle_read(GlueOperation *operation);
static GlueCall *settle_maybe_ours(GlueOperation *operation,
								   json_object *connection);
static GlueOwnership prove(const GlueOperation *operation,
						   json_object *connection,
						   char findings[GLUE_FINDINGS_SIZE]);
static GlueCall *settle_tags(GlueOperation *operation);
static GlueCall *settle_delete(GlueOperation *operation);
static GlueCall *finish_gone(GlueOperation *operation);
static GlueCall *finish_left(GlueOperation *operation, const char *left,
							 const char *why);
static GlueCall *finish_not_undone(GlueOperation *operation);
static GlueCall *look_again(GlueOperation *operation);
static long long elapsed_ms(TimestampTz since, TimestampTz until);

/*
 * Begin to undo a call; returns the first call for that, or NULL if it has to
 * wait.
 */
GlueCall *
glue_undo_begin(GlueOperation *operation)
{
	operation->asked_at = operation->seen_at = GetCurrentTimestamp();
	if (!operation->undo->may_have_made && !is_settled(operation))
		return look_again(operation);
	return glue_operation_read(operation, GLUE_STEP_UNDO_READ);
}

/*
 * Go on after the call has been made; returns the next one, or NULL if the
 * operation has ended.
 */
GlueCall *
glue_undo_next(GlueOperation *operation)
{
	glue_operation_note_answer(operation);
	switch (operation->step)
	{
		case GLUE_STEP_UNDO_READ:
			return settle_read(operation);
		case GLUE_STEP_UNDO_READ_TAGS:
			return settle_tags(operation);
		case GLUE_STEP_UNDO_DELETE:
			return settle_delete(operation);
		default:
			break;
	}
	return NULL;
}

/*
 * Record what an undo that did not fail has found or done, unless something
 * newer is recorded.
 *
 * That goes for somebody else's connection, too: the table tells what there is.
 * What was recorded before a deletion is of no use for that, whatever has become
 * of the transaction that made it.
 */
void
glue_undo_record(const GlueOperation *operation, const GlueMirror *mirror)
{
	const GlueTarget *target = &operation->access->target;
	GlueMirrorKnown known;
	json_object *tags;
	bool		ours = operation->undo->keep && operation->left != NULL &&
		strcmp(operation->left, "NotOurs") != 0;

	if (operation->gone)
	{
		glue_mirror_forget_older(mirror, target, operation->name,
								 operation->seen_at);
		return;
	}
	if (!glue_mirror_find(mirror, target, operation->name, &known) ||
		known.recorded_at <= deleted_at(operation))
	{
		memset(&known, 0, sizeof(GlueMirrorKnown));
		known.definition = glue_redacted_copy(operation->input);
	}
	tags = glue_known_tags(&known, operation->observed);
	if (operation->read_tags != NULL)
		tags = operation->read_tags;
	else if (tags == NULL && ours)
		tags = operation->tags;
	glue_record_observed(operation->access, mirror, &known,
						 operation->observed, operation->seen_at, tags);
}

/*
 * The last deletion of which it is known when it was over, this call or one that
 * is not settled; 0 if there is none.
 */
static TimestampTz
deleted_at(const GlueOperation *operation)
{
	return Max(operation->undo->deleted_at,
			   strcmp(operation->made_by, "DeleteConnection") == 0 ?
			   operation->undo->answered_at : 0);
}

/* When no request of the call's is expected to arrive any more. */
static TimestampTz
settled_at(const GlueOperation *operation)
{
	if (operation->undo->answered_at != 0)
		return operation->undo->answered_at;
	return TimestampTzPlusMilliseconds(operation->began_at,
									   glue_setting_settle_time);
}

/* Is final what was asked for? */
static bool
is_settled(const GlueOperation *operation)
{
	return operation->undo->answered_at != 0 ||
		operation->asked_at >= settled_at(operation);
}

/* ----------------------------------------------------------------
 * Outcomes
 * ----------------------------------------------------------------
 */

static GlueCall *
settle_read(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);

	if (glue_call_failed_with(call, "EntityNotFoundException"))
	{
		operation->gone = true;
		return finish_gone(operation);
	}
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (connection == NULL)
		return glue_operation_finish(operation,
									 glue_call_malformed_answer(call,
																"it holds no connection"));
	glue_operation_observe(operation, connection);
	if (operation->undo->may_have_made)
		return settle_maybe_ours(operation, connection);
	if (operation->arn != NULL)
		return glue_operation_tags(operation, GLUE_STEP_UNDO_READ_TAGS,
								   "GetTags");
	return finish_not_undone(operation);
}

/* There is a connection that the call may have created. */
static GlueCall *
settle_maybe_ours(GlueOperation *operation, json_object *connection)
{
	const GlueUndo *undo = operation->undo;
	char		findings[GLUE_FINDINGS_SIZE];

	if (undo->taken_over)
		return finish_left(operation, "NotOurs", GLUE_UNDO_TAKEN_OVER);
	if (undo->answered_at == 0 && operation->known != NULL &&
		operation->known->recorded_at > deleted_at(operation))
		return finish_left(operation, "NotOurs",
						   "It was left alone, because it is recorded in glue_connection, and whether this call has created it is not known.");
	if (prove(operation, connection, findings) != GLUE_OURS)
		return finish_left(operation, "NotOurs",
						   psprintf("It was left alone, because it is not, or not any more, the connection that was created. %s",
									findings));
	if (undo->keep)
		return finish_left(operation, "Kept",
						   "It was created and is kept, as \"glue_conn.on_rollback\" said when it was created.");
	return glue_operation_delete(operation, GLUE_STEP_UNDO_DELETE);
}

/*
 * Is a connection the one that the call has created, and as we have left it?
 *
 * The answer gives AWS's time for some moment between the question and now.
 */
static GlueOwnership
prove(const GlueOperation *operation, json_object *connection,
	  char findings[GLUE_FINDINGS_SIZE])
{
	const GlueUndo *undo = operation->undo;
	GlueMadeConnection made = {
		.sent = operation->input,
		.begun_ms = elapsed_ms(operation->made_at, GetCurrentTimestamp()),
		.answered_ms = elapsed_ms(settled_at(operation),
								  operation->asked_at),
		.updates = undo->updates,
		.nupdates = undo->nupdates,
		.updated_ms = -1,
	};

	if (undo->updated_at != 0)
		made.updated_ms = elapsed_ms(undo->updated_at, operation->asked_at);
	return glue_ownership_unchanged(&made, connection, operation->call.date,
									findings);
}

/* The tags are known, or cannot be. */
static GlueCall *
settle_tags(GlueOperation *operation)
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

/* If it was sent more than once, it may be carried out once more. */
static GlueCall *
settle_delete(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->gone = call->failure == NULL ||
		glue_call_failed_with(call, "EntityNotFoundException");
	operation->seen_at = GetCurrentTimestamp();
	if (call->maybe_done || (call->failure != NULL && call->failure->ambiguous))
		operation->not_before =
			TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										glue_setting_settle_time);
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
	if (operation->not_before != 0 || !is_settled(operation))
		return look_again(operation);
	if (!operation->undo->may_have_made)
		return finish_not_undone(operation);
	return glue_operation_finish(operation, NULL);
}

/* The call has left something. */
static GlueCall *
finish_left(GlueOperation *operation, const char *left, const char *why)
{
	if (!is_settled(operation))
		return look_again(operation);
	operation->left = left;
	operation->left_why = why;
	return glue_operation_finish(operation, NULL);
}

static GlueCall *
finish_not_undone(GlueOperation *operation)
{
	return finish_left(operation, "NotUndone",
					   psprintf("What %s has done cannot be undone. What there is in AWS Glue now is recorded.",
								strcmp(operation->made_by, "CreateConnection") == 0 ?
								"the call to a connection that existed" :
								operation->made_by));
}

/*
 * That is not final.  Look again after as long as has passed already, but at the
 * latest when it will be; and not before a lost deletion is settled.
 */
static GlueCall *
look_again(GlueOperation *operation)
{
	TimestampTz now = GetCurrentTimestamp();
	long		pause_ms =
		Max(TimestampDifferenceMilliseconds(operation->began_at, now),
			SHORTEST_PAUSE_MS);

	operation->unsettled = true;
	if (operation->not_before == 0)
		operation->not_before =
			Min(TimestampTzPlusMilliseconds(now, pause_ms),
				settled_at(operation));
	return glue_operation_finish(operation, NULL);
}

/* Milliseconds from one moment to another; negative if that is before. */
static long long
elapsed_ms(TimestampTz since, TimestampTz until)
{
	return (until - since) / 1000;
}

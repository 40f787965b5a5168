/*-------------------------------------------------------------------------
 *
 * undo.c
 *	  Undoing a call that acted at once, and was rolled back.
 *
 * A connection that the call has created is deleted again.  To delete somebody
 * else's would be far worse than to leave ours, so it must be proved that it is
 * ours, and nobody else's meanwhile:
 *
 *	- nobody has used it through this database: see undo_evidence.c
 *	- it was created while the call was under way, is defined as it was created,
 *	  and was not changed since: see ownership.c
 *
 * What cannot be proved is left alone, and reported.
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
 * If nobody has seen the answer to the call, the request may still be on its
 * way.  For glue_conn.settle_time, that a connection is not there proves
 * nothing, and what there is may change yet.  After that, no request of the
 * call's is expected any more; so a connection that is younger is not ours.
 *
 * An undo that was interrupted begins from the start.  If it had deleted the
 * connection already, there is none.
 *
 * IDENTIFICATION
 *	  src/undo.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "jsonb_tree.h"
#include "ownership.h"
#include "record.h"
#include "settings.h"
#include "undo.h"

/* prototypes of private functions */
static bool is_settled(const GlueOperation *operation);
static GlueCall *settle_read(GlueOperation *operation);
static GlueCall *settle_missing(GlueOperation *operation);
static GlueCall *settle_maybe_ours(GlueOperation *operation,
								   json_object *connection);
static GlueOwnership prove(const GlueOperation *operation,
						   json_object *connection,
						   char findings[GLUE_FINDINGS_SIZE]);
static GlueCall *settle_tags(GlueOperation *operation);
static GlueCall *settle_delete(GlueOperation *operation);
static GlueCall *leave(GlueOperation *operation, const char *left,
					   const char *why);
static GlueCall *leave_not_undone(GlueOperation *operation);
static long long elapsed_ms(TimestampTz since, TimestampTz until);

/*
 * Begin to undo a call; returns the first call for that, or NULL if it has to
 * wait.
 */
GlueCall *
glue_undo_begin(GlueOperation *operation)
{
	operation->asked_at = GetCurrentTimestamp();
	if (!operation->undo->may_have_made && !is_settled(operation))
	{
		operation->unsettled = true;
		return glue_operation_finish(operation, NULL);
	}
	return glue_operation_read(operation, GLUE_STEP_UNDO_READ);
}

/*
 * Go on after the call has been made; returns the next one, or NULL if the
 * operation has ended.
 */
GlueCall *
glue_undo_next(GlueOperation *operation)
{
	glue_operation_note_id(operation);
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
 * Somebody else's connection is not our concern, unless it is known here.
 */
void
glue_undo_record(const GlueOperation *operation, const GlueMirror *mirror)
{
	GlueMirrorKnown known = {0};
	bool		ours = operation->left != NULL &&
		strcmp(operation->left, "Kept") == 0;

	if (operation->gone)
	{
		glue_mirror_forget_older(mirror, &operation->function->target,
								 operation->name, operation->asked_at);
		return;
	}
	if (operation->known == NULL && operation->undo->may_have_made && !ours)
		return;
	if (operation->known != NULL)
		known = *operation->known;
	else
		known.definition = glue_redacted_copy(operation->input);
	if (operation->read_tags != NULL)
		known.tags = operation->read_tags;
	else if (known.tags == NULL && ours)
		known.tags = operation->tags;
	glue_record_observed(operation->function, mirror, &known,
						 operation->observed, operation->asked_at);
}

/* When no request of the call's is expected to arrive any more. */
TimestampTz
glue_undo_settled_at(const GlueOperation *operation)
{
	if (operation->undo->answered_at != 0)
		return operation->undo->answered_at;
	return TimestampTzPlusMilliseconds(operation->began_at,
									   glue_setting_settle_time);
}

static bool
is_settled(const GlueOperation *operation)
{
	return operation->undo->answered_at != 0 ||
		operation->asked_at >= glue_undo_settled_at(operation);
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
		return settle_missing(operation);
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (connection == NULL)
		return glue_operation_finish(operation,
									 glue_client_malformed_answer(call,
																  "it holds no connection"));
	glue_operation_observe(operation, connection);
	if (operation->undo->may_have_made)
		return settle_maybe_ours(operation, connection);
	if (operation->arn != NULL)
		return glue_operation_tags(operation, GLUE_STEP_UNDO_READ_TAGS,
								   "GetTags");
	return leave_not_undone(operation);
}

static GlueCall *
settle_missing(GlueOperation *operation)
{
	if (!is_settled(operation))
	{
		operation->unsettled = true;
		return glue_operation_finish(operation, NULL);
	}
	operation->gone = true;
	return operation->undo->may_have_made ?
		glue_operation_finish(operation, NULL) : leave_not_undone(operation);
}

/* There is a connection that the call may have created. */
static GlueCall *
settle_maybe_ours(GlueOperation *operation, json_object *connection)
{
	char		findings[GLUE_FINDINGS_SIZE];

	if (operation->undo->taken_over)
		return leave(operation, "NotOurs", GLUE_UNDO_TAKEN_OVER);
	if (prove(operation, connection, findings) != GLUE_OURS)
		return leave(operation, "NotOurs",
					 psprintf("It was left alone, because it is not, or not any more, the connection that was created. %s",
							  findings));
	if (operation->undo->keep)
		return leave(operation, "Kept",
					 "It was created and is kept, as \"glue_conn.on_rollback\" said when it was created.");
	operation->asked_at = GetCurrentTimestamp();
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
		.answered_ms = elapsed_ms(glue_undo_settled_at(operation),
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

	if (call->failure != NULL && call->failure->transient)
		return glue_operation_finish(operation, call->failure);
	if (json_object_is_type(tags, json_type_object))
		operation->read_tags = glue_redacted_copy(tags);
	return leave_not_undone(operation);
}

static GlueCall *
settle_delete(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->gone = call->failure == NULL ||
		glue_call_failed_with(call, "EntityNotFoundException");
	return glue_operation_finish(operation,
								 operation->gone ? NULL : call->failure);
}

/* The call has left something. */
static GlueCall *
leave(GlueOperation *operation, const char *left, const char *why)
{
	operation->left = left;
	operation->left_why = why;
	return glue_operation_finish(operation, NULL);
}

static GlueCall *
leave_not_undone(GlueOperation *operation)
{
	return leave(operation, "NotUndone",
				 psprintf("What %s has done cannot be undone. What there is in AWS Glue now is recorded.",
						  strcmp(operation->made_by, "CreateConnection") == 0 ?
						  "the call to a connection that existed" :
						  operation->made_by));
}

/* Milliseconds from one moment to another; negative if that is before. */
static long long
elapsed_ms(TimestampTz since, TimestampTz until)
{
	return (until - since) / 1000;
}

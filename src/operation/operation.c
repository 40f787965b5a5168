/*-------------------------------------------------------------------------
 *
 * operation.c
 *	  The operation of a request, as a sequence of calls.
 *
 * The creation or update of a connection can take several calls, and a queue
 * process runs many such sequences concurrently.  So an operation is a state
 * machine that never waits: it returns the next call, and is called again with
 * the result.
 *
 *	 find ours --+--> create ---exists---+--> read taken --+--> compare tags
 *			|	 |						 |		 |		   |
 *			|	not there				 |		 v		   v
 *			v							 |		done   add tags --> update -->
 *		   done				update --> read existing ------^	read updated -->
 *																	read tags
 *
 * AWS may have carried out an earlier attempt whose process is gone.  A create
 * then begins with a read: if there is a connection that was created since,
 * and that matches the input, it is ours.  An update or a deletion is retried,
 * but not before the first one cannot arrive any more: see operation/late.c.
 *
 * If a create is refused because its name is taken, the connection may still
 * be ours.  A proxy may have sent our message twice, and returned the second
 * answer.  And this server may not know of an attempt, if it was promoted
 * without all of the old primary's WAL.  So the connection is read, too,
 * before the create ends.
 *
 * That is for the queue.  A call that acts at once is the first attempt, and
 * its caller waits: if the name is taken, the caller gets that error.
 *
 * operation/existing.c handles existing connections.  A connection that a row
 * owns is read before it is changed; that is in operation/own.c.
 *
 * The result is a value, as that of a call.  The caller reads the record of a
 * connection from the database, before an existing connection is read from AWS
 * Glue.
 *
 * IDENTIFICATION
 *	  src/operation/operation.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/exception_name.h"
#include "glue/answer.h"
#include "glue/observation.h"
#include "glue/operation_name.h"
#include "operation/operation.h"
#include "operation/record.h"
#include "operation/tags.h"
#include "server/jsonb_tree.h"
#include "server/redacted.h"
#include "store/digest_key.h"
#include "text/json.h"

/* prototypes of private functions */
static GlueCall *prepare_create(GlueOperation *operation);
static void note_answer(GlueOperation *operation);
static GlueCall *after_read_existing(GlueOperation *operation);
static GlueCall *after_find_ours(GlueOperation *operation);
static GlueCall *after_create(GlueOperation *operation);
static GlueCall *after_read_taken(GlueOperation *operation);
static bool is_ours(GlueOperation *operation, json_object *connection,
					char findings[GLUE_FINDINGS_SIZE]);
static GlueOwnership owner_since(const GlueOperation *operation,
								 TimestampTz since, json_object *connection,
								 char findings[GLUE_FINDINGS_SIZE]);
static GlueCall *refuse(GlueOperation *operation, const char *detail);
static json_object *recorded_tags(const GlueOperation *operation,
								  const GlueRecords *records);
static GlueCall *after_poll(GlueOperation *operation);

/* The word for an action, in SQL and in requests. */
const char *
glue_conflict_action_name(GlueConflictAction action)
{
	static const char *const names[] = {
		[GLUE_CONFLICT_ERROR] = "error",
		[GLUE_CONFLICT_ADOPT] = "adopt",
		[GLUE_CONFLICT_UPDATE] = "update",
	};

	return names[action];
}

/* Start an operation; returns the first call. */
GlueCall *
glue_operation_start(GlueOperation *operation)
{
	Assert(operation->access != NULL && operation->name != NULL);
	Assert(operation->input != NULL || operation->kind >= GLUE_OPERATION_DELETE);
	return glue_operation_may_be_hit(operation) ?
		glue_operation_read(operation, GLUE_STEP_AWAIT_LATE) :
		glue_operation_prepare_first(operation);
}

/* The first call of the operation itself. */
GlueCall *
glue_operation_prepare_first(GlueOperation *operation)
{
	switch (operation->kind)
	{
		case GLUE_OPERATION_CREATE:
			return operation->uncertain ?
				glue_operation_read(operation, GLUE_STEP_FIND_OURS) :
				prepare_create(operation);
		case GLUE_OPERATION_UPDATE:
			return glue_operation_read(operation, GLUE_STEP_READ_EXISTING);
		case GLUE_OPERATION_DELETE:
			if (operation->row == NULL)
				return glue_operation_delete(operation, GLUE_STEP_DELETE);
			return glue_operation_owns(operation) ?
				glue_operation_read(operation, GLUE_STEP_READ_EXISTING) :
				glue_operation_finish(operation, NULL);
		case GLUE_OPERATION_POLL:
			return glue_operation_read(operation, GLUE_STEP_POLL);
		case GLUE_OPERATION_UNDO:
			return glue_operation_start_undo(operation);
	}
	return NULL;
}

/*
 * Continue after a call; returns the next one, or NULL if the operation has
 * ended.
 *
 * The memory of the call's result may be freed afterwards.
 */
GlueCall *
glue_operation_next(GlueOperation *operation)
{
	static GlueCall *(*const after[]) (GlueOperation *operation) = {
		[GLUE_STEP_AWAIT_LATE] = glue_operation_after_await_late,
		[GLUE_STEP_READ_LATE_TAGS] = glue_operation_after_late_tags,
		[GLUE_STEP_FIND_OURS] = after_find_ours,
		[GLUE_STEP_CREATE] = after_create,
		[GLUE_STEP_READ_TAKEN] = after_read_taken,
		[GLUE_STEP_READ_EXISTING] = after_read_existing,
		[GLUE_STEP_COMPARE_TAGS] = glue_operation_after_compare_tags,
		[GLUE_STEP_ADD_TAGS] = glue_operation_after_add_tags,
		[GLUE_STEP_UPDATE] = glue_operation_after_update,
		[GLUE_STEP_READ_UPDATED] = glue_operation_after_read_updated,
		[GLUE_STEP_READ_TAGS] = glue_operation_after_read_tags,
		[GLUE_STEP_DELETE] = glue_operation_after_delete,
		[GLUE_STEP_POLL] = after_poll,
		[GLUE_STEP_UNDO_READ] = glue_operation_after_undo_read,
		[GLUE_STEP_UNDO_READ_TAGS] = glue_operation_after_undo_read_tags,
		[GLUE_STEP_UNDO_DELETE] = glue_operation_after_undo_delete,
	};

	Assert(operation->step != GLUE_STEP_DONE);
	note_answer(operation);
	return after[operation->step] (operation);
}

/*
 * Redact an operation's input, and make the digest of its secrets, if it has
 * any.  Both take so long that a create does it while AWS answers.
 */
void
glue_operation_digest(GlueOperation *operation)
{
	if (operation->shown == NULL)
		operation->shown = glue_redacted_copy(operation->input);
	if (operation->shown != operation->input)
		operation->digest = glue_digest_secrets(operation->access->schema,
												operation->input,
												operation->shown);
}

/* Build the record of a create before it has succeeded, as far as possible. */
void
glue_operation_prepare_record(GlueOperation *operation)
{
	GlueRecord	record = {
		.target = &operation->access->target,
		.name = operation->name,
		.definition = operation->shown,
		.tags = operation->tags,
		.secret_digest = operation->digest,
	};

	operation->prepared = glue_record_prepare(&record);
}

/* Record the result of a successful operation, unless the record is newer. */
void
glue_operation_record(const GlueOperation *operation, const GlueRecords *records)
{
	GlueRecord	record = {
		.target = &operation->access->target,
		.name = operation->name,
		.observed = operation->observed,
		.status = operation->status,
		.secret_digest = operation->secrets,
		.request_id = operation->request_id,
		.recorded_at = operation->ended_at,
		.aws_recorded_at = operation->aws_time,
	};
	GlueRecord	recorded;

	if (operation->kind == GLUE_OPERATION_UNDO)
	{
		glue_operation_record_undo(operation, records);
		return;
	}
	if (operation->gone)
	{
		glue_record_forget(records, record.target, operation->name,
						   record.recorded_at);
		return;
	}
	if (operation->kind == GLUE_OPERATION_POLL)
	{
		if (operation->observed != NULL &&
			glue_record_find(records, record.target, operation->name, &recorded))
			glue_record_connection(operation->access, records, &recorded,
								   operation->observed,
								   record.recorded_at != 0 ? record.recorded_at :
								   GetCurrentTimestamp(),
								   operation->tags_not_read != NULL ? NULL :
								   operation->read_tags != NULL ? operation->read_tags :
								   glue_recorded_tags(&recorded, operation->observed));
		return;
	}
	if (operation->created && operation->prepared != NULL)
	{
		glue_record_write(records, &record, operation->prepared);
		return;
	}
	Assert(operation->shown != NULL);
	record.definition = operation->shown;
	record.tags = recorded_tags(operation, records);
	glue_record_write(records, &record, NULL);
}

/* The tags of a connection that was created, adopted or updated. */
static json_object *
recorded_tags(const GlueOperation *operation, const GlueRecords *records)
{
	GlueRecord	recorded;

	if (operation->created)
		return operation->tags;
	if (operation->read_tags != NULL)
		return operation->read_tags;

	/* another session may have changed them since they were read */
	if (operation->recorded_tags == NULL ||
		!glue_record_find(records, &operation->access->target,
						  operation->name, &recorded))
		return operation->recorded_tags;
	return recorded.tags;
}

/* ----------------------------------------------------------------
 * Calls
 * ----------------------------------------------------------------
 */

/*
 * Note AWS's request ID and the time of an answer.  The answer to a mere read
 * of an earlier attempt is not noted.
 */
static void
note_answer(GlueOperation *operation)
{
	const GlueCall *call = &operation->call;

	if (operation->step == GLUE_STEP_COMPARE_TAGS ||
		operation->step == GLUE_STEP_READ_UPDATED ||
		operation->step == GLUE_STEP_READ_TAGS)
		return;
	if (call->request_id[0] != '\0')
		operation->request_id = pstrdup(call->request_id);
	operation->aws_time = glue_call_aws_time(call);
}

/* Read the connection. */
GlueCall *
glue_operation_read(GlueOperation *operation, GlueOperationStep step)
{
	operation->step = step;
	glue_call_prepare_get(&operation->call, &operation->access->target,
						  &operation->access->credentials, operation->name);
	return &operation->call;
}

static GlueCall *
prepare_create(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->step = GLUE_STEP_CREATE;
	operation->sent_at = GetCurrentTimestamp();
	glue_access_prepare(operation->access, call, GLUE_CREATE_CONNECTION,
						operation->name);
	glue_tree_add(call->arguments, "ConnectionInput",
				  json_object_get(operation->input));
	if (operation->tags != NULL)
		glue_tree_add(call->arguments, "Tags",
					  json_object_get(operation->tags));
	return call;
}

/* Add tags to it, or read its tags. */
GlueCall *
glue_operation_tags(GlueOperation *operation, GlueOperationStep step)
{
	GlueTagged	tagged = {operation->access, operation->name, operation->arn};
	bool		adds = step == GLUE_STEP_ADD_TAGS;

	Assert(operation->arn != NULL);
	operation->step = step;
	glue_tags_prepare(&tagged, &operation->call,
					  adds ? GLUE_TAG_RESOURCE : GLUE_GET_TAGS,
					  adds ? operation->tags : NULL);
	return &operation->call;
}

/* Delete it. */
GlueCall *
glue_operation_delete(GlueOperation *operation, GlueOperationStep step)
{
	operation->step = step;
	glue_access_prepare(operation->access, &operation->call,
						GLUE_DELETE_CONNECTION, operation->name);
	glue_tree_add_text(operation->call.arguments, "ConnectionName",
					   operation->name);
	return &operation->call;
}

/* ----------------------------------------------------------------
 * Outcomes
 * ----------------------------------------------------------------
 */

/* A connection that may exist was read. */
static GlueCall *
after_read_existing(GlueOperation *operation)
{
	if (operation->create_missing &&
		glue_call_failed_with(&operation->call, GLUE_EXCEPTION_ENTITY_NOT_FOUND))
		return prepare_create(operation);
	return glue_operation_owns(operation) ?
		glue_operation_after_read_own(operation) :
		glue_operation_after_read_existing(operation);
}

/* The connection was read: has an earlier attempt created it? */
static GlueCall *
after_find_ours(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);
	char		findings[GLUE_FINDINGS_SIZE];

	if (glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND))
		return prepare_create(operation);
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (owner_since(operation, operation->began_at, connection,
					findings) != GLUE_OURS)
	{
		if (operation->on_conflict == GLUE_CONFLICT_ERROR)
			return glue_operation_finish(operation,
										 glue_failure_taken(operation->name, findings));
		return glue_operation_after_read_existing(operation);
	}
	return glue_operation_finish_made(operation, connection);
}

/* Has an earlier attempt created the connection, which was read? */
bool
glue_operation_made(const GlueOperation *operation, json_object *connection)
{
	char		findings[GLUE_FINDINGS_SIZE];

	return operation->uncertain &&
		owner_since(operation, operation->began_at, connection,
					findings) == GLUE_OURS;
}

/* It has, so the create has succeeded. */
GlueCall *
glue_operation_finish_made(GlueOperation *operation, json_object *connection)
{
	operation->created = true;
	operation->secrets = operation->digest;
	glue_operation_observe(operation, connection);
	return glue_operation_finish(operation, NULL);
}

static GlueCall *
after_create(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	const char *status;

	if (glue_call_failed_with(call, GLUE_EXCEPTION_ALREADY_EXISTS))
	{
		operation->refusal = glue_failure_copy(call->failure);
		if (!operation->is_first)
			return glue_operation_read(operation, GLUE_STEP_READ_TAKEN);
		if (operation->on_conflict != GLUE_CONFLICT_ERROR)
			return glue_operation_read(operation, GLUE_STEP_READ_EXISTING);
	}
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);

	operation->created = true;
	operation->secrets = operation->digest;
	operation->read_back = call->read_back != NULL;
	if (operation->read_back)
		glue_operation_observe(operation, call->read_back);
	else
	{
		status = glue_json_tree_text(call->answer, "CreateConnectionStatus");
		operation->status = status != NULL ? pstrdup(status) : "READY";
	}
	return glue_operation_finish(operation, NULL);
}

/*
 * A create was refused because there is a connection of that name, which was
 * read.  If it does not exist any more, or could not be read, a retry may
 * succeed.
 */
static GlueCall *
after_read_taken(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);
	char		findings[GLUE_FINDINGS_SIZE] = "";

	if (glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND))
	{
		operation->refusal->transient = true;
		return refuse(operation, "The connection that had the name is gone.");
	}
	if (call->failure == NULL && is_ours(operation, connection, findings))
	{
		operation->created = true;
		glue_operation_observe(operation, connection);
		return glue_operation_finish(operation, NULL);
	}
	if (operation->on_conflict != GLUE_CONFLICT_ERROR)
		return glue_operation_after_read_existing(operation);
	if (call->failure == NULL)
		return refuse(operation,
					  psprintf("The connection that has the name is not this request's: %s",
							   findings));
	if (call->failure->transient ||
		glue_failure_lacks_credentials(call->failure))
		return glue_operation_finish(operation, call->failure);
	return refuse(operation, "The connection that has the name could not be read.");
}

/*
 * Has this request created the existing connection, and which secrets does it
 * have then?
 *
 * A forgotten attempt may have been made at any time since the request.  But
 * then it is not certain that we have created the connection, and with these
 * secrets.  A request that may adopt or update it has better means, and a row
 * must not own a connection that another client may have created.  So for a
 * row, only this attempt counts, unless the result of an earlier one is not
 * known.
 */
static bool
is_ours(GlueOperation *operation, json_object *connection,
		char findings[GLUE_FINDINGS_SIZE])
{
	TimestampTz since = operation->row != NULL && !operation->uncertain ?
		operation->sent_at : operation->began_at;

	/* if it is recorded already, another request has created it */
	if (operation->record != NULL &&
		glue_change_since_recorded(operation->record, connection) !=
		GLUE_UNSEEN_OTHER_LIFE)
	{
		strlcpy(findings, "It was recorded before.", GLUE_FINDINGS_SIZE);
		return false;
	}
	if (owner_since(operation, since, connection, findings) == GLUE_OURS)
	{
		operation->secrets = operation->digest;
		return true;
	}
	return operation->on_conflict == GLUE_CONFLICT_ERROR &&
		operation->record == NULL && operation->row == NULL &&
		owner_since(operation, operation->requested_at, connection,
					findings) == GLUE_OURS;
}

/*
 * Is a connection that was read ours, if ours was created after some time?
 * That time is an interval by our clock, which must not have been set
 * meanwhile.
 */
static GlueOwnership
owner_since(const GlueOperation *operation, TimestampTz since,
			json_object *connection, char findings[GLUE_FINDINGS_SIZE])
{
	TimestampTz now =
		glue_aws_clock_now(operation->call.endpoint->url).earliest;
	GlueMadeConnection made = {
		.sent = operation->input,
		.begun_ms = now == 0 ? 0 : glue_epoch_ms(now) -
		TimestampDifferenceMilliseconds(since, GetCurrentTimestamp()),
	};

	if (glue_operation_was_hit(operation, connection, findings))
		return GLUE_SOMEBODY_ELSES;
	return glue_ownership(&made, connection, findings);
}

/* Fail with the failure of the create. */
static GlueCall *
refuse(GlueOperation *operation, const char *detail)
{
	glue_failure_add_detail(operation->refusal, detail);
	operation->request_id = operation->refusal->request_id;
	return glue_operation_finish(operation, operation->refusal);
}

static GlueCall *
after_poll(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	GlueFailure *failure = glue_operation_not_found(call);

	operation->gone = glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND);
	if (failure == NULL)
		glue_operation_observe(operation, glue_operation_found(call));
	return glue_operation_finish(operation, failure);
}

/* The connection that was read, if it has a name, or NULL. */
json_object *
glue_operation_found(const GlueCall *call)
{
	json_object *connection = json_object_object_get(call->answer,
													 "Connection");

	return glue_answer_has_name(connection) ? connection : NULL;
}

/* The failure to read a connection; NULL if it was read. */
GlueFailure *
glue_operation_not_found(const GlueCall *call)
{
	if (call->failure != NULL || glue_operation_found(call) != NULL)
		return call->failure;
	return glue_call_malformed_answer(call, "it holds no connection");
}

/*
 * Keep the connection that was read, redacted.  The reason of its status may
 * quote secrets in any form, so without the secrets at hand, the reason is
 * dropped.
 */
void
glue_operation_observe(GlueOperation *operation, json_object *connection)
{
	json_object *observed = glue_redacted_copy(connection);
	const char *reason = glue_json_tree_text(observed, "StatusReason");

	if (operation->redacted)
		json_object_object_del(observed, "StatusReason");
	else if (reason != NULL)
		glue_tree_add(observed, "StatusReason",
					  json_object_new_string(glue_scrub_text(operation->input,
															 reason)));
	operation->observed = observed;
	operation->status = glue_connection_status(observed);
}

/* End an operation; the failure may be NULL. */
GlueCall *
glue_operation_finish(GlueOperation *operation, GlueFailure *failure)
{
	operation->step = GLUE_STEP_DONE;
	glue_operation_note_life(operation);
	if (failure != NULL)
		operation->failure = glue_failure_copy(failure);
	return NULL;
}

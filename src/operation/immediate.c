/*-------------------------------------------------------------------------
 *
 * immediate.c
 *	  Operations that act at once, as part of a transaction.
 *
 * operation/operation.c has the state machine, which the queue uses as well.
 * This file adds the steps of journal/calls.c.  The operation has one intent,
 * even if it takes several calls.  Before a message is sent that may
 * change something, that is published.  At the end, the result is recorded and
 * the intent is closed.
 *
 * The record of a connection is read and locked only if an existing connection
 * is to be adopted or updated; then recording the result needs no further
 * wait.  Most creates do not need it.
 *
 * IDENTIFICATION
 *	  src/operation/immediate.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/client.h"
#include "glue/operation_name.h"
#include "glue/redact.h"
#include "operation/immediate.h"
#include "operation/tags.h"
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/subtransaction.h"
#include "store/digest_key.h"

/* prototypes of private functions */
static void post_intent(GlueImmediateOperation *running);
static GlueCall *prepare_step(GlueImmediateOperation *running, GlueCall *call);
static void prepare_record(void *arg);
static GlueFailure *look_up(GlueImmediateOperation *running);
static GlueFailure *lock_record(GlueImmediateOperation *running);
static void find_record(void *arg);
static void note_outcome(GlueImmediateOperation *running);
static void report_remarks(const GlueOperation *operation);

/* Begin to fill in an operation on the connection of a name, which is UTF-8. */
void
glue_immediate_operation_init(GlueImmediateOperation *running,
							  GlueOperationKind kind,
							  const GlueIntents *intents,
							  const GlueRecords *records, const char *name)
{
	memset(running, 0, sizeof(GlueImmediateOperation));
	running->operation.kind = kind;
	running->operation.access = intents->access;
	running->operation.name = name;
	running->operation.is_first = true;
	running->intents = intents;
	running->records = records;
}

/*
 * Post the intent of an operation that is filled in.  The operation can begin
 * meanwhile.
 */
static void
post_intent(GlueImmediateOperation *running)
{
	static const char *const names[] = {
		[GLUE_OPERATION_CREATE] = GLUE_CREATE_CONNECTION,
		[GLUE_OPERATION_UPDATE] = GLUE_UPDATE_CONNECTION,
		[GLUE_OPERATION_DELETE] = GLUE_DELETE_CONNECTION,
	};
	GlueOperation *operation = &running->operation;
	GlueRequest request = {
		.operation = names[operation->kind],
		.name = operation->name,
		.input = operation->input,
		.tags = operation->tags,
	};

	Assert(operation->kind <= GLUE_OPERATION_DELETE);
	if (operation->kind == GLUE_OPERATION_CREATE)
		request.on_conflict = glue_conflict_action_name(operation->on_conflict);
	glue_intent_post(running->intents, &request, 1, &running->intent);
	operation->shown = request.shown;
}

/*
 * Begin an operation whose intent was posted; returns the first call.
 *
 * No step after a call may fail for a reason that could have been found
 * before, so these checks are made here.
 */
GlueCall *
glue_immediate_operation_begin(GlueImmediateOperation *running)
{
	GlueOperation *operation = &running->operation;

	Assert(running->intent != NULL && operation->step != GLUE_STEP_DONE);
	running->context = CurrentMemoryContext;
	if (operation->shown == NULL && !glue_redact_has_secret(operation->input))
		operation->shown = operation->input;
	if (operation->shown != operation->input)
		(void) glue_digest_key_find(operation->access->schema, false);
	if (operation->kind == GLUE_OPERATION_UPDATE)
		glue_operation_digest(operation);
	return prepare_step(running, glue_operation_start(operation));
}

/* Continue after a call; returns the next one, or NULL after the last one. */
GlueCall *
glue_immediate_operation_next(GlueImmediateOperation *running)
{
	note_outcome(running);
	return prepare_step(running, glue_operation_next(&running->operation));
}

/*
 * Record the result of an operation, and close its intent; false if the
 * operation has failed, which the caller must raise or record.
 */
bool
glue_immediate_operation_end(GlueImmediateOperation *running)
{
	const GlueOperation *operation = &running->operation;

	if (operation->failure != NULL || operation->adopted)
		glue_intent_refused(running->intent, operation->failure);
	if (operation->failure != NULL)
		return false;
	report_remarks(operation);
	glue_operation_record(operation, running->records);
	glue_intent_finish(running->intents, running->intent, operation->status,
					   operation->request_id);
	return true;
}

/* Run an operation whose intent was posted to its end, or raise its failure. */
void
glue_immediate_operation_run(GlueImmediateOperation *running)
{
	post_intent(running);
	for (GlueCall *call = glue_immediate_operation_begin(running); call != NULL;
		 call = glue_immediate_operation_next(running))
		glue_client_run(call, 1);
	if (!glue_immediate_operation_end(running))
		glue_failure_raise(ERROR, running->operation.failure);
}

/*
 * Prepare for the step of a call; returns the call, or NULL if the operation
 * ends without it.
 */
static GlueCall *
prepare_step(GlueImmediateOperation *running, GlueCall *call)
{
	GlueFailure *failure = NULL;

	if (call != NULL)
		call->for_request = glue_intent_request(running->intent);
	switch (running->operation.step)
	{
		case GLUE_STEP_CREATE:
			glue_intents_attach(&running->intent, 1, call);
			call->meanwhile = prepare_record;
			call->meanwhile_arg = running;
			break;
		case GLUE_STEP_READ_EXISTING:
			failure = look_up(running);
			break;
		case GLUE_STEP_DELETE:
		case GLUE_STEP_ADD_TAGS:
		case GLUE_STEP_UPDATE:
			if (running->operation.step == GLUE_STEP_DELETE)
				failure = look_up(running);
			glue_intents_attach(&running->intent, 1, call);
			break;
		default:
			break;
	}
	return failure == NULL ? call :
		glue_operation_finish(&running->operation, failure);
}

/* The meanwhile callback of a create: prepare its record. */
static void
prepare_record(void *arg)
{
	GlueImmediateOperation *running = arg;
	GlueOperation *operation = &running->operation;
	MemoryContext old_context = MemoryContextSwitchTo(running->context);

	GLUE_CRASH_POINT("caller after send");
	glue_operation_digest(operation);
	glue_operation_prepare_record(operation);
	MemoryContextSwitchTo(old_context);
}

/*
 * Read the record of a connection, and find the ARN for its tags, if there are
 * any.
 */
static GlueFailure *
look_up(GlueImmediateOperation *running)
{
	GlueOperation *operation = &running->operation;
	GlueAccess *access = operation->access;
	GlueTagged	tagged;
	GlueFailure *failure;

	glue_intent_await(running->intent);
	failure = lock_record(running);
	if (failure != NULL || operation->tags == NULL)
		return failure;
	failure = glue_tagged_find(&tagged, access, operation->name);
	if (failure == NULL)
		operation->arn = tagged.arn;
	return failure;
}

/*
 * Lock the record of the connection, or return the reason why that is not
 * possible.
 */
static GlueFailure *
lock_record(GlueImmediateOperation *running)
{
	ErrorData  *error = NULL;

	if (running->one_of_many)
		error = glue_subtransaction_try(find_record, running);
	else
		find_record(running);
	if (error == NULL)
		return NULL;
	if (error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	return glue_failure_from_error(error);
}

/* Lock and read it; this waits for the holder of the lock. */
static void
find_record(void *arg)
{
	GlueImmediateOperation *running = arg;
	GlueOperation *operation = &running->operation;

	if (glue_record_lock(running->records, &operation->access->target,
						 operation->name, &running->record))
		operation->record = &running->record;
}

/*
 * A call has ended: publish its effect.  A call that has set tags has changed
 * something, even if the update is refused.
 */
static void
note_outcome(GlueImmediateOperation *running)
{
	const GlueOperation *operation = &running->operation;
	const GlueCall *call = &operation->call;

	switch (operation->step)
	{
		case GLUE_STEP_CREATE:
		case GLUE_STEP_ADD_TAGS:
		case GLUE_STEP_UPDATE:
		case GLUE_STEP_DELETE:
			if (call->failure == NULL)
				glue_intent_done(running->intent, call,
								 operation->step == GLUE_STEP_CREATE ?
								 GLUE_OUTCOME_CREATED : GLUE_OUTCOME_CHANGED);
			else if (!operation->tagged)
				glue_intent_failed(running->intent, call);
			break;
		default:
			break;
	}
}

/* Report remarks about an operation that has succeeded. */
static void
report_remarks(const GlueOperation *operation)
{
	const char *name = glue_server_from_utf8(operation->name);

	if (operation->read_back)
		ereport(NOTICE,
				(errmsg("AWS Glue connection \"%s\" was created, although the answer was lost",
						name),
				 errdetail("It was found by reading it back: it has the definition that was sent, and is not older than the request.")));
	if (operation->not_read != NULL)
		ereport(WARNING,
				(errmsg("AWS Glue connection \"%s\" was updated, but could not be read afterwards",
						name),
				 errdetail_internal("%s", glue_server_from_utf8(operation->not_read->detail)),
				 errhint("Its status is not known.")));
	if (operation->tags_not_read != NULL)
		glue_tags_warn_unread(operation->name, operation->tags_not_read);
}

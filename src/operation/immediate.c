/*-------------------------------------------------------------------------
 *
 * immediate.c
 *	  Operations that act at once, as part of a transaction.
 *
 * What is done is up to operation/operation.c, for the queue as well.  What is
 * added here are the steps of journal/calls.c: the operation is written down as one
 * call, whatever it becomes; before a request leaves that may change something,
 * that is known to others; and in the end, what has come of it is recorded and
 * written down.
 *
 * What is recorded of a connection is looked up, and locked, as soon as it turns
 * out that there is one to be adopted or updated, so that to record that has to
 * wait for nobody.  Most creates need none of that.
 *
 * IDENTIFICATION
 *	  src/operation/immediate.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/client.h"
#include "glue/operation_name.h"
#include "operation/immediate.h"
#include "operation/tags.h"
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/redacted.h"
#include "server/subtransaction.h"
#include "store/digest_key.h"

/* prototypes of private functions */
static void post_intent(GlueImmediateOperation *running);
static GlueCall *prepare_step(GlueImmediateOperation *running, GlueCall *call);
static void await_and_note(void *arg);
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
 * Post the intent of an operation that is filled in.  That takes a while, in which
 * it can begin.
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
	operation->shown = request.shown = glue_without_secrets(operation->input);
	if (operation->kind == GLUE_OPERATION_CREATE)
		request.on_conflict = glue_conflict_action_name(operation->on_conflict);
	glue_intent_post(running->intents, &request, 1, &running->intent);
}

/*
 * Begin an operation that was written down, or is being; returns the first call.
 *
 * Nothing may fail after a call for a reason that could have been known before,
 * so such reasons are looked for here.
 */
GlueCall *
glue_immediate_operation_begin(GlueImmediateOperation *running)
{
	GlueOperation *operation = &running->operation;

	Assert(running->intent != NULL && operation->step != GLUE_STEP_DONE);
	running->context = CurrentMemoryContext;
	if (operation->shown == NULL)
		operation->shown = glue_without_secrets(operation->input);
	if (operation->shown != operation->input)
		glue_secret_key_require(operation->access->schema);
	if (operation->kind == GLUE_OPERATION_UPDATE)
		glue_operation_digest(operation);
	return prepare_step(running, glue_operation_start(operation));
}

/* Go on after a call; returns the next one, or NULL if that was the last. */
GlueCall *
glue_immediate_operation_next(GlueImmediateOperation *running)
{
	note_outcome(running);
	return prepare_step(running, glue_operation_next(&running->operation));
}

/*
 * Record what an operation has done, and write down how it has ended; false if
 * it has failed, which is to be raised or written down.
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

/* Run an operation that is filled in to its end, or raise its failure. */
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
 * Get ready for the step that a call is; returns the call, or NULL if the
 * operation ends without it.
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
			call->before_sending = await_and_note;
			call->before_sending_arg = running;
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
			call->before_sending = await_and_note;
			call->before_sending_arg = running;
			GLUE_CRASH_POINT_MEANWHILE(call, "caller after send");
			break;
		default:
			break;
	}
	return failure == NULL ? call :
		glue_operation_finish(&running->operation, failure);
}

/* The before_sending of a call that may change something. */
static void
await_and_note(void *arg)
{
	GlueImmediateOperation *running = arg;

	glue_intent_await(running->intent);
	glue_intent_sending(running->intent,
						running->operation.step == GLUE_STEP_CREATE ?
						GLUE_OUTCOME_UNKNOWN : GLUE_OUTCOME_CHANGED);
}

/* The meanwhile of a create: prepare its record. */
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
 * Look up what is known of a connection, and how its tags are addressed, if there
 * are any.
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

/* Lock what is recorded of the connection, or say why that cannot be. */
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

/* The work of that, which waits for the holder of the lock. */
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
 * A call has ended: note what it has done.  A call that has set tags has changed
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

/* Tell the user what else there is to know of an operation that has succeeded. */
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

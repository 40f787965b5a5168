/*-------------------------------------------------------------------------
 *
 * prepare.c
 *	  The data that a job needs before its calls are made.
 *
 * The transaction that claims the request reads the record of the connection
 * and opens the sealed input of the request.  The result is an operation that
 * needs no transaction.
 *
 * A failure here concerns this request alone.  If its secrets cannot be
 * opened, the job keeps the failure until it begins.
 *
 * IDENTIFICATION
 *	  src/queue/prepare.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "glue/operation_name.h"
#include "queue/job.h"
#include "store/digest_key.h"

/* prototypes of private functions */
static void fill_operation(GlueJob *job, const GlueRecords *records);
static GlueOperationKind kind_of(const GlueRequest *request);
static GlueConflictAction on_conflict_of(const GlueRequest *request);
static bool is_word(const char *text, const char *word);
static void note_tagged(GlueJob *job, bool is_tagged);
static void fill_undo(GlueJob *job);
static void look_at_row(GlueJob *job, const GlueRecords *records);
static void fill_input(GlueJob *job);

/* Read the data that a job needs. */
void
glue_job_prepare(GlueJob *job, const GlueRecords *records)
{
	MemoryContext old_context = MemoryContextSwitchTo(job->context);

	Assert(IsTransactionState() && job->target->njobs > 0);
	Assert(job->outcome.state == NULL);
	fill_operation(job, records);
	MemoryContextSwitchTo(old_context);
}

/*
 * Fill in the operation of a job, if its target can be used and the account is
 * known.  The request itself must name the account, because other sessions
 * compare it with the accounts of their requests.  The intent of a call that
 * acted at once always names it.
 */
static void
fill_operation(GlueJob *job, const GlueRecords *records)
{
	const GlueRequest *request = job->request;
	GlueOperation *operation = &job->operation;

	if (job->target->failure != NULL ||
		job->target->access.target.catalog == NULL ||
		(request->undo == NULL && request->catalog_id == NULL &&
		 request->account_id == NULL))
		return;
	operation->access = &job->target->access;
	operation->kind = kind_of(request);
	operation->name = request->name;
	operation->tags = request->tags;
	operation->uncertain = request->uncertain;
	operation->began_at = request->started_at;
	operation->requested_at = request->requested_at;
	operation->aws_settled_at = request->aws_settled_at;
	operation->on_conflict = on_conflict_of(request);
	operation->create_missing = is_word(request->on_missing, "create");
	operation->ignore_missing = is_word(request->on_missing, "ignore");

	if (glue_record_find(records, &operation->access->target, operation->name,
						 &job->record))
		operation->record = &job->record;
	if (request->undo != NULL)
	{
		fill_undo(job);
		return;
	}
	if (request->answer != NULL)
		return;					/* see queue/answer.c */
	if (request->provision_id != 0)
		look_at_row(job, records);
	note_tagged(job, operation->tags != NULL &&
				(glue_operation_may_be_hit(operation) ||
				 operation->kind == GLUE_OPERATION_UPDATE ||
				 (operation->kind == GLUE_OPERATION_CREATE &&
				  operation->on_conflict != GLUE_CONFLICT_ERROR)));
	fill_input(job);
}

/* The kind of operation that a request asks for. */
static GlueOperationKind
kind_of(const GlueRequest *request)
{
	if (is_word(request->status, "IN_PROGRESS"))
		return GLUE_OPERATION_POLL;
	if (is_word(request->operation, GLUE_DELETE_CONNECTION))
		return GLUE_OPERATION_DELETE;
	if (is_word(request->operation, GLUE_UPDATE_CONNECTION))
		return GLUE_OPERATION_UPDATE;
	return GLUE_OPERATION_CREATE;
}

/* The value of its argument on_conflict. */
static GlueConflictAction
on_conflict_of(const GlueRequest *request)
{
	if (is_word(request->on_conflict, "adopt"))
		return GLUE_CONFLICT_ADOPT;
	if (is_word(request->on_conflict, "update"))
		return GLUE_CONFLICT_UPDATE;
	return GLUE_CONFLICT_ERROR;
}

/* Is a text, which may be NULL, this word? */
static bool
is_word(const char *text, const char *word)
{
	return text != NULL && strcmp(text, word) == 0;
}

/*
 * The operation may compare or change tags.  Tags are addressed by an ARN, so
 * the target needs its account.
 */
static void
note_tagged(GlueJob *job, bool is_tagged)
{
	job->is_tagged = is_tagged;
	if (is_tagged)
		job->target->has_tags = true;
}

/*
 * A call is to be undone.  The undo needs no secrets, and the intent of a call
 * does not keep them.  The tags are read if the connection is recorded,
 * because the call may have changed them.
 */
static void
fill_undo(GlueJob *job)
{
	const GlueRequest *request = job->request;
	GlueOperation *operation = &job->operation;
	const char *made_by = request->operation;

	operation->kind = GLUE_OPERATION_UNDO;
	operation->made_by = made_by;
	operation->undo = request->undo;
	operation->input = request->input;
	operation->redacted = true;
	note_tagged(job, operation->record != NULL &&
				!request->undo->may_have_made &&
				(operation->tags != NULL ||
				 strcmp(made_by, GLUE_TAG_RESOURCE) == 0 ||
				 strcmp(made_by, GLUE_UNTAG_RESOURCE) == 0));
}

/*
 * The request is for a row of a provisioning table: find the connection that
 * the row owns.  The request updates or deletes no other connection.
 */
static void
look_at_row(GlueJob *job, const GlueRecords *records)
{
	GlueOperation *operation = &job->operation;
	const GlueRequest *request = job->request;
	bool		found = glue_provision_look(&records->provisions,
											request->provision_id,
											&operation->access->target,
											operation->name,
											operation->kind == GLUE_OPERATION_DELETE,
											&job->owned);

	operation->row = &job->owned;
	if (job->owned.maybe_late && operation->aws_settled_at == 0)
		operation->aws_settled_at = DT_NOEND;
	if (is_word(request->operation, GLUE_REQUEST_RELEASE))
		job->is_void = true;
	else if (!found && request->provision_id > 0 &&
			 (operation->kind == GLUE_OPERATION_CREATE ||
			  operation->kind == GLUE_OPERATION_UPDATE))
		job->refusal =
			glue_failure_not_ours(operation->name,
								  "The row of the request does not hold the name any more, so no row would own the connection.");
	else if (job->owned.elsewhere)
		job->refusal =
			glue_failure_owned_elsewhere(operation->name,
										 job->owned.endpoint,
										 job->owned.account,
										 operation->access->target.catalog);
	else if (operation->kind == GLUE_OPERATION_UPDATE &&
			 !glue_operation_owns(operation))
	{
		operation->kind = GLUE_OPERATION_CREATE;
		operation->was_update = true;
	}
	else if (operation->kind == GLUE_OPERATION_DELETE && job->owned.doubtful)
	{
		operation->other_life = true;
		job->refusal =
			glue_failure_not_ours(operation->name,
								  "It is not known whether it was created for the row: see the request before this one.");
	}
	else if (operation->kind == GLUE_OPERATION_DELETE && !job->owned.owned)
		job->is_void = true;
}

/*
 * Open the secrets of a request.  A check whether a connection is ready
 * continues without them: they are only needed to redact messages of AWS Glue.
 */
static void
fill_input(GlueJob *job)
{
	const GlueRequest *request = job->request;
	GlueOperation *operation = &job->operation;
	Oid			schema = operation->access->schema;

	operation->input = operation->shown = request->input;
	if (request->has_secrets)
		job->sealing = glue_request_unseal(request, &operation->input, &job->failure);
	if (operation->kind == GLUE_OPERATION_POLL)
	{
		operation->redacted = job->sealing != GLUE_UNSEALED;
		job->sealing = GLUE_UNSEALED;
		job->failure = NULL;
		return;
	}
	if (job->sealing != GLUE_UNSEALED || operation->shown == operation->input)
		return;
	if (glue_digest_key_find(schema, true))
	{
		/* the row may have been redacted by another version */
		operation->shown = NULL;
		glue_operation_digest(operation);
	}
	else
	{
		/* like a missing key for sealing, an administrator can provide it */
		job->sealing = GLUE_UNSEAL_LATER;
		job->failure =
			glue_failure_new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
							 "no digest key", GLUE_NO_DIGEST_KEY,
							 glue_secret_key_hint(schema), NULL);
	}
}

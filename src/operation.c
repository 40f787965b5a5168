/*-------------------------------------------------------------------------
 *
 * operation.c
 *	  What a request asks for, as a sequence of calls.
 *
 * To create or update a connection can take several calls, and whoever works
 * a queue has many such sequences under way side by side.  So an operation is
 * a state machine that never waits: it says which call is to be made next, and
 * is asked again with its outcome.
 *
 *	 find ours --+--> create ---exists---+--> read taken --+--> compare tags
 *			|	 |						 |		 |		   |
 *			|	not there				 |		 v		   v
 *			v							 |		done   add tags --> update -->
 *		   done				update --> read existing ------^	read updated -->
 *																	read tags
 *
 * An attempt before this one may have been carried out without anybody
 * knowing, because the process that made it is gone.  A create then begins
 * with a look: if there is a connection that was created since and is defined
 * as this one should be, it is ours.  An update or a deletion is simply made
 * again.
 *
 * Nor does a create that is refused, because its name is taken, tell that the
 * connection is somebody else's.  What stands between us and AWS may have sent
 * our request twice, and passed the second answer on.  And this server may have
 * forgotten an attempt, where it was promoted without having received all of
 * what the old primary had committed.  So that is looked at, too, before
 * anything is made of it.
 *
 * That goes for the queue.  A call that acts at once is the first attempt, and its
 * caller waits: so if the name is taken, that is what the caller is told.
 *
 * To adopt a connection means to find that it is defined as it should be, and to
 * record it.  To update it replaces its whole definition, which must not wipe out
 * credentials that nobody could read before: see credential_loss.c.
 *
 * The API has no way to update a connection only if it is still the one that was
 * read.  Sessions of this database are kept apart by a lock; what others do in
 * between cannot be noticed.  So an update reads the connection once more
 * afterwards, and its tags, and what is recorded is what is there.  If that cannot
 * be read, the update was made all the same.
 *
 * The result is a value, as that of a call.  What there is to be known of the
 * database is looked up by the caller, before a connection that exists is read.
 *
 * IDENTIFICATION
 *	  src/operation.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "answer.h"
#include "credential_loss.h"
#include "encoding.h"
#include "json_tree.h"
#include "jsonb_tree.h"
#include "lib/stringinfo.h"
#include "observation.h"
#include "operation.h"
#include "ownership.h"
#include "record.h"
#include "secret_memory.h"
#include "tags.h"

/* prototypes of private functions */
static GlueCall *prepare_create(GlueOperation *operation);
static GlueCall *prepare_update(GlueOperation *operation);
static GlueCall *settle_find_ours(GlueOperation *operation);
static GlueCall *settle_create(GlueOperation *operation);
static GlueCall *settle_taken(GlueOperation *operation);
static bool is_ours(GlueOperation *operation, json_object *connection,
					char findings[GLUE_FINDINGS_SIZE]);
static GlueOwnership owner_since(const GlueOperation *operation,
								 TimestampTz since, json_object *connection,
								 char findings[GLUE_FINDINGS_SIZE]);
static bool is_recorded(const GlueMirrorKnown *known,
						json_object *connection);
static GlueCall *refuse(GlueOperation *operation, const char *detail);
static GlueCall *settle_existing(GlueOperation *operation);
static GlueUnseenChange note_existing(GlueOperation *operation,
									  json_object *existing);
static json_object *life_of(json_object *connection);
static GlueCall *settle_adopted(GlueOperation *operation,
								json_object *observed,
								GlueUnseenChange change);
static json_object *recorded_definition(const GlueOperation *operation,
										GlueUnseenChange change);
static void compare_secrets(GlueOperation *operation,
							GlueUnseenChange change, StringInfo differences);
static GlueCall *settle_compared(GlueOperation *operation);
static GlueCall *finish_adopted(GlueOperation *operation);
static GlueCall *settle_tagged(GlueOperation *operation);
static GlueCall *settle_update(GlueOperation *operation);
static GlueCall *settle_updated(GlueOperation *operation);
static GlueCall *settle_read_tags(GlueOperation *operation);
static json_object *recorded_tags(const GlueOperation *operation,
								  const GlueMirror *mirror);
static json_object *copy_tree(json_object *tree);
static GlueCall *settle_delete(GlueOperation *operation);
static GlueCall *settle_poll(GlueOperation *operation);
static void append_difference(void *arg, const char *path,
							  const char *message);

/*
 * Begin an operation; returns the first call.
 */
GlueCall *
glue_operation_begin(GlueOperation *operation)
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
			return glue_operation_delete(operation, GLUE_STEP_DELETE);
		case GLUE_OPERATION_POLL:
			return glue_operation_read(operation, GLUE_STEP_POLL);
		case GLUE_OPERATION_UNDO:
			break;
	}
	return NULL;
}

/*
 * Go on after the call has been made; returns the next one, or NULL if the
 * operation has ended.
 *
 * What the call returned may be gone afterwards.
 */
GlueCall *
glue_operation_next(GlueOperation *operation)
{
	glue_operation_note_answer(operation);
	switch (operation->step)
	{
		case GLUE_STEP_FIND_OURS:
			return settle_find_ours(operation);
		case GLUE_STEP_CREATE:
			return settle_create(operation);
		case GLUE_STEP_READ_TAKEN:
			return settle_taken(operation);
		case GLUE_STEP_READ_EXISTING:
			return settle_existing(operation);
		case GLUE_STEP_COMPARE_TAGS:
			return settle_compared(operation);
		case GLUE_STEP_ADD_TAGS:
			return settle_tagged(operation);
		case GLUE_STEP_UPDATE:
			return settle_update(operation);
		case GLUE_STEP_READ_UPDATED:
			return settle_updated(operation);
		case GLUE_STEP_READ_TAGS:
			return settle_read_tags(operation);
		case GLUE_STEP_DELETE:
			return settle_delete(operation);
		case GLUE_STEP_POLL:
			return settle_poll(operation);
		case GLUE_STEP_UNDO_READ:
		case GLUE_STEP_UNDO_READ_TAGS:
		case GLUE_STEP_UNDO_DELETE:
		case GLUE_STEP_DONE:
			break;
	}
	return NULL;
}

/*
 * Do what can be done for the record of a create before it has succeeded.
 */
void
glue_operation_draft(GlueOperation *operation)
{
	GlueMirrorEntry entry = {
		.target = &operation->function->target,
		.name = operation->name,
		.definition = glue_without_secrets(operation->input),
		.tags = operation->tags,
		.secret_digest = operation->digest,
	};

	operation->draft = glue_mirror_draft(&entry);
}

/*
 * Record what an operation that did not fail has found or done.
 */
void
glue_operation_record(const GlueOperation *operation, const GlueMirror *mirror)
{
	GlueMirrorEntry entry = {
		.target = &operation->function->target,
		.name = operation->name,
		.observed = operation->observed,
		.status = operation->status,
		.secret_digest = operation->secrets,
		.request_id = operation->request_id,
		.aws_recorded_at = operation->aws_time,
	};
	GlueMirrorKnown known;
	const char *reason;

	if (operation->gone)
	{
		glue_mirror_forget(mirror, entry.target, operation->name);
		return;
	}
	if (operation->kind == GLUE_OPERATION_POLL)
	{
		if (operation->observed != NULL &&
			glue_mirror_find(mirror, entry.target, operation->name, &known))
			glue_record_observed(operation->function, mirror, &known,
								 operation->observed, GetCurrentTimestamp(),
								 glue_known_tags(&known, operation->observed));
		return;
	}
	reason = glue_observed_text(operation->observed, "StatusReason");
	if (reason != NULL)
		entry.status_reason = glue_scrub_text(operation->input, reason);
	if (operation->created && operation->draft != NULL)
	{
		glue_mirror_record_draft(mirror, operation->draft, &entry);
		return;
	}
	entry.definition = glue_without_secrets(operation->input);
	entry.tags = recorded_tags(operation, mirror);
	glue_mirror_record(mirror, &entry);
}

/* The tags that a connection has which was created, adopted or updated. */
static json_object *
recorded_tags(const GlueOperation *operation, const GlueMirror *mirror)
{
	GlueMirrorKnown known;

	if (operation->created)
		return operation->tags;
	if (operation->read_tags != NULL)
		return operation->read_tags;

	/* somebody may have changed them since they were looked up */
	if (operation->known_tags == NULL ||
		!glue_mirror_find(mirror, &operation->function->target,
						  operation->name, &known))
		return operation->known_tags;
	return known.tags;
}

/* ----------------------------------------------------------------
 * Calls
 * ----------------------------------------------------------------
 */

/*
 * Note what an answer says of itself: AWS's ID of the request, and the time.  A
 * mere look at what was done before says nothing of that.
 */
void
glue_operation_note_answer(GlueOperation *operation)
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
	glue_function_prepare_get(operation->function, &operation->call,
							  operation->name);
	return &operation->call;
}

static GlueCall *
prepare_create(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->step = GLUE_STEP_CREATE;
	glue_function_prepare(operation->function, call, "CreateConnection",
						  operation->name);
	glue_tree_add(call->request, "ConnectionInput",
				  json_object_get(operation->input));
	if (operation->tags != NULL)
		glue_tree_add(call->request, "Tags",
					  json_object_get(operation->tags));
	return call;
}

/* Make a call that is about its tags. */
GlueCall *
glue_operation_tags(GlueOperation *operation, GlueOperationStep step,
					const char *name)
{
	GlueCall   *call = &operation->call;

	operation->step = step;
	glue_function_prepare(operation->function, call, name, operation->name);
	glue_tree_add(call->request, "ResourceArn",
				  json_object_new_string(operation->arn));
	if (step == GLUE_STEP_ADD_TAGS)
		glue_tree_add(call->request, "TagsToAdd",
					  json_object_get(operation->tags));
	return call;
}

static GlueCall *
prepare_update(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->step = GLUE_STEP_UPDATE;
	glue_function_prepare(operation->function, call, "UpdateConnection",
						  operation->name);
	glue_tree_add(call->request, "Name",
				  json_object_new_string(operation->name));
	glue_tree_add(call->request, "ConnectionInput",
				  json_object_get(operation->input));
	return call;
}

/* Delete it. */
GlueCall *
glue_operation_delete(GlueOperation *operation, GlueOperationStep step)
{
	operation->step = step;
	glue_function_prepare(operation->function, &operation->call,
						  "DeleteConnection", operation->name);
	glue_tree_add(operation->call.request, "ConnectionName",
				  json_object_new_string(operation->name));
	return &operation->call;
}

/* ----------------------------------------------------------------
 * Outcomes
 * ----------------------------------------------------------------
 */

/* See whether an attempt before this one has made the connection. */
static GlueCall *
settle_find_ours(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);
	char		findings[GLUE_FINDINGS_SIZE];

	if (glue_call_failed_with(call, "EntityNotFoundException"))
		return prepare_create(operation);
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (owner_since(operation, operation->began_at, connection,
					findings) != GLUE_OURS)
	{
		if (operation->on_conflict == GLUE_CONFLICT_ERROR)
			return glue_operation_finish(operation,
										 glue_failure_taken(operation->name, findings));
		return settle_existing(operation);
	}
	operation->created = true;
	operation->secrets = operation->digest;
	glue_operation_observe(operation, connection);
	return glue_operation_finish(operation, NULL);
}

static GlueCall *
settle_create(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	const char *status;

	if (glue_call_failed_with(call, "AlreadyExistsException"))
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
		status = glue_observed_text(call->answer, "CreateConnectionStatus");
		operation->status = status != NULL ? pstrdup(status) : "READY";
	}
	return glue_operation_finish(operation, NULL);
}

/*
 * A create was refused because there is a connection of that name, which was
 * read.  If it is gone since, the next attempt may succeed; and if it could not
 * be read this time, that one finds out.
 */
static GlueCall *
settle_taken(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);
	char		findings[GLUE_FINDINGS_SIZE] = "";

	if (glue_call_failed_with(call, "EntityNotFoundException"))
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
		return settle_existing(operation);
	if (call->failure == NULL)
		return refuse(operation,
					  psprintf("The connection that has the name is not this request's: %s",
							   findings));
	if (call->failure->transient ||
		call->failure->sqlstate == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
		return glue_operation_finish(operation, call->failure);
	return refuse(operation, "The connection that has the name could not be read.");
}

/*
 * Has this request made the connection that is in its way, and which secrets
 * does it have then?
 *
 * An attempt that nobody remembers may have been made at any time since the
 * request was.  But nobody can tell then whether it was we who made it, and
 * with these secrets.  Those who would adopt or update it have better means.
 */
static bool
is_ours(GlueOperation *operation, json_object *connection,
		char findings[GLUE_FINDINGS_SIZE])
{
	if (is_recorded(operation->known, connection))
	{
		strlcpy(findings, "It was recorded before.", GLUE_FINDINGS_SIZE);
		return false;
	}
	if (owner_since(operation, operation->began_at, connection,
					findings) == GLUE_OURS)
	{
		operation->secrets = operation->digest;
		return true;
	}
	return operation->on_conflict == GLUE_CONFLICT_ERROR &&
		operation->known == NULL &&
		owner_since(operation, operation->requested_at, connection,
					findings) == GLUE_OURS;
}

/* Whose is a connection that was read, if ours was made since some time? */
static GlueOwnership
owner_since(const GlueOperation *operation, TimestampTz since,
			json_object *connection, char findings[GLUE_FINDINGS_SIZE])
{
	return glue_ownership(operation->input, connection, operation->call.date,
						  TimestampDifferenceMilliseconds(since,
														  GetCurrentTimestamp()),
						  findings);
}

/* Is it the connection that is recorded already?  Then another request made it. */
static bool
is_recorded(const GlueMirrorKnown *known, json_object *connection)
{
	return known != NULL &&
		glue_change_since_recorded(known, connection) !=
		GLUE_UNSEEN_OTHER_LIFE;
}

/* Fail as the create has. */
static GlueCall *
refuse(GlueOperation *operation, const char *detail)
{
	glue_failure_add_detail(operation->refusal, detail);
	operation->request_id = operation->refusal->request_id;
	return glue_operation_finish(operation, operation->refusal);
}

/* A connection exists, and was read: adopt it, or go on to update it. */
static GlueCall *
settle_existing(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *existing = glue_operation_found(call);
	GlueUnseenChange change;
	StringInfoData losses;

	if (glue_call_failed_with(call, "EntityNotFoundException") &&
		operation->create_missing)
		return prepare_create(operation);
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (existing == NULL)
		return glue_operation_finish(operation,
									 glue_client_malformed_answer(call,
																  "it holds no connection"));
	change = note_existing(operation, existing);
	if (operation->kind == GLUE_OPERATION_CREATE &&
		operation->on_conflict == GLUE_CONFLICT_ADOPT)
		return settle_adopted(operation, existing, change);

	initStringInfo(&losses);
	if (glue_find_credential_losses(existing,
									recorded_definition(operation, change),
									operation->input, append_difference,
									&losses))
		return glue_operation_finish(operation,
									 glue_failure_wipes_credentials(operation->name,
																	losses.data));
	if (operation->tags != NULL)
		return glue_operation_tags(operation, GLUE_STEP_ADD_TAGS, "TagResource");
	return prepare_update(operation);
}

/*
 * Note what is known of a connection that exists; returns what has become of it
 * since it was recorded.
 */
static GlueUnseenChange
note_existing(GlueOperation *operation, json_object *existing)
{
	operation->existing = life_of(existing);
	if (operation->known == NULL)
		return GLUE_UNSEEN_OTHER_LIFE;
	operation->known_tags = glue_known_tags(operation->known, existing);
	return glue_change_since_recorded(operation->known, existing);
}

/* What tells whether a connection is the same when it is read again. */
static json_object *
life_of(json_object *connection)
{
	json_object *life = glue_tree_new_object();
	json_object *created = glue_member_of(connection, "CreationTime");

	if (json_object_is_type(created, json_type_double) ||
		json_object_is_type(created, json_type_int))
		glue_tree_add(life, "CreationTime",
					  json_object_new_double(json_object_get_double(created)));
	return life;
}

/* How a connection was defined, unless that was another one. */
static json_object *
recorded_definition(const GlueOperation *operation, GlueUnseenChange change)
{
	return change == GLUE_UNSEEN_OTHER_LIFE ? NULL :
		operation->known->definition;
}

/*
 * Is an existing connection what it should be, as far as can be seen?
 *
 * That it has a password, which the comparison leaves out, and the definition does
 * not give one, is a difference as well.
 */
static GlueCall *
settle_adopted(GlueOperation *operation, json_object *observed,
			   GlueUnseenChange change)
{
	StringInfoData differences;

	initStringInfo(&differences);
	if (!glue_compare_definitions(operation->input, observed,
								  append_difference, &differences) &&
		differences.len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	glue_find_credential_losses(observed,
								recorded_definition(operation, change),
								operation->input, append_difference,
								&differences);
	compare_secrets(operation, change, &differences);
	operation->differences = differences.data;
	glue_operation_observe(operation, observed);
	if (operation->tags != NULL)
		return glue_operation_tags(operation, GLUE_STEP_COMPARE_TAGS, "GetTags");
	return finish_adopted(operation);
}

/*
 * Are a connection's secrets those of the definition?  That is known if the last
 * to give it secrets was this database.
 */
static void
compare_secrets(GlueOperation *operation, GlueUnseenChange change,
				StringInfo differences)
{
	const GlueSecretDigest *digest = operation->digest;
	GlueSecretChange secrets;

	if (change != GLUE_UNSEEN_NOTHING || !operation->known->has_digest)
		return;
	secrets = digest == NULL ? GLUE_SECRETS_CHANGED :
		glue_secret_digest_compare(digest, &operation->known->secret_digest);
	if (secrets == GLUE_SECRETS_SAME)
		operation->secrets = digest;
	else if (secrets == GLUE_SECRETS_CHANGED)
		append_difference(differences, "$",
						  "has other secrets than those that were sent before");
}

/* Its tags were read, to be compared. */
static GlueCall *
settle_compared(GlueOperation *operation)
{
	json_object *tags;
	StringInfoData differences;
	GlueFailure *failure = glue_tags_answer(&operation->call, &tags);

	if (failure != NULL)
		return glue_operation_finish(operation, failure);
	initStringInfo(&differences);
	appendStringInfoString(&differences, operation->differences);
	glue_compare_tags(operation->tags, tags, append_difference, &differences);
	operation->differences = differences.data;
	operation->read_tags = copy_tree(tags);
	return finish_adopted(operation);
}

static GlueCall *
finish_adopted(GlueOperation *operation)
{
	operation->adopted = operation->differences[0] == '\0';
	return glue_operation_finish(operation, operation->adopted ? NULL :
								 glue_failure_taken(operation->name,
													operation->differences));
}

static GlueCall *
settle_tagged(GlueOperation *operation)
{
	if (operation->call.failure != NULL)
		return glue_operation_finish(operation, operation->call.failure);
	operation->tagged = true;
	return prepare_update(operation);
}

static GlueCall *
settle_update(GlueOperation *operation)
{
	GlueFailure *failure = operation->call.failure;

	if (failure == NULL)
		return glue_operation_read(operation, GLUE_STEP_READ_UPDATED);
	if (operation->tagged)
		glue_failure_add_detail(failure, "The tags have been set already.");
	return glue_operation_finish(operation, failure);
}

/* A connection was updated, and read afterwards, or could not be. */
static GlueCall *
settle_updated(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);

	operation->secrets = operation->digest;
	if (connection != NULL)
	{
		if (glue_unseen_change(operation->existing, 0, connection) >
			GLUE_UNSEEN_UPDATE)
			operation->known_tags = NULL;
		glue_operation_observe(operation, connection);
	}
	else
	{
		operation->observed = operation->existing;
		operation->not_read =
			glue_failure_copy(call->failure != NULL ? call->failure :
							  glue_client_malformed_answer(call,
														   "it holds no connection"));
	}
	if (operation->tagged)
		return glue_operation_tags(operation, GLUE_STEP_READ_TAGS, "GetTags");
	return glue_operation_finish(operation, NULL);
}

/*
 * Tags were added to a connection, and read afterwards.  If that failed, they are
 * what was known before, with those that were added; and nothing, if nothing was
 * known.
 */
static GlueCall *
settle_read_tags(GlueOperation *operation)
{
	json_object *tags;
	GlueFailure *failure = glue_tags_readable(&operation->call, &tags);

	if (failure == NULL)
		operation->read_tags = copy_tree(tags);
	else
	{
		operation->tags_not_read = glue_failure_copy(failure);
		operation->read_tags = operation->known_tags;
		glue_tags_merge(operation->read_tags, operation->tags);
	}
	return glue_operation_finish(operation, NULL);
}

/* What was not there is gone as well: a request can be carried out twice. */
static GlueCall *
settle_delete(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->missing =
		glue_call_failed_with(call, "EntityNotFoundException") &&
		!operation->uncertain && !call->maybe_done;
	operation->gone = call->failure == NULL ||
		glue_call_failed_with(call, "EntityNotFoundException");
	if (operation->missing && !operation->ignore_missing)
		return glue_operation_finish(operation, call->failure);
	return glue_operation_finish(operation, operation->gone ? NULL : call->failure);
}

static GlueCall *
settle_poll(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->gone = glue_call_failed_with(call, "EntityNotFoundException");
	if (call->failure != NULL)
		return glue_operation_finish(operation, call->failure);
	if (glue_operation_found(call) == NULL)
		return glue_operation_finish(operation,
									 glue_client_malformed_answer(call,
																  "it holds no connection"));
	glue_operation_observe(operation, glue_operation_found(call));
	return glue_operation_finish(operation, NULL);
}

/* The connection that was read, which has a name, or NULL. */
json_object *
glue_operation_found(const GlueCall *call)
{
	json_object *connection = json_object_object_get(call->answer,
													 "Connection");

	return glue_answer_has_name(connection) ? connection : NULL;
}

/* Has a call failed with an exception of this name? */
bool
glue_call_failed_with(const GlueCall *call, const char *code)
{
	return call->failure != NULL && strcmp(call->failure->code, code) == 0;
}

/* Keep what was read of a connection, without its secrets. */
void
glue_operation_observe(GlueOperation *operation, json_object *connection)
{
	operation->observed = glue_redacted_copy(connection);
	operation->status = glue_connection_status(operation->observed);
}

/* End an operation; the failure may be NULL. */
GlueCall *
glue_operation_finish(GlueOperation *operation, GlueFailure *failure)
{
	operation->step = GLUE_STEP_DONE;
	if (failure != NULL)
		operation->failure = glue_failure_copy(failure);
	return NULL;
}

/* A GlueDifferenceSink: append a line to the StringInfo that is arg. */
static void
append_difference(void *arg, const char *path, const char *message)
{
	StringInfo	lines = arg;

	appendStringInfo(lines, "%s%s %s", lines->len > 0 ? "\n" : "", path,
					 message);
}

/* A copy of a tree that lives as long as the operation. */
static json_object *
copy_tree(json_object *tree)
{
	json_object *copy = NULL;

	if (json_object_deep_copy(tree, &copy, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return glue_secret_tree(copy);
}

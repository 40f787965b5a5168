/*-------------------------------------------------------------------------
 *
 * existing.c
 *	  Adopting and updating existing connections.
 *
 * An operation adopts a connection if its definition matches the input, and
 * records it.  An update replaces the whole definition, and must not remove
 * credentials that could not be read before: see glue/lost_credentials.c.
 *
 * The API has no conditional update.  A lock excludes other sessions of this
 * database, but changes by other clients between the read and the update
 * cannot be detected.  So the connection and its tags are read again after an
 * update, and that state is recorded.  If that read fails, the update has
 * succeeded nevertheless.
 *
 * IDENTIFICATION
 *	  src/operation/existing.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "glue/compare.h"
#include "glue/lost_credentials.h"
#include "glue/operation_name.h"
#include "glue/same_value.h"
#include "lib/stringinfo.h"
#include "operation/operation.h"
#include "operation/record.h"
#include "operation/tags.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"

/* prototypes of private functions */
static GlueCall *adopt_existing(GlueOperation *operation,
								json_object *observed,
								GlueUnseenChange change);
static void compare_secrets(GlueOperation *operation,
							GlueUnseenChange change, StringInfo differences);
static GlueCall *finish_adopted(GlueOperation *operation);
static GlueCall *prepare_update(GlueOperation *operation);

/* The recorded definition of a connection, unless it was of another life. */
static json_object *
recorded_definition(const GlueOperation *operation, GlueUnseenChange change)
{
	return change == GLUE_UNSEEN_OTHER_LIFE ? NULL :
		operation->record->definition;
}

/*
 * The members by which a second read tells whether a connection is still the
 * same one.
 */
static json_object *
life_of(json_object *connection)
{
	json_object *life = glue_tree_new_object();
	json_object *created = json_object_object_get(connection, "CreationTime");

	if (json_object_is_type(created, json_type_double) ||
		json_object_is_type(created, json_type_int))
		glue_tree_add(life, "CreationTime",
					  json_object_new_double(json_object_get_double(created)));
	return life;
}

/*
 * Set the record of an existing connection; returns its change since it was
 * recorded.
 */
static GlueUnseenChange
note_existing(GlueOperation *operation, json_object *existing)
{
	operation->existing = life_of(existing);
	if (operation->record == NULL)
		return GLUE_UNSEEN_OTHER_LIFE;
	operation->recorded_tags = glue_recorded_tags(operation->record, existing);
	return glue_change_since_recorded(operation->record, existing);
}

/* A GlueDifferenceSink: append a line to the StringInfo that is arg. */
static void
append_difference(void *arg, const char *path, const char *message)
{
	StringInfo	lines = arg;

	appendStringInfo(lines, "%s%s %s", lines->len > 0 ? "\n" : "", path,
					 message);
}

/*
 * An existing connection was read, or could not be: adopt it, or continue to
 * update it.
 */
GlueCall *
glue_operation_after_read_existing(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *existing = glue_operation_found(call);
	GlueUnseenChange change;
	GlueFailure *failure = glue_operation_not_found(call);
	StringInfoData losses;

	if (failure == NULL)
		failure = glue_operation_find_rival(operation, existing);
	if (failure != NULL)
		return glue_operation_finish(operation, failure);
	change = note_existing(operation, existing);
	if (operation->kind == GLUE_OPERATION_CREATE &&
		operation->on_conflict == GLUE_CONFLICT_ADOPT)
		return adopt_existing(operation, existing, change);

	initStringInfo(&losses);
	if (glue_find_credential_losses(existing,
									recorded_definition(operation, change),
									operation->input, append_difference,
									&losses))
		return glue_operation_finish(operation,
									 glue_failure_wipes_credentials(operation->name,
																	losses.data));
	if (operation->tags != NULL)
		return glue_operation_tags(operation, GLUE_STEP_ADD_TAGS);
	return prepare_update(operation);
}

/*
 * Does an existing connection match the input, as far as it can be read?
 *
 * The comparison ignores passwords.  But if the connection has one, and the
 * input has none, that is a difference as well.
 */
static GlueCall *
adopt_existing(GlueOperation *operation, json_object *observed,
			   GlueUnseenChange change)
{
	StringInfoData differences;

	initStringInfo(&differences);
	if (!glue_compare_definitions(operation->input, observed,
								  append_difference, &differences) &&
		differences.len == 0)
		glue_raise_out_of_memory();
	glue_find_credential_losses(observed,
								recorded_definition(operation, change),
								operation->input, append_difference,
								&differences);
	compare_secrets(operation, change, &differences);
	operation->differences = differences.data;
	glue_operation_observe(operation, observed);
	if (operation->tags != NULL)
		return glue_operation_tags(operation, GLUE_STEP_COMPARE_TAGS);
	return finish_adopted(operation);
}

/*
 * Are the secrets of a connection those of the input?  That is known if this
 * database was the last to set them.
 */
static void
compare_secrets(GlueOperation *operation, GlueUnseenChange change,
				StringInfo differences)
{
	const GlueSecretDigest *digest = operation->digest;
	GlueSecretChange secrets;

	if (change != GLUE_UNSEEN_NOTHING || operation->record->secret_digest == NULL)
		return;
	secrets = digest == NULL ? GLUE_SECRETS_CHANGED :
		glue_secret_digest_compare(digest, operation->record->secret_digest);
	if (secrets == GLUE_SECRETS_SAME)
		operation->secrets = digest;
	else if (secrets == GLUE_SECRETS_CHANGED)
		append_difference(differences, "$",
						  "has other secrets than those that were sent before");
}

/* The tags were read, to be compared. */
GlueCall *
glue_operation_after_compare_tags(GlueOperation *operation)
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
	operation->read_tags = glue_secret_tree_copy(tags);
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

GlueCall *
glue_operation_after_add_tags(GlueOperation *operation)
{
	if (glue_operation_was_late(operation))
		return NULL;
	if (operation->call.failure != NULL)
		return glue_operation_finish(operation, operation->call.failure);
	operation->tagged = true;
	return prepare_update(operation);
}

static GlueCall *
prepare_update(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;

	operation->step = GLUE_STEP_UPDATE;
	glue_access_prepare(operation->access, call, GLUE_UPDATE_CONNECTION,
						operation->name);
	glue_tree_add_text(call->arguments, "Name", operation->name);
	glue_tree_add(call->arguments, "ConnectionInput",
				  json_object_get(operation->input));
	return call;
}

GlueCall *
glue_operation_after_update(GlueOperation *operation)
{
	GlueFailure *failure = operation->call.failure;

	if (glue_operation_was_late(operation))
		return NULL;
	if (failure == NULL)
		return glue_operation_read(operation, GLUE_STEP_READ_UPDATED);
	if (operation->tagged)
		glue_failure_add_detail(failure, "The tags have been set already.");
	return glue_operation_finish(operation, failure);
}

/* A connection was updated, and then read, or could not be. */
GlueCall *
glue_operation_after_read_updated(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *connection = glue_operation_found(call);

	operation->secrets = operation->digest;
	if (connection != NULL)
	{
		if (glue_unseen_change(operation->existing, 0, connection) >
			GLUE_UNSEEN_UPDATE)
			operation->recorded_tags = NULL;
		glue_operation_observe(operation, connection);
	}
	else
	{
		operation->observed = operation->existing;
		operation->not_read =
			glue_failure_copy(glue_operation_not_found(call));
	}
	if (operation->tagged)
		return glue_operation_tags(operation, GLUE_STEP_READ_TAGS);
	return glue_operation_finish(operation, NULL);
}

/*
 * Tags were added to a connection, and then read.  If the read has failed, the
 * result is the recorded tags with the new ones; or no tags, if none were
 * recorded.
 */
GlueCall *
glue_operation_after_read_tags(GlueOperation *operation)
{
	json_object *tags;
	GlueFailure *failure = glue_tags_readable(&operation->call, &tags);

	if (failure == NULL)
		operation->read_tags = glue_secret_tree_copy(tags);
	else
	{
		operation->tags_not_read = glue_failure_copy(failure);
		operation->read_tags = operation->recorded_tags;
		glue_tags_apply(operation->read_tags, operation->tags);
	}
	return glue_operation_finish(operation, NULL);
}

/*-------------------------------------------------------------------------
 *
 * existing.c
 *	  What is done about a connection that exists already.
 *
 * Adopting one means to find that it is defined as it should be, and to
 * record it.  Updating it replaces its whole definition, which must not wipe
 * out credentials that nobody could read before: see credential_loss.c.
 *
 * The API has no way to update a connection only if it is still the one that
 * was read.  Sessions of this database are kept apart by a lock that lasts
 * until the end of the transaction; what others do in between cannot be
 * noticed.  So an update reads the connection once more afterwards, and what
 * is recorded is what is there.
 *
 * IDENTIFICATION
 *	  src/existing.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "crash_point.h"
#include "credential_loss.h"
#include "encoding.h"
#include "existing.h"
#include "jsonb_tree.h"
#include "lib/stringinfo.h"
#include "observation.h"
#include "record.h"
#include "secret_key.h"
#include "tags.h"

/* Whether a connection's secrets are those of a definition. */
typedef struct KnownSecrets
{
	GlueSecretChange change;
	const GlueSecretDigest *digest; /* to be recorded, or NULL */
} KnownSecrets;

/* prototypes of private functions */
static const char *adopt(const GlueFunction *function,
						 const GlueMirror *mirror,
						 const GlueDefinition *definition,
						 const GlueFailure *conflict);
static json_object *read_connection(const GlueFunction *function,
									const char *name);
static json_object *read_tags(const GlueFunction *function, const char *name);
static json_object *read_updated(const GlueFunction *function,
								 const GlueDefinition *definition);
static void compare_existing(const GlueDefinition *definition,
							 json_object *observed,
							 const GlueMirrorKnown *known,
							 StringInfo differences);
static void compare_secrets(Oid schema, const GlueDefinition *definition,
							const GlueMirrorKnown *known,
							json_object *observed, KnownSecrets *secrets);
static void refuse_losses(const GlueDefinition *definition,
						  json_object *existing,
						  const GlueMirrorKnown *known);
static void append_difference(void *arg, const char *path,
							  const char *message);

/*
 * Do what is asked for about a create that has failed; raises its failure
 * unless that was for an existing connection and something is to be done about
 * it.  Returns the status of the connection, in UTF-8, or NULL if that could not
 * be read.  call is that of the create, and ends with this.
 */
const char *
glue_settle_conflict(const GlueImmediate *immediate, GlueImmediateCall *call,
					 const GlueMirror *mirror,
					 const GlueDefinition *definition,
					 GlueConflictAction action, const GlueFailure *conflict)
{
	const char *status;

	if (strcmp(conflict->code, "AlreadyExistsException") == 0)
	{
		if (action == GLUE_CONFLICT_ADOPT)
		{
			status = adopt(immediate->function, mirror, definition, conflict);
			glue_immediate_adopted(call);
			glue_immediate_close(immediate, call, status, NULL);
			return status;
		}
		if (action == GLUE_CONFLICT_UPDATE)
			return glue_update_existing(immediate, call, mirror, definition);
	}
	glue_failure_raise(ERROR, conflict);
	return NULL;				/* keep the compiler quiet */
}

/*
 * Record a connection that exists, if it has the definition that it should
 * have; else raise an error that lists the differences.
 */
static const char *
adopt(const GlueFunction *function, const GlueMirror *mirror,
	  const GlueDefinition *definition, const GlueFailure *conflict)
{
	GlueMirrorKnown known;
	GlueMirrorEntry extra = {0};
	KnownSecrets secrets;
	StringInfoData differences;
	json_object *observed;

	initStringInfo(&differences);
	if (!glue_mirror_lock(mirror, &function->target, definition->name, &known))
		memset(&known, 0, sizeof(known));
	observed = read_connection(function, definition->name);

	compare_existing(definition, observed, &known, &differences);
	compare_secrets(function->schema, definition, &known, observed, &secrets);
	if (secrets.change == GLUE_SECRETS_CHANGED)
		append_difference(&differences, "$",
						  "has other secrets than those that were sent before");
	extra.tags = glue_known_tags(&known, observed);
	if (definition->tags != NULL)
	{
		extra.tags = read_tags(function, definition->name);
		glue_compare_tags(definition->tags, extra.tags, append_difference,
						  &differences);
	}
	if (differences.len > 0)
		glue_failure_raise(ERROR,
						   glue_failure_taken(definition->name,
											  differences.data));

	extra.secret_digest = secrets.digest;
	return glue_record_existing(function, mirror, definition, observed, &extra);
}

/*
 * Give a connection that exists a new definition, and record it; returns its
 * status in UTF-8, or NULL if that could not be read.
 *
 * Tags that are given are added first: if that is refused, nothing is done at
 * all.  Others are left as they are.
 *
 * The call that was announced before ends with this; if it is NULL, the update is
 * announced as a call of its own.
 */
const char *
glue_update_existing(const GlueImmediate *immediate,
					 GlueImmediateCall *announced, const GlueMirror *mirror,
					 const GlueDefinition *definition)
{
	const GlueFunction *function = immediate->function;
	GlueImmediateCall *change = announced;
	GlueMirrorKnown known;
	GlueMirrorEntry extra = {0};
	GlueTagged	tagged;
	GlueCall	call;
	json_object *observed;
	const char *status;

	if (change == NULL)
		change = glue_immediate_announce_one(immediate, "UpdateConnection",
											 definition->name,
											 definition->input,
											 definition->tags, NULL);
	if (!glue_mirror_lock(mirror, &function->target, definition->name, &known))
		memset(&known, 0, sizeof(known));
	refuse_losses(definition, read_connection(function, definition->name),
				  &known);
	extra.secret_digest = glue_digest_secrets(function->schema,
											  definition->input);
	if (definition->tags != NULL)
		glue_tagged_find(&tagged, function, definition->name);
	glue_immediate_sending(change, GLUE_OUTCOME_CHANGED);
	if (definition->tags != NULL)
		glue_tags_add(&tagged, definition->tags, change);

	glue_function_prepare(function, &call, "UpdateConnection",
						  definition->name);
	glue_tree_add(call.request, "Name",
				  json_object_new_string(definition->name));
	glue_tree_add(call.request, "ConnectionInput",
				  json_object_get(definition->input));
	GLUE_CRASH_POINT_MEANWHILE(&call, "caller after send");
	glue_client_run(&call, 1);
	if (call.failure != NULL && definition->tags != NULL)
		glue_failure_add_detail(call.failure, "The tags have been set already.");
	if (call.failure != NULL)
	{
		if (definition->tags == NULL)
			glue_immediate_failed(change, &call);
		glue_failure_raise(ERROR, call.failure);
	}
	glue_immediate_done(change, &call, GLUE_OUTCOME_CHANGED);

	observed = read_updated(function, definition);
	extra.tags = glue_known_tags(&known, observed);
	if (definition->tags != NULL)
		extra.tags = glue_tags_added(&tagged, extra.tags, definition->tags);
	extra.request_id = call.request_id;
	status = glue_record_existing(function, mirror, definition, observed,
								  &extra);
	glue_immediate_close(immediate, change, status, call.request_id);
	return status;
}

/* Read a connection as it is. */
static json_object *
read_connection(const GlueFunction *function, const char *name)
{
	GlueCall	call;

	glue_function_prepare_get(function, &call, name);
	glue_function_run(&call);
	return glue_function_answer(&call, "Connection", json_type_object,
								"it holds no connection");
}

/* Read its tags. */
static json_object *
read_tags(const GlueFunction *function, const char *name)
{
	GlueTagged	tagged;

	glue_tagged_find(&tagged, function, name);
	return glue_tags_read(&tagged);
}

/*
 * Read a connection that was just updated; NULL if that fails, which does not
 * undo the update.
 */
static json_object *
read_updated(const GlueFunction *function, const GlueDefinition *definition)
{
	GlueCall	call;
	json_object *connection;

	glue_function_prepare_get(function, &call, definition->name);
	glue_client_run(&call, 1);
	connection = json_object_object_get(call.answer, "Connection");
	if (json_object_is_type(connection, json_type_object))
		return connection;
	ereport(WARNING,
			(errmsg("AWS Glue connection \"%s\" was updated, but could not be read afterwards",
					glue_server_from_utf8(definition->name)),
			 call.failure != NULL ?
			 errdetail_internal("%s", glue_server_from_utf8(call.failure->detail)) : 0,
			 errhint("Its status is not known.")));
	return NULL;
}

/*
 * Find out how a connection is defined otherwise than it should be.
 *
 * That it has a password, which the comparison leaves out, and the definition
 * does not give one, is a difference as well.
 */
static void
compare_existing(const GlueDefinition *definition, json_object *observed,
				 const GlueMirrorKnown *known, StringInfo differences)
{
	if (!glue_compare_definitions(definition->input, observed,
								  append_difference, differences) &&
		differences->len == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	glue_find_credential_losses(observed, known->definition,
								definition->input, append_difference,
								differences);
}

/*
 * Find out whether a connection's secrets are those of the definition.
 *
 * That is known if the last to give it secrets was this database.
 */
static void
compare_secrets(Oid schema, const GlueDefinition *definition,
				const GlueMirrorKnown *known, json_object *observed,
				KnownSecrets *secrets)
{
	const GlueSecretDigest *digest = glue_digest_secrets(schema,
														 definition->input);

	secrets->change = GLUE_SECRETS_INCOMPARABLE;
	secrets->digest = NULL;
	if (!known->has_digest || glue_updated_since_recorded(known, observed))
		return;
	secrets->change = digest == NULL ? GLUE_SECRETS_CHANGED :
		glue_secret_digest_compare(digest, &known->secret_digest);
	if (secrets->change == GLUE_SECRETS_SAME)
		secrets->digest = digest;
}

/* Raise an error if an update would wipe out credentials. */
static void
refuse_losses(const GlueDefinition *definition, json_object *existing,
			  const GlueMirrorKnown *known)
{
	StringInfoData losses;

	initStringInfo(&losses);
	if (!glue_find_credential_losses(existing, known->definition,
									 definition->input, append_difference,
									 &losses))
		return;
	glue_failure_raise(ERROR,
					   glue_failure_wipes_credentials(definition->name,
													  losses.data));
}

/* A GlueDifferenceSink: append a line to the StringInfo that is arg. */
static void
append_difference(void *arg, const char *path, const char *message)
{
	StringInfo	lines = arg;

	if (lines->len > 0)
		appendStringInfoChar(lines, '\n');
	appendStringInfo(lines, "%s %s", path, message);
}

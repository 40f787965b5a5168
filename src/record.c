/*-------------------------------------------------------------------------
 *
 * record.c
 *	  What a call that succeeded means for the table and for the user.
 *
 * What is recorded has no secrets.
 *
 * IDENTIFICATION
 *	  src/record.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "crash_point.h"
#include "encoding.h"
#include "jsonb_tree.h"
#include "observation.h"
#include "record.h"
#include "secret_key.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void await_announcement(void *arg);
static void draft_record(void *arg);
static void ignore_difference(void *arg, const char *path,
							  const char *message);

/*
 * Begin to create a connection, whose definition is to be put into the memory
 * context of the creation.
 */
void
glue_creation_begin(GlueCreation *creation, const GlueFunction *function)
{
	memset(creation, 0, sizeof(GlueCreation));
	creation->function = function;
	creation->owner_context = CurrentMemoryContext;
	creation->context = AllocSetContextCreate(CurrentMemoryContext,
											  "glue_conn definition",
											  ALLOCSET_DEFAULT_SIZES);
}

/*
 * Begin to announce the creation, after its definition was checked.  That takes
 * a while, in which the call can be filled in.
 */
void
glue_creation_announce(GlueCreation *creation,
					   const GlueImmediate *immediate,
					   GlueConflictAction on_conflict)
{
	GlueRequest request = {
		.operation = "CreateConnection",
		.name = creation->definition.name,
		.input = creation->definition.input,
		.tags = creation->definition.tags,
		.on_conflict = glue_conflict_action_name(on_conflict),
	};

	creation->immediate = immediate;
	creation->announced = glue_immediate_begin(immediate, &request);
}

/*
 * Fill in the call that creates the connection, which is being announced, or
 * was.  The definition's trees become part of it.
 *
 * While the answer is awaited, the record is prepared, and the trees are
 * freed.  Nothing of that may fail for a reason that could have been known
 * before, so such reasons are looked for here.
 */
void
glue_creation_prepare(GlueCreation *creation, const GlueMirror *mirror)
{
	const GlueDefinition *definition = &creation->definition;
	GlueCall   *call = &creation->call;
	MemoryContext old_context = MemoryContextSwitchTo(creation->context);

	creation->mirror = mirror;
	glue_secret_key_require(creation->function->schema, definition->input);
	glue_function_prepare(creation->function, call, "CreateConnection",
						  definition->name);
	glue_tree_add(call->request, "ConnectionInput",
				  json_object_get(definition->input));
	if (definition->tags != NULL)
		glue_tree_add(call->request, "Tags", json_object_get(definition->tags));
	MemoryContextSwitchTo(old_context);

	call->connection_name = pstrdup(definition->name);
	call->before_sending = await_announcement;
	call->before_sending_arg = creation;
	call->meanwhile = draft_record;
	call->meanwhile_arg = creation;
}

/* The before_sending of a call. */
static void
await_announcement(void *arg)
{
	GlueCreation *creation = arg;

	glue_immediate_await(creation->announced);
	glue_immediate_sending(creation->announced, GLUE_OUTCOME_UNKNOWN);
}

/*
 * The meanwhile of a call: prepare the record as far as that goes without the
 * answer, and free the definition, which is not needed any more.
 */
static void
draft_record(void *arg)
{
	GlueCreation *creation = arg;
	GlueDefinition *definition = &creation->definition;
	GlueMirrorEntry entry = {
		.target = &creation->function->target,
		.name = definition->name,
		.definition = definition->input,
		.tags = definition->tags,
	};
	MemoryContext old_context =
		MemoryContextSwitchTo(creation->owner_context);

	GLUE_CRASH_POINT("caller after send");
	entry.secret_digest = glue_digest_secrets(creation->function->schema,
											  definition->input);
	glue_redact_or_fail(definition->input);
	creation->draft = glue_mirror_draft(&entry);

	memset(definition, 0, sizeof(GlueDefinition));
	definition->name = creation->call.connection_name;
	creation->call.request = NULL;
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(creation->context);
	creation->context = NULL;
}

/*
 * Record a connection that was created; returns its status in UTF-8.
 */
const char *
glue_creation_record(GlueCreation *creation)
{
	const GlueCall *call = &creation->call;
	GlueMirrorEntry entry = {.request_id = call->request_id};
	const char *reason;

	if (call->read_back != NULL)
	{
		reason = glue_observed_text(call->read_back, "StatusReason");
		if (reason != NULL)
			entry.status_reason = glue_scrub_text(call->sent, reason);
		entry.observed = glue_redacted_copy(call->read_back);
		entry.status = glue_connection_status(call->read_back);
		ereport(NOTICE,
				(errmsg("AWS Glue connection \"%s\" was created, although the answer was lost",
						glue_server_from_utf8(call->connection_name)),
				 errdetail("It was found by reading it back: it has the definition that was sent, and is not older than the request.")));
	}
	else
	{
		entry.status = glue_observed_text(call->answer,
										  "CreateConnectionStatus");
		if (entry.status == NULL)
			entry.status = "READY";
	}
	glue_mirror_record_draft(creation->mirror, creation->draft, &entry);
	return entry.status;
}

/*
 * Go on with a definition that could not be used to create a connection: get
 * its trees back.
 */
void
glue_creation_resume(GlueCreation *creation)
{
	GlueDefinition *definition = &creation->definition;
	json_object *sent = creation->call.sent;

	definition->input = json_object_object_get(sent, "ConnectionInput");
	definition->tags = json_object_object_get(sent, "Tags");
}

/*
 * Record a connection that was there before, as it was read; returns its
 * status in UTF-8.  If it could not be read, observed and the result are NULL.
 *
 * extra has what reading does not tell: tags, the digest of the secrets and
 * AWS's ID of the request.
 */
const char *
glue_record_existing(const GlueFunction *function, const GlueMirror *mirror,
					 const GlueDefinition *definition, json_object *observed,
					 const GlueMirrorEntry *extra)
{
	GlueMirrorEntry entry = *extra;
	const char *reason = glue_observed_text(observed, "StatusReason");

	entry.target = &function->target;
	entry.name = definition->name;
	entry.definition = glue_redacted_copy(definition->input);
	entry.observed = glue_redacted_copy(observed);
	if (observed != NULL)
		entry.status = glue_connection_status(observed);
	if (reason != NULL)
		entry.status_reason = glue_scrub_text(definition->input, reason);
	glue_mirror_record(mirror, &entry);
	return entry.status;
}

/*
 * Record what was read of a connection, unless something newer is recorded.
 *
 * known is what was recorded before, or NULL.  connection is redacted, and was
 * asked for at asked_at.  tags are those that it has; NULL if they are not known.
 *
 * As long as nobody else has changed the connection, more is known of it than
 * can be read: which secrets it has, and how it was asked to be validated.  And
 * what is recorded of its definition stays if this database lacks a character of
 * what was read.
 */
void
glue_record_observed(const GlueFunction *function, const GlueMirror *mirror,
					 const GlueMirrorKnown *known, json_object *connection,
					 TimestampTz asked_at, json_object *tags)
{
	GlueMirrorEntry entry = {.target = &function->target};
	const char *name = glue_observed_text(connection, "Name");

	if (known != NULL)
		glue_mirror_entry_from_known(&entry, &function->target, name, known);
	if (known == NULL ||
		(glue_tree_fits_jsonb(connection) &&
		 (!glue_compare_definitions(known->definition, connection,
									ignore_difference, NULL) ||
		  glue_definition_reveals(known->definition, connection))))
	{
		entry.definition = connection;
		entry.secret_digest = NULL;
	}
	if (known != NULL && glue_updated_since_recorded(known, connection))
		entry.secret_digest = NULL;
	entry.tags = tags;
	entry.name = name;
	entry.observed = connection;
	entry.status = glue_connection_status(connection);
	entry.recorded_at = asked_at;
	glue_mirror_observe(mirror, &entry);
}

/*
 * The tags that are recorded of a connection; NULL if it is another one that is
 * there now, so that nobody knows them.
 */
json_object *
glue_known_tags(const GlueMirrorKnown *known, json_object *connection)
{
	return glue_recreated_since(known->observed, connection) ? NULL :
		known->tags;
}

/*
 * Has somebody else changed a connection since it was recorded?
 *
 * The answer to a create has no times.  Then it was recorded later than it was
 * created, by AWS's clock too.
 */
bool
glue_updated_since_recorded(const GlueMirrorKnown *known,
							json_object *connection)
{
	const double days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;

	if (!glue_is_nothing(glue_member_of(known->observed, "LastUpdatedTime")))
		return glue_updated_since(known->observed, connection);
	return glue_updated_after(connection,
							  known->recorded_at / 1e6 + days * SECS_PER_DAY +
							  glue_client_clock_skew());
}

/* A GlueDifferenceSink */
static void
ignore_difference(void *arg, const char *path, const char *message)
{
}

/* Tell the user what the status alone does not; it may be NULL. */
void
glue_report_status(const GlueDefinition *definition, const char *status)
{
	if (status != NULL && strcmp(status, "FAILED") == 0)
		ereport(WARNING,
				(errmsg("AWS Glue connection \"%s\" is there, but is not usable",
						glue_server_from_utf8(definition->name)),
				 errdetail("Its status is FAILED."),
				 errhint("\"StatusReason\" of glue_get_connection() says why. The name is taken until the connection is deleted.")));
}

/*-------------------------------------------------------------------------
 *
 * record.c
 *	  What a call that succeeded means for the table and for the user.
 *
 * What is recorded has no secrets.  They are taken out of copies, since the
 * definition itself may still be needed to scrub what AWS says.
 *
 * IDENTIFICATION
 *	  src/record.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "encoding.h"
#include "jsonb_tree.h"
#include "observation.h"
#include "record.h"
#include "secret_key.h"

/* prototypes of private functions */
static void ignore_difference(void *arg, const char *path,
							  const char *message);

/*
 * Fill in the call that creates a connection; the definition's trees become
 * part of it.
 */
void
glue_prepare_create(const GlueFunction *function, GlueCall *call,
					const GlueDefinition *definition)
{
	glue_function_prepare(function, call, "CreateConnection",
						  definition->name);
	glue_tree_add(call->request, "ConnectionInput",
				  json_object_get(definition->input));
	if (definition->tags != NULL)
		glue_tree_add(call->request, "Tags", json_object_get(definition->tags));
}

/*
 * Record a connection that was created; returns its status in UTF-8.
 */
const char *
glue_record_created(const GlueFunction *function, const GlueMirror *mirror,
					const GlueDefinition *definition, const GlueCall *call)
{
	GlueMirrorEntry entry = {
		.target = &function->target,
		.name = definition->name,
		.tags = definition->tags,
		.request_id = call->request_id,
	};
	const char *reason;

	entry.secret_digest = glue_digest_secrets(function->schema,
											  definition->input);
	entry.definition = glue_redacted_copy(definition->input);
	if (call->read_back != NULL)
	{
		reason = glue_observed_text(call->read_back, "StatusReason");
		if (reason != NULL)
			entry.status_reason = glue_scrub_text(definition->input, reason);
		entry.observed = glue_redacted_copy(call->read_back);
		entry.status = glue_connection_status(call->read_back);
		ereport(NOTICE,
				(errmsg("AWS Glue connection \"%s\" was created, although the answer was lost",
						glue_server_from_utf8(definition->name)),
				 errdetail("It was found by reading it back: it has the definition that was sent, and is not older than the request.")));
	}
	else
	{
		entry.status = glue_observed_text(call->answer,
										  "CreateConnectionStatus");
		if (entry.status == NULL)
			entry.status = "READY";
	}
	glue_mirror_record(mirror, &entry);
	return entry.status;
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
 * asked for at asked_at.
 *
 * As long as nobody else has changed the connection, more is known of it than
 * can be read: which secrets it has, and how it was asked to be validated.
 */
void
glue_record_observed(const GlueFunction *function, const GlueMirror *mirror,
					 const GlueMirrorKnown *known, json_object *connection,
					 TimestampTz asked_at)
{
	GlueMirrorEntry entry = {.target = &function->target};
	const char *name = glue_observed_text(connection, "Name");

	if (known != NULL)
		glue_mirror_entry_from_known(&entry, &function->target, name, known);
	if (known == NULL ||
		!glue_compare_definitions(known->definition, connection,
								  ignore_difference, NULL))
	{
		entry.definition = connection;
		entry.secret_digest = NULL;
	}
	if (known != NULL && glue_updated_since(known->observed, connection))
		entry.secret_digest = NULL;
	entry.name = name;
	entry.observed = connection;
	entry.status = glue_connection_status(connection);
	entry.recorded_at = asked_at;
	glue_mirror_observe(mirror, &entry);
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

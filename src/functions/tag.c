/*-------------------------------------------------------------------------
 *
 * tag.c
 *	  The SQL functions for the tags of connections.
 *
 * A change is recorded if the connection has a record.  Tags alone are not a
 * definition, so they are not recorded without one.
 *
 * IDENTIFICATION
 *	  src/functions/tag.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "functions/function.h"
#include "glue/operation_name.h"
#include "operation/tags.h"

PG_FUNCTION_INFO_V1(glue_tag_connection);
PG_FUNCTION_INFO_V1(glue_untag_connection);
PG_FUNCTION_INFO_V1(glue_get_connection_tags);

static void
find_tagged(GlueTagged *tagged, GlueFunction *function,
			const char *name)
{
	GlueFailure *failure = glue_tagged_find(tagged, &function->access, name);

	if (failure != NULL)
		glue_failure_raise(ERROR, failure);
}

/*
 * Add tags, or remove tags by their keys: that is the second argument.  The record
 * of the connection is locked before.
 */
static void
change_tags(FunctionCallInfo fcinfo, const char *operation)
{
	GlueFunction function;
	GlueRequest request = {.operation = operation};
	json_object *changes;
	GlueTagged	tagged;
	GlueIntent *intent;
	GlueRecord	record;
	bool		is_recorded;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	request.name = glue_argument_name(fcinfo->args[0], "$.Name",
									  &function.findings);
	if (strcmp(operation, GLUE_TAG_RESOURCE) == 0)
		changes = request.tags = glue_argument_tags(fcinfo->args[1], true,
													&function.findings);
	else
		changes = glue_argument_list(fcinfo->args[1], "TagKeysList",
									 "$.TagsToRemove", &function.findings);
	glue_function_connect_checked(&function, fcinfo->args[2], fcinfo->args[3],
								  "argument list", "Nothing was sent.");
	find_tagged(&tagged, &function, request.name);
	glue_function_open(&function);
	glue_intents_write(&function.intents, &request, 1, &intent);
	is_recorded = glue_record_lock(&function.records, &function.access.target,
								   request.name, &record);
	record.request_id = glue_tags_change(&tagged, operation, changes, intent);
	if (is_recorded)
	{
		record.target = &function.access.target;
		record.name = request.name;
		record.tags = glue_tags_changed(&tagged, record.tags, changes);
		record.recorded_at = 0;
		glue_record_write(&function.records, &record, NULL);
	}
	glue_intent_finish(&function.intents, intent, NULL, record.request_id);
	glue_function_end(&function);
}

/*
 * glue_tag_connection(name text, tags jsonb, catalog_id text, server name)
 * returns void
 */
Datum
glue_tag_connection(PG_FUNCTION_ARGS)
{
	change_tags(fcinfo, GLUE_TAG_RESOURCE);
	PG_RETURN_VOID();
}

/*
 * glue_untag_connection(name text, tag_keys text[], catalog_id text,
 *						 server name) returns void
 */
Datum
glue_untag_connection(PG_FUNCTION_ARGS)
{
	change_tags(fcinfo, GLUE_UNTAG_RESOURCE);
	PG_RETURN_VOID();
}

/*
 * glue_get_connection_tags(name text, catalog_id text, server name)
 * returns jsonb
 */
Datum
glue_get_connection_tags(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueTagged	tagged;
	const char *name;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_READS);
	name = glue_function_connect_named(&function, fcinfo->args[0],
									   fcinfo->args[1], fcinfo->args[2]);
	find_tagged(&tagged, &function, name);
	return glue_function_end_tree(&function, glue_tags_read(&tagged));
}

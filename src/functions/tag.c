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

/* A change of tags. */
typedef struct TagChange
{
	GlueFunction function;
	GlueTagged	tagged;
	bool		recorded;		/* has the connection a record? */
	GlueRecord	record;			/* the record, if any */
	GlueIntent *intent;
} TagChange;

/* prototypes of private functions */
static void find_tagged(GlueTagged *tagged, GlueFunction *function,
						const char *name);
static const char *begin_change(TagChange *change, FunctionCallInfo fcinfo);
static void write_intent(TagChange *change, FunctionCallInfo fcinfo,
						 const char *operation, const char *name,
						 json_object *tags);
static void end_change(TagChange *change, json_object *tags,
					   const char *request_id);

PG_FUNCTION_INFO_V1(glue_tag_connection);
PG_FUNCTION_INFO_V1(glue_untag_connection);
PG_FUNCTION_INFO_V1(glue_get_connection_tags);

/*
 * glue_tag_connection(name text, tags jsonb, catalog_id text, server name)
 * returns void
 */
Datum
glue_tag_connection(PG_FUNCTION_ARGS)
{
	TagChange	change;
	const char *name;
	json_object *tags;
	const char *request_id;

	name = begin_change(&change, fcinfo);
	tags = glue_argument_tags(fcinfo->args[1], true,
							  &change.function.findings);
	write_intent(&change, fcinfo, GLUE_TAG_RESOURCE, name, tags);
	request_id = glue_tags_add(&change.tagged, tags, change.intent);
	end_change(&change, change.recorded ?
			   glue_tags_added(&change.tagged, change.record.tags, tags) :
			   NULL, request_id);
	PG_RETURN_VOID();
}

/*
 * glue_untag_connection(name text, tag_keys text[], catalog_id text,
 *						 server name) returns void
 */
Datum
glue_untag_connection(PG_FUNCTION_ARGS)
{
	TagChange	change;
	const char *name;
	json_object *keys;
	const char *request_id;

	name = begin_change(&change, fcinfo);
	keys = glue_argument_list(fcinfo->args[1], "TagKeysList", "$.TagsToRemove",
							  &change.function.findings);
	write_intent(&change, fcinfo, GLUE_UNTAG_RESOURCE, name, NULL);
	request_id = glue_tags_remove(&change.tagged, keys, change.intent);
	end_change(&change, change.recorded ?
			   glue_tags_removed(&change.tagged, change.record.tags, keys) :
			   NULL, request_id);
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

static void
find_tagged(GlueTagged *tagged, GlueFunction *function,
			const char *name)
{
	GlueFailure *failure = glue_tagged_find(tagged, &function->access, name);

	if (failure != NULL)
		glue_failure_raise(ERROR, failure);
}

/* Begin a change; returns the name of the connection, its first argument. */
static const char *
begin_change(TagChange *change, FunctionCallInfo fcinfo)
{
	glue_function_begin(&change->function, fcinfo, GLUE_FUNCTION_WRITES);
	return glue_argument_name(fcinfo->args[0], "$.Name",
							  &change->function.findings);
}

/*
 * Connect to the catalog and the server, which are the last arguments,
 * post the intent of the change, and lock the record of the connection.
 */
static void
write_intent(TagChange *change, FunctionCallInfo fcinfo,
			 const char *operation, const char *name, json_object *tags)
{
	GlueFunction *function = &change->function;

	glue_function_connect_checked(function, fcinfo->args[2], fcinfo->args[3],
								  "argument list", "Nothing was sent.");
	find_tagged(&change->tagged, function, name);
	glue_function_open(function);
	change->intent = glue_intent_write(&function->intents,
									   operation, name, NULL, tags,
									   NULL);
	change->recorded = glue_record_lock(&function->records,
										&function->access.target, name,
										&change->record);
}

/* End a successful change, with the tags that are recorded now. */
static void
end_change(TagChange *change, json_object *tags, const char *request_id)
{
	GlueNewRecord new_record;

	if (change->recorded)
	{
		glue_new_record_from(&new_record, &change->function.access.target,
							 change->tagged.name, &change->record);
		new_record.tags = tags;
		new_record.request_id = request_id;
		glue_record_write(&change->function.records, &new_record);
	}
	glue_intent_finish(&change->function.intents, change->intent, NULL,
					   request_id);
	glue_function_end(&change->function);
}

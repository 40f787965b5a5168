/*-------------------------------------------------------------------------
 *
 * tag.c
 *	  The SQL functions that are about the tags of connections.
 *
 * A change is recorded if the connection is.  Tags alone are no definition,
 * so they make no record of their own.
 *
 * IDENTIFICATION
 *	  src/functions/tag.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"
#include "functions/function.h"
#include "operation/tags.h"
#include "server/jsonb_tree.h"

/* A change of tags, between its beginning and its end. */
typedef struct TagChange
{
	GlueFunction function;
	GlueMirror	mirror;
	GlueTagged	tagged;
	bool		recorded;		/* is the connection? */
	GlueMirrorKnown known;		/* what is known of it, if it is */
	GlueImmediate immediate;
	GlueImmediateCall *call;
} TagChange;

/* prototypes of private functions */
static void find_tagged(GlueTagged *tagged, const GlueFunction *function,
						const char *name);
static const char *get_name(FunctionCallInfo fcinfo, GlueFunction *function);
static void connect_to(FunctionCallInfo fcinfo, int first_argument,
					   GlueFunction *function);
static void begin_change(TagChange *change, const char *operation,
						 const char *name, json_object *tags);
static void record_tags(const TagChange *change, json_object *tags,
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

	glue_function_begin(&change.function, fcinfo, "glue_tag_connection()",
						GLUE_FUNCTION_WRITES);
	name = get_name(fcinfo, &change.function);
	tags = glue_argument_tags(fcinfo, 1, true, glue_violations_add,
							  &change.function.violations);
	connect_to(fcinfo, 2, &change.function);

	begin_change(&change, "TagResource", name, tags);
	request_id = glue_tags_add(&change.tagged, tags, change.call);
	if (change.recorded)
		record_tags(&change,
					glue_tags_added(&change.tagged, change.known.tags, tags),
					request_id);
	glue_immediate_close(&change.immediate, change.call, NULL, request_id);
	glue_function_end(&change.function);
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

	glue_function_begin(&change.function, fcinfo, "glue_untag_connection()",
						GLUE_FUNCTION_WRITES);
	name = get_name(fcinfo, &change.function);
	keys = glue_argument_list(fcinfo, 1, "TagKeysList", "$.TagsToRemove",
							  glue_violations_add,
							  &change.function.violations);
	connect_to(fcinfo, 2, &change.function);

	begin_change(&change, "UntagResource", name, NULL);
	request_id = glue_tags_remove(&change.tagged, keys, change.call);
	if (change.recorded)
		record_tags(&change,
					glue_tags_removed(&change.tagged, change.known.tags, keys),
					request_id);
	glue_immediate_close(&change.immediate, change.call, NULL, request_id);
	glue_function_end(&change.function);
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
	json_object *tags;
	Jsonb	   *result;

	glue_function_begin(&function, fcinfo, "glue_get_connection_tags()",
						GLUE_FUNCTION_READS);
	glue_function_connect_named(&function, fcinfo, 0, &name);
	find_tagged(&tagged, &function, name);
	tags = glue_tags_read(&tagged);

	MemoryContextSwitchTo(function.caller_context);
	result = glue_jsonb_from_tree(tags);
	glue_function_end(&function);
	PG_RETURN_JSONB_P(result);
}

static void
find_tagged(GlueTagged *tagged, const GlueFunction *function,
			const char *name)
{
	GlueFailure *failure = glue_tagged_find(tagged, &function->access, name);

	if (failure != NULL)
		glue_failure_raise(ERROR, failure);
}

/* Get the name of the connection, the first argument of both changes. */
static const char *
get_name(FunctionCallInfo fcinfo, GlueFunction *function)
{
	return glue_argument_name(fcinfo, 0, glue_violations_add,
							  &function->violations);
}

/* Connect to the catalog and the server, the last arguments of both. */
static void
connect_to(FunctionCallInfo fcinfo, int first_argument,
		   GlueFunction *function)
{
	const char *catalog_id =
		glue_argument_catalog_id(fcinfo, first_argument, glue_violations_add,
								 &function->violations);

	glue_function_connect(function,
						  glue_argument_server(fcinfo, first_argument + 1),
						  catalog_id);
}

/*
 * Get ready to change tags, say so, and lock what is recorded of the connection.
 */
static void
begin_change(TagChange *change, const char *operation, const char *name,
			 json_object *tags)
{
	find_tagged(&change->tagged, &change->function, name);
	glue_mirror_open(&change->mirror, change->function.access.schema,
					 GLUE_MIRROR_WRITE);
	glue_immediate_open(&change->immediate, &change->function.access);
	change->call = glue_immediate_announce_one(&change->immediate, operation,
											   name, NULL, tags, NULL);
	change->recorded = glue_mirror_lock(&change->mirror,
										&change->function.access.target, name,
										&change->known);
}

static void
record_tags(const TagChange *change, json_object *tags,
			const char *request_id)
{
	GlueMirrorEntry entry;

	glue_mirror_entry_from_known(&entry, &change->function.access.target,
								 change->tagged.name, &change->known);
	entry.tags = tags;
	entry.request_id = request_id;
	glue_mirror_record(&change->mirror, &entry);
}

/*-------------------------------------------------------------------------
 *
 * tags.c
 *	  The tags of a connection in AWS Glue.
 *
 * Tags are not part of a connection's definition: AWS has separate operations
 * for them, which address the connection by its ARN, and which add or remove
 * single tags.  So a session that changes tags does not know the complete
 * result, and reads the tags again, because the record must be correct.
 *
 * If the read fails, the change has succeeded nevertheless.  Then the old
 * record with the change applied is recorded; or no tags, if none were
 * recorded.
 *
 * IDENTIFICATION
 *	  src/operation/tags.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/client.h"
#include "client/credential_chain.h"
#include "glue/operation_name.h"
#include "operation/tags.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"

/*
 * Find the ARN of a connection, whose name is UTF-8, for its tags; returns
 * NULL, or the failure to find its account.
 */
GlueFailure *
glue_tagged_find(GlueTagged *tagged, GlueAccess *access, const char *name)
{
	tagged->access = access;
	tagged->name = name;
	tagged->arn = glue_target_connection_arn(&access->target, name);
	if (tagged->arn == NULL)
	{
		GlueFailure *failure = glue_account_find(access);

		if (failure != NULL)
		{
			glue_failure_add_detail(failure,
									"Tags are addressed by an ARN, which has the account in it. AWS STS is not called if \"catalog_id\" is the account.");
			return failure;
		}
		tagged->arn = glue_target_connection_arn(&access->target, name);
	}
	return NULL;
}

static void
read_tags(const GlueTagged *tagged, GlueCall *call)
{
	glue_tags_prepare(tagged, call, GLUE_GET_TAGS, NULL);
	glue_client_run(call, 1);
}

/* Read the tags of a connection, which are an object of strings. */
json_object *
glue_tags_read(const GlueTagged *tagged)
{
	json_object *tags;
	GlueCall	call;
	GlueFailure *failure;

	read_tags(tagged, &call);
	failure = glue_tags_answer(&call, &tags);
	if (failure != NULL)
		glue_failure_raise(ERROR, failure);
	return tags;
}

/* The tags in the answer to GetTags; or the failure. */
GlueFailure *
glue_tags_answer(const GlueCall *call, json_object **tags)
{
	if (call->failure != NULL)
		return call->failure;
	if (!json_object_object_get_ex(call->answer, "Tags", tags))
		*tags = glue_tree_new_object();
	return NULL;
}

/* The same; fails if this database cannot store them. */
GlueFailure *
glue_tags_readable(const GlueCall *call, json_object **tags)
{
	GlueFailure *failure = glue_tags_answer(call, tags);

	if (failure != NULL || glue_tree_fits_jsonb(*tags))
		return failure;
	failure = glue_call_malformed_answer(call, "");
	failure->detail = "A tag has a character that the encoding of this database does not have.";
	return failure;
}

/*
 * Change the tags of a connection; returns AWS's ID of the request.
 *
 * changes are tags to add, in place of those with the same keys, or a list of keys,
 * which need not be there, to remove.  change is the intent that it belongs to.
 */
const char *
glue_tags_change(const GlueTagged *tagged, const char *operation,
				 json_object *changes, GlueIntent *change)
{
	GlueCall	call;

	glue_tags_prepare(tagged, &call, operation, changes);
	call.for_request = glue_intent_request(change);
	glue_intents_attach(&change, 1, &call);
	glue_client_run(&call, 1);
	if (call.failure != NULL)
	{
		glue_intent_failed(change, &call);
		glue_failure_raise(ERROR, call.failure);
	}
	glue_intent_done(change, &call, GLUE_OUTCOME_CHANGED);
	return pstrdup(call.request_id);
}

/*
 * The tags to be recorded after a change.  They are read; if that fails, they are
 * the recorded tags with the change, as far as any are known.
 *
 * recorded are the recorded tags, which may be modified, or NULL.
 */
json_object *
glue_tags_changed(const GlueTagged *tagged, json_object *recorded,
				  json_object *changes)
{
	json_object *tags;
	GlueCall	call;
	GlueFailure *failure;

	read_tags(tagged, &call);
	failure = glue_tags_readable(&call, &tags);
	if (failure == NULL)
		return tags;
	glue_tags_apply(recorded, changes);
	glue_tags_warn_unread(tagged->name, failure);
	return recorded;
}

/* Change tags that are known, if any are, as they were changed in AWS Glue. */
void
glue_tags_apply(json_object *recorded, json_object *changes)
{
	struct json_object_iter iter;

	if (!json_object_is_type(recorded, json_type_object))
		return;
	if (json_object_is_type(changes, json_type_object))
		json_object_object_foreachC(changes, iter)
			glue_tree_add(recorded, iter.key, json_object_get(iter.val));
	else
		for (int i = 0; i < json_object_array_length(changes); i++)
			json_object_object_del(recorded,
								   json_object_get_string(json_object_array_get_idx(changes, i)));
}

/*
 * Fill in a call about the tags of a connection; changes is NULL if it changes
 * none.
 */
void
glue_tags_prepare(const GlueTagged *tagged, GlueCall *call,
				  const char *operation, json_object *changes)
{
	glue_access_prepare(tagged->access, call, operation, tagged->name);
	glue_tree_add_text(call->arguments, "ResourceArn", tagged->arn);
	if (changes != NULL)
		glue_tree_add(call->arguments,
					  strcmp(operation, GLUE_TAG_RESOURCE) == 0 ?
					  "TagsToAdd" : "TagsToRemove", json_object_get(changes));
}

/* Warn that tags were changed, but could not be read. */
void
glue_tags_warn_unread(const char *name, const GlueFailure *failure)
{
	ereport(WARNING,
			(errmsg("tags of AWS Glue connection \"%s\" were changed, but could not be read afterwards",
					glue_server_from_utf8(name)),
			 errdetail_internal("%s", glue_server_from_utf8(failure->detail)),
			 errhint("The tags that were known before are recorded, with this change.")));
}

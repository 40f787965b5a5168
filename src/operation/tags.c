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
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"

/* prototypes of private functions */
static void prepare(const GlueTagged *tagged, GlueCall *call,
					const char *operation);
static const char *change_tags(GlueCall *call, GlueIntent *change);
static void note_sending(void *arg);
static void note_refusal(void *arg);
static void read_tags(const GlueTagged *tagged, GlueCall *call);
static json_object *read_changed(const GlueTagged *tagged,
								 json_object *expected);

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
 * Add tags to a connection, in place of those with the same keys; returns
 * AWS's ID of the request.  change is the intent that it belongs to.
 */
const char *
glue_tags_add(const GlueTagged *tagged, json_object *tags,
			  GlueIntent *change)
{
	GlueCall	call;

	prepare(tagged, &call, GLUE_TAG_RESOURCE);
	glue_tree_add(call.arguments, "TagsToAdd", json_object_get(tags));
	return change_tags(&call, change);
}

/*
 * Remove tags with these keys, which need not be there; returns AWS's ID of
 * the request.  change as above.
 */
const char *
glue_tags_remove(const GlueTagged *tagged, json_object *keys,
				 GlueIntent *change)
{
	GlueCall	call;

	prepare(tagged, &call, GLUE_UNTAG_RESOURCE);
	glue_tree_add(call.arguments, "TagsToRemove", json_object_get(keys));
	return change_tags(&call, change);
}

/* Make a call with an intent that changes tags; returns its request ID. */
static const char *
change_tags(GlueCall *call, GlueIntent *change)
{
	call->for_request = glue_intent_request(change);
	call->before_sending = note_sending;
	call->after_refusal = note_refusal;
	call->sending_arg = change;
	GLUE_CRASH_POINT_MEANWHILE(call, "caller after send");
	glue_client_run(call, 1);
	if (call->failure != NULL)
	{
		glue_intent_failed(change, call);
		glue_failure_raise(ERROR, call->failure);
	}
	glue_intent_done(change, call, GLUE_OUTCOME_CHANGED);
	return pstrdup(call->request_id);
}

/* A before_sending callback. */
static void
note_sending(void *arg)
{
	glue_intent_sending(arg, GLUE_OUTCOME_CHANGED);
}

/* An after_refusal callback. */
static void
note_refusal(void *arg)
{
	glue_intent_not_yet(arg);
}

/*
 * The tags to be recorded after an addition.
 *
 * known are the recorded tags, which may be modified, or NULL.
 */
json_object *
glue_tags_added(const GlueTagged *tagged, json_object *recorded,
				json_object *tags)
{
	glue_tags_merge(recorded, tags);
	return read_changed(tagged, recorded);
}

/* Add tags to the known ones, if any are known. */
void
glue_tags_merge(json_object *recorded, json_object *tags)
{
	struct json_object_iter iter;

	if (!json_object_is_type(recorded, json_type_object))
		return;
	json_object_object_foreachC(tags, iter)
		glue_tree_add(recorded, iter.key, json_object_get(iter.val));
}

/* The tags to be recorded after those with these keys were removed. */
json_object *
glue_tags_removed(const GlueTagged *tagged, json_object *recorded,
				  json_object *keys)
{
	int			nkeys = json_object_is_type(recorded, json_type_object) ?
		json_object_array_length(keys) : 0;

	for (int i = 0; i < nkeys; i++)
		json_object_object_del(recorded,
							   json_object_get_string(json_object_array_get_idx(keys, i)));
	return read_changed(tagged, recorded);
}

/* Fill in a call for the tags of a connection. */
static void
prepare(const GlueTagged *tagged, GlueCall *call, const char *operation)
{
	glue_access_prepare(tagged->access, call, operation, tagged->name);
	glue_tree_add(call->arguments, "ResourceArn",
				  json_object_new_string(tagged->arn));
}

static void
read_tags(const GlueTagged *tagged, GlueCall *call)
{
	prepare(tagged, call, GLUE_GET_TAGS);
	glue_client_run(call, 1);
}

/*
 * Read tags that were just changed.  If that fails, the result is the expected
 * tags, as far as they are known.
 */
static json_object *
read_changed(const GlueTagged *tagged, json_object *expected)
{
	json_object *tags;
	GlueCall	call;
	GlueFailure *failure;

	read_tags(tagged, &call);
	failure = glue_tags_readable(&call, &tags);
	if (failure == NULL)
		return tags;
	glue_tags_warn_unread(tagged->name, failure);
	return expected;
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

/*-------------------------------------------------------------------------
 *
 * request_seal.c
 *	  Secrets of queued requests.
 *
 * A request is sealed as what it is: in its database and under its ID, for its
 * connection and its target, to be carried out as one role and in one way.  The
 * sealed input of one request opens no other, and nothing of it can be changed.
 *
 * IDENTIFICATION
 *	  src/store/request_seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "server/compat.h"
#include "server/jsonb_tree.h"
#include "store/request_seal.h"

/* prototypes of private functions */
static GlueSealedRequest identity_of(int64 id, const GlueRequest *request);
static const char *text_or_empty(const char *text);
static const char *tags_text(json_object *tags);

/*
 * Seal the ConnectionInput of a request that holds secrets.
 *
 * Raises an error if there is no key to do that with.
 */
bytea *
glue_request_seal(int64 id, const GlueRequest *request)
{
	GlueSealedRequest identity = identity_of(id, request);

	return glue_seal_input(&identity, request->input);
}

/* Open it again. */
GlueUnsealOutcome
glue_request_unseal(int64 id, const GlueRequest *request, const bytea * sealed,
					json_object **input, GlueFailure **failure)
{
	GlueSealedRequest identity = identity_of(id, request);

	return glue_unseal_input(&identity, sealed, input, failure);
}

static GlueSealedRequest
identity_of(int64 id, const GlueRequest *request)
{
	GlueSealedRequest identity = {
		.id = id,
		.home = request->home,
		.role = request->role,
		.operation = request->operation,
		.connection_name = request->name,
		.region = request->region,
		.catalog_id = text_or_empty(request->catalog_id),
		.tags = tags_text(request->tags),
		.on_conflict = text_or_empty(request->on_conflict),
		.on_missing = text_or_empty(request->on_missing),
	};

	memcpy(identity.target, request->fingerprint, GLUE_SEAL_TARGET_LEN);
	return identity;
}

static const char *
text_or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* Tags as they are in the table, in which order they were given or not. */
static const char *
tags_text(json_object *tags)
{
	Jsonb	   *jsonb = tags != NULL ? glue_jsonb_from_tree(tags) : NULL;

	return jsonb == NULL ? "" :
		JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

/*-------------------------------------------------------------------------
 *
 * request_seal.c
 *	  Secrets of queued requests.
 *
 * A request is sealed as what it is: under its ID, for its connection.  The
 * sealed input of one request opens no other.
 *
 * IDENTIFICATION
 *	  src/request_seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "encoding.h"
#include "request_seal.h"

/* prototypes of private functions */
static GlueSealedRequest identity_of(int64 id, const GlueRequest *request);

/*
 * Seal the ConnectionInput of a request that holds secrets.
 *
 * Raises an error if there is no key to do that with.
 */
bytea *
glue_request_seal(int64 id, const GlueRequest *request)
{
	GlueSealedRequest identity = identity_of(id, request);
	const char *server;
	int			len;

	/* whoever opens it has the name of the server in UTF-8 */
	if (glue_utf8_from_server(identity.server, strlen(identity.server),
							  &server, &len))
		identity.server = pnstrdup(server, len);
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
		.operation = request->operation,
		.connection_name = request->name,
		.server = request->server ? request->server : "",
		.region = request->region,
		.catalog_id = request->catalog_id ? request->catalog_id : "",
	};

	return identity;
}

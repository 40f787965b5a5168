/*-------------------------------------------------------------------------
 *
 * access.c
 *	  Access to AWS: the target and the credentials of calls.
 *
 * A SQL function has one access for its calls.  The queue has one access for
 * each target, which all requests of the target use.
 *
 * IDENTIFICATION
 *	  src/client/access.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/access.h"
#include "client/client.h"
#include "client/credential_chain.h"

/* Find the credentials of an access.  Raises an error if there are none. */
void
glue_access_find_credentials(GlueAccess *access)
{
	GlueCredentialPlan plan;
	GlueCall	call;

	(void) glue_credentials_plan(&access->target, &plan, false);
	if (glue_credentials_at_hand(&access->target, &plan, &access->credentials))
		return;
	glue_call_prepare_credentials(&call, &access->target, &plan);
	glue_client_run(&call, 1);
	if (call.failure != NULL)
		glue_failure_raise(ERROR, call.failure);
	access->credentials = *call.credentials;
}

/*
 * Fill in a call whose request has the catalog as its only member so far.
 *
 * name is the name of the connection, for messages, or NULL.
 */
void
glue_access_prepare(const GlueAccess *access, GlueCall *call,
					const char *operation, const char *name)
{
	glue_call_prepare(call, operation, &access->target,
					  &access->credentials, name);
}

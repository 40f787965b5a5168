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
#include "client/credential_chain.h"

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
	call->renew_credentials = glue_credentials_renew;
}

/* Fill in a call that reads a connection, without its passwords. */
void
glue_access_prepare_get(const GlueAccess *access, GlueCall *call,
						const char *name)
{
	glue_call_prepare_get(call, &access->target, &access->credentials,
						  name);
	call->renew_credentials = glue_credentials_renew;
}

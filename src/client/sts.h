/*-------------------------------------------------------------------------
 *
 * sts.h
 *	  Calls of AWS STS, the Security Token Service.
 *
 * IDENTIFICATION
 *	  src/client/sts.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_STS_H
#define GLUE_CLIENT_STS_H

#include "aws/credential_reply.h"
#include "client/call.h"

/* A role to assume.  For members that are NULL or 0, AWS has defaults. */
typedef struct GlueRole
{
	const char *role_arn;
	const char *role_session_name;
	const char *external_id;
	int			duration_seconds;
	const char *web_identity_token; /* NULL: with credentials */
} GlueRole;

extern void glue_sts_prepare_role(GlueCall *call, const GlueTarget *target,
								  const GlueCredentials *credentials,
								  const GlueRole *role);
extern GlueFailure *glue_sts_role_answer(const GlueCall *call,
										 GlueTemporaryCredentials *temporary);
extern void glue_sts_prepare_identity(GlueCall *call, const GlueTarget *target,
									  const GlueCredentials *credentials);
extern GlueFailure *glue_sts_identity_answer(GlueCall *call,
											 GlueCallerIdentity *identity);

#endif							/* GLUE_CLIENT_STS_H */

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

extern void glue_sts_prepare_role(GlueCall *call, const GlueTarget *target,
								  const GlueCredentials *credentials,
								  const GlueCredentialStep *role,
								  const char *token);
extern GlueFailure *glue_sts_role_answer(const GlueCall *call,
										 GlueTemporaryCredentials *temporary);
extern void glue_sts_prepare_identity(GlueCall *call, const GlueTarget *target,
									  const GlueCredentials *credentials);
extern GlueFailure *glue_sts_identity_answer(GlueCall *call,
											 GlueCallerIdentity *identity);

#endif							/* GLUE_CLIENT_STS_H */

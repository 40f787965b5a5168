/*-------------------------------------------------------------------------
 *
 * credential_chain.h
 *	  Whose credentials the requests to a target are signed with.
 *
 * IDENTIFICATION
 *	  src/client/credential_chain.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CREDENTIAL_CHAIN_H
#define GLUE_CLIENT_CREDENTIAL_CHAIN_H

#include "aws/profile_chain.h"
#include "client/credential_cache.h"
#include "client/target.h"

extern bool glue_credentials_plan(const GlueTarget *target,
								  GlueCredentialPlan *plan, bool missing_ok);
extern bool glue_credentials_at_hand(const GlueTarget *target,
									 const GlueCredentialPlan *plan,
									 GlueCredentials *credentials);

/* for credential_fetch.c */
extern bool glue_credentials_are_keys(const GlueCredentialPlan *plan);
extern void glue_credentials_digest(const GlueTarget *target,
									const GlueCredentialPlan *plan,
									GlueCredentialKey *key);
extern GlueCredentials glue_credentials_of_keys(const GlueCredentialStep *step);
extern GlueCredentials glue_credentials_take(GlueTemporaryCredentials *temporary);

#endif							/* GLUE_CLIENT_CREDENTIAL_CHAIN_H */

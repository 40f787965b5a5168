/*-------------------------------------------------------------------------
 *
 * credential_chain.h
 *	  The credentials for the signatures of requests to a target.
 *
 * IDENTIFICATION
 *	  src/client/credential_chain.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CREDENTIAL_CHAIN_H
#define GLUE_CLIENT_CREDENTIAL_CHAIN_H

#include "aws/profile_chain.h"
#include "client/client.h"

extern bool glue_credentials_plan(const GlueTarget *target,
								  GlueCredentialPlan *plan, bool missing_ok);
extern bool glue_credentials_at_hand(const GlueTarget *target,
									 const GlueCredentialPlan *plan,
									 GlueCredentials *credentials);
extern GlueFailure *glue_credentials_fetch(const GlueTarget *target,
										   const GlueCredentialPlan *plan,
										   const char *rejected_access_key_id,
										   GlueCredentials *credentials);
extern void glue_credentials_find(const GlueTarget *target,
								  GlueCredentials *credentials);
extern GlueFailure *glue_credentials_renew(const GlueTarget *target,
										   const GlueCredentials *expired,
										   const GlueCredentials **renewed);

#endif							/* GLUE_CLIENT_CREDENTIAL_CHAIN_H */

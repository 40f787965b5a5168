/*-------------------------------------------------------------------------
 *
 * credential_chain.h
 *	  The credentials that requests to a target are signed with.
 *
 * IDENTIFICATION
 *	  src/credential_chain.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CREDENTIAL_CHAIN_H
#define GLUE_CREDENTIAL_CHAIN_H

#include "client.h"

extern void glue_credentials_find(const GlueTarget *target,
								  const char *rejected_access_key_id,
								  GlueCredentials *credentials);
extern const GlueCredentials *glue_credentials_renew(const GlueTarget *target,
													 const GlueCredentials *expired);

#endif							/* GLUE_CREDENTIAL_CHAIN_H */

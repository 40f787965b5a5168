/*-------------------------------------------------------------------------
 *
 * account.h
 *	  Which AWS account a target's connections belong to.
 *
 * IDENTIFICATION
 *	  src/client/account.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_ACCOUNT_H
#define GLUE_CLIENT_ACCOUNT_H

#include "client/client.h"

extern GlueFailure *glue_account_find(const GlueTarget *target,
									  const GlueCredentials *credentials,
									  GlueRenewCredentials renew_credentials,
									  const char **account);

#endif							/* GLUE_CLIENT_ACCOUNT_H */

/*-------------------------------------------------------------------------
 *
 * account.h
 *	  The AWS account that the credentials of a target belong to.
 *
 * IDENTIFICATION
 *	  src/client/account.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_ACCOUNT_H
#define GLUE_CLIENT_ACCOUNT_H

#include "client/access.h"
#include "server/shared_state.h"

extern GlueSharedPart glue_account_part;

extern bool glue_account_at_hand(GlueAccess *access);
extern void glue_account_peek(GlueAccess *access);
extern GlueFailure *glue_account_find(GlueAccess *access);
extern void glue_account_prepare(const GlueAccess *access, GlueCall *call);
extern GlueFailure *glue_account_learn(GlueAccess *access, GlueCall *call);

#endif							/* GLUE_CLIENT_ACCOUNT_H */

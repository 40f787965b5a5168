/*-------------------------------------------------------------------------
 *
 * impersonation.c
 *	  Acting with the rights of another role for a while.
 *
 * That role is the owner of our tables, which their users have no rights on.
 *
 * IDENTIFICATION
 *	  src/impersonation.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "impersonation.h"
#include "miscadmin.h"

/*
 * Act as a role until glue_stop_impersonating().
 *
 * An error restores the user as part of the abort.
 */
void
glue_impersonate(GlueImpersonation *saved, Oid role)
{
	GetUserIdAndSecContext(&saved->user, &saved->security_context);
	SetUserIdAndSecContext(role, saved->security_context |
						   SECURITY_LOCAL_USERID_CHANGE);
}

void
glue_stop_impersonating(const GlueImpersonation *saved)
{
	SetUserIdAndSecContext(saved->user, saved->security_context);
}

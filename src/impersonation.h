/*-------------------------------------------------------------------------
 *
 * impersonation.h
 *	  Acting with the rights of another role for a while.
 *
 * IDENTIFICATION
 *	  src/impersonation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_IMPERSONATION_H
#define GLUE_IMPERSONATION_H

/* Whose rights these were before. */
typedef struct GlueImpersonation
{
	Oid			user;
	int			security_context;
} GlueImpersonation;

extern void glue_impersonate(GlueImpersonation *saved, Oid role);
extern void glue_stop_impersonating(const GlueImpersonation *saved);

#endif							/* GLUE_IMPERSONATION_H */

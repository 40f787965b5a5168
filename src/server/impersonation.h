/*-------------------------------------------------------------------------
 *
 * impersonation.h
 *	  Switching to another role for some statements.
 *
 * IDENTIFICATION
 *	  src/server/impersonation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_IMPERSONATION_H
#define GLUE_SERVER_IMPERSONATION_H

/* The search_path while the role is active. */
#define GLUE_SEARCH_PATH	"pg_catalog, pg_temp"

/* The role and settings to be restored. */
typedef struct GlueImpersonation
{
	Oid			user;
	int			security_context;
	int			settings_level; /* of the search_path; 0: unchanged */
} GlueImpersonation;

extern void glue_impersonate(GlueImpersonation *saved, Oid role);
extern bool glue_act_as(GlueImpersonation *saved, Oid role);
extern void glue_stop_impersonating(const GlueImpersonation *saved);

#endif							/* GLUE_SERVER_IMPERSONATION_H */

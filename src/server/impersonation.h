/*-------------------------------------------------------------------------
 *
 * impersonation.h
 *	  Acting with the rights of another role for a while.
 *
 * IDENTIFICATION
 *	  src/server/impersonation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_IMPERSONATION_H
#define GLUE_SERVER_IMPERSONATION_H

/* Where names are looked up meanwhile. */
#define GLUE_SEARCH_PATH	"pg_catalog, pg_temp"

/* Whose rights these were before. */
typedef struct GlueImpersonation
{
	Oid			user;
	int			security_context;
	int			settings_level; /* of the search_path; 0: it was ours already */
} GlueImpersonation;

extern void glue_impersonate(GlueImpersonation *saved, Oid role);
extern bool glue_act_as(GlueImpersonation *saved, Oid role);
extern void glue_stop_impersonating(const GlueImpersonation *saved);

#endif							/* GLUE_SERVER_IMPERSONATION_H */

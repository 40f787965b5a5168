/*-------------------------------------------------------------------------
 *
 * impersonation.c
 *	  Switching to another role for some statements.
 *
 * That role is the owner of our tables, on which our callers have no
 * privileges.
 *
 * While it is active, our own statements, and the functions of indexes and
 * triggers that an administrator has created, look names up in pg_catalog
 * alone.  The search_path before belongs to another role, whose objects would
 * be executed with the owner's rights.  Only if the caller is the owner
 * itself, its own search_path stays in effect, as in any statement on its
 * tables; but not if it is set for the database, whose owner may be any role.
 *
 * A table may have been given to a role without superuser.  Its functions must
 * leave nothing behind that is executed later under another role, such as a
 * deferred trigger.
 *
 * IDENTIFICATION
 *	  src/server/impersonation.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/impersonation.h"
#include "utils/guc.h"
#include "utils/syscache.h"

/* prototypes of private functions */
static bool is_path_of_database(void);

/*
 * Switch to a role until glue_stop_impersonating().
 *
 * An error restores the user and the search_path as part of the abort.
 */
void
glue_impersonate(GlueImpersonation *saved, Oid role)
{
	Assert(OidIsValid(role));
	GetUserIdAndSecContext(&saved->user, &saved->security_context);
	SetUserIdAndSecContext(role, saved->security_context |
						   SECURITY_LOCAL_USERID_CHANGE |
						   (role == saved->user || superuser_arg(role) ? 0 :
							SECURITY_RESTRICTED_OPERATION));
	saved->settings_level = 0;
	if ((saved->user == role && !is_path_of_database()) ||
		strcmp(namespace_search_path, GLUE_SEARCH_PATH) == 0)
		return;
	saved->settings_level = NewGUCNestLevel();
	(void) set_config_option("search_path", GLUE_SEARCH_PATH, PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Is the search_path set for the database, for all roles or for this one? */
static bool
is_path_of_database(void)
{
	static struct config_generic *parameter = NULL;

	if (parameter == NULL)
		parameter = glue_find_parameter("search_path");
	return parameter->source == PGC_S_DATABASE ||
		parameter->source == PGC_S_DATABASE_USER;
}

/*
 * Switch to the role that made a request, in settings that are safe already,
 * until glue_stop_impersonating().  If the role does not exist, change
 * nothing, and return false.
 */
bool
glue_act_as(GlueImpersonation *saved, Oid role)
{
	GetUserIdAndSecContext(&saved->user, &saved->security_context);
	saved->settings_level = 0;
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		return false;
	SetUserIdAndSecContext(role, saved->security_context |
						   SECURITY_LOCAL_USERID_CHANGE);
	return true;
}

void
glue_stop_impersonating(const GlueImpersonation *saved)
{
	if (saved->settings_level != 0)
		AtEOXact_GUC(true, saved->settings_level);
	SetUserIdAndSecContext(saved->user, saved->security_context);
}

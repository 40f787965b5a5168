/*-------------------------------------------------------------------------
 *
 * impersonation.c
 *	  Acting with the rights of another role for a while.
 *
 * That role is the owner of our tables, which their users have no rights on.
 *
 * Whatever is executed then, our own statements and the functions of indexes
 * and triggers that an administrator has made, looks names up in pg_catalog
 * alone.  The search_path that there was is another role's: what is found
 * there would be executed with the owner's rights.  Only the owner itself
 * keeps its own, as in any statement on its tables, unless it is that of the
 * database, whose owner may be any role.
 *
 * A table may have been given to a role that is no superuser.  Its functions must
 * leave nothing behind that is executed later, when we act as another role, such
 * as a deferred trigger.
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
 * Act as a role until glue_stop_impersonating().
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

/* Has the database set the search_path, for all or for this role? */
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
 * Act as a role that asked for something, in settings that are safe already,
 * until glue_stop_impersonating(); false, and nothing has changed, if the role
 * does not exist.
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

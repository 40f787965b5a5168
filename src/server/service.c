/*-------------------------------------------------------------------------
 *
 * service.c
 *	  The databases of the background workers.
 *
 * Workers need a preloaded library, and settings that do not exclude the
 * database.  Template databases have none: a connected worker would block
 * CREATE DATABASE.
 *
 * IDENTIFICATION
 *	  src/server/service.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_database.h"
#include "miscadmin.h"
#include "server/service.h"
#include "server/settings.h"
#include "server/shared_state.h"
#include "utils/builtins.h"
#include "utils/syscache.h"

/* prototypes of private functions */
static bool is_served(bool *is_template, NameData * name);

/* Does this database have workers? */
bool
glue_service_exists(void)
{
	bool		is_template;
	NameData	name;

	return is_served(&is_template, &name) && !is_template;
}

/*
 * The same for a session that makes work: raise an error if it has none only
 * because it is a template.
 */
bool
glue_service_expected(void)
{
	bool		is_template;
	NameData	name;

	if (!is_served(&is_template, &name))
		return false;
	if (is_template)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("database \"%s\" is a template, and has no background worker",
						NameStr(name)),
				 errdetail("Nothing was sent or queued."),
				 errhint("Use ALTER DATABASE %s IS_TEMPLATE false, or have \"glue_conn.databases\" name other databases.",
						 quote_identifier(NameStr(name)))));
	return true;
}

static bool
is_served(bool *is_template, NameData * name)
{
	HeapTuple	tuple;
	Form_pg_database form;

	if (!glue_shared_is_shared())
		return false;
	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(MyDatabaseId));
	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for database %u", MyDatabaseId);
	form = (Form_pg_database) GETSTRUCT(tuple);
	*is_template = form->datistemplate;
	*name = form->datname;
	ReleaseSysCache(tuple);
	return glue_database_is_served(NameStr(*name));
}

/*-------------------------------------------------------------------------
 *
 * provision.c
 *	  The SQL function that releases a name that a table holds.
 *
 * It is for names of rows that were deleted without firing the trigger.
 *
 * IDENTIFICATION
 *	  src/functions/provision.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "functions/function.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "store/provision.h"
#include "store/requests.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(glue_release_connection);

/*
 * glue_release_connection(relation regclass, name text) returns boolean
 */
Datum
glue_release_connection(PG_FUNCTION_ARGS)
{
	Oid			table = PG_GETARG_OID(0);
	GlueFunction function;
	GlueProvisions provisions;
	GlueRequestQueue queue;
	const char *name;
	List	   *entries;
	ListCell   *cell;

	glue_function_begin(&function, fcinfo, GLUE_FUNCTION_WRITES);
	glue_require_owner(table);
	name = glue_argument_name(fcinfo->args[1], "$.Name", &function.findings);
	glue_violations_report(&function.violations, "connection name", NULL);
	glue_provisions_open(&provisions, function.access.schema);
	glue_request_queue_open(&queue, function.access.schema, RowExclusiveLock);
	entries = glue_provision_let_go(&provisions, table, name);
	foreach(cell, entries)
	{
		const GlueProvisionEntry *entry = lfirst(cell);

		/*
		 * A request that ends the entry follows its earlier requests, because
		 * the entry owns the connections that they create.  The connection is
		 * then left in AWS Glue.
		 */
		if (!glue_request_follow(&queue, entry->id, entry->name,
								 GLUE_REQUEST_RELEASE))
			glue_provision_drop(&provisions, entry->id);
	}
	glue_function_end(&function);
	PG_RETURN_BOOL(entries != NIL);
}

/*
 * Only the owner of a table may release its names; for a dropped table, only a
 * superuser.
 */
void
glue_require_owner(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner = BOOTSTRAP_SUPERUSERID;
	char		kind = RELKIND_RELATION;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		kind = ((Form_pg_class) GETSTRUCT(tuple))->relkind;
		ReleaseSysCache(tuple);
	}
	if (!has_privs_of_role(GetUserId(), owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(kind),
					   get_rel_name(table) != NULL ? get_rel_name(table) :
					   psprintf("%u", table));
}

/*-------------------------------------------------------------------------
 *
 * request_activity.c
 *	  The reason why a request waits, from the view glue_activity.
 *
 * The view is read with the privileges of the current user, to whom the
 * request is visible.  So a view that was replaced cannot act as the owner.
 *
 * IDENTIFICATION
 *	  src/store/request_activity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "store/requests.h"
#include "store/sql_text.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/*
 * Read the reason why a request waits; false if the view has no row for it, or
 * the current user may not read the view.  The result belongs to the current
 * memory context.
 */
bool
glue_request_activity(Oid schema, int64 id, GlueRequestActivity *found)
{
	static const char name[] = "glue_activity";
	Oid			types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(id)};
	MemoryContext context = CurrentMemoryContext;
	Oid			view = get_relname_relid(name, schema);
	bool		is_there;
	char	   *text;

	if (!OidIsValid(view) ||
		pg_class_aclcheck(view, GetUserId(), ACL_SELECT) != ACLCHECK_OK)
		return false;
	text = psprintf("SELECT a.waiting_for, a.last_error, a.what_to_do FROM %s a"
					" WHERE a.id" EQUALS "$1 ORDER BY a.since LIMIT 1",
					quote_qualified_identifier(get_namespace_name(schema), name));
	SPI_connect();
	if (SPI_execute_with_args(text, 1, types, values, NULL, false, 1) < 0)
		elog(ERROR, "could not read view \"%s\"", name);
	MemoryContextSwitchTo(context);
	is_there = SPI_processed > 0;
	if (is_there)
	{
		HeapTuple	tuple = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;

		found->waiting_for = SPI_getvalue(tuple, desc, 1);
		found->last_error = SPI_getvalue(tuple, desc, 2);
		found->what_to_do = SPI_getvalue(tuple, desc, 3);
	}
	SPI_finish();
	return is_there;
}

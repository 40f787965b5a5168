/*-------------------------------------------------------------------------
 *
 * drop_warning.c
 *	  A warning about a drop of requests that have not ended.
 *
 * If the table glue_request is dropped, its queued requests are lost, and
 * calls that were rolled back cannot be undone any more.  Every command that
 * drops the table (DROP EXTENSION, DROP SCHEMA ... CASCADE, DROP OWNED) calls
 * object_access_hook, and its user gets a warning that lists the lost
 * requests.  The owner of the schema may have no privilege to read the
 * requests, and gets only their number.
 *
 * DROP DATABASE cannot read the tables of that database.  But if the library
 * is preloaded, the last worker in that database has noted in shared memory
 * whether open requests were left.
 *
 * The hook needs the library to be loaded, and the session may not have loaded
 * it.  The drop of an object calls no function of its extension.  So an event
 * trigger for these three commands loads the library, and does nothing else:
 * see glue_before_drop() in the script.
 *
 * IDENTIFICATION
 *	  src/store/drop_warning.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/foreign_code.h"
#include "server/home.h"
#include "server/news.h"
#include "store/requests.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Requests that a warning names. */
#define MAX_NAMED		10

static object_access_hook_type prev_object_access_hook = NULL;

/* prototypes of private functions */
static void on_object_access(ObjectAccessType access, Oid class, Oid object,
							 int part, void *arg);
static bool is_queue(Oid table);
static void warn_of_requests(Oid table);
static int	find_open(Relation table, int max_named, StringInfo lines);
static bool is_open(HeapTuple tuple, TupleDesc desc, const char *home);
static void append_request(StringInfo lines, HeapTuple tuple, TupleDesc desc);
static char *value_of(HeapTuple tuple, TupleDesc desc, const char *column);

/*
 * Install the hook that warns users.
 *
 * To be called once, from _PG_init().
 */
void
glue_drop_warning_init(void)
{
	prev_object_access_hook = object_access_hook;
	object_access_hook = on_object_access;
}

/* An object_access_hook */
static void
on_object_access(ObjectAccessType access, Oid class, Oid object, int part,
				 void *arg)
{
	if (prev_object_access_hook)
		prev_object_access_hook(access, class, object, part, arg);
	if (access != OAT_DROP || part != 0)
		return;
	if (class == DatabaseRelationId && glue_shared_is_shared() &&
		glue_news_is_open(object))
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("database \"%s\" may have requests to AWS Glue that have not ended",
						get_database_name(object)),
				 errhint("After the drop, they will not be carried out or undone.  See its table \"glue_request\".")));
	else if (class == RelationRelationId && is_queue(object))
		warn_of_requests(object);
}

static bool
is_queue(Oid table)
{
	char	   *name = get_rel_name(table);

	return name != NULL && strcmp(name, "glue_request") == 0 &&
		get_rel_relkind(table) == RELKIND_RELATION &&
		glue_extension_has(RelationRelationId, table);
}

static void
warn_of_requests(Oid table)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn drop",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	Relation	relation = table_open(table, AccessShareLock);
	int			max_named =
		has_privs_of_role(GetUserId(), relation->rd_rel->relowner) ?
		MAX_NAMED : 0;
	StringInfoData lines;
	int			n;

	initStringInfo(&lines);
	PushActiveSnapshot(GetLatestSnapshot());
	n = find_open(relation, max_named, &lines);
	PopActiveSnapshot();
	table_close(relation, NoLock);
	if (n > max_named)
		appendStringInfo(&lines, max_named > 0 ? "\nThere are %d more." :
						 "Their number is %d.", n - max_named);
	if (n > 0)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("requests to AWS Glue that have not ended are dropped"),
				 errdetail_internal("%s", lines.data),
				 errhint("They will not be carried out or undone.  To have that done, roll back, and drop when glue_request_summary shows no open requests.")));
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Find the requests that have not ended, and name the first ones; returns
 * their number.
 */
static int
find_open(Relation table, int max_named, StringInfo lines)
{
	Oid			schema = RelationGetNamespace(table);
	TupleDesc	desc = RelationGetDescr(table);
	const char *home = NULL;
	int			n = 0;
	SysScanDesc scan;
	HeapTuple	tuple;

	/* the same command may have dropped objects that this needs */
	if (glue_home_is_known(schema))
		home = psprintf(INT64_FORMAT, glue_home(schema));
	scan = systable_beginscan(table, InvalidOid, false, GetActiveSnapshot(), 0,
							  NULL);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		CHECK_FOR_INTERRUPTS();
		if (is_open(tuple, desc, home) && ++n <= max_named)
			append_request(lines, tuple, desc);
	}
	systable_endscan(scan);
	return n;
}

/* Is a request of this database open? */
static bool
is_open(HeapTuple tuple, TupleDesc desc, const char *home)
{
	int			finished_at = SPI_fnumber(desc, "finished_at");

	return finished_at > 0 && heap_attisnull(tuple, finished_at, desc) &&
		strcmp(value_of(tuple, desc, "state"), GLUE_STATE_HELD) != 0 &&
		(home == NULL || strcmp(value_of(tuple, desc, "home"), home) == 0);
}

static void
append_request(StringInfo lines, HeapTuple tuple, TupleDesc desc)
{
	bool		is_intent = value_of(tuple, desc, "caller_xid")[0] != '\0';

	appendStringInfo(lines, "%sRequest %s (%s \"%s\") %s%s.",
					 lines->len > 0 ? "\n" : "",
					 value_of(tuple, desc, "id"),
					 value_of(tuple, desc, "operation"),
					 value_of(tuple, desc, "connection_name"),
					 is_intent ? "is not resolved: it acted at once" : "is ",
					 is_intent ? "" : value_of(tuple, desc, "state"));
}

/*
 * The value of a column as text, or an empty string.  A toasted value cannot
 * be read: the TOAST table is dropped by now.
 */
static char *
value_of(HeapTuple tuple, TupleDesc desc, const char *column)
{
	int			number = SPI_fnumber(desc, column);
	bool		is_null;
	Datum		value = SPI_getbinval(tuple, desc, number, &is_null);

	if (is_null)
		return "";
	if (TupleDescAttr(desc, number - 1)->attlen == -1 &&
		VARATT_IS_EXTERNAL(DatumGetPointer(value)))
		return "...";
	return SPI_getvalue(tuple, desc, number);
}

/*-------------------------------------------------------------------------
 *
 * provision.c
 *	  The names that rows hold, in the table glue_provision.
 *
 * A row that provisions a connection claims its name in its own transaction,
 * and releases it there.  A unique index makes the second of two rows fail, or
 * wait for the transaction of the first one.  The tables of the rows are not
 * read, because they prove nothing while names are swapped.
 *
 * A released entry is kept until all requests for it have ended, because it
 * owns the connection that they create: see provision_owner.c.  So a request
 * to delete the connection, or to keep it, follows, and deletes the entry.  If
 * its table was dropped, the next claim of the name deletes the entry, or
 * releases it while a request for it is open.
 *
 * Entries may be committed by other transactions after the current one has
 * begun, so the statements use the latest snapshot, and not that of the
 * transaction.  Only the insert is ordinary.
 *
 * IDENTIFICATION
 *	  src/store/provision.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/owner_spi.h"
#include "store/own_row.h"
#include "store/own_table.h"
#include "store/provision.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"

/*
 * The columns that a claim fills in, in the order of the table; others may
 * follow.
 */
typedef enum ProvisionColumn
{
	COLUMN_ID,
	COLUMN_HOME,
	COLUMN_RELATION,
	COLUMN_SERVER,
	COLUMN_REGION,
	COLUMN_CATALOG_ID,
	COLUMN_NAME,
	COLUMN_RELEASED,
	COLUMN_OWNED,
	COLUMN_MADE_FROM,
	COLUMN_MADE_UNTIL,
	COLUMN_ENDPOINT,
	COLUMN_ACCOUNT,
	COLUMN_SINCE,
	NUM_COLUMNS
} ProvisionColumn;

static const GlueColumn columns[NUM_COLUMNS] = {
	[COLUMN_ID] = {"id", INT8OID},
	[COLUMN_HOME] = {"home", INT8OID},
	[COLUMN_RELATION] = {"relation", OIDOID},
	[COLUMN_SERVER] = {"server", NAMEOID},
	[COLUMN_REGION] = {"region", TEXTOID},
	[COLUMN_CATALOG_ID] = {"catalog_id", TEXTOID},
	[COLUMN_NAME] = {"name", TEXTOID},
	[COLUMN_RELEASED] = {"released", BOOLOID},
	[COLUMN_OWNED] = {"owned", BOOLOID},
	[COLUMN_MADE_FROM] = {"made_from", TIMESTAMPTZOID},
	[COLUMN_MADE_UNTIL] = {"made_until", TIMESTAMPTZOID},
	[COLUMN_ENDPOINT] = {"endpoint", TEXTOID},
	[COLUMN_ACCOUNT] = {"account", TEXTOID},
	[COLUMN_SINCE] = {"since", TIMESTAMPTZOID},
};

/*
 * The key without the name, for statements about all names of a table at a
 * target.
 */
#define WHERE_TARGET \
	" WHERE home" EQUALS "$2 AND server" EQUALS "$4 AND region" EQUALS "$5" \
	" AND catalog_id" EQUALS "$6 AND NOT released"
#define WHERE_NAME		WHERE_TARGET " AND name" EQUALS "$7"
#define OF_RELATION		" AND relation" EQUALS "$3"
#define OF_NO_RELATION \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c" \
	" WHERE c.oid" EQUALS "p.relation)"
#define RELEASE			"UPDATE @glue_provision p SET released = true"

/* Statements about a name; their parameters are the columns of a claim. */
#define PARAMETERS \
	.columns = columns, .ncolumns = NUM_COLUMNS, .by_key = true

static GlueStatement claim = {
	"INSERT INTO @glue_provision (@columns) OVERRIDING SYSTEM VALUE"
	" VALUES (@parameters) ON CONFLICT DO NOTHING RETURNING id",
	PARAMETERS
};
static GlueStatement find = {
	"SELECT id FROM @glue_provision" WHERE_NAME OF_RELATION,
	PARAMETERS, .latest = true
};
static GlueStatement find_holder = {
	"SELECT relation::pg_catalog.int8 FROM @glue_provision" WHERE_NAME,
	PARAMETERS, .latest = true
};

/*
 * the entries of a dropped table; release them while a request for them is
 * open
 */
static GlueStatement forget_dropped = {
	"DELETE FROM @glue_provision p" WHERE_NAME OF_NO_RELATION
	" AND NOT EXISTS (SELECT FROM @glue_request r"
	" WHERE r.connection_name" EQUALS "p.name" " AND r.home" EQUALS "p.home"
	" AND r.provision_id" EQUALS "p.id" " AND r.finished_at IS NULL)"
	" RETURNING id",
	PARAMETERS, .latest = true
};
static GlueStatement release_dropped = {
	RELEASE WHERE_NAME OF_NO_RELATION " RETURNING id",
	PARAMETERS, .latest = true
};
static GlueStatement release = {
	RELEASE WHERE_NAME OF_RELATION " RETURNING id",
	PARAMETERS, .latest = true
};
static GlueStatement release_all = {
	RELEASE WHERE_TARGET OF_RELATION " RETURNING id, name",
	PARAMETERS, .latest = true
};
static GlueStatement let_go = {
	RELEASE " WHERE home" EQUALS "$2 AND name" EQUALS "$7 AND NOT released"
	OF_RELATION " RETURNING id, name",
	PARAMETERS, .latest = true
};
static GlueStatement hold_again = {
	"UPDATE @glue_provision SET released = false"
	" WHERE id" EQUALS "$1 AND home" EQUALS "$2",
	{INT8OID, INT8OID},
	.by_key = true,
	.latest = true
};

/* prototypes of private functions */
static void fill_row(GlueRow *row, const GlueProvisions *provisions,
					 const GlueProvisionName *name);
static int64 next_id(const GlueProvisions *provisions);
pg_noreturn static void refuse(const GlueProvisionName *name, Oid holder);
static List *release_some(const GlueProvisions *provisions,
						  GlueStatement *statement,
						  const GlueProvisionName *name);
static int64 execute_about(const GlueProvisions *provisions,
						   GlueStatement *statement,
						   const GlueProvisionName *name);
static int64 execute_one(const GlueProvisions *provisions,
						 GlueStatement *statement, GlueRow *row);

/* The table as CREATE EXTENSION makes it. */
static const GlueRowShape shape = {
	.may_be_there = true,
	.columns = columns,
	.ncolumns = NUM_COLUMNS,
};

/*
 * Open the table.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction.
 */
void
glue_provisions_open(GlueProvisions *provisions, Oid schema)
{
	glue_own_table_open(provisions, "glue_provision", schema,
						RowExclusiveLock, GLUE_TABLE_PRIVATE, &shape, false);
}

/* ----------------------------------------------------------------
 * Claiming
 * ----------------------------------------------------------------
 */

/*
 * Claim a name for a row; returns the ID of the entry.  If a row holds the
 * name already, the error names its table.
 */
int64
glue_provision_claim(const GlueProvisions *provisions,
					 const GlueProvisionName *name)
{
	GlueRow		row;
	int64		id = next_id(provisions);

	fill_row(&row, provisions, name);
	glue_row_set(&row, COLUMN_ID, Int64GetDatum(id));
	if (provisions->plain &&
		glue_row_insert(provisions, &shape, &row))
		return id;

	/* a statement waits for concurrent transactions */
	while (execute_one(provisions, &claim, &row) == 0)
	{
		Oid			holder;

		CHECK_FOR_INTERRUPTS();
		if (execute_one(provisions, &forget_dropped, &row) != 0 ||
			execute_one(provisions, &release_dropped, &row) != 0)
			continue;
		holder = glue_provision_holder(provisions, name);
		if (OidIsValid(holder))
			refuse(name, holder);

		/* or the sequence was set back, and the ID is in use */
		id = next_id(provisions);
		row.values[COLUMN_ID] = Int64GetDatum(id);
	}
	return id;
}

static void
fill_row(GlueRow *row, const GlueProvisions *provisions,
		 const GlueProvisionName *name)
{
	glue_row_clear(row);
	glue_row_set(row, COLUMN_HOME, Int64GetDatum(provisions->home));
	glue_row_set(row, COLUMN_RELATION, ObjectIdGetDatum(name->relation));
	glue_row_set_name(row, COLUMN_SERVER,
					  name->server != NULL ? name->server : "");
	glue_row_set_text(row, COLUMN_REGION, name->region);
	glue_row_set_text(row, COLUMN_CATALOG_ID,
					  name->catalog_id != NULL ? name->catalog_id : "");
	glue_row_set_text(row, COLUMN_NAME, name->name);
	glue_row_set(row, COLUMN_RELEASED, BoolGetDatum(false));
	glue_row_set(row, COLUMN_OWNED, BoolGetDatum(false));
	glue_row_set_time(row, COLUMN_SINCE, GetCurrentTimestamp());
}

/* The ID is taken before the row is inserted, as that of a request. */
static int64
next_id(const GlueProvisions *provisions)
{
	return nextval_internal(glue_own_sequence(provisions->schema,
											  "glue_provision_id_seq"), false);
}

/* Raise an error that names the table of the row that holds a name. */
static void
refuse(const GlueProvisionName *name, Oid holder)
{
	char	   *server_name = glue_server_from_utf8(name->name);
	char	   *relation = get_rel_name(holder);
	char	   *qualified = relation == NULL ? psprintf("%u", holder) :
		quote_qualified_identifier(get_namespace_name(get_rel_namespace(holder)),
								   relation);

	ereport(ERROR,
			(errcode(ERRCODE_UNIQUE_VIOLATION),
			 errmsg("another row holds AWS Glue connection \"%s\"", server_name),
			 errdetail("It is a row of table %s.", qualified),
			 errhint("If that row does not exist any more, because it was removed by TRUNCATE or while its trigger was disabled, the owner of the table can release the name: SELECT glue_release_connection(%s, %s);",
					 quote_literal_cstr(qualified),
					 quote_literal_cstr(server_name))));
}

/* ----------------------------------------------------------------
 * Holding and releasing
 * ----------------------------------------------------------------
 */

/* The entry by which a row of a table holds a name; 0 if there is none. */
int64
glue_provision_find(const GlueProvisions *provisions,
					const GlueProvisionName *name)
{
	return execute_about(provisions, &find, name);
}

/* The table whose row holds a name; InvalidOid if there is none. */
Oid
glue_provision_holder(const GlueProvisions *provisions,
					  const GlueProvisionName *name)
{
	return (Oid) execute_about(provisions, &find_holder, name);
}

/* Release the name of a row; returns the entry, or 0 if there was none. */
int64
glue_provision_release(const GlueProvisions *provisions,
					   const GlueProvisionName *name)
{
	return execute_about(provisions, &release, name);
}

/* Hold a released entry again, for the same row. */
void
glue_provision_hold_again(const GlueProvisions *provisions, int64 id)
{
	Datum		values[] = {
		Int64GetDatum(id), Int64GetDatum(provisions->home)
	};

	(void) glue_execute_alone(&hold_again, provisions, values, NULL);
}

/*
 * Release all names that the rows of a table hold at a target; returns a list
 * of GlueProvisionEntry * in the current memory context.
 */
List *
glue_provision_release_all(const GlueProvisions *provisions,
						   const GlueProvisionName *name)
{
	return release_some(provisions, &release_all, name);
}

/* The same for one name, at all targets. */
List *
glue_provision_let_go(const GlueProvisions *provisions, Oid relation,
					  const char *name)
{
	GlueProvisionName held = {.relation = relation, .name = name};

	return release_some(provisions, &let_go, &held);
}

static List *
release_some(const GlueProvisions *provisions, GlueStatement *statement,
			 const GlueProvisionName *name)
{
	GlueResult	result;
	GlueRow		row;
	List	   *entries = NIL;

	fill_row(&row, provisions, name);
	glue_execute(&result, statement, provisions, row.values, row.nulls);
	while (glue_result_next(&result))
	{
		GlueProvisionEntry *entry = palloc(sizeof(GlueProvisionEntry));

		entry->id = glue_result_int64(&result, 1);
		entry->name = glue_result_text(&result, 2);
		entries = lappend(entries, entry);
	}
	return entries;
}

/* ----------------------------------------------------------------
 * Statements
 * ----------------------------------------------------------------
 */

/* Execute a statement about a name; returns the first number, or 0. */
static int64
execute_about(const GlueProvisions *provisions, GlueStatement *statement,
			  const GlueProvisionName *name)
{
	GlueRow		row;

	fill_row(&row, provisions, name);
	return execute_one(provisions, statement, &row);
}

static int64
execute_one(const GlueProvisions *provisions, GlueStatement *statement,
			GlueRow *row)
{
	GlueResult	result;
	int64		first = 0;

	glue_execute(&result, statement, provisions, row->values, row->nulls);
	while (glue_result_next(&result))
		first = first != 0 ? first : glue_result_int64(&result, 1);
	return first;
}

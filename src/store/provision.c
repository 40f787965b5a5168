/*-------------------------------------------------------------------------
 *
 * provision.c
 *	  The names that rows hold, in the table glue_provision.
 *
 * A row that provisions a connection claims its name in its own transaction, and
 * releases it there.  A unique index has of two rows the second one refused, or
 * wait until it is known what becomes of the first one.  Nobody looks into the
 * tables of the rows: while names are swapped, they would tell nothing.
 *
 * An entry that was released is kept until all is done that was asked for by it, for
 * what is created meanwhile is its own: see provision_owner.c for what is owned.  So
 * a request to delete the connection, or to keep it, follows, and ends the entry.
 * One of a table that is not there any more is forgotten by whoever claims the name
 * next, or released, while something is to be done by it.
 *
 * What is released and claimed was committed by others, perhaps after the
 * transaction has begun; so the latest state counts, and not what the transaction
 * sees.  Only the insert is as any other.
 *
 * IDENTIFICATION
 *	  src/store/provision.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/owner_spi.h"
#include "store/own_row.h"
#include "store/own_table.h"
#include "store/provision.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/* The columns that a claim fills in, in their order; others may follow. */
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

static const struct
{
	const char *name;
	Oid			type;
}			columns[NUM_COLUMNS] =

{
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

/* Statements about a name; their parameters are the columns of a claim. */
typedef enum ProvisionStatement
{
	STATEMENT_CLAIM,
	STATEMENT_FIND,
	STATEMENT_HOLDER,
	STATEMENT_FORGET_DROPPED,	/* what a table held that is gone */
	STATEMENT_RELEASE_DROPPED,	/* the same, while a request is open for it */
	STATEMENT_RELEASE,
	STATEMENT_RELEASE_ALL,
	STATEMENT_LET_GO,
	NUM_STATEMENTS
} ProvisionStatement;

/* Of a table that releases all, or lets go, only some of the key is said. */
#define WHERE_TARGET \
	" WHERE home" EQUALS "$2 AND server" EQUALS "$4 AND region" EQUALS "$5" \
	" AND catalog_id" EQUALS "$6 AND NOT released"
#define WHERE_NAME		WHERE_TARGET " AND name" EQUALS "$7"
#define OF_RELATION		" AND relation" EQUALS "$3"
#define OF_NO_RELATION \
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c" \
	" WHERE c.oid" EQUALS "p.relation)"

/* The table's name is their key. */
static GlueKeptPlan plans[NUM_STATEMENTS];

/* What a claim is made of. */
typedef struct ProvisionRow
{
	Datum		values[NUM_COLUMNS];
	char		nulls[NUM_COLUMNS];
} ProvisionRow;

/* prototypes of private functions */
static const char *column_name(int column);
static Oid	column_type(int column);
static void fill_row(ProvisionRow *row, const GlueProvisions *provisions,
					 const GlueProvisionName *name);
static int64 next_id(const GlueProvisions *provisions);
static bool insert_directly(const GlueProvisions *provisions,
							const ProvisionRow *row);
pg_noreturn static void refuse(const GlueProvisionName *name, Oid holder);
static List *release_some(const GlueProvisions *provisions,
						  ProvisionStatement statement,
						  const GlueProvisionName *name);
static int64 execute_one(const GlueProvisions *provisions,
						 ProvisionStatement statement, ProvisionRow *row);
static uint64 execute(const GlueProvisions *provisions,
					  GlueImpersonation *saved, ProvisionStatement statement,
					  ProvisionRow *row);
static SPIPlanPtr find_plan(const GlueProvisions *provisions,
							ProvisionStatement statement);
static char *statement_text(const GlueProvisions *provisions,
							ProvisionStatement statement);
static char *claim_text(const char *table);

/* The table as we made it. */
static GlueRowShape shape = {
	.may_be_there = true,
	.ncolumns = NUM_COLUMNS,
	.column_name = column_name,
	.column_type = column_type,
};

static const char *
column_name(int column)
{
	return columns[column].name;
}

static Oid
column_type(int column)
{
	return columns[column].type;
}

/*
 * Get ready to use the table.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction.
 */
void
glue_provisions_open(GlueProvisions *provisions, Oid schema)
{
	Relation	relation = glue_own_table_find("glue_provision", schema,
											   RowExclusiveLock,
											   GLUE_TABLE_PRIVATE);

	provisions->schema = schema;
	provisions->owner = relation->rd_rel->relowner;
	provisions->oid = RelationGetRelid(relation);
	provisions->plain = glue_row_insert_possible(relation, &shape);
	provisions->table = glue_own_table_name(relation);
	provisions->home = glue_home(schema);
	table_close(relation, NoLock);
}

/* ----------------------------------------------------------------
 * Claiming
 * ----------------------------------------------------------------
 */

/*
 * Claim a name for a row; returns the ID of the entry.  An error says which table
 * has a row that holds the name already.
 */
int64
glue_provision_claim(const GlueProvisions *provisions,
					 const GlueProvisionName *name)
{
	ProvisionRow row;
	int64		id = next_id(provisions);

	fill_row(&row, provisions, name);
	row.values[COLUMN_ID] = Int64GetDatum(id);
	row.nulls[COLUMN_ID] = ' ';
	if (provisions->plain && insert_directly(provisions, &row))
		return id;

	/* a statement waits for those who have not committed */
	while (execute_one(provisions, STATEMENT_CLAIM, &row) == 0)
	{
		Oid			holder;

		CHECK_FOR_INTERRUPTS();
		if (execute_one(provisions, STATEMENT_FORGET_DROPPED, &row) != 0 ||
			execute_one(provisions, STATEMENT_RELEASE_DROPPED, &row) != 0)
			continue;
		holder = glue_provision_holder(provisions, name);
		if (OidIsValid(holder))
			refuse(name, holder);

		/* or somebody has set the sequence back, and the ID is taken */
		id = next_id(provisions);
		row.values[COLUMN_ID] = Int64GetDatum(id);
	}
	return id;
}

static void
fill_row(ProvisionRow *row, const GlueProvisions *provisions,
		 const GlueProvisionName *name)
{
	const char *server = name->server != NULL ? name->server : "";
	const char *catalog_id = name->catalog_id != NULL ? name->catalog_id : "";

	memset(row->nulls, 'n', sizeof(row->nulls));
	memset(row->values, 0, sizeof(row->values));
	memset(&row->nulls[COLUMN_HOME], ' ', COLUMN_OWNED - COLUMN_HOME + 1);
	row->nulls[COLUMN_SINCE] = ' ';
	row->values[COLUMN_HOME] = Int64GetDatum(provisions->home);
	row->values[COLUMN_RELATION] = ObjectIdGetDatum(name->relation);
	row->values[COLUMN_SERVER] =
		DirectFunctionCall1(namein, CStringGetDatum(server));
	row->values[COLUMN_REGION] =
		CStringGetTextDatum(name->region != NULL ? name->region : "");
	row->values[COLUMN_CATALOG_ID] =
		CStringGetTextDatum(glue_server_from_utf8(catalog_id));
	row->values[COLUMN_NAME] =
		CStringGetTextDatum(glue_server_from_utf8(name->name != NULL ?
												  name->name : ""));
	row->values[COLUMN_RELEASED] = BoolGetDatum(false);
	row->values[COLUMN_OWNED] = BoolGetDatum(false);
	row->values[COLUMN_SINCE] = TimestampTzGetDatum(GetCurrentTimestamp());
}

/* The ID comes before the row, as that of a request. */
static int64
next_id(const GlueProvisions *provisions)
{
	Oid			sequence = get_relname_relid("glue_provision_id_seq",
											 provisions->schema);

	if (!OidIsValid(sequence))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("sequence \"glue_provision_id_seq\" of extension \"glue_conn\" does not exist"),
				 errhint("Create the extension anew.")));
	return nextval_internal(sequence, false);
}

/* Insert a row without a statement; false if somebody may hold the name. */
static bool
insert_directly(const GlueProvisions *provisions, const ProvisionRow *row)
{
	GlueImpersonation saved;
	bool		inserted;

	glue_impersonate(&saved, provisions->owner);
	inserted = glue_row_insert(provisions->oid, &shape, row->values,
							   row->nulls);
	glue_stop_impersonating(&saved);
	return inserted;
}

/* Say who holds a name. */
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
			 errhint("If that row is not there any more, because it was removed by TRUNCATE or while its trigger was disabled, the owner of the table can release the name: SELECT glue_release_connection(%s, %s);",
					 quote_literal_cstr(qualified),
					 quote_literal_cstr(server_name))));
}

/* ----------------------------------------------------------------
 * Holding and releasing
 * ----------------------------------------------------------------
 */

/* The entry by which a row of a table holds a name; 0 if none does. */
int64
glue_provision_find(const GlueProvisions *provisions,
					const GlueProvisionName *name)
{
	ProvisionRow row;

	fill_row(&row, provisions, name);
	return execute_one(provisions, STATEMENT_FIND, &row);
}

/* The table that has a row which holds a name; InvalidOid if there is none. */
Oid
glue_provision_holder(const GlueProvisions *provisions,
					  const GlueProvisionName *name)
{
	ProvisionRow row;

	fill_row(&row, provisions, name);
	return (Oid) execute_one(provisions, STATEMENT_HOLDER, &row);
}

/* A row does not hold a name any more; returns its entry, or 0 if it had none. */
int64
glue_provision_release(const GlueProvisions *provisions,
					   const GlueProvisionName *name)
{
	ProvisionRow row;

	fill_row(&row, provisions, name);
	return execute_one(provisions, STATEMENT_RELEASE, &row);
}

/* A row has released an entry, and comes to hold it again after all. */
void
glue_provision_hold_again(const GlueProvisions *provisions, int64 id)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, INT8OID};
	Datum		values[] = {
		Int64GetDatum(id), Int64GetDatum(provisions->home)
	};
	GlueImpersonation saved;

	if (!glue_plan_is_kept(&kept, provisions->table))
		glue_keep_plan(&kept, provisions->owner, provisions->table,
					   psprintf("UPDATE %s SET released = false"
								" WHERE id" EQUALS "$1 AND home" EQUALS "$2",
								provisions->table),
					   lengthof(types), types);
	glue_execute_latest(&saved, provisions->owner,
						glue_ready_plan(&kept, provisions->owner), values,
						NULL);
	glue_execute_end(&saved);
}

/*
 * Release all that the rows of a table hold at a target; returns a list of
 * GlueProvisionEntry * in the current memory context.
 */
List *
glue_provision_release_all(const GlueProvisions *provisions,
						   const GlueProvisionName *name)
{
	return release_some(provisions, STATEMENT_RELEASE_ALL, name);
}

/* The same of one name, wherever that is. */
List *
glue_provision_let_go(const GlueProvisions *provisions, Oid relation,
					  const char *name)
{
	GlueProvisionName held = {.relation = relation, .name = name};

	return release_some(provisions, STATEMENT_LET_GO, &held);
}

static List *
release_some(const GlueProvisions *provisions, ProvisionStatement statement,
			 const GlueProvisionName *name)
{
	MemoryContext context = CurrentMemoryContext;
	GlueImpersonation saved;
	ProvisionRow row;
	List	   *entries = NIL;
	uint64		count;

	fill_row(&row, provisions, name);
	count = execute(provisions, &saved, statement, &row);
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow result = glue_result_row(i);
		GlueProvisionEntry *entry = palloc(sizeof(GlueProvisionEntry));

		entry->id = glue_result_int64(&result, 1);
		entry->name = glue_result_text(&result, 2);
		entries = lappend(entries, entry);
	}
	glue_execute_end(&saved);
	return entries;
}

/* ----------------------------------------------------------------
 * Statements
 * ----------------------------------------------------------------
 */

/* Execute a statement, and return the first number that it returns, or 0. */
static int64
execute_one(const GlueProvisions *provisions, ProvisionStatement statement,
			ProvisionRow *row)
{
	GlueImpersonation saved;
	int64		result = 0;

	if (execute(provisions, &saved, statement, row) > 0)
	{
		GlueResultRow result_row = glue_result_row(0);

		result = glue_result_int64(&result_row, 1);
	}
	glue_execute_end(&saved);
	return result;
}

/* Execute a statement; glue_execute_end() must follow. */
static uint64
execute(const GlueProvisions *provisions, GlueImpersonation *saved,
		ProvisionStatement statement, ProvisionRow *row)
{
	SPIPlanPtr	plan = find_plan(provisions, statement);

	return (statement == STATEMENT_CLAIM ? glue_execute_as :
			glue_execute_latest) (saved, provisions->owner, plan, row->values,
								  row->nulls);
}

static SPIPlanPtr
find_plan(const GlueProvisions *provisions, ProvisionStatement statement)
{
	GlueKeptPlan *kept = &plans[statement];

	if (!glue_plan_is_kept(kept, provisions->table))
	{
		Oid			types[NUM_COLUMNS];

		for (int column = 0; column < NUM_COLUMNS; column++)
			types[column] = columns[column].type;
		glue_keep_plan(kept, provisions->owner, provisions->table,
					   statement_text(provisions, statement),
					   NUM_COLUMNS, types);
	}
	return glue_ready_plan(kept, provisions->owner);
}

static char *
statement_text(const GlueProvisions *provisions, ProvisionStatement statement)
{
	const char *table = provisions->table;

	switch (statement)
	{
		case STATEMENT_CLAIM:
			return claim_text(table);
		case STATEMENT_FIND:
			return psprintf("SELECT id FROM %s" WHERE_NAME OF_RELATION, table);
		case STATEMENT_HOLDER:
			return psprintf("SELECT relation::pg_catalog.int8 FROM %s" WHERE_NAME,
							table);
		case STATEMENT_FORGET_DROPPED:
			return psprintf("DELETE FROM %s p" WHERE_NAME OF_NO_RELATION
							" AND NOT EXISTS (SELECT FROM %s.glue_request r"
							" WHERE r.connection_name" EQUALS "p.name"
							" AND r.home" EQUALS "p.home"
							" AND r.provision_id" EQUALS "p.id"
							" AND r.finished_at IS NULL) RETURNING id", table,
							quote_identifier(get_namespace_name(provisions->schema)));
		case STATEMENT_RELEASE_DROPPED:
			return psprintf("UPDATE %s p SET released = true" WHERE_NAME
							OF_NO_RELATION " RETURNING id", table);
		case STATEMENT_RELEASE:
			return psprintf("UPDATE %s SET released = true" WHERE_NAME
							OF_RELATION " RETURNING id", table);
		case STATEMENT_RELEASE_ALL:
			return psprintf("UPDATE %s SET released = true" WHERE_TARGET
							OF_RELATION " RETURNING id, name", table);
		case STATEMENT_LET_GO:
			return psprintf("UPDATE %s SET released = true"
							" WHERE home" EQUALS "$2"
							" AND name" EQUALS "$7 AND NOT released"
							OF_RELATION " RETURNING id, name", table);
		case NUM_STATEMENTS:
			break;
	}
	return NULL;
}

static char *
claim_text(const char *table)
{
	StringInfoData names;
	StringInfoData parameters;

	initStringInfo(&names);
	initStringInfo(&parameters);
	for (int column = 0; column < NUM_COLUMNS; column++)
	{
		const char *comma = column > 0 ? ", " : "";

		appendStringInfo(&names, "%s%s", comma, columns[column].name);
		appendStringInfo(&parameters, "%s$%d", comma, column + 1);
	}
	return psprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES (%s)"
					" ON CONFLICT DO NOTHING RETURNING id",
					table, names.data, parameters.data);
}

/*-------------------------------------------------------------------------
 *
 * connections.c
 *	  The table glue_connection, which mirrors what is in AWS Glue.
 *
 * Rows are written in the caller's transaction, but with the rights of the
 * table's owner: a role that may create connections needs no rights on the
 * table, and gets none.  What is written was redacted before it came here.
 *
 * A row can be written only after the connection was made, and must not fail
 * then for a reason that could have been known before.  So a caller asks
 * glue_mirror_open() first, which takes the lock and plans the statements.
 *
 * Who records what it did has locked the name of the connection before it did
 * it: see connection_lock.c.  What is merely observed yields to anything that was
 * recorded later than it was true.
 *
 * IDENTIFICATION
 *	  src/store/connections.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/owner_spi.h"
#include "store/connections.h"
#include "store/own_row.h"
#include "store/own_table.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

/* Rows that are fetched at once. */
#define FETCH_COUNT		100

/* The names that a sync has seen, to the statement that asks for others. */
#define SEEN_NAMES		"glue_seen_names"

/* All of them take the columns of the table as their parameters. */
typedef enum MirrorStatement
{
	STATEMENT_INSERT,			/* unless there is such a row */
	STATEMENT_UPSERT,
	STATEMENT_UPSERT_OLDER,		/* unless what is there is newer */
	STATEMENT_FIND,
	STATEMENT_LOCK,				/* find it, and keep others out */
	STATEMENT_DELETE,
	STATEMENT_DELETE_OLDER,
	NUM_STATEMENTS
} MirrorStatement;

/* The table's name is their key. */
static GlueKeptPlan plans[NUM_STATEMENTS];

/* prototypes of private functions */
static const char *column_name(int column);
static Oid	column_type(int column);
static bool insert_directly(const GlueMirror *mirror, const GlueMirrorRow *row);
static uint64 execute(const GlueMirror *mirror, MirrorStatement statement,
					  GlueMirrorRow *row);
static Portal open_unseen(const GlueMirror *mirror, GlueMirrorRow *row,
						  const GlueNameStore *seen);
static bool read_one(const GlueMirror *mirror, MirrorStatement statement,
					 bool latest, const GlueTarget *target, const char *name,
					 GlueMirrorKnown *known);
static SPIPlanPtr find_plan(const GlueMirror *mirror,
							MirrorStatement statement);
static void list_types(Oid *types);
static char *statement_text(const char *table, MirrorStatement statement);
static char *key_condition(void);
static char *target_condition(void);
static char *insert_text(const char *table);
static char *upsert_text(const char *table);

/* The table as we made it. */
static GlueRowShape shape = {
	.may_be_there = true,
	.ncolumns = GLUE_NUM_COLUMNS,
	.column_name = column_name,
	.column_type = column_type,
};

static const char *
column_name(int column)
{
	return glue_mirror_column_name(column);
}

static Oid
column_type(int column)
{
	return glue_mirror_column_type(column);
}

/*
 * Get ready to use the table.
 *
 * schema is that of the extension.  The table is locked, so that it cannot be
 * dropped or changed before the end of the transaction.
 */
void
glue_mirror_open(GlueMirror *mirror, Oid schema, GlueMirrorAccess access)
{
	Relation	relation =
		glue_own_table_find("glue_connection", schema,
							access == GLUE_MIRROR_WRITE ?
							RowExclusiveLock : AccessShareLock,
							GLUE_TABLE_SHOWN);

	mirror->schema = schema;
	mirror->owner = relation->rd_rel->relowner;
	mirror->oid = RelationGetRelid(relation);
	mirror->plain = access == GLUE_MIRROR_WRITE &&
		glue_row_insert_possible(relation, &shape);
	mirror->table = glue_own_table_name(relation);
	table_close(relation, NoLock);
	if (access == GLUE_MIRROR_WRITE)
	{
		if (!mirror->plain)
			find_plan(mirror, STATEMENT_INSERT);
		find_plan(mirror, STATEMENT_UPSERT);
	}
}

/*
 * Do what can be done for the record of a connection before AWS Glue has
 * answered.
 *
 * Of entry only what defines the connection is looked at, and nothing of it is
 * needed any longer afterwards.
 */
GlueMirrorRow *
glue_mirror_draft(const GlueMirrorEntry *entry)
{
	GlueMirrorRow *draft = palloc(sizeof(GlueMirrorRow));

	glue_mirror_row_define(draft, entry);
	return draft;
}

/*
 * Record a connection, in place of what was known under its name.
 *
 * entry adds what AWS Glue has answered.  The draft is of no use any more
 * afterwards.
 *
 * Most connections are new.  To prepare the update of all columns, only to
 * find that there is nothing to update, would take longer than the insert.
 */
void
glue_mirror_record_draft(const GlueMirror *mirror, GlueMirrorRow *draft,
						 const GlueMirrorEntry *entry)
{
	bool		inserted;

	glue_mirror_row_observe(draft, entry);
	if (mirror->plain)
		inserted = insert_directly(mirror, draft);
	else
		inserted = execute(mirror, STATEMENT_INSERT, draft) > 0;
	if (!inserted)
		execute(mirror, STATEMENT_UPSERT, draft);
}

/* Record a connection that AWS Glue has answered about already. */
void
glue_mirror_record(const GlueMirror *mirror, const GlueMirrorEntry *entry)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn record",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	glue_mirror_record_draft(mirror, glue_mirror_draft(entry), entry);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Record what was observed of a connection at entry->recorded_at, unless
 * something newer is recorded.
 */
void
glue_mirror_observe(const GlueMirror *mirror, const GlueMirrorEntry *entry)
{
	GlueMirrorRow row;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn record",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	glue_mirror_row_fill(&row, entry);
	execute(mirror, STATEMENT_UPSERT_OLDER, &row);

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Find what is recorded of a connection; false if nothing is.
 *
 * What is found belongs to the current memory context.
 */
bool
glue_mirror_find(const GlueMirror *mirror, const GlueTarget *target,
				 const char *name, GlueMirrorKnown *known)
{
	return read_one(mirror, STATEMENT_FIND, false, target, name, known);
}

/*
 * Do the same, and keep others from changing the row meanwhile.
 *
 * A transaction that sees an older state of the table would not see what it
 * is about to make untrue.
 */
bool
glue_mirror_lock(const GlueMirror *mirror, const GlueTarget *target,
				 const char *name, GlueMirrorKnown *known)
{
	GlueMirrorKnown newer;

	if (read_one(mirror, STATEMENT_LOCK, false, target, name, known))
		return true;
	if (!IsolationUsesXactSnapshot())
		return false;
	if (read_one(mirror, STATEMENT_FIND, true, target, name, &newer))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("AWS Glue connection \"%s\" was recorded after this transaction had begun. Nothing was changed.",
						   glue_server_from_utf8(name)),
				 errhint("Try the transaction again.")));
	return false;
}

/* Remove what is recorded of a connection; false if nothing was. */
bool
glue_mirror_forget(const GlueMirror *mirror, const GlueTarget *target,
				   const char *name)
{
	GlueMirrorRow row;

	glue_mirror_row_key(&row, target, name);
	return execute(mirror, STATEMENT_DELETE, &row) > 0;
}

/*
 * Do the same for a connection that was not there at missed_at, unless
 * something newer is recorded.
 */
bool
glue_mirror_forget_older(const GlueMirror *mirror, const GlueTarget *target,
						 const char *name, TimestampTz missed_at)
{
	GlueMirrorRow row;

	glue_mirror_row_key(&row, target, name);
	glue_mirror_row_set_recorded_at(&row, missed_at);
	return execute(mirror, STATEMENT_DELETE_OLDER, &row) > 0;
}

/*
 * Find the recorded connections of a target whose names are not among those
 * that were seen, and that were recorded before a moment.
 */
GlueNameStore *
glue_mirror_unseen(const GlueMirror *mirror, const GlueTarget *target,
				   const GlueNameStore *seen, TimestampTz before)
{
	GlueNameStore *unseen = glue_name_store_new();
	GlueMirrorRow row;
	GlueImpersonation saved;
	Portal		portal;

	glue_mirror_row_key(&row, target, "");
	glue_mirror_row_set_recorded_at(&row, before);
	glue_impersonate(&saved, mirror->owner);
	SPI_connect();
	portal = open_unseen(mirror, &row, seen);
	do
	{
		SPI_cursor_fetch(portal, true, FETCH_COUNT);
		for (uint64 i = 0; i < SPI_processed; i++)
		{
			bool		is_null;
			Datum		name = SPI_getbinval(SPI_tuptable->vals[i],
											 SPI_tuptable->tupdesc, 1,
											 &is_null);

			glue_name_store_add_datum(unseen, name);
		}
		SPI_freetuptable(SPI_tuptable);
	} while (SPI_processed > 0);
	SPI_cursor_close(portal);
	glue_execute_end(&saved);
	return unseen;
}

/* ----------------------------------------------------------------
 * Execution
 * ----------------------------------------------------------------
 */

/* Insert a row without a statement; false if there is one with its key. */
static bool
insert_directly(const GlueMirror *mirror, const GlueMirrorRow *row)
{
	GlueImpersonation saved;
	bool		inserted;

	glue_impersonate(&saved, mirror->owner);
	inserted = glue_row_insert(mirror->oid, &shape, row->values, row->nulls);
	glue_stop_impersonating(&saved);
	return inserted;
}

/* Execute a statement that writes; returns how many rows it wrote. */
static uint64
execute(const GlueMirror *mirror, MirrorStatement statement,
		GlueMirrorRow *row)
{
	SPIPlanPtr	plan = find_plan(mirror, statement);
	GlueImpersonation saved;
	uint64		written = glue_execute_as(&saved, mirror->owner, plan,
										  row->values, row->nulls);

	glue_execute_end(&saved);
	return written;
}

/*
 * Open a cursor on the names that were not seen.
 *
 * Those that were are a relation to this one statement, which is not kept.  It
 * has no join in it, because the planner would choose a nested loop for one as
 * long as nothing has analyzed the table.
 */
static Portal
open_unseen(const GlueMirror *mirror, GlueMirrorRow *row,
			const GlueNameStore *seen)
{
	Oid			types[GLUE_NUM_COLUMNS];
	SPIPlanPtr	plan;
	char	   *text;

	if (SPI_register_relation(glue_name_store_relation(seen, SEEN_NAMES)) !=
		SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\"", SEEN_NAMES);
	text = psprintf("SELECT name FROM %s WHERE %s"
					" AND recorded_at OPERATOR(pg_catalog.<) $%d"
					" EXCEPT SELECT name FROM " SEEN_NAMES,
					mirror->table, target_condition(),
					GLUE_COLUMN_RECORDED_AT + 1);
	list_types(types);
	plan = SPI_prepare(text, GLUE_NUM_COLUMNS, types);
	if (plan == NULL)
		elog(ERROR, "could not plan \"%s\": %s", text,
			 SPI_result_code_string(SPI_result));
	return SPI_cursor_open(NULL, plan, row->values, row->nulls, false);
}

/* Execute a statement that finds one row, or none. */
static bool
read_one(const GlueMirror *mirror, MirrorStatement statement, bool latest,
		 const GlueTarget *target, const char *name, GlueMirrorKnown *known)
{
	MemoryContext context = CurrentMemoryContext;
	GlueMirrorRow row;
	SPIPlanPtr	plan;
	GlueImpersonation saved;
	bool		found;

	glue_mirror_row_key(&row, target, name);
	plan = find_plan(mirror, statement);
	found = (latest ? glue_execute_latest : glue_execute_as)
		(&saved, mirror->owner, plan, row.values, row.nulls) > 0;
	if (found)
	{
		MemoryContext spi_context = MemoryContextSwitchTo(context);

		glue_mirror_row_read(known, SPI_tuptable->vals[0],
							 SPI_tuptable->tupdesc);
		MemoryContextSwitchTo(spi_context);
	}
	glue_execute_end(&saved);
	return found;
}

/* ----------------------------------------------------------------
 * Statements
 * ----------------------------------------------------------------
 */

/* The plan of a statement, which is made unless there is one that is good. */
static SPIPlanPtr
find_plan(const GlueMirror *mirror, MirrorStatement statement)
{
	GlueKeptPlan *kept = &plans[statement];
	Oid			types[GLUE_NUM_COLUMNS];

	if (!glue_plan_is_kept(kept, mirror->table))
	{
		list_types(types);
		glue_keep_plan(kept, mirror->owner, mirror->table,
					   statement_text(mirror->table, statement),
					   GLUE_NUM_COLUMNS, types);
	}
	return glue_ready_plan(kept, mirror->owner);
}

static void
list_types(Oid *types)
{
	for (int column = 0; column < GLUE_NUM_COLUMNS; column++)
		types[column] = glue_mirror_column_type(column);
}

static char *
statement_text(const char *table, MirrorStatement statement)
{
	switch (statement)
	{
		case STATEMENT_INSERT:
			return psprintf("%s DO NOTHING", insert_text(table));
		case STATEMENT_UPSERT:
			return upsert_text(table);
		case STATEMENT_UPSERT_OLDER:
			return psprintf("%s WHERE c.recorded_at OPERATOR(pg_catalog.<=) EXCLUDED.recorded_at",
							upsert_text(table));
		case STATEMENT_FIND:
			return psprintf("SELECT * FROM %s WHERE %s", table,
							key_condition());
		case STATEMENT_LOCK:
			return psprintf("SELECT * FROM %s WHERE %s FOR UPDATE", table,
							key_condition());
		case STATEMENT_DELETE:
			return psprintf("DELETE FROM %s WHERE %s", table,
							key_condition());
		case STATEMENT_DELETE_OLDER:
			return psprintf("DELETE FROM %s WHERE %s"
							" AND recorded_at OPERATOR(pg_catalog.<=) $%d",
							table, key_condition(),
							GLUE_COLUMN_RECORDED_AT + 1);
		case NUM_STATEMENTS:
			break;
	}
	return NULL;
}

/* What selects one connection. */
static char *
key_condition(void)
{
	return psprintf("%s AND name OPERATOR(pg_catalog.=) $%d",
					target_condition(), GLUE_COLUMN_NAME + 1);
}

/*
 * What selects the connections of one target.
 *
 * Operators are qualified, because the search_path is the caller's and the
 * rights are not.
 */
static char *
target_condition(void)
{
	return psprintf("endpoint OPERATOR(pg_catalog.=) $%d"
					" AND region OPERATOR(pg_catalog.=) $%d"
					" AND catalog_id OPERATOR(pg_catalog.=) $%d",
					GLUE_COLUMN_ENDPOINT + 1, GLUE_COLUMN_REGION + 1,
					GLUE_COLUMN_CATALOG_ID + 1);
}

/* The beginning of the statements that write a row. */
static char *
insert_text(const char *table)
{
	StringInfoData names;
	StringInfoData parameters;

	initStringInfo(&names);
	initStringInfo(&parameters);
	for (int column = 0; column < GLUE_NUM_COLUMNS; column++)
	{
		const char *comma = column > 0 ? ", " : "";

		appendStringInfo(&names, "%s%s", comma,
						 glue_mirror_column_name(column));
		appendStringInfo(&parameters, "%s$%d", comma, column + 1);
	}
	return psprintf("INSERT INTO %s AS c (%s) VALUES (%s)"
					" ON CONFLICT ON CONSTRAINT glue_connection_pkey",
					table, names.data, parameters.data);
}

static char *
upsert_text(const char *table)
{
	StringInfoData assignments;

	initStringInfo(&assignments);
	for (int column = 0; column < GLUE_NUM_COLUMNS; column++)
		appendStringInfo(&assignments, "%s%s = EXCLUDED.%s",
						 column > 0 ? ", " : "",
						 glue_mirror_column_name(column),
						 glue_mirror_column_name(column));
	return psprintf("%s DO UPDATE SET %s", insert_text(table),
					assignments.data);
}

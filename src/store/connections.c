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
 * glue_records_open() first, which takes the lock and plans the statements.
 *
 * A session that records what it did has locked the name of the connection before
 * it did it: see connection_lock.c.  What is merely observed yields to anything that was
 * recorded later than it was true.
 *
 * IDENTIFICATION
 *	  src/store/connections.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/owner_spi.h"
#include "store/connections.h"
#include "store/own_row.h"
#include "store/own_table.h"
#include "store/provision_owner.h"
#include "store/sql_text.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Rows that are fetched at once. */
#define FETCH_COUNT		100

/* The names that a sync has seen, to the statement that asks for others. */
#define SEEN_NAMES		"glue_seen_names"

/* All of them take the columns of the table as their parameters. */
#define PARAMETERS	.columns = glue_record_columns, \
	.ncolumns = GLUE_NUM_COLUMNS, .by_key = true

/* What selects the connections of one target, one of them, and older records. */
#define WHERE_TARGET \
	" WHERE endpoint" EQUALS "$1 AND region" EQUALS "$2" \
	" AND catalog_id" EQUALS "$3"
#define WHERE_NAME	WHERE_TARGET " AND name" EQUALS "$4"
#define RECORDED_AT	"$28"

#define INSERT \
	"INSERT INTO @glue_connection AS c (@columns) VALUES (@parameters)" \
	" ON CONFLICT ON CONSTRAINT glue_connection_pkey"
#define UPSERT	INSERT " DO UPDATE SET @excluded"
#define FIND	"SELECT * FROM @glue_connection" WHERE_NAME

StaticAssertDecl(GLUE_COLUMN_ENDPOINT == 0 && GLUE_COLUMN_NAME + 1 == 4 &&
				 GLUE_COLUMN_RECORDED_AT + 1 == 28,
				 "the parameters are those of the columns");

/* unless there is such a row */
static GlueStatement insert = {
	INSERT " DO NOTHING", PARAMETERS
};
static GlueStatement upsert = {
	UPSERT, PARAMETERS
};

/* unless what is there is newer */
static GlueStatement upsert_older = {
	UPSERT " WHERE c.recorded_at" IS_AT_MOST "EXCLUDED.recorded_at", PARAMETERS
};
static GlueStatement find = {
	FIND, PARAMETERS
};
static GlueStatement find_latest = {
	FIND, PARAMETERS, .latest = true
};

/* find it, and keep others out */
static GlueStatement lock = {
	FIND " FOR UPDATE", PARAMETERS
};
static GlueStatement delete = {
	"DELETE FROM @glue_connection" WHERE_NAME
	" AND coalesce(recorded_at" IS_AT_MOST RECORDED_AT ", true)", PARAMETERS
};

/*
 * The names that were not seen.  There is no join in it, because the planner would
 * choose a nested loop for one as long as nothing has analyzed the table.
 */
static const GlueStatement unseen_names = {
	"SELECT name FROM @glue_connection" WHERE_TARGET
	" AND recorded_at" IS_BEFORE RECORDED_AT
	" EXCEPT SELECT name FROM " SEEN_NAMES
};

/* prototypes of private functions */
static uint64 execute(const GlueRecords *records, GlueStatement *statement,
					  GlueRow *row);
static Portal open_unseen(const GlueRecords *records, GlueRow *row,
						  const GlueNameStore *seen);
static bool read_one(const GlueRecords *records, GlueStatement *statement,
					 const GlueTarget *target, const char *name,
					 GlueRecord *record);

/* The table as we made it. */
static const GlueRowShape shape = {
	.may_be_there = true,
	.columns = glue_record_columns,
	.ncolumns = GLUE_NUM_COLUMNS,
};

/*
 * Get ready to use the table.
 *
 * schema is that of the extension.  The table is locked, so that it cannot be
 * dropped or changed before the end of the transaction.
 */
void
glue_records_open(GlueRecords *records, Oid schema, LOCKMODE lock_mode)
{
	glue_own_table_open(&records->table, "glue_connection", schema, lock_mode,
						GLUE_TABLE_SHOWN, &shape, false);
	if (lock_mode == AccessShareLock)
		return;					/* it is only read */
	if (!records->table.plain)
		glue_statement_plan(&insert, &records->table);
	glue_statement_plan(&upsert, &records->table);
	glue_provisions_open(&records->provisions, schema);
	glue_provision_plan_gone(&records->provisions);
}

/*
 * Do what can be done for the record of a connection before AWS Glue has
 * answered.
 *
 * Of record only what defines the connection is looked at, and nothing of it is
 * needed any longer afterwards.
 */
GlueRow *
glue_record_prepare(const GlueRecord *record)
{
	GlueRow    *prepared = palloc(sizeof(GlueRow));

	glue_record_row_define(prepared, record);
	return prepared;
}

/*
 * Record a connection, in place of what was known under its name; but if the
 * record says when it was true, unless something newer is recorded.
 *
 * record adds what AWS Glue has answered to what was prepared, which is of no use any
 * more afterwards, and may be NULL.
 *
 * Most connections are new.  To prepare the update of all columns, only to
 * find that there is nothing to update, would take longer than the insert.
 */
void
glue_record_write(const GlueRecords *records, const GlueRecord *record,
				  GlueRow *prepared)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn record",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	bool		written;

	if (prepared == NULL)
		prepared = glue_record_prepare(record);
	glue_record_row_observe(prepared, record);
	if (record->recorded_at != 0)
		written = false;
	else if (records->table.plain)
		written = glue_row_insert(&records->table, &shape, prepared);
	else
		written = execute(records, &insert, prepared) > 0;
	if (!written)
		execute(records, record->recorded_at != 0 ? &upsert_older : &upsert,
				prepared);
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/*
 * Find what is recorded of a connection; false if nothing is.
 *
 * What is found belongs to the current memory context.
 */
bool
glue_record_find(const GlueRecords *records, const GlueTarget *target,
				 const char *name, GlueRecord *record)
{
	return read_one(records, &find, target, name, record);
}

/*
 * Do the same, and keep others from changing the row meanwhile.
 *
 * A transaction that sees an older state of the table would not see what it
 * is about to make untrue.
 */
bool
glue_record_lock(const GlueRecords *records, const GlueTarget *target,
				 const char *name, GlueRecord *record)
{
	GlueRecord	newer;

	if (read_one(records, &lock, target, name, record))
		return true;
	if (!IsolationUsesXactSnapshot())
		return false;
	if (read_one(records, &find_latest, target, name, &newer))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("could not serialize access due to concurrent update"),
				 errdetail("AWS Glue connection \"%s\" was recorded after this transaction had begun. Nothing was changed.",
						   glue_server_from_utf8(name)),
				 errhint("Try the transaction again.")));
	return false;
}

/*
 * Remove what is recorded of a connection that is not there any more; unless it is
 * newer than missed_at, when it was not there, if that is not 0.
 */
void
glue_record_forget(const GlueRecords *records, const GlueTarget *target,
				   const char *name, TimestampTz missed_at)
{
	GlueRow		row;

	Assert(OidIsValid(records->provisions.oid));	/* opened to be written */
	glue_record_row_key(&row, target, name);
	glue_row_set_time(&row, GLUE_COLUMN_RECORDED_AT, missed_at);
	if (execute(records, &delete, &row) > 0 || missed_at == 0)
		glue_provision_gone(&records->provisions, target, name);
}

/*
 * Find the recorded connections of a target whose names are not among those
 * that were seen, and that were recorded before a moment.
 */
GlueNameStore *
glue_record_unseen(const GlueRecords *records, const GlueTarget *target,
				   const GlueNameStore *seen, TimestampTz before)
{
	GlueNameStore *unseen = glue_name_store_new();
	GlueRow		row;
	GlueImpersonation saved;
	Portal		portal;

	glue_record_row_key(&row, target, "");
	glue_row_set_time(&row, GLUE_COLUMN_RECORDED_AT, before);
	glue_impersonate(&saved, records->table.owner);
	SPI_connect();
	portal = open_unseen(records, &row, seen);
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

/* Execute a statement that writes; returns how many rows it wrote. */
static uint64
execute(const GlueRecords *records, GlueStatement *statement,
		GlueRow *row)
{
	return glue_execute_alone(statement, &records->table, row->values,
							  row->nulls);
}

/*
 * Open a cursor on the names that were not seen.  Those that were are a relation to
 * this one statement, which is not kept.
 */
static Portal
open_unseen(const GlueRecords *records, GlueRow *row,
			const GlueNameStore *seen)
{
	char	   *text = glue_statement_text(&unseen_names, &records->table);
	Oid			types[GLUE_NUM_COLUMNS];

	if (SPI_register_relation(glue_name_store_relation(seen, SEEN_NAMES)) !=
		SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register \"%s\"", SEEN_NAMES);
	for (int column = 0; column < GLUE_NUM_COLUMNS; column++)
		types[column] = glue_record_columns[column].type;
	return SPI_cursor_open_with_args(NULL, text, GLUE_NUM_COLUMNS, types,
									 row->values, row->nulls, false, 0);
}

/* Execute a statement that finds one row, or none. */
static bool
read_one(const GlueRecords *records, GlueStatement *statement,
		 const GlueTarget *target, const char *name, GlueRecord *record)
{
	GlueRow		row;
	GlueImpersonation saved;
	bool		found;

	glue_record_row_key(&row, target, name);
	found = glue_execute(statement, &records->table, &saved, row.values,
						 row.nulls) > 0;
	if (found)
		glue_record_row_read(record, SPI_tuptable->vals[0],
							 SPI_tuptable->tupdesc);
	glue_execute_end(&saved);
	return found;
}

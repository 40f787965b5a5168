/*-------------------------------------------------------------------------
 *
 * connections.c
 *	  The table glue_connection, which mirrors the connections in AWS Glue.
 *
 * Rows are written in the caller's transaction, but with the privileges of the
 * table's owner: a role that may create connections needs no privilege on the
 * table, and gets none.  The callers have redacted all values.
 *
 * A row can be written only after the connection was created, and must not
 * fail then for a reason that could have been found before.  So callers first
 * call glue_records_open(), which locks the table and plans the statements.
 *
 * A session that records its own change has locked the name of the connection
 * before: see connection_lock.c.  A state that was merely observed does not
 * replace a record that is newer than the observation.
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
#include "store/provision.h"
#include "store/sql_text.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* Rows that are fetched at once. */
#define FETCH_COUNT		100

/*
 * The names that a sync has seen, as a relation for the statement
 * unseen_names.
 */
#define SEEN_NAMES		"glue_seen_names"

/* The parameters of all statements are the columns of the table. */
#define PARAMETERS	.columns = glue_record_columns, \
	.ncolumns = GLUE_NUM_COLUMNS, .by_key = true

/*
 * Conditions for the connections of one target, for one connection, and for
 * older records.
 */
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

/* only if there is no such row */
static GlueStatement insert = {
	INSERT " DO NOTHING", PARAMETERS
};
static GlueStatement upsert = {
	UPSERT, PARAMETERS
};

/* only if the row is not newer */
static GlueStatement upsert_older = {
	UPSERT " WHERE c.recorded_at" IS_AT_MOST "EXCLUDED.recorded_at", PARAMETERS
};
static GlueStatement find = {
	FIND, PARAMETERS
};
static GlueStatement find_latest = {
	FIND, PARAMETERS, .latest = true
};

/* read the row, and lock it */
static GlueStatement lock = {
	FIND " FOR UPDATE", PARAMETERS
};
static GlueStatement delete = {
	"DELETE FROM @glue_connection" WHERE_NAME
	" AND coalesce(recorded_at" IS_AT_MOST RECORDED_AT ", true)", PARAMETERS
};

/*
 * The names that were not seen.  The statement has no join, because the
 * planner would choose a nested loop as long as the table was not analyzed.
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

/* The table as CREATE EXTENSION makes it. */
static const GlueRowShape shape = {
	.may_be_there = true,
	.columns = glue_record_columns,
	.ncolumns = GLUE_NUM_COLUMNS,
};

/*
 * Open the table and plan the statements.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction, so that it cannot be dropped or altered.
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
 * Build the row of a connection before AWS Glue is called, as far as possible.
 *
 * Only the members of entry that define the connection are used, and no
 * pointer to them is kept.
 */
GlueRow *
glue_record_prepare(const GlueRecord *record)
{
	GlueRow    *prepared = palloc(sizeof(GlueRow));

	glue_record_row_define(prepared, record);
	return prepared;
}

/*
 * Record a connection, and replace the record of its name; but if the new record
 * says when this was the state, only an older one.
 *
 * record adds the answer of AWS Glue to the prepared row, which must not be used
 * afterwards, and may be NULL.
 *
 * Most connections are new, and a failed attempt to update all columns would
 * take longer than the insert.
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
 * Read the record of a connection; false if there is none.
 *
 * The result belongs to the current memory context.
 */
bool
glue_record_find(const GlueRecords *records, const GlueTarget *target,
				 const char *name, GlueRecord *record)
{
	return read_one(records, &find, target, name, record);
}

/*
 * The same, and lock the row.
 *
 * A transaction with an older snapshot would otherwise read a record that is
 * out of date.
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
 * Delete the record of a connection that does not exist any more.  If missed_at,
 * when it did not exist, is not 0, a newer record stays.
 */
void
glue_record_forget(const GlueRecords *records, const GlueTarget *target,
				   const char *name, TimestampTz missed_at)
{
	GlueRow		row;

	Assert(OidIsValid(records->provisions.oid));	/* opened for writing */
	glue_record_row_key(&row, target, name);
	glue_row_set_time(&row, GLUE_COLUMN_RECORDED_AT, missed_at);
	if (execute(records, &delete, &row) > 0 || missed_at == 0)
		glue_provision_gone(&records->provisions, target, name);
}

/*
 * Find the recorded connections of a target that were not seen, and that were
 * recorded before a time.
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
	SPI_finish();
	glue_stop_impersonating(&saved);
	return unseen;
}

/* ----------------------------------------------------------------
 * Execution
 * ----------------------------------------------------------------
 */

/* Execute a statement that writes; returns the number of rows. */
static uint64
execute(const GlueRecords *records, GlueStatement *statement,
		GlueRow *row)
{
	return glue_execute_alone(statement, &records->table, row->values,
							  row->nulls);
}

/*
 * Open a cursor on the names that were not seen.  The seen names are a
 * relation of this one statement, so its plan is not kept.
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

/* Execute a statement that returns one row, or none. */
static bool
read_one(const GlueRecords *records, GlueStatement *statement,
		 const GlueTarget *target, const char *name, GlueRecord *record)
{
	GlueRow		key;
	GlueResult	row;

	glue_record_row_key(&key, target, name);
	glue_execute(&row, statement, &records->table, key.values, key.nulls);
	while (glue_result_next(&row))
		glue_record_row_read(record, row.tuple, row.desc);
	return row.count > 0;
}

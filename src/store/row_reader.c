/*-------------------------------------------------------------------------
 *
 * row_reader.c
 *	  The rows of a user's table, one after the other.
 *
 * The table is not ours, and the condition may call any function of its owner.
 * So the table is read with the privileges of its owner, even if a superuser
 * calls us.  Other statements may be executed between two rows.
 *
 * IDENTIFICATION
 *	  src/store/row_reader.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "server/builtins.h"
#include "server/impersonation.h"
#include "store/own_table.h"
#include "store/row_reader.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/ruleutils.h"

/* Rows that are fetched at once. */
#define FETCH_COUNT		100

static const char *
column_of(Relation table, int column)
{
	return quote_identifier(get_attname(RelationGetRelid(table), column,
										false));
}

/*
 * Begin to read the rows that have an input, of a table and its partitions.
 * tags_column is 0 if there is none; condition is NULL if there is none; its
 * Vars have varno 1.
 */
void
glue_row_reader_begin(GlueRowReader *reader, Relation table,
					  int input_column, int tags_column,
					  Node *condition)
{
	MemoryContext context = CurrentMemoryContext;
	GlueImpersonation saved;
	const char *input = column_of(table, input_column);
	bool		is_partitioned =
		table->rd_rel->relkind == RELKIND_PARTITIONED_TABLE;
	const char *where = "true";
	char	   *text;

	memset(reader, 0, sizeof(GlueRowReader));
	reader->owner = table->rd_rel->relowner;
	glue_impersonate(&saved, reader->owner);

	/* as text for the current search_path, which it is parsed with */
	if (condition != NULL)
		where = deparse_expression(condition,
								   deparse_context_for(RelationGetRelationName(table),
													   RelationGetRelid(table)),
								   false, false);
	text = psprintf("SELECT %s, %s FROM %s %s WHERE %s IS NOT NULL AND (%s)",
					input,
					tags_column != 0 ? column_of(table, tags_column) : "NULL",
					is_partitioned ? "" : "ONLY", glue_own_table_name(table),
					input, where);
	SPI_connect();
	reader->portal = SPI_cursor_open_with_args(NULL, text, 0, NULL, NULL, NULL,
											   true, 0);
	glue_stop_impersonating(&saved);
	MemoryContextSwitchTo(context);
}

/*
 * Read the next row; false if there is none.  Its values last until the next one
 * is read.
 */
bool
glue_row_reader_next(GlueRowReader *reader, NullableDatum *input,
					 NullableDatum *tags)
{
	HeapTuple	tuple;

	if (reader->next >= reader->nfetched)
	{
		MemoryContext context = CurrentMemoryContext;
		GlueImpersonation saved;

		if (reader->fetched != NULL)
			SPI_freetuptable(reader->fetched);
		glue_impersonate(&saved, reader->owner);
		SPI_cursor_fetch(reader->portal, true, FETCH_COUNT);
		glue_stop_impersonating(&saved);
		reader->fetched = SPI_tuptable;
		reader->nfetched = SPI_processed;
		reader->next = 0;
		MemoryContextSwitchTo(context);
		if (reader->nfetched == 0)
			return false;
	}
	tuple = reader->fetched->vals[reader->next++];
	input->value = SPI_getbinval(tuple, reader->fetched->tupdesc, 1,
								 &input->isnull);
	tags->value = SPI_getbinval(tuple, reader->fetched->tupdesc, 2,
								&tags->isnull);
	return true;
}

void
glue_row_reader_end(GlueRowReader *reader)
{
	MemoryContext context = CurrentMemoryContext;

	SPI_cursor_close(reader->portal);
	SPI_finish();
	MemoryContextSwitchTo(context);
}

/*-------------------------------------------------------------------------
 *
 * row_reader.h
 *	  The rows of a user's table, one after the other.
 *
 * IDENTIFICATION
 *	  src/store/row_reader.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_ROW_READER_H
#define GLUE_STORE_ROW_READER_H

#include "utils/portal.h"
#include "utils/relcache.h"

/* A table that is read. */
typedef struct GlueRowReader
{
	Portal		portal;
	Oid			owner;			/* of the table */
	struct SPITupleTable *fetched;
	uint64		nfetched;
	uint64		next;
} GlueRowReader;

extern void glue_row_reader_begin(GlueRowReader *reader, Relation table,
								  int input_column, int tags_column,
								  Node *condition);
extern bool glue_row_reader_next(GlueRowReader *reader, NullableDatum *input,
								 NullableDatum *tags);
extern void glue_row_reader_end(GlueRowReader *reader);

#endif							/* GLUE_STORE_ROW_READER_H */

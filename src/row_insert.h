/*-------------------------------------------------------------------------
 *
 * row_insert.h
 *	  Insert of one row, without a statement.
 *
 * IDENTIFICATION
 *	  src/row_insert.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_ROW_INSERT_H
#define GLUE_ROW_INSERT_H

#include "row_indexes.h"
#include "storage/itemptr.h"

/*
 * What a table must look like for that, and what it must be unique in.  To be
 * static: what is found out about the table is kept in it.
 */
typedef struct GlueRowShape
{
	const char *constraint;		/* the unique one that may find a conflict;
								 * NULL: none is expected, so one is an error */
	int			ncolumns;		/* the first ones of the table */
	const char *(*column_name) (int column);
	Oid			(*column_type) (int column);
	const char *const *checks;	/* constraints that every row of ours keeps;
								 * ends with NULL, or is NULL for none */

	/* set by row_insert.c, of the table that was asked about last */
	Oid			table;			/* InvalidOid: of none, or it has changed */
	bool		known;			/* else an error ended the search */
	bool		possible;
	Oid			arbiter;
	GlueRowIndexes indexes;		/* if it is possible */
	bool		registered;
	struct GlueRowShape *next;
} GlueRowShape;

/* An insert that is prepared.  Belongs to a memory context. */
typedef struct GlueRowInsert GlueRowInsert;

extern bool glue_row_insert_possible(Relation table,
									 GlueRowShape *shape);
extern GlueRowInsert *glue_row_insert_begin(Oid table,
											const GlueRowShape *shape);
extern bool glue_row_insert_finish(GlueRowInsert *insert, const Datum *values,
								   const char *nulls, ItemPointer place);
extern void glue_row_insert_cancel(GlueRowInsert *insert);

#endif							/* GLUE_ROW_INSERT_H */

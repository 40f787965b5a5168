/*-------------------------------------------------------------------------
 *
 * open_table.h
 *	  Tables that stay open between inserts.
 *
 * IDENTIFICATION
 *	  src/store/open_table.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_OPEN_TABLE_H
#define GLUE_STORE_OPEN_TABLE_H

#include "nodes/execnodes.h"

/* The executor's state for inserting rows into a table. */
typedef struct GlueOpenTable
{
	Relation	relation;
	EState	   *executor;
	ResultRelInfo *result;
	TupleTableSlot *slot;

	/* of store/open_table.c */
	bool		kept;			/* stays open for the next row */
	bool		in_use;
} GlueOpenTable;

extern void glue_open_tables_keep(MemoryContext until);
extern GlueOpenTable *glue_open_table(Oid table);
extern void glue_open_table_done(GlueOpenTable *open);

#endif							/* GLUE_STORE_OPEN_TABLE_H */

/*-------------------------------------------------------------------------
 *
 * row_indexes.h
 *	  The indexes of a table, ready for rows without a statement.
 *
 * IDENTIFICATION
 *	  src/row_indexes.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_ROW_INDEXES_H
#define GLUE_ROW_INDEXES_H

#include "nodes/execnodes.h"
#include "utils/relcache.h"

/* What is kept of the indexes of one table. */
typedef struct GlueRowIndexes
{
	MemoryContext context;		/* NULL: nothing */
	int			count;
	Oid		   *oids;
	IndexInfo **infos;
} GlueRowIndexes;

extern void glue_row_indexes_learn(GlueRowIndexes *indexes, Relation table);
extern void glue_row_indexes_open(const GlueRowIndexes *indexes,
								  ResultRelInfo *target);

#endif							/* GLUE_ROW_INDEXES_H */

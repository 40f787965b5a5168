/*-------------------------------------------------------------------------
 *
 * own_row.h
 *	  Insert of one row, without a statement.
 *
 * IDENTIFICATION
 *	  src/store/own_row.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_OWN_ROW_H
#define GLUE_STORE_OWN_ROW_H

#include "server/owner_spi.h"
#include "utils/relcache.h"

/*
 * The expected definition of a table.  To be static: the result of the check
 * is kept in it.
 */
typedef struct GlueRowShape
{
	bool		may_be_there;	/* a row with the same key is possible, and
								 * needs a statement; else it is an error */
	const GlueColumn *columns;	/* the first ones of the table */
	int			ncolumns;
	const char *const *checks;	/* constraints that all our rows satisfy; ends
								 * with NULL, or is NULL for none */
} GlueRowShape;

extern bool glue_row_insert_possible(Relation table,
									 const GlueRowShape *shape);
extern bool glue_row_insert(const GlueOwnTable *table,
							const GlueRowShape *shape, const GlueRow *row);

#endif							/* GLUE_STORE_OWN_ROW_H */

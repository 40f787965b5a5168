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

/* What a table must look like for that. */
typedef struct GlueRowShape
{
	bool		may_be_there;	/* a row with the same key, which is for a
								 * statement then; else it is an error */
	const GlueColumn *columns;	/* the first ones of the table */
	int			ncolumns;
	const char *const *checks;	/* constraints that every row of ours keeps;
								 * ends with NULL, or is NULL for none */
} GlueRowShape;

extern bool glue_row_insert_possible(Relation table,
									 const GlueRowShape *shape);
extern bool glue_row_insert(const GlueOwnTable *table,
							const GlueRowShape *shape, const GlueRow *row);

#endif							/* GLUE_STORE_OWN_ROW_H */

/*-------------------------------------------------------------------------
 *
 * row_update.h
 *	  Update of one row, without a statement.
 *
 * IDENTIFICATION
 *	  src/row_update.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_ROW_UPDATE_H
#define GLUE_ROW_UPDATE_H

#include "row_insert.h"

extern void glue_row_update(Oid table, const GlueRowShape *shape,
							ItemPointer place, const Datum *values,
							const char *nulls);

#endif							/* GLUE_ROW_UPDATE_H */

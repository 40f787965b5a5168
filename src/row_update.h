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

/* An update that is prepared.  Belongs to a memory context. */
typedef struct GlueRowUpdate GlueRowUpdate;

extern GlueRowUpdate *glue_row_update_begin(Oid table,
											const GlueRowShape *shape,
											ItemPointer place);
extern void glue_row_update_finish(GlueRowUpdate *update, const Datum *values,
								   const char *nulls);
extern void glue_row_update_cancel(GlueRowUpdate *update);

#endif							/* GLUE_ROW_UPDATE_H */

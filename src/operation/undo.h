/*-------------------------------------------------------------------------
 *
 * undo.h
 *	  Undoing a call that acted at once, and was rolled back.
 *
 * IDENTIFICATION
 *	  src/operation/undo.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_UNDO_H
#define GLUE_OPERATION_UNDO_H

#include "operation/operation.h"

/* Why a connection is left alone that others rely on. */
#define GLUE_UNDO_TAKEN_OVER \
	"It was left alone, because another request for it has succeeded since."

/* How one is left of which nobody knows whose it is. */
#define GLUE_UNDO_NOT_KNOWN	"NotKnown"

extern GlueCall *glue_undo_start(GlueOperation *operation);
extern GlueCall *glue_undo_next(GlueOperation *operation);
extern void glue_undo_record(const GlueOperation *operation,
							 const GlueRecords *records);

#endif							/* GLUE_OPERATION_UNDO_H */

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

/* The reason if other requests rely on the connection. */
#define GLUE_UNDO_TAKEN_OVER \
	"It was not deleted, because another request for it has succeeded since."

/* The code if the owner of the connection is not known. */
#define GLUE_UNDO_NOT_KNOWN	"NotKnown"

extern GlueCall *glue_undo_start(GlueOperation *operation);
extern GlueCall *glue_undo_next(GlueOperation *operation);
extern void glue_undo_record(const GlueOperation *operation,
							 const GlueRecords *records);

#endif							/* GLUE_OPERATION_UNDO_H */

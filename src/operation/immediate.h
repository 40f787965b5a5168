/*-------------------------------------------------------------------------
 *
 * immediate.h
 *	  Operations that act at once, as part of a transaction.
 *
 * IDENTIFICATION
 *	  src/operation/immediate.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_IMMEDIATE_H
#define GLUE_OPERATION_IMMEDIATE_H

#include "journal/calls.h"
#include "operation/operation.h"

/* An operation that acts at once.  What is not named is zero at first. */
typedef struct GlueImmediateOperation
{
	GlueOperation operation;	/* MUST BE FIRST */
	const GlueIntents *intents;
	const GlueRecords *records;
	GlueIntent *intent;
	GlueRecord	record;
	bool		one_of_many;	/* it alone fails if its row is locked */
	MemoryContext context;		/* where it was begun */
} GlueImmediateOperation;

extern void glue_immediate_operation_init(GlueImmediateOperation *running,
										  GlueOperationKind kind,
										  const GlueIntents *intents,
										  const GlueRecords *records,
										  const char *name);
extern GlueCall *glue_immediate_operation_begin(GlueImmediateOperation *running);
extern GlueCall *glue_immediate_operation_next(GlueImmediateOperation *running);
extern bool glue_immediate_operation_end(GlueImmediateOperation *running);
extern void glue_immediate_operation_run(GlueImmediateOperation *running);

#endif							/* GLUE_OPERATION_IMMEDIATE_H */

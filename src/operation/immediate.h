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

/*
 * An operation that acts at once.  All members that are not mentioned start as
 * zero.
 */
typedef struct GlueImmediateOperation
{
	GlueOperation operation;	/* MUST BE FIRST */
	const GlueIntents *intents;
	const GlueRecords *records;
	GlueIntent *intent;
	GlueRecord	record;
	bool		one_of_many;	/* its locked row makes it fail alone */
	MemoryContext context;		/* where the operation began */
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

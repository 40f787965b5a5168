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
	const GlueImmediate *immediate;
	const GlueRecords *records;
	GlueImmediateCall *announced;
	GlueRecord	known;
	bool		one_of_many;	/* its locked row makes it fail alone */
	MemoryContext context;		/* where the operation began */
} GlueImmediateOperation;

extern void glue_immediate_operation_init(GlueImmediateOperation *running,
										  GlueOperationKind kind,
										  const GlueImmediate *immediate,
										  const GlueRecords *records,
										  const char *name);
extern void glue_immediate_operation_announce(GlueImmediateOperation *running);
extern GlueCall *glue_immediate_operation_begin(GlueImmediateOperation *running);
extern GlueCall *glue_immediate_operation_next(GlueImmediateOperation *running);
extern bool glue_immediate_operation_end(GlueImmediateOperation *running);
extern void glue_immediate_operation_run(GlueImmediateOperation *running);

#endif							/* GLUE_OPERATION_IMMEDIATE_H */

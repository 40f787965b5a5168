/*-------------------------------------------------------------------------
 *
 * record.h
 *	  What a call that succeeded means for the table and for the user.
 *
 * IDENTIFICATION
 *	  src/record.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_RECORD_H
#define GLUE_RECORD_H

#include "immediate.h"

/* A connection that is being created. */
typedef struct GlueCreation
{
	const GlueFunction *function;
	const GlueMirror *mirror;
	const GlueImmediate *immediate;
	GlueImmediateCall *announced;
	MemoryContext owner_context;	/* of what is left of it in the end */
	MemoryContext context;		/* of the definition's trees */
	GlueDefinition definition;
	GlueCall	call;
	GlueMirrorRow *draft;		/* NULL until the call is under way */
} GlueCreation;

extern void glue_creation_begin(GlueCreation *creation,
								const GlueFunction *function);
extern void glue_creation_announce(GlueCreation *creation,
								   const GlueImmediate *immediate,
								   GlueConflictAction on_conflict);
extern void glue_creation_prepare(GlueCreation *creation,
								  const GlueMirror *mirror);
extern const char *glue_creation_record(GlueCreation *creation);
extern void glue_creation_resume(GlueCreation *creation);
extern const char *glue_record_existing(const GlueFunction *function,
										const GlueMirror *mirror,
										const GlueDefinition *definition,
										json_object *observed,
										const GlueMirrorEntry *extra);
extern void glue_record_observed(const GlueFunction *function,
								 const GlueMirror *mirror,
								 const GlueMirrorKnown *known,
								 json_object *connection,
								 TimestampTz asked_at, json_object *tags);
extern json_object *glue_known_tags(const GlueMirrorKnown *known,
									json_object *connection);
extern bool glue_updated_since_recorded(const GlueMirrorKnown *known,
										json_object *connection);
extern void glue_report_status(const GlueDefinition *definition,
							   const char *status);

#endif							/* GLUE_RECORD_H */

/*-------------------------------------------------------------------------
 *
 * existing.h
 *	  What is done about a connection that exists already.
 *
 * IDENTIFICATION
 *	  src/existing.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_EXISTING_H
#define GLUE_EXISTING_H

#include "immediate.h"

extern const char *glue_settle_conflict(const GlueImmediate *immediate,
										GlueImmediateCall *call,
										const GlueMirror *mirror,
										const GlueDefinition *definition,
										GlueConflictAction action,
										const GlueFailure *conflict);
extern const char *glue_update_existing(const GlueImmediate *immediate,
										GlueImmediateCall *call,
										const GlueMirror *mirror,
										const GlueDefinition *definition);

#endif							/* GLUE_EXISTING_H */

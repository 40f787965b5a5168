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

#include "function_call.h"

extern const char *glue_settle_conflict(const GlueFunction *function,
										const GlueMirror *mirror,
										const GlueDefinition *definition,
										GlueConflictAction action,
										const GlueFailure *conflict);
extern const char *glue_update_existing(const GlueFunction *function,
										const GlueMirror *mirror,
										const GlueDefinition *definition);

#endif							/* GLUE_EXISTING_H */

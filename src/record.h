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

#include "function_call.h"

extern void glue_prepare_create(const GlueFunction *function, GlueCall *call,
								const GlueDefinition *definition);
extern const char *glue_record_created(const GlueFunction *function,
									   const GlueMirror *mirror,
									   const GlueDefinition *definition,
									   const GlueCall *call);
extern const char *glue_record_existing(const GlueFunction *function,
										const GlueMirror *mirror,
										const GlueDefinition *definition,
										json_object *observed,
										const GlueMirrorEntry *extra);
extern void glue_record_observed(const GlueFunction *function,
								 const GlueMirror *mirror,
								 const GlueMirrorKnown *known,
								 json_object *connection,
								 TimestampTz asked_at);
extern void glue_report_status(const GlueDefinition *definition,
							   const char *status);

#endif							/* GLUE_RECORD_H */

/*-------------------------------------------------------------------------
 *
 * record.h
 *	  Recording a connection that was read, and checking an older record.
 *
 * IDENTIFICATION
 *	  src/operation/record.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_RECORD_H
#define GLUE_OPERATION_RECORD_H

#include "client/access.h"
#include "glue/observation.h"
#include "store/connections.h"

extern void glue_record_connection(const GlueAccess *access,
								   const GlueRecords *records,
								   const GlueRecord *record,
								   json_object *connection,
								   TimestampTz asked_at, json_object *tags);
extern json_object *glue_recorded_tags(const GlueRecord *record,
									   json_object *connection);
extern GlueUnseenChange glue_change_since_recorded(const GlueRecord *record,
												   json_object *connection);
extern void glue_report_status(const char *name, const char *status);

#endif							/* GLUE_OPERATION_RECORD_H */

/*-------------------------------------------------------------------------
 *
 * observation.h
 *	  Comparison of a recorded connection with AWS Glue's.
 *
 * IDENTIFICATION
 *	  src/glue/observation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_OBSERVATION_H
#define GLUE_GLUE_OBSERVATION_H

#include "glue/difference.h"

/*
 * Changes of a connection since it was recorded that its definition does not
 * show.
 */
typedef enum GlueUnseenChange
{
	GLUE_UNSEEN_NOTHING,
	GLUE_UNSEEN_UPDATE,			/* it may have other secrets */
	GLUE_UNSEEN_UNKNOWN,		/* it may be another connection */
	GLUE_UNSEEN_OTHER_LIFE		/* it was deleted, and created again */
} GlueUnseenChange;

extern const char *glue_connection_status(json_object *connection);
extern GlueUnseenChange glue_unseen_change(json_object *known, double known_at,
										   json_object *connection);
extern bool glue_compare_observations(json_object *known,
									  json_object *connection,
									  GlueDifferenceSink sink, void *arg);
extern void glue_report_unseen_change(GlueUnseenChange change,
									  GlueDifferenceSink sink, void *arg);
extern bool glue_observed_anything_new(json_object *known,
									   json_object *connection);

#endif							/* GLUE_GLUE_OBSERVATION_H */

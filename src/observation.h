/*-------------------------------------------------------------------------
 *
 * observation.h
 *	  Comparison of what was known of a connection with what AWS Glue has.
 *
 * IDENTIFICATION
 *	  src/observation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OBSERVATION_H
#define GLUE_OBSERVATION_H

#include "compare.h"

extern const char *glue_connection_status(json_object *connection);
extern bool glue_updated_since(json_object *known, json_object *connection);
extern bool glue_recreated_since(json_object *known, json_object *connection);
extern bool glue_updated_after(json_object *connection, double time);
extern bool glue_compare_observations(json_object *known,
									  json_object *connection,
									  GlueDifferenceSink sink, void *arg);
extern bool glue_compare_unseen_changes(json_object *known,
										json_object *connection,
										GlueDifferenceSink sink, void *arg);
extern bool glue_observed_anything_new(json_object *known,
									   json_object *connection);

#endif							/* GLUE_OBSERVATION_H */

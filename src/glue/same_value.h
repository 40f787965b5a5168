/*-------------------------------------------------------------------------
 *
 * same_value.h
 *	  Equality of values for AWS Glue.
 *
 * IDENTIFICATION
 *	  src/glue/same_value.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_SAME_VALUE_H
#define GLUE_GLUE_SAME_VALUE_H

#include <stdbool.h>

#include <json-c/json.h>

extern bool glue_is_nothing(json_object *value);
extern bool glue_same_time(json_object *a, json_object *b);
extern bool glue_same_entries(json_object *sent, json_object *got);

#endif							/* GLUE_GLUE_SAME_VALUE_H */

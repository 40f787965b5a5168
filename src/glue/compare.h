/*-------------------------------------------------------------------------
 *
 * compare.h
 *	  Comparison of a sent definition with AWS Glue's.
 *
 * IDENTIFICATION
 *	  src/glue/compare.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_COMPARE_H
#define GLUE_GLUE_COMPARE_H

#include <stdbool.h>

#include <json-c/json.h>

#include "glue/difference.h"

extern bool glue_compare_definitions(json_object *sent, json_object *got,
									 GlueDifferenceSink sink, void *arg);
extern bool glue_definition_reveals(json_object *recorded, json_object *got);
extern bool glue_compare_tags(json_object *sent, json_object *got,
							  GlueDifferenceSink sink, void *arg);

#endif							/* GLUE_GLUE_COMPARE_H */

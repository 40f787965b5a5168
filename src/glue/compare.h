/*-------------------------------------------------------------------------
 *
 * compare.h
 *	  Comparison of a definition that was sent with what AWS Glue has.
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

/*
 * Receives the differences in a stable order: the SQL/JSON path of the member
 * in the ConnectionInput, and a sentence without secrets that says what is
 * different.  The strings live only while the sink runs.  It must return.
 */
typedef void (*GlueDifferenceSink) (void *arg, const char *path,
									const char *message);

extern bool glue_compare_definitions(json_object *sent, json_object *got,
									 GlueDifferenceSink sink, void *arg);
extern bool glue_definition_reveals(json_object *recorded, json_object *got);
extern bool glue_compare_tags(json_object *sent, json_object *got,
							  GlueDifferenceSink sink, void *arg);
extern bool glue_same_time(json_object *a, json_object *b);
extern bool glue_is_nothing(json_object *value);
extern json_object *glue_member_of(json_object *object, const char *key);

#endif							/* GLUE_GLUE_COMPARE_H */

/*-------------------------------------------------------------------------
 *
 * compare.h
 *	  Comparison of a definition that was sent with what AWS Glue has.
 *
 * IDENTIFICATION
 *	  src/compare.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_COMPARE_H
#define GLUE_COMPARE_H

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

#endif							/* GLUE_COMPARE_H */

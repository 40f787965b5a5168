/*-------------------------------------------------------------------------
 *
 * normalize.h
 *	  Conversion of user input to AWS Glue's form.
 *
 * IDENTIFICATION
 *	  src/glue/normalize.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_NORMALIZE_H
#define GLUE_GLUE_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

extern bool glue_normalize_connection_input(json_object *input);
extern bool glue_input_from_connection(json_object *input,
									   char *left_out, size_t size);
extern void glue_normalize(const char *shape_name, json_object *value);

#endif							/* GLUE_GLUE_NORMALIZE_H */

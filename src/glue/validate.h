/*-------------------------------------------------------------------------
 *
 * validate.h
 *	  Validation of a ConnectionInput and its arguments.
 *
 * IDENTIFICATION
 *	  src/glue/validate.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_VALIDATE_H
#define GLUE_GLUE_VALIDATE_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "glue/violation.h"

extern void glue_validate_connection_input_tree(json_object *input,
												bool allow_unknown_members,
												GlueViolationSink sink,
												void *arg);
extern void glue_validate_test_input_tree(json_object *input,
										  bool allow_unknown_members,
										  GlueViolationSink sink, void *arg);
extern void glue_validate_tags(json_object *tags,
							   GlueViolationSink sink, void *arg);
extern void glue_validate_member(const char *shape_name, const char *path,
								 json_object *value,
								 GlueViolationSink sink, void *arg);

#endif							/* GLUE_GLUE_VALIDATE_H */

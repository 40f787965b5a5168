/*-------------------------------------------------------------------------
 *
 * model.h
 *	  Lookups in AWS Glue's model.
 *
 * IDENTIFICATION
 *	  src/glue/model.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_MODEL_H
#define GLUE_GLUE_MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "glue/model_data.h"

/*
 * Longer names have no similar one.  The longest name in the model has 40
 * bytes.
 */
#define GLUE_MODEL_NEAREST_MAX 64

extern const GlueModelOperation *glue_model_operation(const char *name);
extern const GlueShape *glue_model_shape(const char *name);
extern const GlueMember *glue_model_member(const GlueShape *structure,
										   const char *name);
extern bool glue_model_only_answered(const char *member_name);
extern const GlueMemberName *glue_model_member_name(const char *name);
extern int	glue_model_types_of(json_object *value);
extern bool glue_model_has_error(const char *operation, const char *code);
extern bool glue_model_has_value(const GlueShape *enumeration,
								 const char *value);

extern const char *glue_model_nearest(const char *name, const void *array,
									  int count, size_t size);

extern bool glue_model_matches(const GluePattern *pattern,
							   const char *text, size_t len, size_t *where);

#endif							/* GLUE_GLUE_MODEL_H */

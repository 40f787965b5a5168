/*-------------------------------------------------------------------------
 *
 * validate_value.h
 *	  Validation of a value against its shape in AWS Glue's model.
 *
 * IDENTIFICATION
 *	  src/glue/validate_value.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_VALIDATE_VALUE_H
#define GLUE_GLUE_VALIDATE_VALUE_H

#include <stdbool.h>

#include <json-c/json.h>

#include "glue/model.h"
#include "glue/violation.h"

typedef struct GlueValidation
{
	GlueReporter reporter;
	bool		allow_unknown_members;
} GlueValidation;

extern void glue_validate_value(const GlueValidation *check,
								const GlueShape *shape, const GluePath *path,
								json_object *value);

#endif							/* GLUE_GLUE_VALIDATE_VALUE_H */

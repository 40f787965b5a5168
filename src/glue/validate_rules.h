/*-------------------------------------------------------------------------
 *
 * validate_rules.h
 *	  Rules for connections that AWS Glue's model lacks.
 *
 * IDENTIFICATION
 *	  src/glue/validate_rules.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_VALIDATE_RULES_H
#define GLUE_GLUE_VALIDATE_RULES_H

#include <json-c/json.h>

#include "glue/violation.h"

extern void glue_check_rules(const GlueReporter *reporter,
							 const GluePath *root, json_object *input);

#endif							/* GLUE_GLUE_VALIDATE_RULES_H */

/*-------------------------------------------------------------------------
 *
 * redact_key.h
 *	  Classification of values by their keys.
 *
 * IDENTIFICATION
 *	  src/glue/redact_key.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_REDACT_KEY_H
#define GLUE_GLUE_REDACT_KEY_H

#include <stdbool.h>

#include <json-c/json.h>

extern bool glue_redact_is_secret_key(const char *key);
extern bool glue_redact_hides(json_object *object, const char *key,
							  json_object *value);

#endif							/* GLUE_GLUE_REDACT_KEY_H */

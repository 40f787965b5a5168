/*-------------------------------------------------------------------------
 *
 * redact.h
 *	  Removal of secrets from anything that leaves the extension.
 *
 * IDENTIFICATION
 *	  src/glue/redact.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_REDACT_H
#define GLUE_GLUE_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "secret/needles.h"
#include "secret/secret_text.h" /* GLUE_REDACTED */

extern bool glue_redact_is_secret_key(const char *key);
extern bool glue_redact_hides(const char *key, json_object *value);
extern bool glue_redact_tree(json_object *tree);
extern bool glue_redact_has_secret(json_object *tree);
extern bool glue_redact_collect(json_object *tree, GlueNeedles *list);
extern size_t glue_redact_text(json_object *tree, const char *text,
							   char *buffer, size_t size);

#endif							/* GLUE_GLUE_REDACT_H */

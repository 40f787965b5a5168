/*-------------------------------------------------------------------------
 *
 * redact.h
 *	  Removal of secrets from all data that leave the extension.
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
#include "secret/secret_search.h"	/* GLUE_REDACTED */

extern bool glue_redact_tree(json_object *tree);
extern json_object *glue_redact_copy(json_object *tree);
extern bool glue_redact_has_secret(json_object *tree);
extern bool glue_redact_collect(json_object *tree, GlueNeedles *list);
extern size_t glue_redact_text(json_object *tree, const char *text,
							   char *buffer, size_t size);

#endif							/* GLUE_GLUE_REDACT_H */

/*-------------------------------------------------------------------------
 *
 * redact_string.h
 *	  The secrets of one string of a tree.
 *
 * IDENTIFICATION
 *	  src/glue/redact_string.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_REDACT_STRING_H
#define GLUE_GLUE_REDACT_STRING_H

#include <json-c/json.h>

#include "secret/needles.h"
#include "secret/secret_text.h"

extern bool glue_is_hidden(json_object *value);
extern bool glue_string_replace(json_object *string, const char *text,
								size_t len);
extern bool glue_string_replace_parts(json_object *string);
extern bool glue_text_looks_like_json(const char *text, size_t len);
extern bool glue_text_has_secret(const char *text, size_t len,
								 GlueTextKind kind);
extern bool glue_text_collect(GlueNeedles *list, const char *text, size_t len,
							  GlueTextKind kind);

#endif							/* GLUE_GLUE_REDACT_STRING_H */

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

#include <string.h>

#include <json-c/json.h>

#include "secret/needles.h"
#include "secret/secret_search.h"

extern bool glue_string_replace(json_object *string, const char *text,
								size_t len);
extern bool glue_string_replace_parts(json_object *string);
extern bool glue_text_looks_like_json(const char *text);
extern bool glue_text_has_secret(const char *text, size_t len,
								 GlueTextKind kind);
extern bool glue_text_collect(GlueNeedles *list, const char *text, size_t len,
							  GlueTextKind kind);
extern bool glue_holds_hidden(json_object *value);

/*
 * Is this exactly the replacement of a secret?
 */
static inline bool
glue_is_hidden(json_object *value)
{
	return json_object_is_type(value, json_type_string) &&
		strcmp(json_object_get_string(value), GLUE_REDACTED) == 0;
}

#endif							/* GLUE_GLUE_REDACT_STRING_H */

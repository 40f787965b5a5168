/*-------------------------------------------------------------------------
 *
 * redacted.h
 *	  Redaction of trees and texts.
 *
 * IDENTIFICATION
 *	  src/server/redacted.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_REDACTED_H
#define GLUE_SERVER_REDACTED_H

#include <json-c/json.h>

extern void glue_redact_or_fail(json_object *tree);
extern json_object *glue_redacted_copy(json_object *tree);
extern json_object *glue_without_secrets(json_object *tree);
extern const char *glue_scrub_text(json_object *secrets, const char *text);

#endif							/* GLUE_SERVER_REDACTED_H */

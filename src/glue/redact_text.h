/*-------------------------------------------------------------------------
 *
 * redact_text.h
 *	  Redaction of AWS's texts.
 *
 * IDENTIFICATION
 *	  src/glue/redact_text.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_REDACT_TEXT_H
#define GLUE_GLUE_REDACT_TEXT_H

#include <stddef.h>

#include <json-c/json.h>

#include "secret/secret_search.h"	/* GLUE_REDACTED */

extern size_t glue_redact_text(json_object *tree, const char *text,
							   char *buffer, size_t size);

#endif							/* GLUE_GLUE_REDACT_TEXT_H */

/*-------------------------------------------------------------------------
 *
 * secret_form.h
 *	  Values whose form decides whether they are secrets.
 *
 * IDENTIFICATION
 *	  src/secret/secret_form.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_FORM_H
#define GLUE_SECRET_SECRET_FORM_H

#include "secret/secret_name.h"
#include "secret/secret_value.h"

extern bool glue_form_is_public(GlueNameKind kind, const char *value,
								size_t len);
extern bool glue_form_find(const GlueText *text, size_t at,
						   size_t *start, size_t *end);
extern bool glue_form_is_encoded_secret(const char *text, size_t len);

#endif							/* GLUE_SECRET_SECRET_FORM_H */

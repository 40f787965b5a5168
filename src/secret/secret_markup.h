/*-------------------------------------------------------------------------
 *
 * secret_markup.h
 *	  Names and values in XML and YAML.
 *
 * IDENTIFICATION
 *	  src/secret/secret_markup.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_MARKUP_H
#define GLUE_SECRET_SECRET_MARKUP_H

#include "secret/secret_search.h"

extern bool glue_markup_find_element(GlueSecretSearch *search, size_t at);
extern bool glue_markup_find_line(GlueSecretSearch *search,
								  size_t name_start, size_t name_end,
								  size_t value);
extern GlueNameKind glue_markup_attribute_kind(const GlueText *text,
											   size_t name_start);

#endif							/* GLUE_SECRET_SECRET_MARKUP_H */

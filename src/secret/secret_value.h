/*-------------------------------------------------------------------------
 *
 * secret_value.h
 *	  The end of a value within a text.
 *
 * IDENTIFICATION
 *	  src/secret/secret_value.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_VALUE_H
#define GLUE_SECRET_SECRET_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "text/ascii.h"

/*
 * The kind of a text, which decides the extent of a secret in it.
 */
typedef enum GlueTextKind
{
	/*
	 * The value of one property, such as a URL: a secret extends to the next
	 * parameter.
	 */
	GLUE_TEXT_VALUE,

	/* a message or a JSON text: white space and quotes end a secret as well */
	GLUE_TEXT_PROSE
} GlueTextKind;

typedef struct GlueText
{
	const char *bytes;			/* need not be terminated */
	size_t		len;
	GlueTextKind kind;
} GlueText;

extern size_t glue_value_quoted_end(const GlueText *text, size_t *start,
									bool must_enclose);
extern size_t glue_value_bracketed_end(const GlueText *text, size_t start);
extern size_t glue_value_unquoted_end(const GlueText *text, size_t start,
									  char introducer, size_t equals_width);
extern bool glue_value_is_placeholder(const char *value, size_t len);
extern size_t glue_value_placeholder_end(const char *text, size_t len);
extern size_t glue_value_skip_blanks(const GlueText *text, size_t at);

/*
 * Is this valid in a parameter's name?  Every character outside of ASCII is.
 */
static inline bool
glue_is_name_character(char c)
{
	return glue_is_alphanumeric(c) || c == '_' || c == '-' || c == '.' ||
		c == '%' || c == '$' || c == '+' || (unsigned char) c >= 0x80;
}

static inline bool
glue_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
glue_is_quote(char c)
{
	return c == '"' || c == '\'' || c == '`';
}

#endif							/* GLUE_SECRET_SECRET_VALUE_H */

/*-------------------------------------------------------------------------
 *
 * ascii.h
 *	  ASCII characters and words, independent of the locale.
 *
 * IDENTIFICATION
 *	  src/text/ascii.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_TEXT_ASCII_H
#define GLUE_TEXT_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* A part of a text; not terminated. */
typedef struct GlueSpan
{
	const char *start;
	size_t		len;
} GlueSpan;

#define GLUE_DNS_LABEL_MAX_LEN	63

static inline bool
glue_is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static inline bool
glue_is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static inline bool
glue_is_letter(char c)
{
	return glue_is_lower(c) || glue_is_upper(c);
}

static inline bool
glue_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool
glue_is_alphanumeric(char c)
{
	return glue_is_letter(c) || glue_is_digit(c);
}

static inline bool
glue_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static inline char
glue_lower(char c)
{
	return glue_is_upper(c) ? (char) (c - 'A' + 'a') : c;
}

/* Are two texts the same, each of which may be NULL? */
static inline bool
glue_same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

extern bool glue_begins_with(const char *text, size_t len,
							 const char *prefix);
extern bool glue_begins_exactly(const char *text, size_t len,
								const char *prefix);
extern const char *glue_skip_prefix(const char *text, const char *prefix);
extern bool glue_same_word(const char *text, size_t len, const char *word);
extern bool glue_same_but_case(const char *a, const char *b);
extern bool glue_has_form(const char *text, const char *form);
extern bool glue_is_one_of(const char *text, const char *const *list);
extern bool glue_parse_number(const char *text, size_t len, int min, int max,
							  int *value);
extern int	glue_parse_hex(const char *text, size_t len, size_t ndigits);
extern void glue_write_hex(const unsigned char *bytes, size_t len, char *hex);
extern bool glue_is_dns_label(const char *label, size_t len);

#endif							/* GLUE_TEXT_ASCII_H */

/*-------------------------------------------------------------------------
 *
 * secret_search.h
 *	  A search for the secrets in a text.
 *
 * IDENTIFICATION
 *	  src/secret/secret_search.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SECRET_SEARCH_H
#define GLUE_SECRET_SECRET_SEARCH_H

#include "secret/secret_name.h"
#include "secret/secret_value.h"

/* the replacement of every secret */
#define GLUE_REDACTED "********"

/* value of last_at_sign before the search for it */
#define GLUE_NOT_LOOKED_FOR ((size_t) -1)

/*
 * A search for the secrets in one text, from left to right.  A found secret is
 * text[start] up to but not including text[end].
 */
typedef struct GlueSecretSearch
{
	GlueText	text;
	size_t		at;				/* everything before this has been searched */
	size_t		start;
	size_t		end;

	/*
	 * The last "@" of the text, and the last one before piece_end, the next
	 * white space, quote or "="; len and piece_end mean that there is none.
	 * The latter is only valid while at is before piece_end.  They are cached
	 * so that a text of nothing but slashes is not searched once per slash.
	 */
	size_t		last_at_sign;
	size_t		piece_end;
	size_t		piece_last_at_sign;
} GlueSecretSearch;

extern void glue_secret_search_init(GlueSecretSearch *search,
									const char *text, size_t len,
									GlueTextKind kind);
extern bool glue_secret_search_take(GlueSecretSearch *search,
									GlueNameKind kind,
									size_t start, size_t end);

/* in secret_login.c: passwords before an "@" */
extern bool glue_login_find_user_info(GlueSecretSearch *search,
									  size_t slashes);
extern bool glue_login_find_oracle(GlueSecretSearch *search, size_t colon);
extern bool glue_login_find_bare(GlueSecretSearch *search, size_t at_sign);

/* in secret_markup.c: XML and YAML */
extern bool glue_markup_find_element(GlueSecretSearch *search, size_t at);
extern bool glue_markup_find_line(GlueSecretSearch *search,
								  size_t name_start, size_t name_end,
								  size_t value);
extern GlueNameKind glue_markup_attribute_kind(const GlueText *text,
											   size_t name_start);

/* in secret_text.c: all of these together */
extern bool glue_secret_search_next(GlueSecretSearch *search);

#endif							/* GLUE_SECRET_SECRET_SEARCH_H */

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

/* what stands in the place of a secret, everywhere */
#define GLUE_REDACTED "********"

/* of last_at_sign */
#define GLUE_NOT_LOOKED_FOR ((size_t) -1)

/*
 * A search for the secrets in one text, from left to right.  After a secret
 * was found, it is text[start] up to but not including text[end].
 */
typedef struct GlueSecretSearch
{
	GlueText	text;
	size_t		at;				/* everything before this has been searched */
	size_t		start;
	size_t		end;

	/*
	 * Where the last "@" of all is, once it was needed, and the last one
	 * before piece_end, the next white space, quote or "="; len and piece_end
	 * mean that there is none.  The latter is only valid while at is before
	 * piece_end.  Kept so that a text of nothing but slashes is not searched
	 * once per slash.
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

#endif							/* GLUE_SECRET_SECRET_SEARCH_H */

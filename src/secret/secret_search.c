/*-------------------------------------------------------------------------
 *
 * secret_search.c
 *	  A search for the secrets in a text.
 *
 * Common parts of the finders in secret_login.c, secret_markup.c,
 * secret_form.c and secret_text.c.
 *
 * IDENTIFICATION
 *	  src/secret/secret_search.c
 *
 *-------------------------------------------------------------------------
 */
#include "secret/secret_search.h"

#include <string.h>

#include "secret/secret_form.h"
#include "text/assertion.h"

/*
 * Start a search.  The text must stay valid until the search is over, and need
 * not be terminated.
 */
void
glue_secret_search_init(GlueSecretSearch *search, const char *text,
						size_t len, GlueTextKind kind)
{
	memset(search, 0, sizeof(*search));
	search->text.bytes = text;

	search->text.len = len;
	search->text.kind = kind;
	search->last_at_sign = GLUE_NOT_LOOKED_FOR;
}

/*
 * Report text[start] up to text[end] as a secret, unless it is none: it is
 * empty, already redacted, or its form excludes it for this kind of name.
 */
bool
glue_secret_search_take(GlueSecretSearch *search, GlueNameKind kind,
						size_t start, size_t end)
{
	const char *value = &search->text.bytes[start];
	size_t		len = end - start;

	/* secrets do not overlap, and the search continues behind each */
	glue_assert(search->end <= start && start <= end &&
				end <= search->text.len);
	if (len == 0 ||
		(len == strlen(GLUE_REDACTED) &&
		 memcmp(value, GLUE_REDACTED, len) == 0) ||
		glue_form_is_public(kind, value, len))
		return false;
	search->start = start;
	search->end = end;
	return true;
}

/*-------------------------------------------------------------------------
 *
 * redact_text.c
 *	  Redaction of AWS's texts.
 *
 * Answers and messages quote requests.  So the secrets of the request's tree
 * are searched for in the text, and so are credentials that the text itself
 * shows.
 *
 * IDENTIFICATION
 *	  src/glue/redact_text.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact_text.h"

#include <string.h>

#include "glue/redact.h"
#include "text/buffer.h"

/*
 * Copy a text of AWS, which may quote the request, into the buffer, without
 * the secrets of a tree.
 *
 * Every secret of the tree is replaced with GLUE_REDACTED, also in the form of
 * a JSON string or of JSON within such a string, and so are other credentials
 * that the text itself shows.  Short secrets are replaced only if they stand
 * alone (see needles.c).  tree may be NULL; then nothing is allocated.
 *
 * Like snprintf(), returns the length of the whole result without the NUL, but
 * truncates at the end of a code point.  If there is no memory, the whole text
 * is replaced.
 */
size_t
glue_redact_text(json_object *tree, const char *text,
				 char *buffer, size_t size)
{
	GlueNeedles list = {NULL, 0, 0, {0}};
	GlueTextBuffer output = {buffer, size, 0};
	GlueSecretSearch search;
	size_t		len = strlen(text);
	size_t		hidden_end = 0;
	bool		more;

	if (!glue_redact_collect(tree, &list))
	{
		glue_needles_free(&list);
		glue_text_put_string(&output, GLUE_REDACTED);
		return glue_text_end(&output);
	}

	/* secrets may overlap, so the union of all matches is hidden */
	glue_secret_search_init(&search, text, len, GLUE_TEXT_PROSE);
	more = glue_secret_search_next(&search);
	for (size_t at = 0; at < len; at++)
	{
		size_t		end = at + glue_needles_match(&list, text, len, at);

		if (more && search.start == at)
		{
			if (search.end > end)
				end = search.end;
			more = glue_secret_search_next(&search);
		}
		if (end > at && at >= hidden_end)
			glue_text_put_string(&output, GLUE_REDACTED);
		if (end > hidden_end)
			hidden_end = end;
		if (at >= hidden_end)
			glue_text_put_char(&output, text[at]);
	}
	glue_needles_free(&list);
	return glue_text_end(&output);
}

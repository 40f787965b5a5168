/*-------------------------------------------------------------------------
 *
 * redact_text.c
 *	  Text that comes back from AWS, without the secrets of a tree.
 *
 * Answers and messages quote requests.  So what the tree of the request hides
 * is looked for in the text, and besides it what the text itself shows to be a
 * credential.
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
 * Copy a text into the buffer without the secrets of a tree, for text that
 * comes back from AWS and may quote the request.
 *
 * Every secret of the tree is replaced by GLUE_REDACTED, also where it is
 * spelled as in a JSON string or in JSON within such a string, and besides
 * them the credentials that the text itself shows to be some.  Short secrets
 * are replaced only where they stand alone (see needles.c).  tree may be
 * NULL; then nothing is allocated.
 *
 * Like snprintf(), returns the length of the whole result without the NUL,
 * but cuts at the end of a code point.  If memory is short, the whole text is
 * replaced.
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

	/* secrets may overlap, so what is hidden is the union of all matches */
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

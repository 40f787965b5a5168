/*-------------------------------------------------------------------------
 *
 * redacted.c
 *	  Redaction of trees and texts.
 *
 * IDENTIFICATION
 *	  src/server/redacted.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "glue/redact.h"
#include "server/redacted.h"
#include "server/secret_memory.h"

/*
 * Extra room, because the replacement is longer than a short secret; longer
 * results are truncated.
 */
#define MAX_SCRUBBED_GROWTH		256

/* Redact a tree; raise an error if that is impossible. */
void
glue_redact_or_fail(json_object *tree)
{
	if (!glue_redact_tree(tree))
		glue_raise_out_of_memory();
}

/* Copy a tree without its secrets; NULL for NULL. */
json_object *
glue_redacted_copy(json_object *tree)
{
	json_object *copy = glue_secret_tree_copy(tree);

	glue_redact_or_fail(copy);
	return copy;
}

/*
 * The same, but return the tree itself, which must not be changed, if it has
 * none.
 */
json_object *
glue_without_secrets(json_object *tree)
{
	return glue_redact_has_secret(tree) ? glue_redacted_copy(tree) : tree;
}

/*
 * Remove the secrets of a tree from text of AWS, which may quote the request.
 */
const char *
glue_scrub_text(json_object *secrets, const char *text)
{
	Size		size = strlen(text) + MAX_SCRUBBED_GROWTH;
	char	   *scrubbed = palloc(size);

	glue_redact_text(secrets, text, scrubbed, size);
	return scrubbed;
}

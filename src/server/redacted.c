/*-------------------------------------------------------------------------
 *
 * redacted.c
 *	  What may be shown of trees and texts.
 *
 * IDENTIFICATION
 *	  src/server/redacted.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "glue/redact.h"
#include "glue/redact_text.h"
#include "server/redacted.h"
#include "server/secret_memory.h"

/*
 * Room for the longer text that stands in the place of short secrets; what
 * does not fit is cut.
 */
#define MAX_SCRUBBED_GROWTH		256

/* Take the secrets out of a tree; what cannot be redacted must not go on. */
void
glue_redact_or_fail(json_object *tree)
{
	if (!glue_redact_tree(tree))
		glue_raise_out_of_memory();
}

/* A copy of a tree without the secrets; NULL for NULL. */
json_object *
glue_redacted_copy(json_object *tree)
{
	json_object *copy = glue_secret_tree_copy(tree);

	glue_redact_or_fail(copy);
	return copy;
}

/* The same, but the tree itself if it has none: it is not to be changed. */
json_object *
glue_without_secrets(json_object *tree)
{
	return glue_redact_has_secret(tree) ? glue_redacted_copy(tree) : tree;
}

/*
 * Text of AWS's, which may quote what was sent, without the secrets of a
 * tree.
 */
const char *
glue_scrub_text(json_object *secrets, const char *text)
{
	Size		size = strlen(text) + MAX_SCRUBBED_GROWTH;
	char	   *scrubbed = palloc(size);

	glue_redact_text(secrets, text, scrubbed, size);
	return scrubbed;
}

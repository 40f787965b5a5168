/*-------------------------------------------------------------------------
 *
 * trees.h
 *	  Common code of the fuzzers of JSON trees.
 *
 * A secret has the word XYZZY in it.  That word is allowed if nothing marks it
 * as a secret, so texts are only searched for it if redaction removes it from
 * all trees.
 *
 * IDENTIFICATION
 *	  test/fuzz/trees.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef TREES_H
#define TREES_H

#include "glue/redact.h"
#include "replay.h"
#include "text/json.h"

#define SECRET_WORD "XYZZY"

static inline char *
written(json_object *tree)
{
	size_t		size = glue_json_tree_write(tree, NULL, 0) + 1;
	char	   *text = malloc(size);

	require(text != NULL);
	require(glue_json_tree_write(tree, text, size) == size - 1);
	return text;
}

/*
 * A redacted copy, as it would be recorded.
 */
static inline json_object *
redacted_copy(json_object *tree)
{
	json_object *copy = NULL;

	if (tree != NULL)
		require(json_object_deep_copy(tree, &copy, NULL) == 0);
	require(glue_redact_tree(copy));
	return copy;
}

static inline bool
mentions_secret_word(json_object *tree)
{
	char	   *text = written(tree);
	bool		found = strstr(text, SECRET_WORD) != NULL;

	free(text);
	return found;
}

#endif							/* TREES_H */

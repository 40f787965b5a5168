/*-------------------------------------------------------------------------
 *
 * fuzz_redact.c
 *	  Redaction of whatever JSON or text there is.
 *
 * What has been redacted must have no secret left, redacting it again must
 * change nothing, and a tree without secrets must stay as it is.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_redact.c
 *
 *-------------------------------------------------------------------------
 */
#include "redact.h"

#include "json_tree.h"
#include "replay.h"
#include "trees.h"

static void
check_tree(json_object *tree)
{
	bool		has_secret = glue_redact_has_secret(tree);
	char	   *before = written(tree);
	char	   *once;
	char	   *twice;

	require(glue_redact_tree(tree));
	require(!glue_redact_has_secret(tree));
	once = written(tree);
	require(has_secret == (strcmp(before, once) != 0));
	require(glue_redact_tree(tree));
	twice = written(tree);
	require(strcmp(once, twice) == 0);
	free(before);
	free(once);
	free(twice);
}

/*
 * A buffer that is too small gets the start of what a large one gets.
 */
static void
check_text(json_object *tree, const char *text)
{
	char		part[16];
	size_t		len = glue_redact_text(tree, text, part, sizeof(part));
	char	   *all = malloc(len + 1);

	require(all != NULL);
	require(glue_redact_text(tree, text, all, len + 1) == len);
	require(strlen(all) <= len);
	require(strncmp(part, all, strlen(part)) == 0);
	free(all);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_object *tree = glue_json_tree_parse((const char *) data, size);
	char	   *text = malloc(size + 1);

	require(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	check_text(NULL, text);
	if (tree != NULL)
	{
		check_text(tree, text);
		check_tree(tree);
	}
	else
	{
		/* as the value of a property, which may hold anything */
		tree = json_object_new_object();
		json_object_object_add(tree, "x",
							   json_object_new_string_len(text, (int) size));
		check_text(tree, text);
		check_tree(tree);
	}
	glue_json_tree_free(tree);
	free(text);
	return 0;
}

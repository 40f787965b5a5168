/*-------------------------------------------------------------------------
 *
 * fuzz_redact.c
 *	  Fuzzer of the redaction of JSON and text.
 *
 * The redacted result must have no secret, a second redaction must change
 * nothing, and a tree without secrets must be unchanged.
 *
 * A word that redaction removes from a tree must not appear in a message that
 * quotes the tree, as JSON or as JSON within JSON.  If the word is changed,
 * either the redacted tree or the digest of the secrets must change: nothing
 * is both hidden and ignored.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_redact.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact.h"

#include "glue/digest.h"
#include "replay.h"
#include "text/json.h"
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
 * A buffer that is too small gets the start of a large one's contents.
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

/* As a message shows it, without the secrets of the tree. */
static void
check_quoted(json_object *tree, const char *message)
{
	size_t		len = glue_redact_text(tree, message, NULL, 0);
	char	   *shown = malloc(len + 1);

	require(shown != NULL);
	glue_redact_text(tree, message, shown, len + 1);
	require(strstr(shown, SECRET_WORD) == NULL);
	free(shown);
}

/*
 * A secret that is hidden in a tree is hidden in its quotations.
 */
static void
check_messages(json_object *tree)
{
	json_object *redacted = redacted_copy(tree);
	json_object *quoting = json_object_new_array();
	char	   *once;
	char	   *twice;

	if (mentions_secret_word(tree) && !mentions_secret_word(redacted))
	{
		once = written(tree);
		json_object_array_add(quoting, json_object_new_string(once));
		twice = written(quoting);
		check_quoted(tree, once);

		/* JSON in JSON in JSON, quoted, is spelled otherwise than we look for */
		if (strstr(once, "\\\\\\\\\\\\\\") == NULL)
			check_quoted(tree, twice);
		free(once);
		free(twice);
	}
	glue_json_tree_free(redacted);
	glue_json_tree_free(quoting);
}

/*
 * A change of the word changes the redacted tree or the digest.
 */
static void
check_change(json_object *tree, const char *text, size_t size)
{
	static const unsigned char key[GLUE_SECRET_KEY_LEN];
	char	   *changed_text = malloc(size + 1);
	json_object *changed;
	char	   *before = written(tree);
	char	   *after;
	char	   *word;

	require(changed_text != NULL);
	memcpy(changed_text, text, size);
	changed_text[size] = '\0';
	while ((word = strstr(changed_text, SECRET_WORD)) != NULL)
		word[0]++;
	changed = glue_json_tree_parse(changed_text, size);
	after = written(changed);
	if (changed != NULL && strcmp(before, after) != 0)
	{
		json_object *shown = redacted_copy(tree);
		json_object *changed_shown = redacted_copy(changed);
		GlueSecretDigest digest;
		GlueSecretDigest changed_digest;

		require(glue_secret_digest(tree, shown, key, &digest));
		require(glue_secret_digest(changed, changed_shown, key,
								   &changed_digest));
		require(!json_object_equal(shown, changed_shown) ||
				glue_secret_digest_compare(&digest, &changed_digest) ==
				GLUE_SECRETS_CHANGED);
		glue_json_tree_free(shown);
		glue_json_tree_free(changed_shown);
	}
	glue_json_tree_free(changed);
	free(changed_text);
	free(before);
	free(after);
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
		check_messages(tree);
		check_change(tree, text, size);
		check_tree(tree);
	}
	else
	{
		/* as the value of a property, which may hold anything */
		tree = json_object_new_object();
		json_object_object_add(tree, "x",
							   json_object_new_string_len(text, (int) size));
		check_text(tree, text);
		check_messages(tree);
		check_tree(tree);
	}
	glue_json_tree_free(tree);
	free(text);
	return 0;
}

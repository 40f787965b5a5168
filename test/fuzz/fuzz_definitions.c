/*-------------------------------------------------------------------------
 *
 * fuzz_definitions.c
 *	  Fuzzer of the comparison of a connection with an input.
 *
 * The input is two JSON texts, separated by a line break: Glue's connection,
 * and the new input.  For any input, no message may contain a secret, and each
 * must be equal to itself.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_definitions.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/compare.h"
#include "glue/digest.h"
#include "glue/lost_credentials.h"
#include "glue/observation.h"
#include "glue/redact.h"
#include "replay.h"
#include "text/json.h"
#include "trees.h"

static const unsigned char a_key[GLUE_SECRET_KEY_LEN] = "a key";

/* Input of the sinks. */
typedef struct Notes
{
	bool		is_secret;		/* may nobody say the word? */
	size_t		count;
} Notes;

/*
 * A GlueDifferenceSink: messages are text, and have no secret.
 */
static void
note(void *arg, const char *path, const char *message)
{
	Notes	   *notes = arg;

	require(path[0] == '$');
	require(message[0] != '\0');
	require(glue_utf8_valid(path, strlen(path)));
	require(glue_utf8_valid(message, strlen(message)));
	if (notes->is_secret)
		require(strstr(path, SECRET_WORD) == NULL &&
				strstr(message, SECRET_WORD) == NULL);
	notes->count++;
}

static void
no_difference(void *arg, const char *path, const char *message)
{
	fprintf(stderr, "%s %s\n", path, message);
	require(false);
}

static GlueSecretDigest
digest_of(json_object *tree)
{
	json_object *redacted = glue_redact_copy(tree);
	GlueSecretDigest digest;

	require(glue_secret_digest(tree, redacted, a_key, &digest));
	glue_json_tree_free(redacted);
	return digest;
}

/*
 * A tree is equal to itself, and its redacted copy has no secrets.
 */
static void
check_one(json_object *tree, json_object *redacted)
{
	json_object *again = NULL;
	GlueSecretDigest digest = digest_of(tree);
	GlueSecretDigest none = digest_of(NULL);
	GlueSecretDigest digest_again;

	if (tree != NULL)
		require(json_object_deep_copy(tree, &again, NULL) == 0);
	digest_again = digest_of(again);
	require(glue_secret_digest_compare(&digest, &digest_again) ==
			GLUE_SECRETS_SAME);
	if (!glue_redact_has_secret(tree))
		require(glue_secret_digest_compare(&digest, &none) ==
				GLUE_SECRETS_SAME);
	digest_again = digest_of(redacted);
	require(glue_secret_digest_compare(&digest_again, &none) ==
			GLUE_SECRETS_SAME);

	require(glue_compare_definitions(tree, again, no_difference, NULL));
	require(glue_compare_definitions(redacted, tree, no_difference, NULL));
	require(glue_compare_observations(tree, again, no_difference, NULL));
	require(glue_unseen_change(tree, 1e9, again) != GLUE_UNSEEN_OTHER_LIFE);
	glue_json_tree_free(again);
}

/*
 * Two trees have differences, and their descriptions have no secret.
 */
static void
check_both(json_object *existing, json_object *input, json_object *recorded,
		   bool is_secret)
{
	Notes		notes = {is_secret, 0};
	char	   *before = written(existing);
	char	   *input_before = written(input);
	char	   *after;

	require(glue_compare_definitions(input, existing, note, &notes) ==
			(notes.count == 0));
	notes.count = 0;
	require(glue_compare_observations(input, existing, note, &notes) ==
			(notes.count == 0));
	notes.count = 0;
	glue_report_unseen_change(glue_unseen_change(input, 1e9, existing), note,
							  &notes);
	notes.count = 0;
	require(glue_find_credential_losses(existing, NULL, input, note, &notes) ==
			(notes.count > 0));
	notes.count = 0;
	require(glue_find_credential_losses(existing, recorded, input, note,
										&notes) == (notes.count > 0));
	glue_observed_anything_new(input, existing);
	require(glue_connection_status(existing)[0] != '\0');

	/* neither is changed by all of this */
	after = written(existing);
	require(strcmp(before, after) == 0);
	free(after);
	after = written(input);
	require(strcmp(input_before, after) == 0);
	free(after);
	free(before);
	free(input_before);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	const char *line_break = size > 0 ? memchr(text, '\n', size) : NULL;
	size_t		len = line_break != NULL ? (size_t) (line_break - text) : size;
	json_object *existing = glue_json_tree_parse(text, len);
	json_object *input = line_break == NULL ? NULL :
		glue_json_tree_parse(line_break + 1, size - len - 1);
	json_object *redacted = redacted_copy(existing);
	json_object *recorded = redacted_copy(input);
	bool		is_secret = !mentions_secret_word(redacted) &&
		!mentions_secret_word(recorded);

	check_one(existing, redacted);
	check_one(input, recorded);
	check_both(existing, input, recorded, is_secret);
	check_both(input, existing, redacted, is_secret);
	glue_json_tree_free(existing);
	glue_json_tree_free(input);
	glue_json_tree_free(redacted);
	glue_json_tree_free(recorded);
	return 0;
}

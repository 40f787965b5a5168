/*-------------------------------------------------------------------------
 *
 * fuzz_validate.c
 *	  Fuzzer of the validation of JSON, and of its comparison with itself.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_validate.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/validate.h"

#include "glue/compare.h"
#include "glue/normalize.h"
#include "replay.h"
#include "text/json.h"

/*
 * A sum over all findings, which must be the same every time.
 */
static void
check_violation(void *arg, const GlueViolation *violation)
{
	size_t	   *sum = arg;

	require(violation->path[0] == '$');
	require(violation->rule[0] != '\0');
	require(violation->message[0] != '\0');
	require(glue_utf8_valid(violation->path, strlen(violation->path)));
	require(glue_utf8_valid(violation->message, strlen(violation->message)));
	for (const char *at = violation->path; *at != '\0'; at++)
		*sum = *sum * 31 + (unsigned char) *at;
	for (const char *at = violation->message; *at != '\0'; at++)
		*sum = *sum * 31 + (unsigned char) *at;
}

static void
no_difference(void *arg, const char *path, const char *message)
{
	fprintf(stderr, "%s %s\n", path, message);
	require(false);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_object *tree = glue_json_tree_parse((const char *) data, size);
	size_t		sums[2] = {0, 0};
	size_t		ignored = 0;

	for (int i = 0; i < 2; i++)
	{
		glue_normalize_connection_input(tree);
		glue_validate_connection_input_tree(tree, false, check_violation,
											&sums[i]);
		glue_validate_connection_input_tree(tree, true, check_violation,
											&sums[i]);
	}
	require(sums[0] == sums[1]);
	require(glue_compare_definitions(tree, tree, no_difference, NULL));
	glue_normalize("TestConnectionInput", tree);
	glue_validate_test_input_tree(tree, false, check_violation, &ignored);
	glue_validate_member("GetConnectionsFilter", "$", tree, check_violation,
						 &ignored);
	glue_normalize("TagsMap", tree);
	glue_validate_tags(tree, check_violation, &ignored);
	glue_json_tree_free(tree);
	return 0;
}

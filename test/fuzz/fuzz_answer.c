/*-------------------------------------------------------------------------
 *
 * fuzz_answer.c
 *	  Fuzzer of the validation of AWS Glue's answers.
 *
 * The input is the JSON of an answer.  A valid answer fits its destination: a
 * name into an index, a status into a notification, a time and a number into
 * PostgreSQL's types.  A second check changes nothing.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_answer.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/answer.h"

#include <limits.h>
#include <math.h>

#include "glue/observation.h"
#include "glue/same_value.h"
#include "replay.h"
#include "text/json.h"

static const char *const operations[] = {
	"BatchDeleteConnection", "CreateConnection", "DescribeConnectionType",
	"GetConnection", "GetConnections", "GetTags", "ListConnectionTypes",
	"UpdateConnection",
};

static const char *const times[] = {
	"CreationTime", "LastUpdatedTime", "LastConnectionValidationTime",
};

static const struct
{
	const char *member;
	size_t		max;
}			texts[] = {
	{"Name", 255}, {"ConnectionType", 255}, {"Status", 64},
	{"StatusReason", 16384}, {"LastUpdatedBy", 255},
};

static void
check_connection(json_object *connection)
{
	json_object *version = json_object_object_get(connection, "ConnectionSchemaVersion");

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
	{
		json_object *value = json_object_object_get(connection, texts[i].member);

		require(!json_object_is_type(value, json_type_string) ||
				glue_utf8_length(json_object_get_string(value),
								 json_object_get_string_len(value)) <=
				texts[i].max);
	}
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
	{
		json_object *value = json_object_object_get(connection, times[i]);

		require((!json_object_is_type(value, json_type_int) &&
				 !json_object_is_type(value, json_type_double)) ||
				(json_object_get_double(value) >= 0 &&
				 json_object_get_double(value) < 1e11));
	}
	require(!json_object_is_type(version, json_type_int) ||
			(json_object_get_int64(version) >= 0 &&
			 json_object_get_int64(version) <= INT_MAX));
	require(glue_connection_status(connection)[0] != '\0');
}

/* The problem is a text on one line. */
static void
check_problem(const char *problem)
{
	require(problem[0] == '$');
	require(strlen(problem) < GLUE_ANSWER_PROBLEM_SIZE);
	require(glue_utf8_valid(problem, strlen(problem)));
	for (const char *at = problem; *at != '\0'; at++)
		require((unsigned char) *at >= ' ' && *at != 0x7f);
}

static void
check_answer(const char *operation, const char *text, size_t len)
{
	GlueReply	reply = {.kind = GLUE_REPLY_SUCCESS};
	json_object *before = NULL;

	reply.tree = glue_json_tree_parse(text, len);
	if (!json_object_is_type(reply.tree, json_type_object))
	{
		glue_json_tree_free(reply.tree);
		return;
	}
	glue_answer_check(&reply, operation);
	if (reply.kind == GLUE_REPLY_MALFORMED)
		check_problem(reply.message);
	else
	{
		if (strcmp(operation, "GetConnection") == 0)
			check_connection(json_object_object_get(reply.tree, "Connection"));
		require(json_object_deep_copy(reply.tree, &before, NULL) == 0);
		glue_answer_check(&reply, operation);
		require(reply.kind == GLUE_REPLY_SUCCESS);
		require(json_object_equal(reply.tree, before));
		glue_json_tree_free(before);
	}
	glue_reply_clear(&reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	char		problem[GLUE_ANSWER_PROBLEM_SIZE];
	json_object *entry;

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		check_answer(operations[i], text, size);

	entry = glue_json_tree_parse(text, size);
	if (glue_answer_check_entry(entry, "ConnectionList", 0, problem))
		check_connection(entry);
	else
		check_problem(problem);
	if (glue_answer_has_name(entry))
		require(strlen(json_object_get_string(json_object_object_get(entry,
																	 "Name"))) <= 1020);
	glue_json_tree_free(entry);
	return 0;
}

/*-------------------------------------------------------------------------
 *
 * unit_answer.c
 *	  Tests of answer.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_answer.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/answer.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define NAMES	"must have 1 to 255 characters, and no control characters"
#define TIMES	"must be a time in seconds, from 0 to 1e11"
#define NUMBERS	"is a number out of range"
#define VERSIONS "must be an integer from 0 to 2147483647"

/*
 * An answer to an operation, with single quotes, and its problem; or its
 * changed form, NULL if it is unchanged.
 */
typedef struct AnswerCase
{
	const char *operation;
	const char *answer;
	const char *problem;
	const char *becomes;
} AnswerCase;

static const AnswerCase cases[] = {
	/* a creation */
	{"CreateConnection", "{}"},
	{"CreateConnection", "{'CreateConnectionStatus':'READY'}"},
	{"CreateConnection", "{'CreateConnectionStatus':null}"},
	{"CreateConnection", "{'CreateConnectionStatus':'WONDERFUL','X':[1.5]}"},
	{"CreateConnection", "{'CreateConnectionStatus':''}",
	"$.CreateConnectionStatus must not be empty"},
	{"CreateConnection", "{'CreateConnectionStatus':5}",
	"$.CreateConnectionStatus must be a string"},
	{"CreateConnection", "{'CreateConnectionStatus':'A\\u202eB\\n\\u0085'}",
	NULL, "{'CreateConnectionStatus':'A?B\\n?'}"},

	/* types, which matter only where a missing member has a meaning */
	{"GetConnection", "{'Connection':{'New':{'er':[[1]]}},'More':1}"},
	{"GetConnection", "{'Connection':{'Name':'x','Status':null}}"},
	{"GetConnection", "{'Connection':[1]}"},
	{"GetConnection", "{'Connection':{'Name':1,'ConnectionType':[],"
		"'CreationTime':'NaN','ConnectionSchemaVersion':'1',"
		"'StatusReason':{},'LastUpdatedBy':7,'MatchCriteria':'x',"
	"'ConnectionProperties':'none','Description':['x']}}"},
	{"GetConnection", "{'Connection':{'Status':['x']}}",
	"$.Connection.Status must be a string"},

	/* names */
	{"GetConnection", "{'Connection':{'Name':'a\\u202eb /:'}}"},
	{"GetConnection", "{'Connection':{'Name':''}}"},
	{"GetConnection", "{'Connection':{'Name':'a\\nb'}}",
	"$.Connection.Name " NAMES},
	{"GetConnection", "{'Connection':{'ConnectionType':'a\\u0001'}}",
	"$.Connection.ConnectionType " NAMES},

	/* times and versions */
	{"GetConnection", "{'Connection':{'CreationTime':1763805600.123,"
		"'LastUpdatedTime':1763805600,'LastConnectionValidationTime':0,"
	"'ConnectionSchemaVersion':2}}"},
	{"GetConnection", "{'Connection':{'CreationTime':1e308}}",
	"$.Connection.CreationTime " TIMES},
	{"GetConnection", "{'Connection':{'CreationTime':1e999}}",
	"$.Connection.CreationTime " TIMES},
	{"GetConnection", "{'Connection':{'LastUpdatedTime':-1}}",
	"$.Connection.LastUpdatedTime " TIMES},
	{"GetConnection", "{'Connection':{'LastUpdatedTime':-210866803201}}",
	"$.Connection.LastUpdatedTime " TIMES},
	{"GetConnection",
		"{'Connection':{'LastConnectionValidationTime':1763805600123}}",
	"$.Connection.LastConnectionValidationTime " TIMES},
	{"GetConnection", "{'Connection':{'ConnectionSchemaVersion':2147483648}}",
	"$.Connection.ConnectionSchemaVersion " VERSIONS},
	{"GetConnection", "{'Connection':{'ConnectionSchemaVersion':-1}}",
	"$.Connection.ConnectionSchemaVersion " VERSIONS},

	/* numbers that are no member of ours */
	{"GetConnection", "{'Connection':{'X':1e308,'Y':18446744073709551615,"
	"'Z':-0.5,'N':0,'M':0.0}}"},
	{"GetConnection", "{'Connection':{'X':[{'y':1e-20000}]}}",
	"$.Connection.X[0].y " NUMBERS},
	{"DescribeConnectionType", "{'ConnectionType':'X','A':-1e999}",
	"$.A " NUMBERS},
	{"DescribeConnectionType", "{'ConnectionType':5,'Vendor':[]}"},

	/* texts for display */
	{"GetConnection", "{'Connection':{'Status':'','StatusReason':'',"
		"'LastUpdatedBy':'','Description':''}}",
	NULL, "{'Connection':{'Description':''}}"},
	{"GetConnection", "{'Connection':{'StatusReason':'a\\tb\\r\\nc\\u0007d"
		"\\u2066e\\u2028f','Description':'\\u202e\\u0007'}}",
		NULL, "{'Connection':{'Description':'\\u202e\\u0007',"
	"'StatusReason':'a\\tb\\r\\nc?d?e?f'}}"},

	/* pages and tags */
	{"GetConnections", "{'ConnectionList':[7],'NextToken':'x'}"},
	{"GetConnections", "{'NextToken':''}"},
	{"GetConnections", "{'NextToken':null}"},
	{"GetConnections", "{'NextToken':5}", "$.NextToken must be a string"},
	{"ListConnectionTypes", "{'NextToken':{}}",
	"$.NextToken must be a string"},
	{"GetTags", "{}"},
	{"GetTags", "{'Tags':{'a':'b'}}"},
	{"GetTags", "{'Tags':[1]}", "$.Tags must be an object"},
	{"GetTags", "{'Tags':null}", "$.Tags must be an object"},
	{"GetTags", "{'Tags':{'a\\u202eb':1}}", "$.Tags.\"a?b\" must be a string"},

	/* deletions, where each connection has an error of its own */
	{"BatchDeleteConnection", "{'Errors':7,'Succeeded':'x'}"},
	{"BatchDeleteConnection", "{'Errors':{'x':7,'y':{'ErrorCode':5}}}"},
	{"BatchDeleteConnection", "{'Errors':{'x':{'ErrorCode':'',"
		"'ErrorMessage':'a\\u202eb'}}}",
	NULL, "{'Errors':{'x':{'ErrorMessage':'a?b'}}}"},

	/* members that are not checked */
	{"UpdateConnection", "{'X':1e999}"},
	{"NoSuchOperation", "{'X':1e999}"},
};

static json_object *
parse(const char *text)
{
	char		json[1024];

	snprintf(json, sizeof(json), "%s", text);
	for (char *at = json; *at != '\0'; at++)
	{
		if (*at == '\'')
			*at = '"';
	}
	return glue_json_tree_parse(json, strlen(json));
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++)
	{
		const AnswerCase *c = &cases[i];
		GlueReply	reply = {.kind = GLUE_REPLY_SUCCESS};
		json_object *expected = parse(c->becomes ? c->becomes : c->answer);

		reply.tree = parse(c->answer);
		glue_answer_check(&reply, c->operation);
		is_str(reply.message, c->problem ? c->problem : "", c->answer);
		if (c->problem != NULL)
			ok(reply.kind == GLUE_REPLY_MALFORMED && reply.tree == NULL,
			   "it is malformed");
		else
			ok(reply.kind == GLUE_REPLY_SUCCESS &&
			   json_object_equal(reply.tree, expected),
			   c->becomes ? "it is corrected" : "it stays as it is");
		glue_reply_clear(&reply);
		glue_json_tree_free(expected);
	}
}

/* Long texts: many times the same character. */
static void
check_long(const char *member, const char *character, int count, int kept)
{
	size_t		width = strlen(character);
	char	   *text = calloc(count * width + 1, 1);
	GlueReply	reply = {.kind = GLUE_REPLY_SUCCESS};
	json_object *connection = json_object_new_object();
	json_object *value;

	for (int i = 0; i < count; i++)
		memcpy(text + i * width, character, width);
	reply.tree = json_object_new_object();
	json_object_object_add(reply.tree, "Connection", connection);
	json_object_object_add(connection, member, json_object_new_string(text));
	glue_answer_check(&reply, "GetConnection");
	if (kept < 0)
		ok(reply.kind == GLUE_REPLY_MALFORMED, member);
	else
	{
		value = json_object_object_get(connection, member);
		ok(reply.kind == GLUE_REPLY_SUCCESS, member);
		is_int(glue_utf8_length(json_object_get_string(value),
								json_object_get_string_len(value)), kept,
			   "its length in characters");
		ok(kept == count ||
		   strcmp(json_object_get_string(value) + (kept - 3) * width,
				  "...") == 0, "how it ends");
	}
	glue_reply_clear(&reply);
	free(text);
}

static void
test_long(void)
{
	check_long("Status", "S", 64, 64);
	check_long("Status", "S", 65, 64);
	check_long("Status", "S", 10000, 64);
	check_long("Status", "\xf0\x9f\x94\x91", 10000, 64);
	check_long("StatusReason", "\xc3\xa9", 16384, 16384);
	check_long("StatusReason", "\xc3\xa9", 16385, 16384);
	check_long("LastUpdatedBy", "u", 5000, 255);
	check_long("Name", "\xf0\x9f\x94\x91", 255, 255);
	check_long("Name", "n", 256, -1);
	check_long("Name", "n", 9000, -1);
	check_long("ConnectionType", "T", 9000, -1);
	check_long("Description", "d", 9000, 9000);
}

/* An entry of a list, and its problem. */
static void
check_entry(const char *member, const char *text, const char *expected)
{
	json_object *entry = parse(text);
	char		problem[GLUE_ANSWER_PROBLEM_SIZE] = "";

	ok(glue_answer_check_entry(entry, member, 3, problem) ==
	   (expected[0] == '\0'), text);
	is_str(problem, expected, "says why");
	glue_json_tree_free(entry);
}

static void
check_has_name(const char *text, bool expected)
{
	json_object *connection = parse(text);

	ok(glue_answer_has_name(connection) == expected, text);
	glue_json_tree_free(connection);
}

static void
test_entries(void)
{
	check_entry("ConnectionList", "null",
				"$.ConnectionList[3] must be an object");
	check_entry("ConnectionList", "7", "$.ConnectionList[3] must be an object");
	check_entry("ConnectionList", "{'CreationTime':-1}",
				"$.ConnectionList[3].CreationTime " TIMES);
	check_entry("ConnectionList", "{'Name':'x'}", "");
	check_entry("ConnectionTypes", "{'CreationTime':-1}", "");
	check_entry("ConnectionTypes", "{'a':[1e999]}",
				"$.ConnectionTypes[3].a[0] " NUMBERS);

	check_has_name("null", false);
	check_has_name("[]", false);
	check_has_name("{}", false);
	check_has_name("{'Name':7}", false);
	check_has_name("{'Name':''}", false);
	check_has_name("{'Name':'a\\u0007'}", false);
	check_has_name("{'Name':'x','Status':7}", true);
}

int
main(void)
{
	test_cases();
	test_long();
	test_entries();
	return tap_done();
}

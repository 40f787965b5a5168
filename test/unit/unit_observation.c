/*-------------------------------------------------------------------------
 *
 * unit_observation.c
 *	  Tests of observation.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_observation.c
 *
 *-------------------------------------------------------------------------
 */
#include "observation.h"

#include <string.h>

#include "json_tree.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* the quotes are single ones here, to be read */
#define TIMES "'CreationTime':1700000000.5,'LastUpdatedTime':1700000001.25"

#define ANEW \
	"$.CreationTime is another one in AWS Glue: the connection was deleted " \
	"and created anew, perhaps with other secrets\n"
#define UPDATED \
	"$.LastUpdatedTime is another one in AWS Glue: something that cannot be " \
	"seen, such as a secret, may have been changed\n"

/*
 * What was known of a connection and what Glue has; the differences of its
 * status and its unseen changes, a line each; and whether there is anything to
 * be recorded.
 */
typedef struct ObservationCase
{
	const char *known;
	const char *connection;
	const char *differences;
	const char *unseen;
	bool		is_new;
} ObservationCase;

static const ObservationCase cases[] = {
	/* nothing known */
	{"null", "{'Status':'READY'}", "", "", true},
	{"{}", "{'Status':'FAILED','StatusReason':'r'," TIMES "}", "", "", true},
	{"{'Status':'READY'}", "null", "", "", false},
	{"{'Status':'READY'}", "{}", "", "", false},
	{"{}", "{}", "", "", true},
	{"{'Status':''}", "{}", "", "", true},
	{"[1]", "'x'", "", "", true},

	/* the same */
	{"{'Status':'READY','StatusReason':'r','ConnectionSchemaVersion':1,"
		"'LastUpdatedBy':'me','LastConnectionValidationTime':1.5," TIMES "}",
		"{'Status':'READY','StatusReason':'r','ConnectionSchemaVersion':1,"
		"'LastUpdatedBy':'me','LastConnectionValidationTime':1.5," TIMES ","
	"'Name':'n','PASSWORD':'p'}", "", "", false},

	/* the status, which may be left out */
	{"{'Status':'IN_PROGRESS'}", "{'Status':'READY'}",
		"$.Status was \"IN_PROGRESS\", but is \"READY\" in AWS Glue\n", "",
	true},
	{"{'Status':'FAILED'}", "{}",
	"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n", "", true},
	{"{'Status':'FAILED'}", "{'Status':null}",
	"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n", "", true},
	{"{'Status':'FAILED'}", "{'Status':''}",
	"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n", "", true},
	{"{'Status':'READY'}", "{'Status':['x']}", "", "", false},
	{"{'Status':7}", "{'Status':7}", "", "", false},

	/* its reason, which goes away */
	{"{'Status':'READY','StatusReason':'a'}",
		"{'Status':'READY','StatusReason':'b'}",
	"$.StatusReason was \"a\", but is \"b\" in AWS Glue\n", "", true},
	{"{'Status':'FAILED','StatusReason':'a'}", "{'Status':'READY'}",
		"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n"
		"$.StatusReason was \"a\", but is not there in AWS Glue\n", "",
	true},
	{"{'Status':'READY','StatusReason':'a'}",
		"{'Status':'READY','StatusReason':''}",
	"$.StatusReason was \"a\", but is not there in AWS Glue\n", "", true},
	{"{'Status':'FAILED'}", "{'Status':'FAILED','StatusReason':'a'}", "", "",
	true},

	/* the version */
	{"{'Status':'READY','ConnectionSchemaVersion':1}",
		"{'Status':'READY','ConnectionSchemaVersion':2}",
		"$.ConnectionSchemaVersion was \"1\", but is \"2\" in AWS Glue\n", "",
	true},
	{"{'Status':'READY','ConnectionSchemaVersion':1}",
		"{'Status':'READY','ConnectionSchemaVersion':1.0}", "", "",
	false},
	{"{'Status':'READY','ConnectionSchemaVersion':1}",
		"{'Status':'READY','ConnectionSchemaVersion':{'a':[]}}",
		"$.ConnectionSchemaVersion was \"1\", but is \"{\"a\":[]}\" in AWS "
	"Glue\n", "", true},
	{"{'Status':'READY','ConnectionSchemaVersion':1}", "{'Status':'READY'}",
	"", "", false},

	/* times, which are rounded when they are recorded */
	{"{'Status':'READY','CreationTime':1700000000.123457}",
		"{'Status':'READY','CreationTime':1700000000.1234566}", "", "",
	false},
	{"{'Status':'READY','CreationTime':1700000000}",
		"{'Status':'READY','CreationTime':1700000000.0}", "", "",
	false},
	{"{'Status':'READY','LastUpdatedTime':1700000000.123}",
		"{'Status':'READY','LastUpdatedTime':1700000000.124}", "", UPDATED,
	true},
	{"{'Status':'READY','CreationTime':1,'LastUpdatedTime':1}",
		"{'Status':'READY','CreationTime':2,'LastUpdatedTime':2}", "", ANEW,
	true},
	{"{'Status':'READY','CreationTime':2}",
	"{'Status':'READY','CreationTime':1}", "", ANEW, true},
	{"{'Status':'READY'," TIMES "}", "{'Status':'READY'}", "", "", false},
	{"{'Status':'READY'," TIMES "}",
		"{'Status':'READY','CreationTime':null,'LastUpdatedTime':''}", "", "",
	false},
	{"{'Status':'READY'," TIMES "}",
		"{'Status':'READY','LastUpdatedTime':'1700000001.25'}", "", UPDATED,
	true},
	{"{'Status':'READY','CreationTime':1e999}",
	"{'Status':'READY','CreationTime':1e999}", "", "", false},

	/* what is worth recording, and no difference */
	{"{'Status':'READY','LastUpdatedBy':'me'}",
	"{'Status':'READY','LastUpdatedBy':'you'}", "", "", true},
	{"{'Status':'READY'}",
		"{'Status':'READY','LastConnectionValidationTime':5}", "", "",
	true},
	{"{'Status':'READY'}", "{'Status':'READY','Description':'d'}", "", "",
	false},

	/* what is secret is hidden, whatever it is in, and what is long is cut */
	{"{'StatusReason':{'password':'XYZZY'}}",
		"{'StatusReason':'{password XYZZY'}",
		"$.StatusReason was \"{\"password\":\"********\"}\", but is "
	"\"********\" in AWS Glue\n", "", true},
	{"{'Status':'{password XYZZY'}", "{'Status':['x']}",
	"$.Status was \"********\", but is \"READY\" in AWS Glue\n", "", true},
	{"{'StatusReason':'//u:XYZZY@h'}", "{'StatusReason':'token=XYZZY'}",
		"$.StatusReason was \"//u:********@h\", but is \"token=********\" in "
	"AWS Glue\n", "", true},
	{"{'StatusReason':'0123456789012345678901234567890123456789"
		"012345678901234567890123456789012345678901234567890123456789'}",
		"{'StatusReason':'b\\nb'}",
		"$.StatusReason was \"01234567890123456789012345678901234567890123456"
		"789012345678901234567890123...\", but is \"b?b\" in AWS Glue\n", "",
	true},
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

/* A GlueDifferenceSink: append a line to the text that is arg. */
static void
note(void *arg, const char *path, const char *message)
{
	char	   *text = arg;

	sprintf(text + strlen(text), "%s %s\n", path, message);
}

static void
test_cases(void)
{
	for (size_t i = 0; i < COUNT(cases); i++)
	{
		const ObservationCase *c = &cases[i];
		json_object *known = parse(c->known);
		json_object *connection = parse(c->connection);
		char		text[2048] = "";
		bool		equal;

		equal = glue_compare_observations(known, connection, note, text);
		is_str(text, c->differences, c->connection);
		ok(equal == (text[0] == '\0'), "the result says the same");

		text[0] = '\0';
		equal = glue_compare_unseen_changes(known, connection, note, text);
		is_str(text, c->unseen, c->known);
		ok(equal == (text[0] == '\0'), "the result says the same");
		ok(glue_updated_since(known, connection) == !equal,
		   "and so does the question");

		ok(glue_observed_anything_new(known, connection) == c->is_new,
		   c->is_new ? "it is news" : "it is no news");
		glue_json_tree_free(known);
		glue_json_tree_free(connection);
	}
}

static void
check_status(const char *text, const char *expected)
{
	json_object *connection = parse(text);

	is_str(glue_connection_status(connection), expected, text);
	glue_json_tree_free(connection);
}

static void
test_status(void)
{
	check_status("null", "READY");
	check_status("{}", "READY");
	check_status("[]", "READY");
	check_status("{'Status':''}", "READY");
	check_status("{'Status':null}", "READY");
	check_status("{'Status':'FAILED'}", "FAILED");
	check_status("{'Status':'NEW_ONE'}", "NEW_ONE");
}

static void
check_after(const char *text, double time, bool expected)
{
	json_object *connection = parse(text);

	ok(glue_updated_after(connection, time) == expected, text);
	glue_json_tree_free(connection);
}

static void
check_recreated(const char *known_text, const char *text, bool expected)
{
	json_object *known = parse(known_text);
	json_object *connection = parse(text);

	ok(glue_recreated_since(known, connection) == expected, text);
	glue_json_tree_free(known);
	glue_json_tree_free(connection);
}

static void
test_recreated(void)
{
	check_recreated("null", "{'CreationTime':100}", false);
	check_recreated("{}", "{'CreationTime':100}", false);
	check_recreated("{'CreationTime':100}", "{}", false);
	check_recreated("{'CreationTime':100,'LastUpdatedTime':100}",
					"{'CreationTime':100,'LastUpdatedTime':101}", false);
	check_recreated("{'CreationTime':100}", "{'CreationTime':100.5}", true);
	check_recreated("{'CreationTime':100}", "{'CreationTime':99}", true);
}

static void
test_updated_after(void)
{
	check_after("null", 100, false);
	check_after("{}", 100, false);
	check_after("{'CreationTime':'200'}", 100, false);
	check_after("{'CreationTime':99,'LastUpdatedTime':99}", 100, false);
	check_after("{'CreationTime':104,'LastUpdatedTime':104}", 100, false);
	check_after("{'CreationTime':106,'LastUpdatedTime':106}", 100, true);
	check_after("{'CreationTime':99,'LastUpdatedTime':106.5}", 100, true);
	check_after("{'CreationTime':106}", 100, true);
	check_after("{'LastUpdatedTime':106}", 100, true);
}

int
main(void)
{
	test_cases();
	test_status();
	test_updated_after();
	test_recreated();
	return tap_done();
}

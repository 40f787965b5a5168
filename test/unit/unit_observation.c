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
#include "glue/observation.h"

#include <string.h>

#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* the quotes are single ones here, to be read */
#define TIMES "'CreationTime':1700000000.5,'LastUpdatedTime':1700000001.25"

/*
 * The record of a connection and Glue's; the differences of its status, a line
 * each; and whether there is a change to be recorded.
 */
typedef struct ObservationCase
{
	const char *known;
	const char *connection;
	const char *differences;
	bool		is_new;
} ObservationCase;

static const ObservationCase cases[] = {
	/* nothing known */
	{"null", "{'Status':'READY'}", "", true},
	{"{}", "{'Status':'FAILED','StatusReason':'r'," TIMES "}", "", true},
	{"{'Status':'READY'}", "null", "", false},
	{"{'Status':'READY'}", "{}", "", false},
	{"{}", "{}", "", true},
	{"{'Status':''}", "{}", "", true},
	{"[1]", "'x'", "", true},

	/* the same */
	{"{'Status':'READY','StatusReason':'r','ConnectionSchemaVersion':1,"
		"'LastUpdatedBy':'me','LastConnectionValidationTime':1.5," TIMES "}",
		"{'Status':'READY','StatusReason':'r','ConnectionSchemaVersion':1,"
		"'LastUpdatedBy':'me','LastConnectionValidationTime':1.5," TIMES ","
	"'Name':'n','PASSWORD':'p'}", "", false},

	/* the status, which may be left out */
	{"{'Status':'IN_PROGRESS'}", "{'Status':'READY'}",
		"$.Status was \"IN_PROGRESS\", but is \"READY\" in AWS Glue\n",
	true},
	{"{'Status':'FAILED'}", "{}",
	"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n", true},
	{"{'Status':'FAILED'}", "{'Status':null}",
	"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n", true},
	{"{'Status':'FAILED'}", "{'Status':''}",
	"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n", true},
	{"{'Status':'READY'}", "{'Status':['x']}", "", false},
	{"{'Status':7}", "{'Status':7}", "", false},

	/* its reason, which goes away */
	{"{'Status':'READY','StatusReason':'a'}",
		"{'Status':'READY','StatusReason':'b'}",
	"$.StatusReason was \"a\", but is \"b\" in AWS Glue\n", true},
	{"{'Status':'FAILED','StatusReason':'a'}", "{'Status':'READY'}",
		"$.Status was \"FAILED\", but is \"READY\" in AWS Glue\n"
		"$.StatusReason was \"a\", but is not there in AWS Glue\n",
	true},
	{"{'Status':'READY','StatusReason':'a'}",
		"{'Status':'READY','StatusReason':''}",
	"$.StatusReason was \"a\", but is not there in AWS Glue\n", true},
	{"{'Status':'FAILED'}", "{'Status':'FAILED','StatusReason':'a'}", "",
	true},

	/* the version */
	{"{'Status':'READY','ConnectionSchemaVersion':1}",
		"{'Status':'READY','ConnectionSchemaVersion':2}",
		"$.ConnectionSchemaVersion was 1, but is 2 in AWS Glue\n",
	true},
	{"{'Status':'READY','ConnectionSchemaVersion':1}",
		"{'Status':'READY','ConnectionSchemaVersion':1.0}", "",
	false},
	{"{'Status':'READY','ConnectionSchemaVersion':1}",
		"{'Status':'READY','ConnectionSchemaVersion':{'a':[]}}",
		"$.ConnectionSchemaVersion was 1, but is an object in AWS Glue\n",
	true},
	{"{'Status':'READY','ConnectionSchemaVersion':1}", "{'Status':'READY'}",
	"", false},

	/* times, which are rounded when they are recorded */
	{"{'Status':'READY','CreationTime':1700000000.123457}",
		"{'Status':'READY','CreationTime':1700000000.1234566}", "",
	false},
	{"{'Status':'READY','CreationTime':1700000000}",
		"{'Status':'READY','CreationTime':1700000000.0}", "",
	false},
	{"{'Status':'READY','LastUpdatedTime':1700000000.123}",
		"{'Status':'READY','LastUpdatedTime':1700000000.124}", "",
	true},
	{"{'Status':'READY','CreationTime':1,'LastUpdatedTime':1}",
		"{'Status':'READY','CreationTime':2,'LastUpdatedTime':2}", "",
	true},
	{"{'Status':'READY','CreationTime':2}",
	"{'Status':'READY','CreationTime':1}", "", true},
	{"{'Status':'READY'," TIMES "}", "{'Status':'READY'}", "", false},
	{"{'Status':'READY'," TIMES "}",
		"{'Status':'READY','CreationTime':null,'LastUpdatedTime':''}", "",
	false},
	{"{'Status':'READY'," TIMES "}",
		"{'Status':'READY','LastUpdatedTime':'1700000001.25'}", "",
	true},
	{"{'Status':'READY','CreationTime':1e999}",
	"{'Status':'READY','CreationTime':1e999}", "", false},

	/* changes that are recorded, and no difference */
	{"{'Status':'READY','LastUpdatedBy':'me'}",
	"{'Status':'READY','LastUpdatedBy':'you'}", "", true},
	{"{'Status':'READY'}",
		"{'Status':'READY','LastConnectionValidationTime':5}", "",
	true},
	{"{'Status':'READY'}", "{'Status':'READY','Description':'d'}", "",
	false},

	/* a secret is hidden, in any value, and long values are truncated */
	{"{'StatusReason':{'password':'XYZZY'}}",
		"{'StatusReason':'{password XYZZY'}",
		"$.StatusReason was an object, but is \"********\" in AWS Glue\n",
	true},
	{"{'Status':'{password XYZZY'}", "{'Status':['x']}",
	"$.Status was \"********\", but is \"READY\" in AWS Glue\n", true},
	{"{'StatusReason':'//u:XYZZY@h'}", "{'StatusReason':'token=XYZZY'}",
		"$.StatusReason was \"//u:********@h\", but is \"token=********\" in "
	"AWS Glue\n", true},
	{"{'StatusReason':'0123456789012345678901234567890123456789"
		"012345678901234567890123456789012345678901234567890123456789'}",
		"{'StatusReason':'b\\nb'}",
		"$.StatusReason was \"01234567890123456789012345678901234567890123456"
		"789012345678901234567890123...\", but is \"b?b\" in AWS Glue\n",
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

/*
 * The recorded times, the time of the record, by AWS's clock; and Glue's
 * times.
 */
typedef struct TimesCase
{
	const char *known;
	double		known_at;
	const char *connection;
	GlueUnseenChange change;
} TimesCase;

static const TimesCase times_cases[] = {
	/* both were read: the time of that is of no concern */
	{"{" TIMES "}", 0, "{" TIMES "}", GLUE_UNSEEN_NOTHING},
	{"{" TIMES "}", 1, "{" TIMES "}", GLUE_UNSEEN_NOTHING},
	{"{'CreationTime':100,'LastUpdatedTime':100.123}", 200,
		"{'CreationTime':100,'LastUpdatedTime':100.124}",
	GLUE_UNSEEN_UPDATE},
	{"{'CreationTime':100,'LastUpdatedTime':100.1234567}", 0,
		"{'CreationTime':100.0,'LastUpdatedTime':100.123457}",
	GLUE_UNSEEN_NOTHING},
	{"{'CreationTime':100,'LastUpdatedTime':100}", 0,
		"{'CreationTime':100.5,'LastUpdatedTime':100}",
	GLUE_UNSEEN_OTHER_LIFE},
	{"{'CreationTime':100,'LastUpdatedTime':100}", 0,
		"{'CreationTime':99,'LastUpdatedTime':99}",
	GLUE_UNSEEN_OTHER_LIFE},
	{"{'CreationTime':1e999}", 0, "{'CreationTime':1e999}",
	GLUE_UNSEEN_NOTHING},
	{"{'CreationTime':50}", 0, "{'CreationTime':50}", GLUE_UNSEEN_NOTHING},
	{"{'CreationTime':100,'LastUpdatedTime':100}", 0, "{'CreationTime':100}",
	GLUE_UNSEEN_NOTHING},

	/* it was created, and never read */
	{"{}", 100, "{'CreationTime':99.5,'LastUpdatedTime':99.5}",
	GLUE_UNSEEN_NOTHING},
	{"null", 100, "{'CreationTime':102,'LastUpdatedTime':102}",
	GLUE_UNSEEN_NOTHING},
	{"{}", 100, "{'CreationTime':99.5,'LastUpdatedTime':99.55}",
	GLUE_UNSEEN_UPDATE},
	{"{}", 100, "{'CreationTime':99.5}", GLUE_UNSEEN_NOTHING},
	{"{}", 100, "{'CreationTime':102.1,'LastUpdatedTime':102.1}",
	GLUE_UNSEEN_OTHER_LIFE},

	/* it was updated, and could not be read afterwards */
	{"{'CreationTime':50}", 100, "{'CreationTime':50,'LastUpdatedTime':102}",
	GLUE_UNSEEN_NOTHING},
	{"{'CreationTime':50}", 100, "{'CreationTime':50,'LastUpdatedTime':103}",
	GLUE_UNSEEN_UPDATE},
	{"{'CreationTime':50}", 0, "{'CreationTime':50,'LastUpdatedTime':50}",
	GLUE_UNSEEN_UPDATE},
	{"{'CreationTime':50}", 100, "{'CreationTime':99,'LastUpdatedTime':99}",
	GLUE_UNSEEN_OTHER_LIFE},

	/* there is nothing to be compared */
	{"{}", 0, "{" TIMES "}", GLUE_UNSEEN_UNKNOWN},
	{"{'LastUpdatedTime':1700000001.25}", 0, "{" TIMES "}",
	GLUE_UNSEEN_UNKNOWN},
	{"{" TIMES "}", 100, "{}", GLUE_UNSEEN_UNKNOWN},
	{"{" TIMES "}", 100, "'x'", GLUE_UNSEEN_UNKNOWN},
	{"{}", 100, "{'CreationTime':'yesterday','LastUpdatedTime':1}",
	GLUE_UNSEEN_UNKNOWN},
};

static void
test_times(void)
{
	for (size_t i = 0; i < COUNT(times_cases); i++)
	{
		const TimesCase *c = &times_cases[i];
		json_object *known = parse(c->known);
		json_object *connection = parse(c->connection);

		ok(glue_unseen_change(known, c->known_at, connection) == c->change,
		   c->connection);
		glue_json_tree_free(known);
		glue_json_tree_free(connection);
	}
}

static void
check_report(GlueUnseenChange change, const char *expected)
{
	char		text[1024] = "";

	glue_report_unseen_change(change, note, text);
	is_str(text, expected, "the report of it");
}

static void
test_reports(void)
{
	check_report(GLUE_UNSEEN_NOTHING, "");
	check_report(GLUE_UNSEEN_UPDATE,
				 "$.LastUpdatedTime is another one in AWS Glue: something that "
				 "cannot be seen, such as a secret, may have been changed, so "
				 "its secrets are unknown\n");
	check_report(GLUE_UNSEEN_UNKNOWN,
				 "$.CreationTime is not known: whether this is the connection "
				 "that was recorded, with the same secrets, is unknown\n");
	check_report(GLUE_UNSEEN_OTHER_LIFE,
				 "$.CreationTime is another one in AWS Glue: the connection was "
				 "deleted and created again, perhaps with other secrets\n");
}

int
main(void)
{
	test_cases();
	test_status();
	test_times();
	test_reports();
	return tap_done();
}

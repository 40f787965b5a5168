/*-------------------------------------------------------------------------
 *
 * unit_ownership.c
 *	  Unit tests of ownership.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_ownership.c
 *
 *-------------------------------------------------------------------------
 */
#include "ownership.h"

#include "json_tree.h"
#include "tap.h"

/* 2026-01-01 00:00:00 UTC, as a header and as AWS's seconds */
#define DATE	"Thu, 01 Jan 2026 00:00:00 GMT"
#define NOW		1767225600.0

#define SENT \
	"{\"Name\": \"n\", \"ConnectionType\": \"JDBC\"," \
	" \"ConnectionProperties\": {\"USERNAME\": \"u\", \"PASSWORD\": \"hunter2\"}}"

typedef struct Case
{
	const char *name;
	const char *definition;		/* of what was found, or NULL */
	double		age;			/* seconds; negative: no creation time */
	const char *date;
	long long	elapsed_ms;
	GlueOwnership ownership;
	const char *findings;		/* how they begin */
}			Case;

#define SAME	"\"Name\": \"n\", \"ConnectionType\": \"JDBC\", \"ConnectionProperties\": {\"USERNAME\": \"u\"}"
#define OTHER	"\"Name\": \"n\", \"ConnectionType\": \"JDBC\", \"ConnectionProperties\": {\"USERNAME\": \"v\"}"

static const Case cases[] = {
	{"made just now", SAME, 0, DATE, 0, GLUE_OURS, ""},
	{"made while we called", SAME, 30, DATE, 30000, GLUE_OURS, ""},
	{"the header lacks fractions", SAME, 1.9, DATE, 0, GLUE_OURS, ""},
	{"older than the call", SAME, 2.1, DATE, 0, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"much older", SAME, 86400, DATE, 30000, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"made in the future", SAME, -0.5, DATE, 0, GLUE_OURS, ""},
	{"another definition", OTHER, 0, DATE, 0, GLUE_SOMEBODY_ELSES,
	"$.ConnectionProperties.USERNAME "},
	{"old and another", OTHER, 60, DATE, 0, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"no creation time", SAME, -1, DATE, 0, GLUE_CANNOT_TELL,
	"The answer does not say"},
	{"no date", SAME, 0, "", 0, GLUE_CANNOT_TELL, "The answer does not say"},
	{"a date that is none", SAME, 0, "yesterday", 0, GLUE_CANNOT_TELL,
	"The answer does not say"},
	{"nothing", NULL, 0, DATE, 0, GLUE_CANNOT_TELL,
	"The answer does not say"},
};

static json_object *
parse(const char *text)
{
	return glue_json_tree_parse(text, strlen(text));
}

/* The connection of a case, as GetConnection returns it. */
static json_object *
found_connection(const Case * test)
{
	char		text[512];

	if (test->definition == NULL)
		return NULL;
	if (test->age == -1)
		snprintf(text, sizeof(text), "{%s}", test->definition);
	else
		snprintf(text, sizeof(text), "{%s, \"CreationTime\": %.3f}",
				 test->definition, NOW - test->age);
	return parse(text);
}

static void
check_case(const Case * test)
{
	json_object *sent = parse(SENT);
	json_object *found = found_connection(test);
	char		findings[GLUE_FINDINGS_SIZE];

	is_int(glue_ownership(sent, found, test->date, test->elapsed_ms, findings),
		   test->ownership, test->name);
	ok(strncmp(findings, test->findings, strlen(test->findings)) == 0 &&
	   (findings[0] == '\0') == (test->findings[0] == '\0'), findings);
	ok(strstr(findings, "hunter2") == NULL, "no secret");
	glue_json_tree_free(found);
	glue_json_tree_free(sent);
}

/* More differences than there is room for: cut between two characters. */
static void
check_long_findings(void)
{
	json_object *sent = json_object_new_object();
	json_object *found = json_object_new_object();
	json_object *properties = json_object_new_object();
	char		findings[GLUE_FINDINGS_SIZE];

	json_object_object_add(sent, "ConnectionProperties", properties);
	for (int i = 0; i < 200; i++)
	{
		char		key[64];

		snprintf(key, sizeof(key), "\xe6\x97\xa5\xe6\x9c\xac%d", i);
		json_object_object_add(properties, key, json_object_new_string("x"));
	}
	json_object_object_add(found, "CreationTime", json_object_new_double(NOW));
	is_int(glue_ownership(sent, found, DATE, 0, findings),
		   GLUE_SOMEBODY_ELSES, "many differences");
	ok(strlen(findings) > GLUE_FINDINGS_SIZE - 10, "fill the room");
	ok(glue_utf8_valid(findings, strlen(findings)), "and end well");
	glue_json_tree_free(found);
	glue_json_tree_free(sent);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(&cases[i]);
	check_long_findings();
	return tap_done();
}

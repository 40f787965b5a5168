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
#include "glue/ownership.h"

#include "tap.h"
#include "text/json.h"

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

/*
 * Connections that were made a minute ago, between 61 and 60 s, unless
 * something else is said, and updated at once.
 */
typedef struct MadeCase
{
	const char *name;
	const char *definition;
	double		age;			/* seconds; -1: no such time */
	double		update_age;		/* likewise */
	long long	answered_ms;
	int			nupdates;		/* to the definition UPDATED */
	long long	updated_ms;
	GlueOwnership ownership;
	const char *findings;		/* how they begin */
}			MadeCase;

#define UPDATED	"\"Name\": \"n\", \"ConnectionType\": \"JDBC\", \"ConnectionProperties\": {\"USERNAME\": \"w\"}"

static const MadeCase made_cases[] = {
	{"as it was made", SAME, 60.5, 60.5, 60000, 0, -1, GLUE_OURS, ""},
	{"it may be a little older", SAME, 62.9, 62.9, 60000, 0, -1, GLUE_OURS, ""},
	{"but not more", SAME, 63.1, 63.1, 60000, 0, -1, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"a little younger", SAME, 58.1, 58.1, 60000, 0, -1, GLUE_OURS, ""},
	{"but not more", SAME, 57.9, 57.9, 60000, 0, -1, GLUE_SOMEBODY_ELSES,
	"It was created after"},
	{"much younger, if there was no answer", SAME, 0, 0, -1, 0, -1, GLUE_OURS, ""},
	{"much older", SAME, 86400, 86400, -1, 0, -1, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"another definition", OTHER, 60.5, 60.5, 60000, 0, -1, GLUE_SOMEBODY_ELSES,
	"$.ConnectionProperties.USERNAME "},
	{"updated while it was made", SAME, 60.5, 58.6, 60000, 0, -1, GLUE_OURS, ""},
	{"updated later", SAME, 60.5, 58.4, 60000, 0, -1, GLUE_SOMEBODY_ELSES,
	"It was updated since"},
	{"updated later, by us", UPDATED, 60.5, 30, 60000, 1, 29000, GLUE_OURS, ""},
	{"not updated after all", SAME, 60.5, 60.5, 60000, 1, -1, GLUE_OURS, ""},
	{"updated by somebody after us", UPDATED, 60.5, 26.9, 60000, 1, 29000,
	GLUE_SOMEBODY_ELSES, "It was updated since"},
	{"who knows when we did", UPDATED, 60.5, 1, 60000, 1, -1, GLUE_OURS, ""},
	{"updated by somebody else", OTHER, 60.5, 30, 60000, 1, 29000,
	GLUE_SOMEBODY_ELSES, "$.ConnectionProperties.USERNAME "},
	{"an update that was not ours", UPDATED, 60.5, 60.5, 60000, 0, -1,
	GLUE_SOMEBODY_ELSES, "$.ConnectionProperties.USERNAME "},
	{"no time of an update", SAME, 60.5, -1, 60000, 0, -1, GLUE_OURS, ""},
	{"no creation time", SAME, -1, 60.5, 60000, 0, -1, GLUE_CANNOT_TELL,
	"The answer does not say"},
};

static void
check_made(const MadeCase * test)
{
	json_object *sent = parse(SENT);
	json_object *update = parse("{" UPDATED "}");
	json_object *found;
	GlueMadeConnection made = {
		.sent = sent,
		.begun_ms = 61000,
		.answered_ms = test->answered_ms,
		.updates = &update,
		.nupdates = test->nupdates,
		.updated_ms = test->updated_ms,
	};
	char		text[512];
	char		findings[GLUE_FINDINGS_SIZE];

	snprintf(text, sizeof(text), "{%s}", test->definition);
	found = parse(text);
	if (test->age != -1)
		json_object_object_add(found, "CreationTime",
							   json_object_new_double(NOW - test->age));
	if (test->update_age != -1)
		json_object_object_add(found, "LastUpdatedTime",
							   json_object_new_double(NOW - test->update_age));
	is_int(glue_ownership_unchanged(&made, found, DATE, findings),
		   test->ownership, test->name);
	ok(strncmp(findings, test->findings, strlen(test->findings)) == 0 &&
	   (findings[0] == '\0') == (test->findings[0] == '\0'), findings);
	glue_json_tree_free(found);
	glue_json_tree_free(update);
	glue_json_tree_free(sent);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(made_cases) / sizeof(made_cases[0]); i++)
		check_made(&made_cases[i]);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(&cases[i]);
	check_long_findings();
	return tap_done();
}

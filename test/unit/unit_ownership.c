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

#include "aws/remote_clock.h"
#include "tap.h"
#include "text/json.h"

/* All times are seconds around this one, which is AWS's. */
#define SENT_AT		1767225600.0
#define MS(seconds)	((long long) ((SENT_AT + (seconds)) * 1000))

#define SENT \
	"{\"Name\": \"n\", \"ConnectionType\": \"JDBC\"," \
	" \"ConnectionProperties\": {\"USERNAME\": \"u\", \"PASSWORD\": \"hunter2\"}}"

#define SAME	"\"Name\": \"n\", \"ConnectionType\": \"JDBC\", \"ConnectionProperties\": {\"USERNAME\": \"u\"}"
#define OTHER	"\"Name\": \"n\", \"ConnectionType\": \"JDBC\", \"ConnectionProperties\": {\"USERNAME\": \"v\"}"
#define UPDATED	"\"Name\": \"n\", \"ConnectionType\": \"JDBC\", \"ConnectionProperties\": {\"USERNAME\": \"w\"}"

/* No such time, in seconds. */
#define NONE	-1e6

/* A connection that was found a moment after it was asked for. */
typedef struct Case
{
	const char *name;
	const char *definition;		/* of the found connection, or NULL */
	double		created;		/* after it was sent */
	bool		known;			/* is it known when that was? */
	GlueOwnership ownership;
	const char *findings;		/* how they begin */
} Case;

static const Case cases[] = {
	{"made at once", SAME, 0, true, GLUE_OURS, ""},
	{"made while we called", SAME, 30, true, GLUE_OURS, ""},
	{"AWS's clocks differ a little", SAME, -0.9, true, GLUE_OURS, ""},
	{"older than the call", SAME, -1.1, true, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"much older", SAME, -86400, true, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"another definition", OTHER, 0, true, GLUE_SOMEBODY_ELSES,
	"$.ConnectionProperties.USERNAME "},
	{"old and another", OTHER, -60, true, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"no creation time", SAME, NONE, true, GLUE_CANNOT_TELL,
	"The answer does not say"},
	{"nothing", NULL, 0, true, GLUE_CANNOT_TELL, "The answer does not say"},
	{"sent at an unknown time", SAME, 0, false, GLUE_CANNOT_TELL,
	"The time when the request was sent"},
	{"old, and sent at an unknown time", SAME, -86400, false,
	GLUE_CANNOT_TELL, "The time when the request was sent"},
};

static json_object *
parse(const char *text)
{
	return glue_json_tree_parse(text, strlen(text));
}

/* A connection, as GetConnection returns it. */
static json_object *
connection_of(const char *definition, double created, double updated)
{
	json_object *connection;
	char		text[512];

	if (definition == NULL)
		return NULL;
	snprintf(text, sizeof(text), "{%s}", definition);
	connection = parse(text);
	if (created != NONE)
		json_object_object_add(connection, "CreationTime",
							   json_object_new_double(SENT_AT + created));
	if (updated != NONE)
		json_object_object_add(connection, "LastUpdatedTime",
							   json_object_new_double(SENT_AT + updated));
	return connection;
}

/* Do findings begin like this, and say something only if this does? */
static void
check_findings(const char *findings, const char *expected)
{
	ok(strncmp(findings, expected, strlen(expected)) == 0 &&
	   (findings[0] == '\0') == (expected[0] == '\0'), findings);
	ok(strstr(findings, "hunter2") == NULL, "no secret");
}

static void
check_case(const Case *test)
{
	json_object *found = connection_of(test->definition, test->created, NONE);
	GlueMadeConnection made = {
		.sent = parse(SENT),
		.begun_ms = test->known ? MS(0) : 0,
	};
	char		findings[GLUE_FINDINGS_SIZE];

	is_int(glue_ownership(&made, found, findings), test->ownership, test->name);
	check_findings(findings, test->findings);
	glue_json_tree_free(found);
	glue_json_tree_free(made.sent);
}

/* More differences than there is room for: cut between two characters. */
static void
check_long_findings(void)
{
	json_object *sent = json_object_new_object();
	json_object *found = json_object_new_object();
	json_object *properties = json_object_new_object();
	GlueMadeConnection made = {.sent = sent, .begun_ms = MS(0)};
	char		findings[GLUE_FINDINGS_SIZE];

	json_object_object_add(sent, "ConnectionProperties", properties);
	for (int i = 0; i < 200; i++)
	{
		char		key[64];

		snprintf(key, sizeof(key), "\xe6\x97\xa5\xe6\x9c\xac%d", i);
		json_object_object_add(properties, key, json_object_new_string("x"));
	}
	json_object_object_add(found, "CreationTime",
						   json_object_new_double(SENT_AT));
	is_int(glue_ownership(&made, found, findings),
		   GLUE_SOMEBODY_ELSES, "many differences");
	ok(strlen(findings) > GLUE_FINDINGS_SIZE - 10, "fill the room");
	ok(glue_utf8_valid(findings, strlen(findings)), "and end well");
	glue_json_tree_free(found);
	glue_json_tree_free(sent);
}

/* Connections that may have been made within a second, and are found later. */
typedef struct MadeCase
{
	const char *name;
	const char *definition;
	double		created;		/* after it was sent */
	double		updated;
	double		ended;			/* NONE: not known */
	int			nupdates;		/* to the definition UPDATED */
	double		last_update;	/* by us; NONE: not known */
	GlueOwnership ownership;
	const char *findings;		/* how they begin */
} MadeCase;

static const MadeCase made_cases[] = {
	{"as it was made", SAME, 0.5, 0.5, 1, 0, NONE, GLUE_OURS, ""},
	{"it may be a little older", SAME, -0.9, -0.9, 1, 0, NONE, GLUE_OURS, ""},
	{"but not more", SAME, -1.1, -1.1, 1, 0, NONE, GLUE_SOMEBODY_ELSES,
	"It was created before"},
	{"a little younger", SAME, 1.9, 1.9, 1, 0, NONE, GLUE_OURS, ""},
	{"but not more", SAME, 2.1, 2.1, 1, 0, NONE, GLUE_SOMEBODY_ELSES,
	"It was created after"},
	{"it may arrive for a minute", SAME, 59, 59, 60, 0, NONE, GLUE_OURS, ""},
	{"but not longer", SAME, 62, 62, 60, 0, NONE, GLUE_SOMEBODY_ELSES,
	"It was created after"},
	{"ended at an unknown time", SAME, 0.5, 0.5, NONE, 0, NONE,
	GLUE_CANNOT_TELL, "The time when the request had ended"},
	{"that matters not if it is older", SAME, -86400, -86400, NONE, 0, NONE,
	GLUE_SOMEBODY_ELSES, "It was created before"},
	{"nor if it was updated", SAME, 0.5, 60, NONE, 0, NONE,
	GLUE_SOMEBODY_ELSES, "It was updated since"},
	{"another definition", OTHER, 0.5, 0.5, 1, 0, NONE, GLUE_SOMEBODY_ELSES,
	"$.ConnectionProperties.USERNAME "},
	{"updated while it was made", SAME, 0.5, 1.4, 1, 0, NONE, GLUE_OURS, ""},
	{"updated later", SAME, 0.5, 1.6, 1, 0, NONE, GLUE_SOMEBODY_ELSES,
	"It was updated since"},
	{"updated later, by us", UPDATED, 0.5, 30, 1, 1, 31, GLUE_OURS, ""},
	{"not updated after all", SAME, 0.5, 0.5, 1, 1, NONE, GLUE_OURS, ""},
	{"updated by somebody after us", UPDATED, 0.5, 32.1, 1, 1, 31,
	GLUE_SOMEBODY_ELSES, "It was updated since"},
	{"updated by us, at an unknown time", UPDATED, 0.5, 60, 1, 1, NONE,
	GLUE_OURS, ""},
	{"updated by somebody else", OTHER, 0.5, 30, 1, 1, 31,
	GLUE_SOMEBODY_ELSES, "$.ConnectionProperties.USERNAME "},
	{"an update that was not ours", UPDATED, 0.5, 0.5, 1, 0, NONE,
	GLUE_SOMEBODY_ELSES, "$.ConnectionProperties.USERNAME "},
	{"no time of an update", SAME, 0.5, NONE, 1, 0, NONE, GLUE_OURS, ""},
	{"no creation time", SAME, NONE, 0.5, 1, 0, NONE, GLUE_CANNOT_TELL,
	"The answer does not say"},
};

static long long
ms_or_none(double seconds)
{
	return seconds == NONE ? 0 : MS(seconds);
}

static void
check_made(const MadeCase *test)
{
	json_object *update = parse("{" UPDATED "}");
	json_object *found = connection_of(test->definition, test->created,
									   test->updated);
	GlueMadeConnection made = {
		.sent = parse(SENT),
		.begun_ms = MS(0),
		.ended_ms = ms_or_none(test->ended),
		.updates = &update,
		.nupdates = test->nupdates,
		.updated_ms = ms_or_none(test->last_update),
	};
	char		findings[GLUE_FINDINGS_SIZE];

	is_int(glue_ownership_unchanged(&made, found, findings),
		   test->ownership, test->name);
	check_findings(findings, test->findings);
	glue_json_tree_free(found);
	glue_json_tree_free(update);
	glue_json_tree_free(made.sent);
}

/*
 * The clock of the host is set between the create and the undo, or a failover
 * to a host with another clock happens.  The decision depends on the clock
 * that cannot be set, and on the Dates of answers.
 */
static void
check_clocks(void)
{
	static const double steps[] = {0, 3, -3, 3600, -3600};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
	{
		GlueRemoteClock first = {0};
		GlueRemoteClock second = {0};
		GlueRemoteMoment sent;
		GlueRemoteMoment looked;
		GlueMadeConnection made = {.sent = parse(SENT)};
		json_object *found = connection_of(SAME, 0.2, 0.2);
		json_object *later = connection_of(SAME, 50, 50);
		char		findings[GLUE_FINDINGS_SIZE];

		/* an hour after it was started, a host asks for the time, and creates */
		glue_remote_clock_observe(&first, MS(-1) / 1000, 3600000, 3600050);
		ok(glue_remote_clock_at(&first, 3601000, &sent), "AWS's time is known");
		made.begun_ms = sent.earliest_ms;

		/* the next one was started by steps[i] earlier, and looks */
		glue_remote_clock_observe(&second, MS(20) / 1000,
								  7200000 + (long long) (steps[i] * 1000),
								  7200050 + (long long) (steps[i] * 1000));
		glue_remote_clock_at(&second, 7200000 + (long long) (steps[i] * 1000),
							 &looked);
		made.ended_ms = looked.latest_ms + 15000;
		is_int(glue_ownership_unchanged(&made, found, findings), GLUE_OURS,
			   "at any time of the clock, ours is ours");
		is_int(glue_ownership_unchanged(&made, later, findings),
			   GLUE_SOMEBODY_ELSES, "and another one is not");
		glue_json_tree_free(later);
		glue_json_tree_free(found);
		glue_json_tree_free(made.sent);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(made_cases) / sizeof(made_cases[0]); i++)
		check_made(&made_cases[i]);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(&cases[i]);
	check_long_findings();
	check_clocks();
	return tap_done();
}

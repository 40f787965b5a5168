/*-------------------------------------------------------------------------
 *
 * fuzz_ownership.c
 *	  Fuzzer of the decision whose a connection is.
 *
 * The input is lines: what was sent, the connection that was found, the Date
 * of the answer, how long ago the call began, was answered and was the last
 * update, in milliseconds, and the definitions of updates.
 *
 * What the stricter proof takes for ours, the looser one must take as well;
 * and more time can make no connection somebody else's that was ours.  The
 * findings must say something unless it is ours, whole and without secrets.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_ownership.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/ownership.h"

#include "aws/reply.h"
#include "lines.h"
#include "trees.h"

#define MAX_UPDATES	4

/* by how much a Date header may be wrong */
#define TOLERANCE_MS	2000

/* All that an input says. */
typedef struct Question
{
	GlueMadeConnection made;
	json_object *updates[MAX_UPDATES];
	json_object *connection;
	const char *date;
	bool		is_secret;		/* may nobody say the word? */
} Question;

static json_object *
tree_at(const Lines *lines, int i)
{
	const char *text = line_at(lines, i);

	return glue_json_tree_parse(text, strlen(text));
}

static bool
hides_secret_word(json_object *tree)
{
	json_object *redacted = redacted_copy(tree);
	bool		hides = !mentions_secret_word(redacted);

	glue_json_tree_free(redacted);
	return hides;
}

static void
read_question(Question *question, const Lines *lines)
{
	GlueMadeConnection *made = &question->made;

	memset(question, 0, sizeof(*question));
	made->sent = tree_at(lines, 0);
	question->connection = tree_at(lines, 1);
	question->date = line_at(lines, 2);
	made->begun_ms = time_at(lines, 3);
	made->answered_ms = time_at(lines, 4);
	made->updated_ms = time_at(lines, 5);
	made->updates = question->updates;
	question->is_secret = hides_secret_word(made->sent) &&
		hides_secret_word(question->connection);
	while (made->nupdates < MAX_UPDATES && 6 + made->nupdates < lines->count)
	{
		json_object *update = tree_at(lines, 6 + made->nupdates);

		question->updates[made->nupdates++] = update;
		question->is_secret = question->is_secret && hides_secret_word(update);
	}
}

static void
free_question(Question *question)
{
	glue_json_tree_free(question->made.sent);
	glue_json_tree_free(question->connection);
	for (int i = 0; i < MAX_UPDATES; i++)
		glue_json_tree_free(question->updates[i]);
}

/*
 * Stop the program if the findings do not go with the answer.
 */
static void
check_findings(const Question *question, GlueOwnership ownership,
			   const char *findings)
{
	size_t		len = strnlen(findings, GLUE_FINDINGS_SIZE);

	require(ownership == GLUE_OURS || ownership == GLUE_SOMEBODY_ELSES ||
			ownership == GLUE_CANNOT_TELL);
	require(len < GLUE_FINDINGS_SIZE && glue_utf8_valid(findings, len));
	require((ownership == GLUE_OURS) == (len == 0));
	if (question->is_secret)
		require(strstr(findings, SECRET_WORD) == NULL);
}

/* Does the connection have this definition, if it was begun so long ago? */
static GlueOwnership
loosely(const Question *question, json_object *sent, long long begun_ms)
{
	char	   *findings = malloc(GLUE_FINDINGS_SIZE);
	GlueOwnership ownership;

	require(findings != NULL);
	memset(findings, 'x', GLUE_FINDINGS_SIZE);
	ownership = glue_ownership(sent, question->connection, question->date,
							   begun_ms, findings);
	check_findings(question, ownership, findings);
	free(findings);
	return ownership;
}

static GlueOwnership
strictly(const Question *question, const GlueMadeConnection *made)
{
	char	   *findings = malloc(GLUE_FINDINGS_SIZE);
	GlueOwnership ownership;

	require(findings != NULL);
	memset(findings, 'x', GLUE_FINDINGS_SIZE);
	ownership = glue_ownership_unchanged(made, question->connection,
										 question->date, findings);
	check_findings(question, ownership, findings);
	free(findings);
	return ownership;
}

/* How many milliseconds old is it?  False if nothing says so. */
static bool
find_age(const Question *question, double *age_ms)
{
	json_object *created = NULL;
	long long	now;

	if (!json_object_is_type(question->connection, json_type_object) ||
		!json_object_object_get_ex(question->connection, "CreationTime",
								   &created) ||
		(!json_object_is_type(created, json_type_int) &&
		 !json_object_is_type(created, json_type_double)) ||
		!glue_reply_parse_date(question->date, &now))
		return false;
	*age_ms = (now - json_object_get_double(created)) * 1000.0;
	return true;
}

/* Each proof knows the age, and takes nothing for ours that is not of it. */
static void
check_age(const Question *question, GlueOwnership loose, GlueOwnership strict)
{
	const GlueMadeConnection *made = &question->made;
	double		age_ms = 0;
	bool		has_age = find_age(question, &age_ms);

	require((loose == GLUE_CANNOT_TELL) == !has_age);
	require((strict == GLUE_CANNOT_TELL) == !has_age);
	if (loose == GLUE_OURS || strict == GLUE_OURS)
		require(age_ms <= made->begun_ms + TOLERANCE_MS);
	if (strict == GLUE_OURS && made->answered_ms >= 0)
		require(age_ms >= made->answered_ms - TOLERANCE_MS);
}

static void
check_question(const Question *question)
{
	const GlueMadeConnection *made = &question->made;
	GlueMadeConnection simple = *made;
	GlueOwnership loose = loosely(question, made->sent, made->begun_ms);
	GlueOwnership strict = strictly(question, made);
	GlueOwnership strict_simple;
	bool		is_known = loose == GLUE_OURS;

	simple.nupdates = 0;
	strict_simple = strictly(question, &simple);
	check_age(question, loose, strict);
	check_age(question, loose, strict_simple);

	/* without updates, what was sent; with them, that or one of theirs */
	if (strict_simple == GLUE_OURS)
		require(loose == GLUE_OURS);
	for (int i = 0; i < made->nupdates; i++)
		is_known |= loosely(question, made->updates[i], made->begun_ms) ==
			GLUE_OURS;
	if (strict == GLUE_OURS)
		require(is_known);

	/* who knows less of the times can refuse less */
	if (loose == GLUE_OURS)
		require(loosely(question, made->sent, made->begun_ms + 5000) ==
				GLUE_OURS);
	simple = *made;
	simple.answered_ms = -1;
	simple.updated_ms = -1;
	if (strict == GLUE_OURS)
		require(strictly(question, &simple) == GLUE_OURS);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lines		lines;
	Question	question;
	char	   *sent;
	char	   *found;
	char	   *again;

	split_lines(&lines, data, size);
	read_question(&question, &lines);
	sent = written(question.made.sent);
	found = written(question.connection);

	check_question(&question);

	/* nothing is changed by being looked at */
	again = written(question.made.sent);
	require(strcmp(sent, again) == 0);
	free(again);
	again = written(question.connection);
	require(strcmp(found, again) == 0);
	free(again);
	free(found);
	free(sent);
	free_question(&question);
	free_lines(&lines);
	return 0;
}

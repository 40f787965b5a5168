/*-------------------------------------------------------------------------
 *
 * fuzz_ownership.c
 *	  Fuzzer of the decision about the ownership of a connection.
 *
 * The input is lines: the sent definition, the found connection, the begin and
 * the end of the call and of the last update, in AWS's milliseconds (0:
 * unknown), and the definitions of updates.
 *
 * If the stricter proof decides for ours, so must the looser one; a longer
 * interval must not turn ours into another client's; and neither must an
 * unknown time.  The findings must not be empty unless it is ours, must be
 * complete, and must have no secrets.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_ownership.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/ownership.h"

#include "lines.h"
#include "trees.h"

#define MAX_UPDATES	4

/* by how much AWS's clocks may differ */
#define TOLERANCE_MS	1000

/* All that an input says. */
typedef struct Question
{
	GlueMadeConnection made;
	json_object *updates[MAX_UPDATES];
	json_object *connection;
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

/* A time, which is not negative. */
static long long
moment_at(const Lines *lines, int i)
{
	return number_at(lines, i, 0, 2000000000000LL);
}

static void
read_question(Question *question, const Lines *lines)
{
	GlueMadeConnection *made = &question->made;

	memset(question, 0, sizeof(*question));
	made->sent = tree_at(lines, 0);
	question->connection = tree_at(lines, 1);
	made->begun_ms = moment_at(lines, 2);
	made->ended_ms = moment_at(lines, 3);
	made->updated_ms = moment_at(lines, 4);
	made->updates = question->updates;
	question->is_secret = hides_secret_word(made->sent) &&
		hides_secret_word(question->connection);
	while (made->nupdates < MAX_UPDATES && 5 + made->nupdates < lines->count)
	{
		json_object *update = tree_at(lines, 5 + made->nupdates);

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

/* Does the connection have this definition, if it was begun then? */
static GlueOwnership
loosely(const Question *question, json_object *sent, long long begun_ms)
{
	GlueMadeConnection made = {.sent = sent, .begun_ms = begun_ms};
	char	   *findings = malloc(GLUE_FINDINGS_SIZE);
	GlueOwnership ownership;

	require(findings != NULL);
	memset(findings, 'x', GLUE_FINDINGS_SIZE);
	ownership = glue_ownership(&made, question->connection, findings);
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
										 findings);
	check_findings(question, ownership, findings);
	free(findings);
	return ownership;
}

/* When was it made?  False if nothing says so. */
static bool
find_created(const Question *question, double *created_ms)
{
	json_object *created = NULL;

	if (!json_object_is_type(question->connection, json_type_object) ||
		!json_object_object_get_ex(question->connection, "CreationTime",
								   &created) ||
		(!json_object_is_type(created, json_type_int) &&
		 !json_object_is_type(created, json_type_double)))
		return false;
	*created_ms = json_object_get_double(created) * 1000.0;
	return true;
}

/* Each proof knows when it was made, and takes nothing for ours that was not then. */
static void
check_times(const Question *question, GlueOwnership loose, GlueOwnership strict)
{
	const GlueMadeConnection *made = &question->made;
	double		created_ms = 0;
	bool		has_time = find_created(question, &created_ms);
	bool		is_dated = has_time && made->begun_ms != 0;

	require((loose == GLUE_CANNOT_TELL) == !is_dated);
	if (!is_dated)
		require(strict == GLUE_CANNOT_TELL);
	if (made->ended_ms == 0)
		require(strict != GLUE_OURS);
	if (loose == GLUE_OURS || strict == GLUE_OURS)
		require(created_ms >= made->begun_ms - TOLERANCE_MS);
	if (strict == GLUE_OURS)
		require(created_ms <= made->ended_ms + TOLERANCE_MS);
}

static void
check_question(const Question *question)
{
	const GlueMadeConnection *made = &question->made;
	GlueMadeConnection other = *made;
	GlueOwnership loose = loosely(question, made->sent, made->begun_ms);
	GlueOwnership strict = strictly(question, made);
	GlueOwnership strict_simple;
	bool		is_known = loose == GLUE_OURS;

	other.nupdates = 0;
	strict_simple = strictly(question, &other);
	check_times(question, loose, strict);
	check_times(question, loose, strict_simple);

	/*
	 * without updates, the sent definition; with them, that or one of theirs
	 */
	if (strict_simple == GLUE_OURS)
		require(loose == GLUE_OURS);
	for (int i = 0; i < made->nupdates; i++)
		is_known |= loosely(question, made->updates[i], made->begun_ms) ==
			GLUE_OURS;
	if (strict == GLUE_OURS)
		require(is_known);

	/* a wider window can refuse less */
	if (loose == GLUE_OURS && made->begun_ms > 5000)
		require(loosely(question, made->sent, made->begun_ms - 5000) ==
				GLUE_OURS);
	other = *made;
	if (other.ended_ms != 0)
		other.ended_ms += 5000;
	other.updated_ms = 0;
	if (strict == GLUE_OURS)
		require(strictly(question, &other) == GLUE_OURS);

	/* an unknown time must not turn it into another client's */
	other.begun_ms = 0;
	require(strictly(question, &other) == GLUE_CANNOT_TELL);
	other = *made;
	other.ended_ms = 0;
	if (strict == GLUE_OURS)
		require(strictly(question, &other) == GLUE_CANNOT_TELL);
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

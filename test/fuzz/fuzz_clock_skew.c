/*-------------------------------------------------------------------------
 *
 * fuzz_clock_skew.c
 *	  Fuzzer of the clock skew.
 *
 * The input is lines: the code of an error, and then for each of two answers a
 * Date header ("none" if there is none), "age" if there is such a header, and
 * the times of the message and of the answer.
 *
 * After a usable answer, the time for signatures must be that of the answer,
 * within the accuracy; after an unusable one it must be unchanged; and a known
 * skew is no reason for a retry.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_clock_skew.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/clock_skew.h"

#include <time.h>

#include "aws/reply.h"
#include "lines.h"

/* AWS's own limit, for a signature and its Date */
#define QUARTER_HOUR_MS	(15 * 60 * 1000LL)

typedef struct Answer
{
	const char *date;			/* or NULL */
	bool		has_age;
	long long	sent_ms;
	long long	received_ms;
} Answer;

static Answer
answer_at(const Lines *lines, int i)
{
	Answer		answer = {
		.date = line_at(lines, i),
		.has_age = strcmp(line_at(lines, i + 1), "age") == 0,
		.sent_ms = time_at(lines, i + 2),
		.received_ms = time_at(lines, i + 3),
	};

	if (strcmp(answer.date, "none") == 0)
		answer.date = NULL;
	return answer;
}

/*
 * A date is read as the C library writes it; one that does not exist, such as
 * 31 February, is taken for the day that it would be.
 */
static void
check_date(const char *date, long long seconds)
{
	time_t		when = seconds;
	struct tm	parts;
	char		text[64];

	require(gmtime_r(&when, &parts) != NULL);
	require(strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT",
					 &parts) > 0);
	if (strncmp(date + 5, "29", 2) < 0 && strncmp(date + 23, "60", 2) < 0)
		require(strcmp(text + 3, date + 3) == 0);
}

/* Learn from an answer, and stop the program if the wrong thing is learnt. */
static void
check_observe(GlueClockSkew *skew, const Answer *answer)
{
	GlueClockSkew before = *skew;
	long long	round_trip_ms = answer->received_ms - answer->sent_ms;
	long long	date = 0;
	bool		has_date = answer->date != NULL &&
		glue_reply_parse_date(answer->date, &date);
	bool		told = glue_clock_skew_observe(skew, answer->date,
											   answer->has_age,
											   answer->sent_ms,
											   answer->received_ms);
	long long	sent_error;
	long long	received_error;

	if (has_date)
		check_date(answer->date, date);
	require(told == (has_date && !answer->has_age && round_trip_ms >= 0 &&
					 round_trip_ms <= QUARTER_HOUR_MS));
	if (!told)
	{
		require(skew->seconds == before.seconds);
		return;
	}
	sent_error = date * 1000 -
		glue_clock_skew_signing_time(*skew, answer->sent_ms);
	received_error =
		glue_clock_skew_signing_time(*skew, answer->received_ms) - date * 1000;
	require(llabs(sent_error) < QUARTER_HOUR_MS);
	require(llabs(received_error) < QUARTER_HOUR_MS);
	require(llabs(sent_error) <= (round_trip_ms + 1) / 2 + 1000);
	require(llabs(received_error) <= (round_trip_ms + 1) / 2 + 1000);
	require(sent_error + received_error == round_trip_ms);
}

static void
check_retry(GlueClockSkew signed_with, GlueClockSkew observed,
			const char *code)
{
	bool		retry = glue_clock_skew_retry(signed_with, observed, code);

	require(!glue_clock_skew_retry(signed_with, observed, NULL));
	require(!glue_clock_skew_retry(signed_with, signed_with, code));
	require(!glue_clock_skew_retry(observed, observed, code));
	require(retry == glue_clock_skew_retry(observed, signed_with, code));
	if (retry)
		require(llabs(observed.seconds - signed_with.seconds) >= 240);
	else
		require(strcmp(code, "RequestTimeTooSkewed") != 0 ||
				llabs(observed.seconds - signed_with.seconds) < 240);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lines		lines;
	GlueClockSkew none = {0};
	GlueClockSkew skew = {0};
	GlueClockSkew first;

	split_lines(&lines, data, size);
	for (int i = 1; i <= 5; i += 4)
	{
		Answer		answer = answer_at(&lines, i);

		first = skew;
		check_observe(&skew, &answer);
	}
	check_retry(first, skew, line_at(&lines, 0));
	check_retry(none, skew, line_at(&lines, 0));
	free_lines(&lines);
	return 0;
}

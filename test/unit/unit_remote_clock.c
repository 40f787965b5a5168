/*-------------------------------------------------------------------------
 *
 * unit_remote_clock.c
 *	  Unit tests of remote_clock.c.
 *
 * IDENTIFICATION
 *	  test/unit/unit_remote_clock.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/remote_clock.h"

#include <stddef.h>

#include "tap.h"

/* An answer, in seconds, and the estimate after it has arrived. */
typedef struct Answer
{
	const char *name;
	long long	date;
	long long	sent_ms;
	long long	received_ms;
	long long	at_ms;			/* when that is asked for */
	long long	earliest_ms;
	long long	latest_ms;
} Answer;

/* Each continues where the one before it has ended. */
static const Answer answers[] = {
	{"the first", 1000, 0, 100, 100, 1000000, 1001100},
	{"a moment later", 1000, 0, 100, 600, 1000500, 1001600},
	{"one that was stamped at the end of a second", 1001, 1000, 1050, 1050,
	1001000, 1002050},
	{"a slow one adds nothing", 1010, 10000, 30000, 30000, 1029948, 1031000},
	{"nor does it forget", 1031, 30000, 30100, 30100, 1031000, 1032100},
	{"our clock has stood still for a minute", 1092, 31000, 31100, 31100,
	1092000, 1093100},
	{"theirs was set back", 500, 32000, 32100, 32100, 500000, 501100},
	{"and forward", 4000, 33000, 33100, 33100, 4000000, 4001100},
	{"an hour later, nothing is as sure", 4000, 33000, 33100, 3633100,
	7599640, 7601460},
};

int
main(void)
{
	GlueRemoteClock clock = {0};
	GlueRemoteMoment moment;

	ok(!glue_remote_clock_at(&clock, 5, &moment), "not known at first");
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
	{
		const Answer *answer = &answers[i];

		glue_remote_clock_observe(&clock, answer->date, answer->sent_ms,
								  answer->received_ms);
		ok(glue_remote_clock_at(&clock, answer->at_ms, &moment),
		   answer->name);
		is_int(moment.earliest_ms, answer->earliest_ms, "the earliest");
		is_int(moment.latest_ms, answer->latest_ms, "the latest");
	}
	return tap_done();
}

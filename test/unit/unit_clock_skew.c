/*-------------------------------------------------------------------------
 *
 * unit_clock_skew.c
 *	  Unit test of the rule for clocks that are wrong.
 *
 * The scripts restate the cases that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_clock_skew.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/clock_skew.h"

#include <stdio.h>

#include "tap.h"

/* 1 January 2026 */
#define DAY_MS		(1767225600LL * 1000)
#define TIME(hour, minute, second) \
	(DAY_MS + (((hour) * 60 + (minute)) * 60 + (second)) * 1000LL)
#define DATE(time)	"Thu, 01 Jan 2026 " time " GMT"

/* One attempt at a message, and the expected use of its answer. */
typedef struct Attempt
{
	const char *name;			/* NULL: of the same call as the one before */
	long long	sent;
	long long	received;
	long long	signing_time;
	const char *date;			/* NULL if there is no such header */
	bool		has_age;
	const char *code;			/* NULL if it succeeded */
	bool		retry;
	long long	skew;			/* afterwards */
} Attempt;

/*
 * A sequence that begins with a given skew; each ends before the next one with
 * a skew.
 */
typedef struct Script
{
	const char *name;
	long long	skew;
	Attempt		attempts[4];
} Script;

static const Script scripts[] = {
	{"clocks agree", 0, {
			{"a success", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 0, 0),
			DATE("00:00:01"), false, NULL, false, 0},
	}},
	{"a definite error, and the skew is kept for the next call", 0, {
			{"refused", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 0, 0),
			DATE("00:05:01"), false, "RequestTimeTooSkewed", true, 300},
			{NULL, TIME(0, 0, 2), TIME(0, 0, 4), TIME(0, 5, 2),
			DATE("00:05:03"), false, NULL, false, 300},
			{"the next call", TIME(0, 1, 0), TIME(0, 1, 2), TIME(0, 6, 0),
			DATE("00:06:01"), false, NULL, false, 300},
	}},
	{"the time of an error at the last attempt is used as well", 0, {
			{"refused", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 0, 0),
			DATE("00:05:01"), false, "RequestTimeTooSkewed", true, 300},
	}},
	{"the time of an answer that was too long under way is not used", 0, {
			{"slow", TIME(0, 0, 0), TIME(0, 16, 0), TIME(0, 0, 0),
			DATE("00:10:00"), false, NULL, false, 0},
			{"the next call", TIME(0, 17, 0), TIME(0, 17, 2), TIME(0, 17, 0),
			DATE("00:22:01"), false, NULL, false, 300},
	}},
	{"a success corrects the known skew", 300, {
			{"a success", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 5, 0),
			DATE("00:00:01"), false, NULL, false, 0},
	}},
	{"too little skew to be the reason", 0, {
			{"refused", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 0, 0),
			DATE("00:02:01"), false, "InvalidSignatureException", false, 120},
	}},
	{"a possible error", 0, {
			{"refused", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 0, 0),
			DATE("00:05:01"), false, "InvalidSignatureException", true, 300},
			{NULL, TIME(0, 0, 2), TIME(0, 0, 4), TIME(0, 5, 2),
			DATE("00:05:03"), false, NULL, false, 300},
	}},
	{"no Date header", 0, {
			{"refused", TIME(0, 0, 0), TIME(0, 0, 2), TIME(0, 0, 0),
			NULL, false, "RequestTimeTooSkewed", false, 0},
	}},
	{"the time of an answer from a cache is not used", 0, {
			{"from the cache", TIME(16, 51, 0), TIME(16, 51, 2), TIME(16, 51, 0),
			DATE("12:03:01"), true, NULL, false, 0},
			{"the next call", TIME(16, 51, 10), TIME(16, 51, 12),
			TIME(16, 51, 10), DATE("16:56:11"), false, NULL, false, 300},
	}},
	{"nor does it spoil the next call", 0, {
			{"from the cache", TIME(16, 51, 0), TIME(16, 51, 2), TIME(16, 51, 0),
			DATE("12:03:01"), true, NULL, false, 0},
			{"the next call", TIME(16, 51, 10), TIME(16, 51, 12),
			TIME(16, 51, 10), DATE("16:51:11"), false, NULL, false, 0},
	}},

	/* further cases */
	{"our clock is ahead", 0, {
			{"refused", TIME(10, 5, 0), TIME(10, 5, 2), TIME(10, 5, 0),
			DATE("10:00:01"), false, "RequestInTheFuture", true, -300},
			{NULL, TIME(10, 5, 2), TIME(10, 5, 4), TIME(10, 0, 2),
			DATE("10:00:03"), false, NULL, false, -300},
	}},
	{"our clock was wrong and has been set right", 300, {
			{"refused", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 5, 0),
			DATE("10:00:01"), false, "RequestTimeTooSkewed", true, 0},
	}},
	{"the skew was known, so it is not the reason", 300, {
			{"refused", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 5, 0),
			DATE("10:05:01"), false, "SignatureDoesNotMatch", false, 300},
	}},
	{"an old skew and no Date header", 300, {
			{"refused", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 5, 0),
			NULL, false, "RequestExpired", false, 300},
	}},
	{"just enough", 0, {
			{"refused", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 0, 0),
			DATE("10:04:01"), false, "AuthFailure", true, 240},
	}},
	{"just too little", 0, {
			{"refused", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 0, 0),
			DATE("10:04:00"), false, "AuthFailure", false, 239},
	}},
	{"just too little the other way", 0, {
			{"refused", TIME(10, 4, 0), TIME(10, 4, 2), TIME(10, 4, 0),
			DATE("10:00:02"), false, "AuthFailure", false, -239},
	}},
	{"just enough the other way", 0, {
			{"refused", TIME(10, 4, 0), TIME(10, 4, 2), TIME(10, 4, 0),
			DATE("10:00:01"), false, "AuthFailure", true, -240},
	}},
	{"another error", 0, {
			{"refused", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 0, 0),
			DATE("10:30:01"), false, "AccessDeniedException", false, 1800},
	}},
	{"as long as it may be under way", 0, {
			{"slow", TIME(10, 0, 0), TIME(10, 15, 0), TIME(10, 0, 0),
			DATE("10:10:00"), false, NULL, false, 150},
	}},
	{"a millisecond longer", 0, {
			{"slow", TIME(10, 0, 0), TIME(10, 15, 0) + 1, TIME(10, 0, 0),
			DATE("10:10:00"), false, NULL, false, 0},
	}},
	{"our clock was set back meanwhile", 0, {
			{"odd", TIME(10, 0, 0), TIME(9, 0, 0), TIME(10, 0, 0),
			DATE("10:10:00"), false, NULL, false, 0},
	}},
	{"a Date that is none", 60, {
			{"odd", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 1, 0),
			"yesterday", false, "RequestExpired", false, 60},
	}},
	{"an empty Date", 60, {
			{"odd", TIME(10, 0, 0), TIME(10, 0, 2), TIME(10, 1, 0),
			"", false, "RequestExpired", false, 60},
	}},
	{"parts of a second", 0, {
			{"a success", TIME(10, 0, 0) + 700, TIME(10, 0, 0) + 900,
			TIME(10, 0, 0) + 700, DATE("10:00:10"), false, NULL, false, 9},
	}},
};

static void
run_script(const Script *script)
{
	GlueClockSkew skew = {script->skew};

	for (int i = 0; i < 4 && script->attempts[i].sent != 0; i++)
	{
		const Attempt *attempt = &script->attempts[i];
		GlueClockSkew signed_with = skew;
		bool		told;
		char		name[160];

		snprintf(name, sizeof(name), "%s: %s", script->name,
				 attempt->name ? attempt->name : "once more");
		is_int(glue_clock_skew_signing_time(skew, attempt->sent),
			   attempt->signing_time, name);
		told = glue_clock_skew_observe(&skew, attempt->date, attempt->has_age,
									   attempt->sent, attempt->received);
		is_int(skew.seconds, attempt->skew, name);
		if (!told)
			is_int(skew.seconds, signed_with.seconds, name);
		is_int(glue_clock_skew_retry(signed_with, skew, attempt->code),
			   attempt->retry, name);
	}
}

/*
 * Whether an answer had the time, where the skew does not show it.
 */
static void
test_told(void)
{
	GlueClockSkew skew = {0};

	ok(glue_clock_skew_observe(&skew, DATE("10:00:01"), false,
							   TIME(10, 0, 0), TIME(10, 0, 2)),
	   "an answer that agrees has the time");
	ok(!glue_clock_skew_observe(&skew, DATE("10:00:01"), true,
								TIME(10, 0, 0), TIME(10, 0, 2)),
	   "one from a cache does not");
	ok(!glue_clock_skew_observe(&skew, NULL, false,
								TIME(10, 0, 0), TIME(10, 0, 2)),
	   "one without a Date does not");
}

static void
test_codes(void)
{
	static const char *const codes[] = {
		"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture",
		"InvalidSignatureException", "SignatureDoesNotMatch", "AuthFailure"
	};
	static const char *const others[] = {
		"ExpiredTokenException", "UnrecognizedClientException",
		"requestexpired", "HTTP 403", ""
	};
	GlueClockSkew none = {0};
	GlueClockSkew hour = {3600};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		ok(glue_clock_skew_retry(none, hour, codes[i]), codes[i]);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		ok(!glue_clock_skew_retry(none, hour, others[i]), others[i]);
	ok(!glue_clock_skew_retry(none, hour, NULL), "no code");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
		run_script(&scripts[i]);
	test_told();
	test_codes();
	return tap_done();
}

/*-------------------------------------------------------------------------
 *
 * clock_skew.c
 *	  The skew between this machine's clock and AWS's.
 *
 * AWS rejects a signature whose time is some minutes off, and some machines
 * have such a clock.  But every answer has the service's time in its Date
 * header, so the next request can be signed with that time.
 *
 * The service's time is of some moment between our sending and our receiving.
 * The middle of the two is wrong by half the round trip at most, so an answer
 * after a long round trip is ignored.  So is an answer from a cache, which has
 * an Age header.
 *
 * A known skew is used, but an error is only retried if the time in the
 * signature was wrong enough to be its cause.  The error of that time is its
 * distance from the skew in use, and not from zero: a clock that was wrong and
 * has been corrected matters as much as one that is wrong.
 *
 * IDENTIFICATION
 *	  src/aws/clock_skew.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/clock_skew.h"

#include <stddef.h>
#include <string.h>

#include "aws/reply.h"
#include "text/ascii.h"

/* The estimate after a longer round trip is too inaccurate. */
#define MAX_ROUND_TRIP_MS	(15 * 60 * 1000)

/* AWS allows five minutes; this leaves one for inaccuracy. */
#define MIN_SKEW_SECONDS	240

/* Errors that are, or may be, caused by a wrong time. */
static const char *const skew_codes[] = {
	"RequestTimeTooSkewed",
	"RequestExpired",
	"RequestInTheFuture",
	"InvalidSignatureException",
	"SignatureDoesNotMatch",
	"AuthFailure",
	NULL
};

/*
 * Update the skew from an answer, a success or an error.
 *
 * date_header is the value of its Date header, NULL or "" if it has none;
 * has_age says whether it has an Age header.  The times are our clock's, in
 * milliseconds since 1970.  Returns whether the answer was usable; if not,
 * skew is unchanged.
 */
bool
glue_clock_skew_observe(GlueClockSkew *skew, const char *date_header,
						bool has_age, long long sent_ms, long long received_ms)
{
	long long	date;

	/* received before it was sent: the clock was set in between */
	if (has_age || received_ms < sent_ms ||
		received_ms - sent_ms > MAX_ROUND_TRIP_MS ||
		date_header == NULL || !glue_reply_parse_date(date_header, &date))
		return false;

	skew->seconds = (date * 1000 - (sent_ms + received_ms) / 2) / 1000;
	return true;
}

/*
 * Is an error with this code worth another attempt, because the time in the
 * signature was wrong and is better known now?
 *
 * signed_with is the skew at the time of the signature, observed the skew
 * after the answer.  code may be NULL.
 */
bool
glue_clock_skew_retry(GlueClockSkew signed_with, GlueClockSkew observed,
					  const char *code)
{
	long long	error = observed.seconds - signed_with.seconds;

	if (code == NULL || (error < MIN_SKEW_SECONDS && error > -MIN_SKEW_SECONDS))
		return false;

	return glue_is_one_of(code, skew_codes);
}

/*
 * The time for a signature, in milliseconds since 1970, when our clock is at
 * now_ms.
 */
long long
glue_clock_skew_signing_time(GlueClockSkew skew, long long now_ms)
{
	return now_ms + skew.seconds * 1000;
}

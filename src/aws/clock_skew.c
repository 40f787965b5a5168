/*-------------------------------------------------------------------------
 *
 * clock_skew.c
 *	  How far this machine's clock is from AWS's.
 *
 * AWS refuses a signature whose time is some minutes off, and machines with
 * such a clock exist.  But every answer says in its Date header what time it
 * is there, so the next request can be signed with that time.
 *
 * The clock that an answer shows was read some time between our sending and
 * our receiving.  Taking the middle of the two is wrong by half the round trip
 * at most, which is why a long one teaches nothing.  Neither does an answer
 * that a cache kept, which its Age header tells.
 *
 * A skew that is known is used, but an error is only worth a retry if the
 * time that was signed with was so wrong that it can be the reason.  That is
 * the distance from the skew that was in use, and not from zero: a clock that
 * was wrong and has been set right is as bad as one that is wrong.
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

/* A longer round trip says too little about the time. */
#define MAX_ROUND_TRIP_MS	(15 * 60 * 1000)

/* AWS allows five minutes; this leaves one for what we do not know. */
#define MIN_SKEW_SECONDS	240

/* Errors that mean a wrong time, or may mean it. */
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
 * Learn from an answer, be it a success or an error.
 *
 * date_header is the value of its Date header, NULL or "" if it has none;
 * has_age says whether it has an Age header.  The times are our clock's, in
 * milliseconds since 1970.  Returns whether the answer told the time; if not,
 * skew stays as it is.
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
 * signature was wrong and is known better now?
 *
 * signed_with is the skew as it was when the request was signed, observed what
 * it is after the answer.  code may be NULL.
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
 * The time to sign with, in milliseconds since 1970, when our clock says
 * now_ms.
 */
long long
glue_clock_skew_signing_time(GlueClockSkew skew, long long now_ms)
{
	return now_ms + skew.seconds * 1000;
}

/*-------------------------------------------------------------------------
 *
 * retry.c
 *	  The arithmetic of AWS's standard retry mode, as of 2026.
 *
 * After a failed attempt there are three questions: is the failure retryable,
 * how long is the delay, and does the quota allow a retry.  This file computes
 * the answers; the wait, and the ambiguity of an attempt, are the caller's.
 *
 * Failures are classified by AWS's code before the HTTP status, because
 * services disagree about the status: Glue throttles with 400.
 *
 * The delay before retry number n is random between zero and
 *
 *		min(base * 2^(n-1), 20 s)
 *
 * so that clients that failed together do not retry together.
 *
 * IDENTIFICATION
 *	  src/aws/retry.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/retry.h"

#include <stdlib.h>
#include <string.h>

#include "text/ascii.h"

#define BASE_TRANSIENT_MS	50
#define BASE_THROTTLING_MS	1000
#define MAX_BACKOFF_MS		20000

/* Limit of the extra delay that the service may request. */
#define MAX_RETRY_AFTER_EXTRA_MS	5000

/*
 * The cost of a retry in the quota.  A throttling service limits the rate
 * itself, so retries after throttling may be cheaper.
 */
#define COST_TRANSIENT		14
#define COST_THROTTLING		5

/* The refund for a success without a retry. */
#define FIRST_TRY_REFUND	1

static const char *const throttling_codes[] = {
	"BandwidthLimitExceeded",
	"EC2ThrottledException",
	"LimitExceededException",
	"PriorRequestNotComplete",
	"ProvisionedThroughputExceededException",
	"RequestLimitExceeded",
	"RequestThrottled",
	"RequestThrottledException",
	"SlowDown",
	"ThrottledException",
	"Throttling",
	"ThrottlingException",
	"TooManyRequestsException",
	"TransactionInProgressException",
	NULL
};

static const char *const transient_codes[] = {
	"IDPCommunicationError",	/* AWS STS cannot reach an identity provider */
	"RequestTimeout",
	"RequestTimeoutException",
	NULL
};

/*
 * Classify a failure: may the same request succeed later?
 *
 * http_status is 0 if no answer came.  code is AWS's name for the error,
 * without a namespace; NULL or "" if there was none.
 *
 * modeled says whether the code is in the model of the operation.  Such a code
 * is used even with a status of 429; otherwise that status means throttling,
 * as in answers of proxies and gateways.
 */
GlueRetryKind
glue_retry_classify(int http_status, const char *code, bool modeled)
{
	if (code == NULL)
		code = "";
	if (glue_is_one_of(code, throttling_codes) ||
		(http_status == 429 && !modeled))
		return GLUE_RETRY_THROTTLING;
	if (glue_is_one_of(code, transient_codes))
		return GLUE_RETRY_TRANSIENT;

	switch (http_status)
	{
		case 0:
		case 500:
		case 502:
		case 503:
		case 504:
			return GLUE_RETRY_TRANSIENT;
		default:
			return GLUE_RETRY_NONE;
	}
}

/*
 * Parse a number of milliseconds that consists of digits alone.  Returns at
 * most limit; 0 for anything else.
 */
static int
parse_retry_after(const char *header, int limit)
{
	unsigned long long value;

	if (header == NULL || header[strspn(header, "0123456789")] != '\0')
		return 0;
	value = strtoull(header, NULL, 10); /* the largest, if it is larger */
	return value < (unsigned long long) limit ? (int) value : limit;
}

/*
 * The delay in milliseconds after attempt number "attempt", which counts from
 * 1.
 *
 * jitter is a random number from 0 to 1.  retry_after is the value of
 * x-amz-retry-after, in milliseconds, or NULL; it can lengthen the delay, by
 * five seconds at most, but not shorten it.
 */
int
glue_retry_delay_ms(GlueRetryKind kind, int attempt, double jitter,
					const char *retry_after)
{
	int			bound = BASE_TRANSIENT_MS;
	int			delay;
	int			wish;

	if (kind == GLUE_RETRY_THROTTLING)
		bound = BASE_THROTTLING_MS;
	for (int i = 1; i < attempt && bound < MAX_BACKOFF_MS; i++)
		bound *= 2;
	if (bound > MAX_BACKOFF_MS)
		bound = MAX_BACKOFF_MS;

	delay = (int) (bound * jitter);
	wish = parse_retry_after(retry_after, delay + MAX_RETRY_AFTER_EXTRA_MS);

	return wish > delay ? wish : delay;
}

/*
 * Fill the bucket.
 */
void
glue_retry_quota_init(GlueRetryQuota *quota)
{
	quota->capacity = GLUE_RETRY_QUOTA_SIZE;
}

/*
 * Take the cost of a retry.  Returns it, for glue_retry_quota_refund() if that
 * retry succeeds; or -1 if too little is left: then nothing is taken, and
 * there must be no retry.
 */
int
glue_retry_quota_take(GlueRetryQuota *quota, GlueRetryKind kind)
{
	int			cost = COST_TRANSIENT;

	if (kind == GLUE_RETRY_THROTTLING)
		cost = COST_THROTTLING;
	if (quota->capacity < cost)
		return -1;

	quota->capacity -= cost;
	return cost;
}

/*
 * Refund after a success: the cost of its last retry, or, if last_cost is 0
 * because the first attempt succeeded, a small amount.  A failed call gets no
 * refund.
 */
void
glue_retry_quota_refund(GlueRetryQuota *quota, int last_cost)
{
	quota->capacity += last_cost > 0 ? last_cost : FIRST_TRY_REFUND;
	if (quota->capacity > GLUE_RETRY_QUOTA_SIZE)
		quota->capacity = GLUE_RETRY_QUOTA_SIZE;
}

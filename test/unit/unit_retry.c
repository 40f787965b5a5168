/*-------------------------------------------------------------------------
 *
 * unit_retry.c
 *	  Unit test of the arithmetic of retries.
 *
 * IDENTIFICATION
 *	  test/unit/unit_retry.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/retry.h"

#include <stdio.h>

#include "tap.h"

typedef struct FailureCase
{
	int			http_status;
	const char *code;
	GlueRetryKind kind;
} FailureCase;

static const FailureCase failure_cases[] = {
	/* no answer, and answers without a code */
	{0, NULL, GLUE_RETRY_TRANSIENT},
	{0, "", GLUE_RETRY_TRANSIENT},
	{500, NULL, GLUE_RETRY_TRANSIENT},
	{502, NULL, GLUE_RETRY_TRANSIENT},
	{503, NULL, GLUE_RETRY_TRANSIENT},
	{504, NULL, GLUE_RETRY_TRANSIENT},
	{501, NULL, GLUE_RETRY_NONE},
	{505, NULL, GLUE_RETRY_NONE},
	{509, NULL, GLUE_RETRY_NONE},
	{408, NULL, GLUE_RETRY_NONE},
	{400, NULL, GLUE_RETRY_NONE},
	{302, NULL, GLUE_RETRY_NONE},
	{429, NULL, GLUE_RETRY_THROTTLING},
	{429, "HTTP 429", GLUE_RETRY_THROTTLING},
	{429, "AlreadyExistsException", GLUE_RETRY_THROTTLING},
	{429, "RequestTimeout", GLUE_RETRY_THROTTLING},
	{503, "HTTP 503", GLUE_RETRY_TRANSIENT},

	/* throttling, with any status */
	{400, "ThrottlingException", GLUE_RETRY_THROTTLING},
	{400, "Throttling", GLUE_RETRY_THROTTLING},
	{400, "ThrottledException", GLUE_RETRY_THROTTLING},
	{400, "RequestThrottledException", GLUE_RETRY_THROTTLING},
	{400, "TooManyRequestsException", GLUE_RETRY_THROTTLING},
	{429, "TooManyRequestsException", GLUE_RETRY_THROTTLING},
	{400, "ProvisionedThroughputExceededException", GLUE_RETRY_THROTTLING},
	{400, "TransactionInProgressException", GLUE_RETRY_THROTTLING},
	{400, "RequestLimitExceeded", GLUE_RETRY_THROTTLING},
	{400, "BandwidthLimitExceeded", GLUE_RETRY_THROTTLING},
	{400, "LimitExceededException", GLUE_RETRY_THROTTLING},
	{400, "RequestThrottled", GLUE_RETRY_THROTTLING},
	{400, "SlowDown", GLUE_RETRY_THROTTLING},
	{503, "SlowDown", GLUE_RETRY_THROTTLING},
	{400, "PriorRequestNotComplete", GLUE_RETRY_THROTTLING},
	{400, "EC2ThrottledException", GLUE_RETRY_THROTTLING},

	/* transient by code or status */
	{400, "RequestTimeout", GLUE_RETRY_TRANSIENT},
	{408, "RequestTimeoutException", GLUE_RETRY_TRANSIENT},
	{400, "IDPCommunicationError", GLUE_RETRY_TRANSIENT},
	{500, "InternalServiceException", GLUE_RETRY_TRANSIENT},
	{500, "InternalFailure", GLUE_RETRY_TRANSIENT},
	{503, "ServiceUnavailable", GLUE_RETRY_TRANSIENT},

	/* would fail again */
	{400, "OperationTimeoutException", GLUE_RETRY_NONE},
	{400, "ConcurrentModificationException", GLUE_RETRY_NONE},
	{400, "AlreadyExistsException", GLUE_RETRY_NONE},
	{400, "InvalidInputException", GLUE_RETRY_NONE},
	{400, "AccessDeniedException", GLUE_RETRY_NONE},
	{400, "ExpiredTokenException", GLUE_RETRY_NONE},
	{400, "UnrecognizedClientException", GLUE_RETRY_NONE},
	{400, "InvalidSignatureException", GLUE_RETRY_NONE},
	{400, "GlueEncryptionException", GLUE_RETRY_NONE},
	{400, "ResourceNumberLimitExceededException", GLUE_RETRY_NONE},
	{400, "ValidationException", GLUE_RETRY_NONE},
	{400, "throttling", GLUE_RETRY_NONE},
};

static void
test_classification(void)
{
	size_t		ncases = sizeof(failure_cases) / sizeof(failure_cases[0]);

	for (size_t i = 0; i < ncases; i++)
	{
		const FailureCase *c = &failure_cases[i];
		char		name[80];

		snprintf(name, sizeof(name), "status %d, code %s", c->http_status,
				 c->code ? c->code : "(none)");
		is_int(glue_retry_classify(c->http_status, c->code, false), c->kind,
			   name);
		is_int(glue_retry_classify(c->http_status, c->code, true),
			   c->http_status == 429 ?
			   glue_retry_classify(400, c->code, false) : c->kind, "modeled");
	}
}

static void
test_backoff(void)
{
	static const int transient_ms[] = {
		50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000, 20000
	};
	static const int throttling_ms[] = {
		1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000, 20000, 20000,
		20000, 20000
	};

	for (int i = 0; i < 12; i++)
	{
		is_int(glue_retry_delay_ms(GLUE_RETRY_TRANSIENT, i + 1, 1.0, NULL),
			   transient_ms[i], "longest delay after a transient failure");
		is_int(glue_retry_delay_ms(GLUE_RETRY_THROTTLING, i + 1, 1.0, NULL),
			   throttling_ms[i], "longest delay after throttling");
	}
	is_int(glue_retry_delay_ms(GLUE_RETRY_THROTTLING, 3, 0.5, NULL), 2000,
		   "jitter of a half");
	is_int(glue_retry_delay_ms(GLUE_RETRY_THROTTLING, 3, 0.0, NULL), 0,
		   "jitter of zero");
	is_int(glue_retry_delay_ms(GLUE_RETRY_THROTTLING, 2000000000, 1.0, NULL),
		   20000, "an attempt beyond all reason");
}

static void
test_retry_after(void)
{
	static const struct
	{
		GlueRetryKind kind;
		const char *retry_after;
		int			delay_ms;
	}			cases[] = {
		{GLUE_RETRY_TRANSIENT, "1500", 1500},
		{GLUE_RETRY_TRANSIENT, "0", 50},
		{GLUE_RETRY_TRANSIENT, "10000", 5050},
		{GLUE_RETRY_TRANSIENT, "invalid", 50},
		{GLUE_RETRY_TRANSIENT, "-100", 50},
		{GLUE_RETRY_TRANSIENT, "5050", 5050},
		{GLUE_RETRY_TRANSIENT, "5051", 5050},
		{GLUE_RETRY_TRANSIENT, "5049", 5049},
		{GLUE_RETRY_TRANSIENT, "49", 50},
		{GLUE_RETRY_TRANSIENT, "", 50},
		{GLUE_RETRY_TRANSIENT, "1500x", 50},
		{GLUE_RETRY_TRANSIENT, "1.5", 50},
		{GLUE_RETRY_TRANSIENT, " 1500", 50},
		{GLUE_RETRY_TRANSIENT, "99999999999999999999", 5050},
		{GLUE_RETRY_THROTTLING, "1500", 1500},
		{GLUE_RETRY_THROTTLING, "500", 1000},
		{GLUE_RETRY_THROTTLING, "10000", 6000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		is_int(glue_retry_delay_ms(cases[i].kind, 1, 1.0,
								   cases[i].retry_after),
			   cases[i].delay_ms, cases[i].retry_after);
	is_int(glue_retry_delay_ms(GLUE_RETRY_TRANSIENT, 1, 0.5, "10000"), 5025,
		   "the service's delay counts after the jitter");
}

static void
test_quota(void)
{
	GlueRetryQuota quota;
	int			cost;
	int			retries = 0;

	glue_retry_quota_init(&quota);
	is_int(quota.capacity, 500, "a full quota");

	cost = glue_retry_quota_take(&quota, GLUE_RETRY_TRANSIENT);
	is_int(cost, 14, "cost of a retry");
	is_int(quota.capacity, 486, "the rest");
	glue_retry_quota_refund(&quota, cost);
	is_int(quota.capacity, 500, "given back after a success");

	cost = glue_retry_quota_take(&quota, GLUE_RETRY_THROTTLING);
	is_int(cost, 5, "cost of a retry after throttling");
	is_int(quota.capacity, 495, "the rest");
	glue_retry_quota_refund(&quota, cost);
	is_int(quota.capacity, 500, "given back after a success");

	glue_retry_quota_refund(&quota, 0);
	is_int(quota.capacity, 500, "it never exceeds its size");
	quota.capacity = 486;
	glue_retry_quota_refund(&quota, 0);
	is_int(quota.capacity, 487, "a success at the first attempt");

	quota.capacity = 14;
	is_int(glue_retry_quota_take(&quota, GLUE_RETRY_TRANSIENT), 14,
		   "the last retry");
	is_int(glue_retry_quota_take(&quota, GLUE_RETRY_TRANSIENT), -1,
		   "is the last");
	is_int(quota.capacity, 0, "a refusal costs nothing");
	quota.capacity = 13;
	is_int(glue_retry_quota_take(&quota, GLUE_RETRY_TRANSIENT), -1,
		   "too little for a retry");
	is_int(glue_retry_quota_take(&quota, GLUE_RETRY_THROTTLING), 5,
		   "but enough for one after throttling");

	glue_retry_quota_init(&quota);
	while (glue_retry_quota_take(&quota, GLUE_RETRY_TRANSIENT) > 0)
		retries++;
	is_int(retries, 35, "retries until an outage stops them");
}

int
main(void)
{
	test_classification();
	test_backoff();
	test_retry_after();
	test_quota();
	return tap_done();
}

/*-------------------------------------------------------------------------
 *
 * fuzz_retry.c
 *	  Fuzzer of the arithmetic of retries.
 *
 * The input is lines: the number of an attempt, its jitter in millionths,
 * x-amz-retry-after ("none" if there is none), an HTTP status, a code, and
 * letters for the operations on a quota.
 *
 * Any delay must be within its bounds, and not be shorter for a later attempt;
 * and after any operations, a quota is between zero and its initial value.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_retry.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/retry.h"

#include <limits.h>

#include "lines.h"

/* how long a service may make us wait longer than we would */
#define MAX_EXTRA_MS	5000

static const GlueRetryKind kinds[] = {
	GLUE_RETRY_NONE, GLUE_RETRY_TRANSIENT, GLUE_RETRY_THROTTLING
};

/* The longest wait of our own. */
static int
bound_of(GlueRetryKind kind, int attempt)
{
	long long	bound = kind == GLUE_RETRY_THROTTLING ? 1000 : 50;

	if (attempt > 1)
		bound <<= attempt < 20 ? attempt - 1 : 20;
	return bound < 20000 ? (int) bound : 20000;
}

/* The requested wait; 0 if there is none. */
static int
wish_of(const char *header)
{
	long long	wish;

	if (header == NULL || strspn(header, "0123456789") != strlen(header))
		return 0;
	wish = strtoll(header, NULL, 10);
	return wish < INT_MAX ? (int) wish : INT_MAX;
}

static void
check_delay(GlueRetryKind kind, int attempt, double jitter,
			const char *header)
{
	int			own = glue_retry_delay_ms(kind, attempt, jitter, NULL);
	int			delay = glue_retry_delay_ms(kind, attempt, jitter, header);
	int			wish = wish_of(header);
	int			bound = bound_of(kind, attempt);

	require(own >= 0 && own <= bound && own == (int) (bound * jitter));
	require(delay == (wish <= own ? own :
					  wish - own < MAX_EXTRA_MS ? wish : own + MAX_EXTRA_MS));

	require(glue_retry_delay_ms(kind, attempt, 0, NULL) == 0);
	require(glue_retry_delay_ms(kind, attempt, 1, NULL) == bound);
	if (attempt < INT_MAX)
	{
		require(glue_retry_delay_ms(kind, attempt + 1, jitter, NULL) >= own);
		require(glue_retry_delay_ms(kind, attempt + 1, jitter, header) >= delay);
	}
}

/*
 * A known code decides with every status, and without one the status decides;
 * 429 decides if the code is not in the model.
 */
static void
check_classify(int status, const char *code)
{
	GlueRetryKind kind = glue_retry_classify(status, code, false);
	GlueRetryKind by_code = glue_retry_classify(400, code, false);
	GlueRetryKind by_status = glue_retry_classify(status, NULL, false);

	require(kind >= GLUE_RETRY_NONE && kind <= GLUE_RETRY_THROTTLING);
	require(kind == (by_code != GLUE_RETRY_NONE && status != 429 ?
					 by_code : by_status));
	require(glue_retry_classify(status, "", false) == by_status);
	require(glue_retry_classify(status, code, true) ==
			(status == 429 ? by_code : kind));
	if (status != 0 && status != 429 && status < 500)
		require(by_status == GLUE_RETRY_NONE);
}

/*
 * "t" and "r" take for a retry, "s" refunds the last one, and anything else
 * is a success at the first attempt.
 */
static void
check_quota(const char *events)
{
	GlueRetryQuota quota;
	int			last_cost = 0;

	glue_retry_quota_init(&quota);
	require(quota.capacity == GLUE_RETRY_QUOTA_SIZE);
	for (; *events != '\0'; events++)
	{
		int			before = quota.capacity;

		if (*events == 't' || *events == 'r')
		{
			int			cost = glue_retry_quota_take(&quota, *events == 't' ?
													 GLUE_RETRY_THROTTLING :
													 GLUE_RETRY_TRANSIENT);

			require(cost == -1 || cost == (*events == 't' ? 5 : 14));
			require(quota.capacity == (cost == -1 ? before : before - cost));
			require((cost == -1) == (before < (*events == 't' ? 5 : 14)));
			last_cost = cost == -1 ? last_cost : cost;
		}
		else
		{
			glue_retry_quota_refund(&quota, *events == 's' ? last_cost : 0);
			last_cost = *events == 's' ? 0 : last_cost;
			require(quota.capacity > before ||
					before == GLUE_RETRY_QUOTA_SIZE);
		}
		require(quota.capacity >= 0 &&
				quota.capacity <= GLUE_RETRY_QUOTA_SIZE);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Lines		lines;
	const char *header;

	split_lines(&lines, data, size);
	header = line_at(&lines, 2);
	if (strcmp(header, "none") == 0)
		header = NULL;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		check_delay(kinds[i], number_at(&lines, 0, INT_MIN, INT_MAX),
					number_at(&lines, 1, 0, 1000000) / 1e6, header);
	check_classify(number_at(&lines, 3, 0, 999), line_at(&lines, 4));
	check_quota(line_at(&lines, 5));
	free_lines(&lines);
	return 0;
}

/*-------------------------------------------------------------------------
 *
 * shared_quota.c
 *	  The retry quota of all backends.
 *
 * It is shared if the library is preloaded, so that all backends together
 * limit their retries against an unavailable service.  Its arithmetic is in
 * aws/retry.c.
 *
 * IDENTIFICATION
 *	  src/client/shared_quota.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/shared_quota.h"

static void init_quota(void *quota);

GlueSharedPart glue_shared_quota_part = {
	.name = "glue_conn retry quota",
	.size = sizeof(GlueRetryQuota),
	.initialize = init_quota,
};

static void
init_quota(void *quota)
{
	glue_retry_quota_init(quota);
}

/* Take the cost of a retry from the quota; -1 if too little is left. */
int
glue_shared_quota_take(GlueRetryKind kind)
{
	GlueRetryQuota *quota = glue_shared_attach(&glue_shared_quota_part);
	int			cost;

	glue_shared_lock(LW_EXCLUSIVE);
	cost = glue_retry_quota_take(quota, kind);
	glue_shared_unlock();
	return cost;
}

/* Refund the cost of the last retry, after a call has succeeded. */
void
glue_shared_quota_refund(int last_cost)
{
	GlueRetryQuota *quota = glue_shared_attach(&glue_shared_quota_part);

	glue_shared_lock(LW_EXCLUSIVE);
	glue_retry_quota_refund(quota, last_cost);
	glue_shared_unlock();
}

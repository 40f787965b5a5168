/*-------------------------------------------------------------------------
 *
 * retry.h
 *	  The arithmetic of AWS's standard retry mode, as of 2026.
 *
 * IDENTIFICATION
 *	  src/aws/retry.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_RETRY_H
#define GLUE_AWS_RETRY_H

#include <stdbool.h>

typedef enum GlueRetryKind
{
	GLUE_RETRY_NONE,			/* the same request would fail again */
	GLUE_RETRY_TRANSIENT,
	GLUE_RETRY_THROTTLING
} GlueRetryKind;

/*
 * The retry quota of one client: a token bucket that retries empty and
 * successes fill, so that many failing calls soon stop retrying.
 */
typedef struct GlueRetryQuota
{
	int			capacity;
} GlueRetryQuota;

#define GLUE_RETRY_QUOTA_SIZE	500

extern GlueRetryKind glue_retry_classify(int http_status, const char *code,
										 bool modeled);
extern int	glue_retry_delay_ms(GlueRetryKind kind, int attempt,
								double jitter, const char *retry_after);
extern void glue_retry_quota_init(GlueRetryQuota *quota);
extern int	glue_retry_quota_take(GlueRetryQuota *quota, GlueRetryKind kind);
extern void glue_retry_quota_refund(GlueRetryQuota *quota, int last_cost);

#endif							/* GLUE_AWS_RETRY_H */

/*-------------------------------------------------------------------------
 *
 * shared_quota.h
 *	  The retry quota of all backends.
 *
 * IDENTIFICATION
 *	  src/client/shared_quota.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_SHARED_QUOTA_H
#define GLUE_CLIENT_SHARED_QUOTA_H

#include "aws/retry.h"
#include "server/shared_state.h"

extern GlueSharedPart glue_shared_quota_part;

extern int	glue_shared_quota_take(GlueRetryKind kind);
extern void glue_shared_quota_refund(int last_cost);

#endif							/* GLUE_CLIENT_SHARED_QUOTA_H */

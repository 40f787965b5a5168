/*-------------------------------------------------------------------------
 *
 * attempt.h
 *	  One attempt at a call: signature, transfer and answer.
 *
 * IDENTIFICATION
 *	  src/client/attempt.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_ATTEMPT_H
#define GLUE_CLIENT_ATTEMPT_H

#include "aws/clock_skew.h"
#include "aws/invocation_id.h"
#include "aws/retry.h"
#include "client/call.h"
#include "http/http.h"

typedef struct GlueAttempt
{
	/* the same for all attempts at a call */
	GlueCall   *call;
	char		invocation_id[GLUE_INVOCATION_ID_SIZE];

	/* the attempt under way */
	GlueClockSkew signed_with;
	GlueHttpMessage message;
	GlueHttpTransfer *transfer;
	int64		sent_ms;		/* time by glue_boot_ms() */
	GlueReplyHeaders headers;

	/* failure of the last attempt, if the call has no answer */
	GlueFailure *failure;
	GlueRetryKind retry_kind;
	bool		ambiguous;		/* the attempt may have been carried out */
} GlueAttempt;

extern void glue_attempt_init(GlueAttempt *attempt, GlueCall *call,
							  GlueCallback on_news);
extern void glue_attempt_sign(GlueAttempt *attempt);
extern void glue_attempt_send(GlueAttempt *attempt);
extern void glue_attempt_finish(GlueAttempt *attempt);
extern long long glue_attempt_clock_skew(void);

#endif							/* GLUE_CLIENT_ATTEMPT_H */

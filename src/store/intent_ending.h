/*-------------------------------------------------------------------------
 *
 * intent_ending.h
 *	  The intents of calls whose transaction has ended without closing them.
 *
 * IDENTIFICATION
 *	  src/store/intent_ending.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_INTENT_ENDING_H
#define GLUE_STORE_INTENT_ENDING_H

#include "datatype/timestamp.h"
#include "store/claimant.h"

/* The end of such a call.  Text is UTF-8, or NULL. */
typedef struct GlueIntentEnding
{
	int64		id;
	const char *state;			/* "queued": the call must be undone */
	const char *code;			/* of a refusal... */
	const char *message;
	const char *aws_request_id;
	TimestampTz answered_at;	/* 0: not known */
	TimestampTz aws_ended_at;	/* the same by AWS's clock; 0: not known */
	bool		not_made;		/* no connection was created */
} GlueIntentEnding;

extern int	glue_intent_rows_find_ended(const GlueClaims *queue, int64 *ids, int max,
										bool *more);
extern int	glue_intent_rows_end(const GlueClaims *queue,
								 const GlueIntentEnding *endings, int nendings,
								 int64 *written);

#endif							/* GLUE_STORE_INTENT_ENDING_H */

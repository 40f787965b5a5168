/*-------------------------------------------------------------------------
 *
 * claim_ending.h
 *	  How attempts at requests have ended, in the table glue_request.
 *
 * IDENTIFICATION
 *	  src/store/claim_ending.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CLAIM_ENDING_H
#define GLUE_STORE_CLAIM_ENDING_H

#include "store/claim_row.h"

/* How an attempt at a request has ended.  Text is UTF-8, or NULL. */
typedef struct GlueClaimOutcome
{
	const char *state;			/* "queued": there will be another attempt */
	TimestampTz next_attempt_at;	/* of that; 0 otherwise */
	bool		free_attempt;	/* it does not count */
	bool		uncertain;		/* it may have been carried out all the same */
	bool		undone;			/* it is only to be recorded */
	const char *status;
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
	TimestampTz aws_ended_at;	/* when that was, by AWS's clock; 0: not known */
	TimestampTz aws_settled_at; /* of an undo, likewise: see undo.c */
	json_object *answer;		/* what could not be recorded, or NULL */
} GlueClaimOutcome;

/* A request whose attempt has ended. */
typedef struct GlueEndedClaim
{
	const GlueClaim *request;
	const GlueClaimOutcome *outcome;
	bool		recorded;		/* it was still ours */
} GlueEndedClaim;

extern void glue_claims_record(const GlueClaims *queue,
							   GlueEndedClaim *ended, int nended);
extern void glue_claims_put_off(const GlueClaims *queue, int64 id,
								TimestampTz until, const char *code,
								const char *message);
extern uint64 glue_claims_purge(const GlueClaims *queue,
								TimestampTz finished_before, int limit);

#endif							/* GLUE_STORE_CLAIM_ENDING_H */

/*-------------------------------------------------------------------------
 *
 * claim_ending.h
 *	  The ends of attempts at requests, in the table glue_request.
 *
 * IDENTIFICATION
 *	  src/store/claim_ending.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CLAIM_ENDING_H
#define GLUE_STORE_CLAIM_ENDING_H

#include "store/claim_row.h"

/* The outcome of an attempt at a request.  Text is UTF-8, or NULL. */
typedef struct GlueClaimOutcome
{
	const char *state;			/* "queued": there will be a retry */
	TimestampTz next_attempt_at;	/* of the retry; 0 otherwise */
	bool		free_attempt;	/* the attempt does not count */
	bool		uncertain;		/* AWS may have carried it out nevertheless */
	bool		undone;			/* the undo is only to be recorded */
	const char *status;
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
	TimestampTz aws_ended_at;	/* time of the end, by AWS's clock; 0: not
								 * known */
	TimestampTz aws_settled_at; /* of an undo, likewise: see undo.c */
	json_object *answer;		/* result that could not be recorded, or NULL */
} GlueClaimOutcome;

/* A request whose attempt has ended. */
typedef struct GlueEndedClaim
{
	const GlueClaim *request;
	const GlueClaimOutcome *outcome;
	bool		recorded;		/* this process still had the claim */
} GlueEndedClaim;

extern void glue_claims_record(const GlueClaims *queue,
							   GlueEndedClaim *ended, int nended);
extern void glue_claims_put_off(const GlueClaims *queue, int64 id,
								TimestampTz until, const char *code,
								const char *message);
extern uint64 glue_claims_purge(const GlueClaims *queue,
								TimestampTz finished_before, int limit);

#endif							/* GLUE_STORE_CLAIM_ENDING_H */

/*-------------------------------------------------------------------------
 *
 * outcomes.h
 *	  The outcomes of calls whose transactions have not ended.
 *
 * IDENTIFICATION
 *	  src/journal/outcomes.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_OUTCOMES_H
#define GLUE_JOURNAL_OUTCOMES_H

#include "client/failure.h"
#include "server/shared_state.h"
#include "utils/timestamp.h"

/* The effect that a call may have had in AWS Glue. */
typedef enum GlueOutcome
{
	GLUE_OUTCOME_UNKNOWN,		/* not known, and it may still take effect */
	GLUE_OUTCOME_NOTHING,		/* none: it was refused, or never sent */
	GLUE_OUTCOME_CREATED,		/* it has created the connection */
	GLUE_OUTCOME_CHANGED		/* it has not created the connection, but may
								 * have changed it */
} GlueOutcome;

typedef struct GlueOutcomeNote
{
	GlueOutcome outcome;
	TimestampTz answered_at;	/* 0: not answered, or the answer is not final */
	TimestampTz aws_ended_at;	/* the same by AWS's clock; 0: not known */

	/* of NOTHING: the reason, or empty; UTF-8 */
	char		code[64];
	char		message[640];	/* truncated if longer */
	char		request_id[64]; /* AWS's */
} GlueOutcomeNote;

extern GlueSharedPart glue_outcome_part;

extern void glue_outcome_note(int64 id, GlueOutcome outcome,
							  bool answered, TimestampTz aws_ended_at,
							  const GlueFailure *failure);
extern void glue_outcome_find(int64 id, GlueOutcomeNote *found);
extern void glue_outcome_forget(int64 id);

#endif							/* GLUE_JOURNAL_OUTCOMES_H */

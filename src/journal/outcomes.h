/*-------------------------------------------------------------------------
 *
 * outcomes.h
 *	  What became of calls whose transactions have not ended.
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

/* What a call may have done in AWS Glue. */
typedef enum GlueOutcome
{
	GLUE_OUTCOME_UNKNOWN,		/* anything, and it may yet do it */
	GLUE_OUTCOME_NOTHING,		/* nothing: it was refused, or never sent */
	GLUE_OUTCOME_CREATED,		/* it made the connection */
	GLUE_OUTCOME_CHANGED		/* it did not make the connection, but may
								 * have changed it */
} GlueOutcome;

typedef struct GlueOutcomeNote
{
	GlueOutcome outcome;
	TimestampTz answered_at;	/* 0: it has not been, or not for good */
	TimestampTz aws_ended_at;	/* the same by AWS's clock; 0: not known */

	/* of NOTHING: why, or empty; UTF-8 */
	char		code[64];
	char		message[640];	/* what is longer is cut */
	char		request_id[64]; /* AWS's */
} GlueOutcomeNote;

extern GlueSharedPart glue_outcome_part;

extern void glue_outcome_note(int64 id, GlueOutcome outcome,
							  bool answered, TimestampTz aws_ended_at,
							  const GlueFailure *failure);
extern void glue_outcome_find(int64 id, GlueOutcomeNote *found);
extern void glue_outcome_forget(int64 id);

#endif							/* GLUE_JOURNAL_OUTCOMES_H */

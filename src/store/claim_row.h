/*-------------------------------------------------------------------------
 *
 * claim_row.h
 *	  A request that was claimed, as its row in glue_request has it.
 *
 * IDENTIFICATION
 *	  src/store/claim_row.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CLAIM_ROW_H
#define GLUE_STORE_CLAIM_ROW_H

#include <json-c/json.h>

#include "nodes/pg_list.h"
#include "store/claimant.h"
#include "store/request.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* What is known of a call that is to be undone. */
typedef struct GlueUndo
{
	int64		id;				/* of its request */
	bool		may_have_made;	/* it may have created the connection... */
	bool		keep;			/* ... which is to be kept then, or was */
	TimestampTz answered_at;	/* when the call had ended; 0: not known */
	long		late_limit_ms;	/* after its sender is gone, nothing of it
								 * arrives any more */

	/* by AWS's clock; 0: not known */
	TimestampTz aws_sent_at;	/* not before that... */
	TimestampTz aws_ended_at;	/* ... nor after that */
	bool		committed;		/* the transaction went on after the call had
								 * failed, and has committed */
	bool		undone;			/* there is nothing to be done any more, but
								 * to record what there is */

	/* see store/evidence.c */
	bool		taken_over;		/* others rely on the connection */
	bool		deferred;		/* what there is cannot be recorded yet */
	json_object **updates;		/* definitions that it may have been given */
	int			nupdates;
	TimestampTz aws_updated_at; /* not later; 0: not known */
	TimestampTz aws_deleted_at; /* what is recorded from before is out of
								 * date; 0: not known */
	TimestampTz deleted_at;		/* the same by our clock; 0: there is nothing
								 * like that */
} GlueUndo;

/* A request that was claimed.  Text is UTF-8. */
typedef struct GlueClaim
{
	MemoryContext context;		/* of the request */
	int64		id;
	GlueRequest what;			/* input is the redacted one */
	bytea	   *sealed;			/* the whole input, or NULL */
	Oid			sealed_for;		/* what.role, where it was sealed */
	const char *status;			/* IN_PROGRESS: it is waited for that */
	int			attempts;		/* this one included */
	bool		uncertain;		/* an attempt before may have been carried
								 * out, and nobody knows */
	Jsonb	   *settings;		/* of the caller's session, or NULL */
	const char *settings_text;	/* the same; "{}" instead of NULL */
	TimestampTz requested_at;
	TimestampTz started_at;		/* of the first attempt */
	TimestampTz aws_settled_at; /* see operation/late.c; 0: nothing is late */
	const char *error_code;		/* of the last one, or of the call itself; of
								 * what is undone, how it will end */
	const char *error_message;
	json_object *answer;		/* what is only to be recorded, or NULL; see
								 * queue/answer.c */
	GlueUndo   *undo;			/* NULL: it is to be done, not undone */
} GlueClaim;

/*
 * What a claim is read from, of the row r.  claimed_by is the process that has had
 * it before.  The statement has the columns of the table.
 */
#define GLUE_CLAIM_COLUMNS(claimed_by) claimed_by " IS NOT NULL, @r_columns"

extern List *glue_claims_read(uint64 count, bool undo, MemoryContext parent);
extern void glue_claims_read_secrets(const GlueClaims *queue, List *requests);

#endif							/* GLUE_STORE_CLAIM_ROW_H */

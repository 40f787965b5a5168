/*-------------------------------------------------------------------------
 *
 * claim_row.h
 *	  A claimed request, as its row in glue_request.
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

/* A call that is to be undone. */
typedef struct GlueUndo
{
	int64		id;				/* of its request */
	bool		may_have_made;	/* it may have created the connection... */
	bool		keep;			/* ... and the connection is kept on rollback,
								 * or was */
	TimestampTz answered_at;	/* end of the call; 0: not known */
	long		late_limit_ms;	/* after its sender is gone, no message of it
								 * arrives later */

	/* by AWS's clock; 0: not known */
	TimestampTz aws_sent_at;	/* began not before... */
	TimestampTz aws_ended_at;	/* ... and ended not after */
	bool		committed;		/* the call failed, its transaction went on
								 * and has committed */
	bool		undone;			/* the undo is finished, and only to be
								 * recorded */

	/* see store/evidence.c */
	bool		taken_over;		/* another request relies on the connection */
	bool		deferred;		/* the result cannot be recorded yet */
	json_object **updates;		/* definitions of updates that may have been
								 * made */
	int			nupdates;
	TimestampTz aws_updated_at; /* not later; 0: not known */
	TimestampTz aws_deleted_at; /* older records are out of date; 0: not known */
	TimestampTz deleted_at;		/* the same by our clock; 0: no deletion */
} GlueUndo;

/* A claimed request.  Text is UTF-8. */
typedef struct GlueClaim
{
	MemoryContext context;		/* of the request */
	int64		id;
	GlueRequest what;			/* input is redacted */
	bytea	   *sealed;			/* the whole input, or NULL */
	Oid			sealed_for;		/* the role it was sealed for; as what.role
								 * but for another cluster */
	const char *status;			/* IN_PROGRESS: wait until the connection is
								 * ready */
	int			attempts;		/* including this one */
	bool		uncertain;		/* AWS may have carried out an earlier attempt */
	Jsonb	   *settings;		/* of the caller's session, or NULL */
	const char *settings_text;	/* the same; "{}" for NULL */
	TimestampTz requested_at;
	TimestampTz started_at;		/* of the first attempt */
	TimestampTz aws_settled_at; /* see operation/late.c; 0: no late message is
								 * possible */
	const char *error_code;		/* of the last attempt, or of the call itself;
								 * of an undo, the code that it will end with */
	const char *error_message;
	json_object *answer;		/* result that is only to be recorded, or
								 * NULL; see queue/answer.c */
	GlueUndo   *undo;			/* NULL: carry it out, do not undo it */
} GlueClaim;

/*
 * The columns of a claim, of the row r.  claimed_by is the process that had
 * claimed it before.  The statement has the columns of the table.
 */
#define GLUE_CLAIM_COLUMNS(claimed_by) claimed_by " IS NOT NULL, @r_columns"

extern List *glue_claims_read(uint64 count, bool undo, MemoryContext parent);
extern void glue_claims_read_secrets(const GlueClaims *queue, List *requests);

#endif							/* GLUE_STORE_CLAIM_ROW_H */

/*-------------------------------------------------------------------------
 *
 * claims.h
 *	  The table glue_request, as those who work it see it.
 *
 * IDENTIFICATION
 *	  src/store/claims.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CLAIMS_H
#define GLUE_STORE_CLAIMS_H

#include <json-c/json.h>

#include "nodes/pg_list.h"
#include "store/claimant.h"
#include "store/request.h"
#include "store/sql_text.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

/* The code of a failure because a request would go elsewhere now. */
#define GLUE_CODE_TARGET_CHANGED "target changed"

/*
 * Is an open request held?  What was shown as held stays so if its home becomes
 * ours again, as that from before a restore to a point in time does if pg_upgrade
 * has the history of timelines begin anew.
 */
#define GLUE_IS_HELD(request, own) \
	"(" request ".home" DIFFERS_FROM own " OR " request ".state" EQUALS "'held')"

/* What requests are claimed for. */
typedef enum GlueClaimKind
{
	GLUE_CLAIM_TO_DO,			/* requests that were queued */
	GLUE_CLAIM_TO_UNDO			/* calls that acted at once, and whose
								 * transaction was rolled back */
} GlueClaimKind;

/* What is known of a call that is to be undone. */
typedef struct GlueUndo
{
	bool		may_have_made;	/* it may have created the connection... */
	bool		keep;			/* ... which is to be kept then, or was */
	TimestampTz answered_at;	/* when the call had ended; 0: not known */
	bool		committed;		/* the transaction went on after the call had
								 * failed, and has committed */
	bool		undone;			/* there is nothing to be done any more, but
								 * to record what there is */

	/* see store/evidence.c */
	bool		taken_over;		/* others rely on the connection */
	bool		deferred;		/* what there is cannot be recorded yet */
	json_object **updates;		/* definitions that it may have been given */
	int			nupdates;
	TimestampTz updated_at;		/* not later; 0: not known */
	TimestampTz deleted_at;		/* what is recorded from before is out of
								 * date; 0: there is nothing like that */
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
	const char *error_code;		/* of the last one, or of the call itself; of
								 * what is undone, how it will end */
	const char *error_message;
	json_object *answer;		/* what is only to be recorded, or NULL; see
								 * queue/answer.c */
	GlueUndo   *undo;			/* NULL: it is to be done, not undone */
} GlueClaim;

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
	json_object *answer;		/* what could not be recorded, or NULL */
} GlueClaimOutcome;

/* A request whose attempt has ended. */
typedef struct GlueEndedClaim
{
	const GlueClaim *request;
	const GlueClaimOutcome *outcome;
	bool		recorded;		/* it was still ours */
} GlueEndedClaim;

/* Which requests are claimed, of those whose time has come. */
typedef struct GlueClaimFilter
{
	int			limit;			/* so many at most */
	int64		only;			/* this one; 0: any */
	List	   *blocked;		/* GlueBlockedTarget: none for these */
	Datum		excluded;		/* an array of IDs: none of these */
} GlueClaimFilter;

/* A request whose time has come. */
typedef struct GlueDueRequest
{
	int64		id;
	int			attempts;		/* so far */
} GlueDueRequest;

/* A target that requests are not claimed for at present. */
typedef struct GlueBlockedTarget
{
	int64		cluster;		/* that the OID is of */
	Oid			server_oid;
	Oid			role;
	const char *settings;		/* settings_text of its requests */
	unsigned char fingerprint[GLUE_FINGERPRINT_LEN];	/* likewise */
} GlueBlockedTarget;

/* How whoever works the queue begins and ends transactions. */
typedef struct GlueTransactions
{
	void		(*begin) (bool snapshot);
	void		(*commit) (void);
} GlueTransactions;

extern List *glue_claims_take(const GlueClaims *queue, GlueClaimKind kind,
							  const GlueClaimFilter *filter,
							  MemoryContext parent);
extern List *glue_claims_due(const GlueClaims *queue, GlueClaimKind kind,
							 const GlueClaimFilter *filter);
extern void glue_claims_put_off(const GlueClaims *queue, int64 id,
								TimestampTz until, const char *code,
								const char *message);
extern List *glue_requests_lock(const GlueClaims *queue, bool held, Datum ids,
								bool any);
extern void glue_claims_record(const GlueClaims *queue,
							   GlueEndedClaim *ended, int nended);
extern bool glue_claims_acted_since(const GlueClaims *queue, int64 id,
									TimestampTz since);
extern TimestampTz glue_claims_next_due(const GlueClaims *queue,
										GlueClaimKind kind);
extern uint64 glue_claims_purge(const GlueClaims *queue,
								TimestampTz finished_before, int limit);

#endif							/* GLUE_STORE_CLAIMS_H */

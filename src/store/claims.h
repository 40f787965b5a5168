/*-------------------------------------------------------------------------
 *
 * claims.h
 *	  The table glue_request, for the processes that work the queue.
 *
 * IDENTIFICATION
 *	  src/store/claims.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CLAIMS_H
#define GLUE_STORE_CLAIMS_H

#include "store/claim_row.h"
#include "store/sql_text.h"

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

/* Which requests are claimed, of those whose time has come. */
typedef struct GlueClaimFilter
{
	int			limit;			/* so many at most */
	int64		only;			/* this one; 0: any */
	List	   *blocked;		/* GlueBlockedTarget: none for these */
	const int64 *excluded;		/* IDs: none of these */
	int			nexcluded;
} GlueClaimFilter;

/* A request whose time has come. */
typedef struct GlueDueRequest
{
	int64		id;
	int			attempts;		/* so far */
	const char *operation;
	const char *name;			/* of the connection, in UTF-8 */
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

extern List *glue_claims_take(const GlueClaims *queue, GlueClaimKind kind,
							  const GlueClaimFilter *filter,
							  MemoryContext parent);
extern List *glue_claims_due(const GlueClaims *queue, GlueClaimKind kind,
							 const GlueClaimFilter *filter);
extern GlueClaim *glue_queued_request_lock(const GlueClaims *queue, int64 id);
extern List *glue_held_requests_lock(const GlueClaims *queue, Datum ids,
									 bool any);
extern bool glue_claims_acted_since(const GlueClaims *queue, int64 id,
									TimestampTz since);
extern TimestampTz glue_claims_next_due(const GlueClaims *queue,
										GlueClaimKind kind);

#endif							/* GLUE_STORE_CLAIMS_H */

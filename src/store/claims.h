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
 * Is an open request held?  A held request stays held even if its home becomes
 * ours again.  That happens after a point-in-time recovery if pg_upgrade then
 * starts a new timeline history.
 */
#define GLUE_IS_HELD(request, own) \
	"(" request ".home" DIFFERS_FROM own " OR " request ".state" EQUALS "'held')"

/* The purposes of a claim. */
typedef enum GlueClaimKind
{
	GLUE_CLAIM_TO_DO,			/* queued requests, to be carried out */
	GLUE_CLAIM_TO_UNDO			/* calls that acted at once, of a transaction
								 * that was rolled back */
} GlueClaimKind;

/* The due requests that are to be claimed. */
typedef struct GlueClaimFilter
{
	int			limit;			/* at most this number */
	int64		only;			/* this request alone; 0: any */
	List	   *blocked;		/* GlueBlockedTarget: not for these targets */
	const int64 *excluded;		/* IDs: not these */
	int			nexcluded;
} GlueClaimFilter;

/* A request that is due. */
typedef struct GlueDueRequest
{
	int64		id;
	int			attempts;		/* so far */
	const char *operation;
	const char *name;			/* of the connection, in UTF-8 */
} GlueDueRequest;

/* A target that no request is claimed for at present. */
typedef struct GlueBlockedTarget
{
	int64		cluster;		/* the cluster of the OID */
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

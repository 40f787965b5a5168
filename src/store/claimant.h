/*-------------------------------------------------------------------------
 *
 * claimant.h
 *	  The processes that carry out requests of the table glue_request.
 *
 * IDENTIFICATION
 *	  src/store/claimant.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CLAIMANT_H
#define GLUE_STORE_CLAIMANT_H

#include "store/request_secret.h"

/* The table, open for the queue until the end of the transaction. */
typedef struct GlueClaims
{
	GlueOwnTable table;
	GlueRequestSecrets secrets;
	int64		claimant;		/* the number of this process */
} GlueClaims;

extern int64 glue_claimant_begin(void);
extern void glue_claimant_end(int64 claimant);

extern bool glue_claims_open(GlueClaims *queue, Oid schema,
							 int64 claimant);
extern void glue_claims_open_or_fail(GlueClaims *queue, Oid schema);
extern void glue_claims_sign_up(const GlueClaims *queue);
extern bool glue_claims_have_others(const GlueClaims *queue);
extern void glue_claims_release_orphans(const GlueClaims *queue);
extern void glue_claims_leave(const GlueClaims *queue);

#endif							/* GLUE_STORE_CLAIMANT_H */

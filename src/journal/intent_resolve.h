/*-------------------------------------------------------------------------
 *
 * intent_resolve.h
 *	  Calls that acted at once, and whose transaction has ended without them.
 *
 * IDENTIFICATION
 *	  src/journal/intent_resolve.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_INTENT_RESOLVE_H
#define GLUE_INTENT_RESOLVE_H

#include "store/request_claim.h"

/* What has come of looking for such calls. */
typedef struct GlueResolution
{
	int64	   *resolved;		/* IDs of those that were dealt with */
	int			nresolved;
	bool		incomplete;		/* there are more, to be dealt with soon */
} GlueResolution;

extern void glue_intents_resolve(const GlueClaims *queue,
								 GlueResolution *resolution);
extern void glue_intents_resolved(const GlueResolution *resolution);

#endif							/* GLUE_INTENT_RESOLVE_H */

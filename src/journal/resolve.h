/*-------------------------------------------------------------------------
 *
 * resolve.h
 *	  Calls that acted at once, and whose transaction has ended without them.
 *
 * IDENTIFICATION
 *	  src/journal/resolve.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_RESOLVE_H
#define GLUE_JOURNAL_RESOLVE_H

#include "store/jobs.h"

/* What has come of looking for such calls. */
typedef struct GlueResolution
{
	int64	   *resolved;		/* IDs of those that were dealt with */
	int			nresolved;
	bool		incomplete;		/* there are more, to be dealt with soon */
} GlueResolution;

extern void glue_intents_resolve(const GlueJobQueue *queue,
								 GlueResolution *resolution);
extern void glue_intents_resolved(const GlueResolution *resolution);

#endif							/* GLUE_JOURNAL_RESOLVE_H */

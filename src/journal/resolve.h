/*-------------------------------------------------------------------------
 *
 * resolve.h
 *	  Resolving calls whose transaction has ended without closing them.
 *
 * IDENTIFICATION
 *	  src/journal/resolve.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_RESOLVE_H
#define GLUE_JOURNAL_RESOLVE_H

#include "store/jobs.h"

/* The result of a search for such calls. */
typedef struct GlueResolution
{
	int64	   *resolved;		/* IDs of the resolved calls */
	int			nresolved;
	bool		incomplete;		/* there are more, to be resolved soon */
} GlueResolution;

extern void glue_intents_resolve(const GlueJobQueue *queue,
								 GlueResolution *resolution);
extern void glue_intents_resolved(const GlueResolution *resolution);

#endif							/* GLUE_JOURNAL_RESOLVE_H */

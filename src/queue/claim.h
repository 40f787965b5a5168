/*-------------------------------------------------------------------------
 *
 * claim.h
 *	  Claiming requests, and preparing what is to be done for them.
 *
 * For queue/batch.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/claim.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_CLAIM_H
#define GLUE_QUEUE_CLAIM_H

#include "queue/job.h"

extern List *glue_jobs_claim(const GlueClaims *queue, const GlueMirror *mirror,
							 GlueWorkTargets *targets, GlueClaimKind kind,
							 int limit, MemoryContext parent);

#endif							/* GLUE_QUEUE_CLAIM_H */

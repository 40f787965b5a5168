/*-------------------------------------------------------------------------
 *
 * job_claim.h
 *	  Claiming requests, and preparing what is to be done for them.
 *
 * For queue_run.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/job_claim.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOB_CLAIM_H
#define GLUE_JOB_CLAIM_H

#include "queue/queue_job.h"

extern List *glue_jobs_claim(const GlueClaims *queue, const GlueMirror *mirror,
							 GlueWorkTargets *targets, GlueClaimKind kind,
							 int limit, MemoryContext parent);

#endif							/* GLUE_JOB_CLAIM_H */

/*-------------------------------------------------------------------------
 *
 * outcome.h
 *	  What becomes of a request whose attempt has ended.
 *
 * For queue/steps.c and queue/stages.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/outcome.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_OUTCOME_H
#define GLUE_QUEUE_OUTCOME_H

#include "queue/job.h"

extern void glue_job_resolve(GlueJob *job);
extern void glue_job_resolve_failure(GlueJob *job, const GlueFailure *failure);
extern void glue_job_resolve_sealing(GlueJob *job);
extern void glue_job_put_back(GlueJob *job, int pause_ms);

#endif							/* GLUE_QUEUE_OUTCOME_H */

/*-------------------------------------------------------------------------
 *
 * steps.h
 *	  The calls of a job, one after the other.
 *
 * For queue/stages.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/steps.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_STEPS_H
#define GLUE_QUEUE_STEPS_H

#include "queue/job.h"

extern GlueCall *glue_job_begin(GlueJob *job);
extern GlueCall *glue_job_next(GlueJob *job);

#endif							/* GLUE_QUEUE_STEPS_H */

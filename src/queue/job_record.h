/*-------------------------------------------------------------------------
 *
 * job_record.h
 *	  What is recorded of requests that were worked on.
 *
 * For queue_run.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/job_record.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOB_RECORD_H
#define GLUE_JOB_RECORD_H

#include "queue/queue_job.h"

extern ErrorData *glue_jobs_record(GlueJob **jobs, int njobs,
								   GlueClaims *queue,
								   const GlueMirror *mirror);

#endif							/* GLUE_JOB_RECORD_H */

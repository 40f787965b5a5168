/*-------------------------------------------------------------------------
 *
 * job_answer.h
 *	  What AWS Glue has answered, kept until it can be recorded.
 *
 * For job_claim.c and queue_run.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/job_answer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOB_ANSWER_H
#define GLUE_JOB_ANSWER_H

#include "queue/queue_job.h"

extern void glue_job_keep_answer(GlueJob *job, const ErrorData *error);
extern void glue_job_restore_answer(GlueJob *job);

#endif							/* GLUE_JOB_ANSWER_H */

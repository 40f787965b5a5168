/*-------------------------------------------------------------------------
 *
 * answer.h
 *	  What AWS Glue has answered, kept until it can be recorded.
 *
 * For queue/claim.c and queue/batch.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/answer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_ANSWER_H
#define GLUE_QUEUE_ANSWER_H

#include "queue/job.h"

extern void glue_job_keep_answer(GlueJob *job, const ErrorData *error);
extern void glue_job_restore_answer(GlueJob *job);

#endif							/* GLUE_QUEUE_ANSWER_H */

/*-------------------------------------------------------------------------
 *
 * prepare.h
 *	  What a job has to know before its calls are made.
 *
 * For queue/claim.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/prepare.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_PREPARE_H
#define GLUE_QUEUE_PREPARE_H

#include "queue/job.h"

extern void glue_job_prepare(GlueJob *job, const GlueMirror *mirror);

#endif							/* GLUE_QUEUE_PREPARE_H */

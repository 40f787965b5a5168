/*-------------------------------------------------------------------------
 *
 * record.h
 *	  What is recorded of requests that were worked on.
 *
 * For queue/batch.c alone.
 *
 * IDENTIFICATION
 *	  src/queue/record.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_RECORD_H
#define GLUE_QUEUE_RECORD_H

#include "queue/job.h"
#include "server/shared_state.h"

extern GlueSharedPart glue_logged_undo_part;

extern ErrorData *glue_jobs_record(GlueJob **jobs, int njobs,
								   GlueClaims *queue,
								   const GlueMirror *mirror);

#endif							/* GLUE_QUEUE_RECORD_H */

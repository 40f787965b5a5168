/*-------------------------------------------------------------------------
 *
 * job_queue.h
 *	  The processes that carry out requests of the table glue_request.
 *
 * IDENTIFICATION
 *	  src/store/job_queue.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_JOB_QUEUE_H
#define GLUE_STORE_JOB_QUEUE_H

#include "store/request_secret.h"

/* The table, ready to be worked until the end of the transaction. */
typedef struct GlueJobQueue
{
	GlueOwnTable table;
	GlueRequestSecrets secrets;
	int64		claimant;		/* the number of this process */
} GlueJobQueue;

extern int64 glue_claimant_begin(void);
extern void glue_claimant_end(int64 claimant);

extern bool glue_job_queue_open(GlueJobQueue *queue, Oid schema,
								int64 claimant);
extern void glue_job_queue_sign_up(const GlueJobQueue *queue);
extern bool glue_job_queue_has_others(const GlueJobQueue *queue);
extern void glue_job_queue_release_orphans(const GlueJobQueue *queue);
extern void glue_job_queue_leave(const GlueJobQueue *queue);

#endif							/* GLUE_STORE_JOB_QUEUE_H */

/*-------------------------------------------------------------------------
 *
 * job.h
 *	  One request that is worked on.
 *
 * For src/queue alone, but for glue_logged_undo_part.
 *
 * IDENTIFICATION
 *	  src/queue/job.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_JOB_H
#define GLUE_QUEUE_JOB_H

#include "lib/ilist.h"
#include "operation/operation.h"
#include "queue/targets.h"
#include "server/shared_state.h"
#include "store/claim_ending.h"
#include "store/claims.h"
#include "store/connection_lock.h"
#include "store/sealed_input.h"

typedef struct GlueJob
{
	dlist_node	node;			/* in a list of queue/stages.c */
	TimestampTz record_at;		/* likewise: not before */

	MemoryContext context;
	GlueClaim  *request;
	GlueWorkTarget *target;
	GlueOperation operation;
	GlueRecord	record;
	GlueOwned	owned;			/* by the row that it is for */
	GlueFailure *refusal;		/* nothing is to be called, because of that */
	GlueUnsealOutcome sealing;
	GlueFailure *failure;		/* its secrets cannot be opened */
	bool		asks_account;	/* its call asks whose the credentials are */
	bool		is_void;		/* there is nothing to be done */
	bool		is_answered;	/* it is only to be recorded */
	bool		is_tagged;		/* tags may be compared or changed */
	bool		locked;			/* the name of the connection is */
	GlueConnectionLock lock;	/* then */
	MemoryContextCallback unlock;	/* at the end of the context */

	/* what has become of it */
	GlueClaimOutcome outcome;
	bool		has_operation;	/* there is something in AWS to record */
	char	   *log_line;		/* to be written after that, or NULL */
} GlueJob;

/* in queue/job.c */
extern GlueJob *glue_job_new(GlueClaim *request, GlueWorkTargets *targets);
extern bool glue_job_lock(GlueJob *job);
extern void glue_job_release(GlueJob *job);

/* in queue/prepare.c */
extern void glue_job_prepare(GlueJob *job, const GlueRecords *records);

/* in queue/outcome.c */
extern void glue_job_resolve(GlueJob *job);
extern void glue_job_resolve_failure(GlueJob *job, const GlueFailure *failure);
extern void glue_job_resolve_sealing(GlueJob *job);
extern void glue_job_put_back(GlueJob *job, int pause_ms);

/* in queue/steps.c */
extern GlueCall *glue_job_start(GlueJob *job);
extern GlueCall *glue_job_next(GlueJob *job);

/* in queue/answer.c */
extern void glue_job_keep_answer(GlueJob *job, const ErrorData *error);
extern void glue_job_restore_answer(GlueJob *job);

/* in queue/record.c */
extern GlueSharedPart glue_logged_undo_part;

extern ErrorData *glue_jobs_record(GlueJob **jobs, int njobs,
								   GlueClaims *queue,
								   const GlueRecords *records);

/* in queue/claim.c */
extern List *glue_jobs_claim(const GlueClaims *queue, const GlueRecords *records,
							 GlueWorkTargets *targets, GlueClaimKind kind,
							 int limit, MemoryContext parent);

#endif							/* GLUE_QUEUE_JOB_H */

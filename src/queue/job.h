/*-------------------------------------------------------------------------
 *
 * job.h
 *	  One claimed request.
 *
 * A request becomes a job when it is claimed.  The transaction that claims it
 * reads everything that the database knows about it: see queue/prepare.c.
 * Then its calls are made, outside of any transaction: see queue/steps.c.
 * After the last call, the outcome of the request is decided: see
 * queue/outcome.c.  Another transaction records the outcome, and the changes
 * of glue_connection with it: see queue/record.c.
 *
 * queue/run.c schedules the calls of jobs, and queue/batch.c decides which
 * jobs are recorded together.
 *
 * A job locks the name of its connection when it begins, and holds the lock
 * until it is released.  So no session makes a call that acts at once for the
 * same connection meanwhile.
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
#include "queue/target.h"
#include "server/shared_state.h"
#include "store/jobs.h"
#include "store/connection_lock.h"
#include "store/sealed_input.h"

typedef struct GlueJob
{
	dlist_node	node;			/* in a list of queue/stages.c */
	TimestampTz record_at;		/* likewise: not before */

	MemoryContext context;
	GlueRequest *request;
	GlueWorkTarget *target;
	GlueOperation operation;
	GlueRecord	record;
	GlueOwned	owned;			/* by the row of the request */
	GlueFailure *refusal;		/* reason why no call is to be made, or NULL */
	GlueUnsealOutcome sealing;
	GlueFailure *failure;		/* error while its secrets were opened, or
								 * NULL */
	bool		asks_account;	/* its call asks for the account of the
								 * credentials */
	bool		is_void;		/* no call is necessary */
	bool		is_answered;	/* its result is known, and only to be
								 * recorded */
	bool		is_tagged;		/* tags may be compared or changed */
	bool		locked;			/* the name of the connection is locked */
	GlueConnectionLock lock;	/* the lock, if locked */
	MemoryContextCallback unlock;	/* at the end of the context */

	/* the outcome */
	GlueRequestOutcome outcome;
	bool		has_operation;	/* the operation is to be recorded */
	char	   *log_line;		/* line for the server log, written after the
								 * commit, or NULL */
} GlueJob;

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

/* in queue/log.c */
extern char *glue_log_line(const GlueRequest *request, const GlueRequestOutcome *outcome, const char *aws_request_id);
extern void glue_log_write(const char *line);

/* in queue/record.c */
extern GlueSharedPart glue_logged_undo_part;

extern ErrorData *glue_jobs_record(GlueJob **jobs, int njobs,
								   GlueJobQueue *queue,
								   const GlueRecords *records);

/* in queue/claim.c */
extern List *glue_jobs_claim(const GlueJobQueue *queue, const GlueRecords *records,
							 GlueWorkTargets *targets, GlueJobKind kind,
							 int limit, MemoryContext parent);

#endif							/* GLUE_QUEUE_JOB_H */

/*-------------------------------------------------------------------------
 *
 * jobs.h
 *	  The table glue_request, for the processes that carry requests out.
 *
 * IDENTIFICATION
 *	  src/store/jobs.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_JOBS_H
#define GLUE_STORE_JOBS_H

#include "nodes/pg_list.h"
#include "store/request_secret.h"
#include "store/sql_text.h"

/* The table, open for the queue until the end of the transaction. */
typedef struct GlueJobQueue
{
	GlueOwnTable table;
	GlueRequestSecrets secrets;
	int64		claimant;		/* the number of this process */
} GlueJobQueue;

/*
 * Is an open request held?  A held request stays held even if its home becomes
 * ours again.  That happens after a point-in-time recovery if pg_upgrade then
 * starts a new timeline history.
 */
#define GLUE_IS_HELD(request, own) \
	"(" request ".home" DIFFERS_FROM own " OR " request ".state" EQUALS "'held')"

/* The purposes of a job. */
typedef enum GlueJobKind
{
	GLUE_JOB_TO_DO,				/* queued requests, to be carried out */
	GLUE_JOB_TO_UNDO			/* calls that acted at once, of a transaction
								 * that was rolled back */
} GlueJobKind;

/* The due requests that are to be claimed. */
typedef struct GlueJobFilter
{
	int			limit;			/* at most this number */
	int64		only;			/* this request alone; 0: any */
	List	   *blocked;		/* GlueBlockedTarget: not for these targets */
	const int64 *excluded;		/* IDs: not these */
	int			nexcluded;
} GlueJobFilter;

/* A target that no request is claimed for at present. */
typedef struct GlueBlockedTarget
{
	int64		cluster;		/* the cluster of the OID */
	Oid			server_oid;
	Oid			role;
	const char *settings;		/* settings_text of its requests */
	unsigned char fingerprint[GLUE_FINGERPRINT_LEN];	/* likewise */
} GlueBlockedTarget;

/* in store/job_queue.c */
extern int64 glue_claimant_begin(void);
extern void glue_claimant_end(int64 claimant);

extern bool glue_job_queue_open(GlueJobQueue *queue, Oid schema,
								int64 claimant);
extern void glue_job_queue_sign_up(const GlueJobQueue *queue);
extern bool glue_job_queue_has_others(const GlueJobQueue *queue);
extern void glue_job_queue_release_orphans(const GlueJobQueue *queue);
extern void glue_job_queue_leave(const GlueJobQueue *queue);

/* in store/job_ending.c */
extern void glue_requests_record(const GlueJobQueue *queue,
								 const GlueRequest **requests,
								 GlueRequestOutcome **outcomes, int count);
extern void glue_request_put_off(const GlueJobQueue *queue, int64 id,
								 const GlueRequestOutcome *outcome);
extern uint64 glue_requests_purge(const GlueJobQueue *queue,
								  TimestampTz finished_before, int limit);

/* in store/intent_ending.c: calls whose transaction has not closed them */
extern int	glue_intent_rows_find_ended(const GlueJobQueue *queue, int64 *ids, int max,
										bool *more);
extern int	glue_intent_rows_end(const GlueJobQueue *queue,
								 const GlueRequestOutcome *endings, int nendings,
								 int64 *written);

/* in store/notice.c */
extern void glue_request_notify(int64 id, const char *operation,
								const char *name, const char *state,
								const char *status);

/* in store/job_claim.c */
extern List *glue_requests_claim(const GlueJobQueue *queue, GlueJobKind kind,
								 const GlueJobFilter *filter,
								 MemoryContext parent);
extern List *glue_requests_due(const GlueJobQueue *queue, GlueJobKind kind,
							   const GlueJobFilter *filter);
extern GlueRequest *glue_queued_request_lock(const GlueJobQueue *queue, int64 id);
extern List *glue_held_requests_lock(const GlueJobQueue *queue, Datum ids,
									 bool any);
extern bool glue_request_acted_since(const GlueJobQueue *queue, int64 id,
									 TimestampTz since);
extern TimestampTz glue_requests_next_due(const GlueJobQueue *queue,
										  GlueJobKind kind);

/* in store/evidence.c: do others use a connection that an undo would delete? */
extern void glue_undo_evidence_find(const GlueJobQueue *queue, List *undos);

/* in store/request_home.c */
extern void glue_requests_hold(const GlueJobQueue *queue);
extern bool glue_requests_have_old_cluster(const GlueJobQueue *queue);
extern void glue_requests_enter_cluster(const GlueJobQueue *queue);
extern void glue_request_take_over(const GlueJobQueue *queue,
								   const GlueRequest *request, int64 id);
extern void glue_request_redirect(const GlueJobQueue *queue,
								  const GlueRequest *request,
								  const GlueTarget *target);
extern bool glue_request_keeps_id(const GlueJobQueue *queue,
								  const GlueRequest *request);
extern int64 glue_requests_drop_held(const GlueJobQueue *queue, Datum ids,
									 bool any);

#endif							/* GLUE_STORE_JOBS_H */

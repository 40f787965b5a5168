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

/* The table, ready to be worked until the end of the transaction. */
typedef struct GlueJobQueue
{
	GlueOwnTable table;
	GlueRequestSecrets secrets;
	int64		claimant;		/* the number of this process */
} GlueJobQueue;

/*
 * Is an open request held?  What was shown as held stays so if its home becomes
 * ours again, as that from before a restore to a point in time does if pg_upgrade
 * has the history of timelines begin anew.
 */
#define GLUE_IS_HELD(request, own) \
	"(" request ".home" DIFFERS_FROM own " OR " request ".state" EQUALS "'held')"

/* What requests are claimed for. */
typedef enum GlueJobKind
{
	GLUE_JOB_TO_DO,				/* requests that were queued */
	GLUE_JOB_TO_UNDO			/* calls that acted at once, and whose
								 * transaction was rolled back */
} GlueJobKind;

/* Which requests are claimed, of those whose time has come. */
typedef struct GlueJobFilter
{
	int			limit;			/* so many at most */
	int64		only;			/* this one; 0: any */
	List	   *blocked;		/* GlueBlockedTarget: none for these */
	const int64 *excluded;		/* IDs: none of these */
	int			nexcluded;
} GlueJobFilter;

/* A target that requests are not claimed for at present. */
typedef struct GlueBlockedTarget
{
	int64		cluster;		/* that the OID is of */
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

#endif							/* GLUE_STORE_JOBS_H */

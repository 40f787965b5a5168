/*-------------------------------------------------------------------------
 *
 * jobs.h
 *	  The table glue_request, for the processes that work the queue.
 *
 * IDENTIFICATION
 *	  src/store/jobs.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_JOBS_H
#define GLUE_STORE_JOBS_H

#include "store/job_queue.h"
#include "store/request.h"
#include "store/sql_text.h"

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

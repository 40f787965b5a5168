/*-------------------------------------------------------------------------
 *
 * request_queue.h
 *	  The table glue_request, as those who work it see it.
 *
 * IDENTIFICATION
 *	  src/request_queue.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_REQUEST_QUEUE_H
#define GLUE_REQUEST_QUEUE_H

#include <json-c/json.h>

#include "nodes/pg_list.h"
#include "utils/timestamp.h"

/* The table, ready to be worked until the end of the transaction. */
typedef struct GlueRequestQueue
{
	Oid			owner;
	char	   *table;			/* its qualified name */
	int64		claimant;		/* who we are */
} GlueRequestQueue;

/* A request that was claimed.  Text is UTF-8. */
typedef struct GlueRequest
{
	MemoryContext context;		/* of the request */
	int64		id;
	const char *operation;		/* "CreateConnection" */
	const char *name;			/* of the connection */
	const char *server;			/* foreign server, or NULL */
	const char *region;
	const char *catalog_id;		/* or NULL */
	json_object *input;			/* ConnectionInput, redacted, or NULL */
	json_object *tags;			/* or NULL */
	bytea	   *sealed;			/* the whole input, or NULL */
	const char *on_conflict;	/* or NULL */
	const char *status;			/* IN_PROGRESS: it is waited for that */
	int			attempts;		/* this one included */
	bool		uncertain;		/* an attempt before may have been carried
								 * out, and nobody knows */
	Oid			role;			/* who asked for it */
	TimestampTz requested_at;
	TimestampTz started_at;		/* of the first attempt */
} GlueRequest;

/* How an attempt at a request has ended.  Text is UTF-8, or NULL. */
typedef struct GlueRequestOutcome
{
	const char *state;			/* "queued": there will be another attempt */
	TimestampTz next_attempt_at;	/* of that; 0 otherwise */
	bool		free_attempt;	/* it does not count */
	bool		uncertain;		/* it may have been carried out all the same */
	const char *status;
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
} GlueRequestOutcome;

/* A target that requests are not claimed for at present. */
typedef struct GlueBlockedTarget
{
	const char *server;			/* or NULL */
	Oid			role;
} GlueBlockedTarget;

extern int64 glue_claimant_begin(void);
extern void glue_claimant_end(int64 claimant);

extern bool glue_request_queue_open(GlueRequestQueue *queue, Oid schema,
									int64 claimant);
extern List *glue_request_claim(const GlueRequestQueue *queue, int limit,
								List *blocked, MemoryContext parent);
extern bool glue_request_record(const GlueRequestQueue *queue,
								const GlueRequest *request,
								const GlueRequestOutcome *outcome);
extern int	glue_request_release_orphans(const GlueRequestQueue *queue);
extern TimestampTz glue_request_next_due(const GlueRequestQueue *queue);
extern uint64 glue_request_purge(const GlueRequestQueue *queue,
								 TimestampTz finished_before, int limit);

#endif							/* GLUE_REQUEST_QUEUE_H */

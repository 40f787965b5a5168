/*-------------------------------------------------------------------------
 *
 * job_ending.h
 *	  How attempts at requests have ended, in the table glue_request.
 *
 * IDENTIFICATION
 *	  src/store/job_ending.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_JOB_ENDING_H
#define GLUE_STORE_JOB_ENDING_H

#include "store/job_queue.h"
#include "store/request.h"

/* How an attempt at a request has ended.  Text is UTF-8, or NULL. */
typedef struct GlueJobOutcome
{
	bool		recorded;		/* the request was still ours */
	const char *state;			/* "queued": there will be another attempt */
	TimestampTz next_attempt_at;	/* of that; 0 otherwise */
	bool		free_attempt;	/* it does not count */
	bool		uncertain;		/* it may have been carried out all the same */
	bool		undone;			/* it is only to be recorded */
	const char *status;
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
	TimestampTz aws_ended_at;	/* when that was, by AWS's clock; 0: not known */
	TimestampTz aws_settled_at; /* of an undo, likewise: see undo.c */
	json_object *answer;		/* what could not be recorded, or NULL */
} GlueJobOutcome;

extern void glue_requests_record(const GlueJobQueue *queue,
								 const GlueRequest **requests,
								 GlueJobOutcome **outcomes, int count);
extern void glue_request_put_off(const GlueJobQueue *queue, int64 id,
								 const GlueJobOutcome *outcome);
extern uint64 glue_requests_purge(const GlueJobQueue *queue,
								  TimestampTz finished_before, int limit);

#endif							/* GLUE_STORE_JOB_ENDING_H */

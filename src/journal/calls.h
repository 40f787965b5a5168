/*-------------------------------------------------------------------------
 *
 * calls.h
 *	  Calls that act at once, as part of a transaction.
 *
 * IDENTIFICATION
 *	  src/journal/calls.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_CALLS_H
#define GLUE_JOURNAL_CALLS_H

#include "client/access.h"
#include "journal/intent.h"
#include "journal/outcomes.h"

/* What a function that makes such calls needs for them. */
typedef struct GlueImmediate
{
	GlueAccess *access;
	bool		journaled;
	GlueRequestQueue queue;		/* then */
} GlueImmediate;

/* A call of the current transaction, for as long as that lasts. */
typedef struct GlueImmediateCall GlueImmediateCall;

extern void glue_immediate_open(GlueImmediate *immediate,
								GlueAccess *access);
extern void glue_immediate_announce(const GlueImmediate *immediate,
									GlueRequest *requests, int nrequests,
									GlueImmediateCall **calls);
extern void glue_immediate_begin(const GlueImmediate *immediate,
								 GlueRequest *requests, int nrequests,
								 GlueImmediateCall **calls);
extern void glue_immediate_await(GlueImmediateCall *call);

extern int64 glue_immediate_request(const GlueImmediateCall *call);
extern void glue_immediate_sending(GlueImmediateCall *call,
								   GlueKnownOutcome at_worst);
extern void glue_immediate_done(GlueImmediateCall *call, const GlueCall *done,
								GlueKnownOutcome outcome);
extern void glue_immediate_failed(GlueImmediateCall *call,
								  const GlueCall *failed);
extern void glue_immediate_refused(GlueImmediateCall *call,
								   const GlueFailure *failure);

extern void glue_immediate_close(const GlueImmediate *immediate,
								 GlueImmediateCall *call, const char *status,
								 const char *request_id);
extern void glue_immediate_close_failed(const GlueImmediate *immediate,
										GlueImmediateCall *call,
										const char *code,
										const char *message,
										const char *request_id);

#endif							/* GLUE_JOURNAL_CALLS_H */

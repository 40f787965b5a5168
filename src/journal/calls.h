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

/* The state of a function that makes such calls. */
typedef struct GlueIntents
{
	GlueAccess *access;
	bool		written;
	GlueRequestQueue queue;		/* if journaled */
} GlueIntents;

/* A call of the current transaction, for as long as that lasts. */
typedef struct GlueIntent GlueIntent;

extern void glue_intents_prepare(GlueIntents *intents,
								 GlueAccess *access);
extern void glue_intents_write(const GlueIntents *intents,
							   GlueRequest *requests, int nrequests,
							   GlueIntent **calls);
extern void glue_intent_post(const GlueIntents *intents,
							 GlueRequest *requests, int nrequests,
							 GlueIntent **calls);
extern void glue_intent_await(GlueIntent *intent);
extern int64 glue_intent_request(const GlueIntent *intent);
extern void glue_intents_attach(GlueIntent *const *intents, int nintents,
								GlueCall *call);
extern void glue_intent_done(GlueIntent *intent, const GlueCall *done,
							 GlueOutcome outcome);
extern void glue_intent_failed(GlueIntent *intent,
							   const GlueCall *failed);
extern void glue_intent_refused(GlueIntent *intent,
								const GlueFailure *failure);

extern void glue_intent_finish(const GlueIntents *intents,
							   GlueIntent *intent, const char *status,
							   const char *request_id);
extern void glue_intent_finish_failed(const GlueIntents *intents,
									  GlueIntent *intent,
									  const char *code,
									  const char *message,
									  const char *request_id);

#endif							/* GLUE_JOURNAL_CALLS_H */

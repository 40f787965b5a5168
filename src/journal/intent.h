/*-------------------------------------------------------------------------
 *
 * intent.h
 *	  What is written down of a call before it is made.
 *
 * IDENTIFICATION
 *	  src/journal/intent.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_INTENT_H
#define GLUE_JOURNAL_INTENT_H

#include "access/htup.h"
#include "store/connection_lock.h"
#include "store/requests.h"
#include "utils/timestamp.h"

/* Some intents that are to be written down.  Belongs to a memory context. */
typedef struct GlueAnnouncement GlueAnnouncement;

/* How a call has ended.  Text is UTF-8, or NULL. */
typedef struct GlueIntentOutcome
{
	const char *state;			/* "succeeded" or "failed"; NULL: nobody
								 * knows, so others are to find out */
	const char *status;			/* of the connection */
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
} GlueIntentOutcome;

/* for who makes the call */
extern bool glue_intents_wanted(void);
extern GlueAnnouncement *glue_intents_announce(const GlueRequestQueue *queue,
											   const GlueRequest *requests,
											   int nrequests,
											   const int64 *ids,
											   const GlueConnectionLock *locks);
extern void glue_intents_await(GlueAnnouncement *announcement);
extern void glue_intent_close(const GlueRequestQueue *queue, int64 id,
							  const GlueIntentOutcome *outcome);

/* for the worker that writes the journal */
extern void glue_intent_table_open(GlueRequestQueue *queue, Oid table);
extern int64 glue_intent_blocked_by(const GlueRequestQueue *queue,
									MinimalTuple intent);
extern void glue_intent_insert(const GlueRequestQueue *queue,
							   MinimalTuple intent);

#endif							/* GLUE_JOURNAL_INTENT_H */

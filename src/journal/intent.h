/*-------------------------------------------------------------------------
 *
 * intent.h
 *	  The intent of a call, committed before the call is made.
 *
 * IDENTIFICATION
 *	  src/journal/intent.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_INTENT_H
#define GLUE_JOURNAL_INTENT_H

#include "store/connection_lock.h"
#include "store/intent_row.h"

/* Some intents that are being committed.  Belongs to a memory context. */
typedef struct GlueIntentBatch GlueIntentBatch;

/* for the session that makes the call */
extern GlueIntentBatch *glue_intent_batch_post(const GlueRequestQueue *queue,
											   const GlueRequest *requests,
											   int nrequests,
											   const GlueConnectionLock *locks);
extern void glue_intent_batch_await(GlueIntentBatch *batch);

/* for the journal worker */
extern int64 glue_intent_blocked_by(const GlueRequestQueue *queue,
									MinimalTuple intent);

/* for the journal worker, and a process that is about to undo a call */
extern void glue_intents_lock(LOCKMODE mode);

#endif							/* GLUE_JOURNAL_INTENT_H */

/*-------------------------------------------------------------------------
 *
 * intent_ending.h
 *	  The intents of calls whose transaction has ended without closing them.
 *
 * IDENTIFICATION
 *	  src/store/intent_ending.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_INTENT_ENDING_H
#define GLUE_STORE_INTENT_ENDING_H

#include "datatype/timestamp.h"
#include "store/jobs.h"

extern int	glue_intent_rows_find_ended(const GlueJobQueue *queue, int64 *ids, int max,
										bool *more);
extern int	glue_intent_rows_end(const GlueJobQueue *queue,
								 const GlueRequestOutcome *endings, int nendings,
								 int64 *written);

#endif							/* GLUE_STORE_INTENT_ENDING_H */

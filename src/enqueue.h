/*-------------------------------------------------------------------------
 *
 * enqueue.h
 *	  From what a user asks for to a request in the queue.
 *
 * IDENTIFICATION
 *	  src/enqueue.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_ENQUEUE_H
#define GLUE_ENQUEUE_H

#include "function_call.h"
#include "request_queue.h"

extern int64 glue_enqueue(GlueFunction *function, GlueRequest *request);
extern int64 glue_enqueue_resolved(const GlueFunction *function,
								   GlueRequest *request);
extern void glue_withdraw(const GlueFunction *function, int64 id);

#endif							/* GLUE_ENQUEUE_H */

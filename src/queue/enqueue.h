/*-------------------------------------------------------------------------
 *
 * enqueue.h
 *	  From the arguments of a function to a request in the queue.
 *
 * IDENTIFICATION
 *	  src/queue/enqueue.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_ENQUEUE_H
#define GLUE_QUEUE_ENQUEUE_H

#include "client/access.h"
#include "store/requests.h"

extern int64 glue_enqueue(const GlueAccess *access, GlueRequest *request);
extern void glue_withdraw(const GlueAccess *access, int64 id);

#endif							/* GLUE_QUEUE_ENQUEUE_H */

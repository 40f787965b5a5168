/*-------------------------------------------------------------------------
 *
 * queue_wake.h
 *	  Telling those who work the queue that there is something new.
 *
 * IDENTIFICATION
 *	  src/queue_wake.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_WAKE_H
#define GLUE_QUEUE_WAKE_H

#include "shared_state.h"

extern GlueSharedPart glue_queue_wake_part;

/* for whoever changes the queue */
extern void glue_queue_wake_at_commit(void);

/* for whoever works it */
extern void glue_queue_listen(Oid database);
extern bool glue_queue_unlisten(void);
extern bool glue_queue_has_news(void);
extern int	glue_queue_take_news(Oid *databases, int max);

#endif							/* GLUE_QUEUE_WAKE_H */

/*-------------------------------------------------------------------------
 *
 * queue_wake.h
 *	  Telling those who work that there is something new to do.
 *
 * IDENTIFICATION
 *	  src/queue_wake.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_WAKE_H
#define GLUE_QUEUE_WAKE_H

#include "shared_state.h"

/* What background workers do in a database. */
typedef enum GlueWorkKind
{
	GLUE_WORK_QUEUE,			/* carry out requests */
	GLUE_WORK_JOURNAL			/* record calls before they are made */
} GlueWorkKind;

#define GLUE_NUM_WORK_KINDS	2

/* There is something new to do. */
typedef struct GlueNews
{
	Oid			database;
	GlueWorkKind kind;
} GlueNews;

extern GlueSharedPart glue_queue_wake_part;

/* for whoever makes work */
extern void glue_queue_wake_at_commit(void);
extern void glue_queue_wake(void);
extern void glue_journal_wake(void);

/* for whoever does it */
extern void glue_queue_listen(Oid database, GlueWorkKind kind);
extern bool glue_queue_unlisten(void);
extern bool glue_queue_has_news(void);
extern bool glue_queue_lost_news(void);
extern int	glue_queue_take_news(GlueNews *news, int max);

#endif							/* GLUE_QUEUE_WAKE_H */

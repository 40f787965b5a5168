/*-------------------------------------------------------------------------
 *
 * news.h
 *	  Wake-ups of the workers when there is new work.
 *
 * IDENTIFICATION
 *	  src/server/news.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_NEWS_H
#define GLUE_SERVER_NEWS_H

#include "server/shared_state.h"

/* The kinds of work of background workers. */
typedef enum GlueWorkKind
{
	GLUE_WORK_QUEUE,			/* carry out queued requests */
	GLUE_WORK_JOURNAL			/* record intents */
} GlueWorkKind;

#define GLUE_NUM_WORK_KINDS	2

/* A database and its kind of new work. */
typedef struct GlueNews
{
	Oid			database;
	GlueWorkKind kind;
} GlueNews;

/* Reasons why intents are not recorded, as far as they are known. */
typedef enum GlueObstacle
{
	GLUE_OBSTACLE_UNKNOWN,
	GLUE_OBSTACLE_NO_LAUNCHER,
	GLUE_OBSTACLE_NO_ROOM,
	GLUE_OBSTACLE_STANDBY,
	GLUE_OBSTACLE_BUSY
} GlueObstacle;

extern GlueSharedPart glue_news_part;

/* for sessions that make work */
extern void glue_news_wake_queue_at_commit(void);
extern void glue_news_wake(GlueWorkKind kind);

/* for workers */
extern void glue_news_listen(Oid database, GlueWorkKind kind);
extern bool glue_news_unlisten(void);
extern bool glue_news_exist(void);
extern int	glue_news_take(GlueNews *news, int max, bool *lost);

/* databases with work, and free worker slots */
extern void glue_news_note_open(bool open);
extern void glue_news_recall(void);
extern bool glue_news_is_open(Oid database);
extern void glue_news_forget(Oid database);
extern void glue_news_tell_crowded(bool crowded);
extern bool glue_news_is_crowded(void);
extern GlueObstacle glue_work_obstacle(GlueWorkKind kind);
extern bool glue_news_await(long timeout_ms, uint32 wait_event);

#endif							/* GLUE_SERVER_NEWS_H */

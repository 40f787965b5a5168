/*-------------------------------------------------------------------------
 *
 * activity.h
 *	  The current waits of all processes, for the view glue_activity.
 *
 * IDENTIFICATION
 *	  src/server/activity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_ACTIVITY_H
#define GLUE_SERVER_ACTIVITY_H

#include "datatype/timestamp.h"
#include "server/shared_state.h"

typedef enum GlueActivityWait
{
	GLUE_WAITS_FOR_LOCK,		/* on the name of a connection */
	GLUE_WAITS_FOR_CREDENTIALS,
	GLUE_WAITS_FOR_WORKER,		/* for a background worker to record an intent */
	GLUE_WAITS_FOR_REQUEST,		/* for an undo request of the same connection */
	GLUE_WAITS_FOR_RATE_LIMIT,
	GLUE_WAITS_FOR_RETRY,
	GLUE_WAITS_FOR_ANSWER
} GlueActivityWait;

/*
 * The subject of an activity.  Texts are UTF-8, except the name of the server.
 */
typedef struct GlueActivitySubject
{
	int64		request;		/* ID of the glue_request row; 0: none */
	const char *operation;		/* or NULL */
	const char *name;			/* of the connection, or NULL */
	const char *server;			/* or NULL */
	const char *region;
	const char *catalog_id;		/* or NULL */
} GlueActivitySubject;

/* The same as a row of the view; long texts are clipped. */
typedef struct GlueShownActivity
{
	GlueShown	shown;			/* MUST BE FIRST */
	int			pid;			/* 0: free */
	Oid			database;
	Oid			role;
	int64		request;
	GlueActivityWait wait;
	TimestampTz since;
	int			attempts;
	char		operation[64];	/* "": unknown so far */
	char		name[256];		/* "": none */
	char		target[256];	/* in the encoding of the database */
} GlueShownActivity;

/* An activity of this process; initialized with zeroes. */
typedef struct GlueActivity
{
	struct ActivitySlot *slot;	/* NULL: not shown */
} GlueActivity;

extern GlueSharedPart glue_activity_part;

extern void glue_activity_begin(GlueActivity *activity, GlueActivityWait wait,
								const GlueActivitySubject *subject);
extern void glue_activity_wait(GlueActivity *activity, GlueActivityWait wait,
							   int attempts);
extern void glue_activity_end(GlueActivity *activity);

extern bool glue_activity_copy(int number, GlueShownActivity *copy);
extern const char *glue_activity_wait_name(GlueActivityWait wait);

#endif							/* GLUE_SERVER_ACTIVITY_H */

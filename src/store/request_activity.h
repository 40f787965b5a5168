/*-------------------------------------------------------------------------
 *
 * request_activity.h
 *	  What a request waits for, as the view glue_activity says.
 *
 * IDENTIFICATION
 *	  src/store/request_activity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_ACTIVITY_H
#define GLUE_STORE_REQUEST_ACTIVITY_H

/* All of it is in the encoding of the database. */
typedef struct GlueRequestActivity
{
	const char *waiting_for;
	const char *last_error;		/* or NULL */
	const char *what_to_do;		/* or NULL */
} GlueRequestActivity;

extern bool glue_request_activity(Oid schema, int64 id,
								  GlueRequestActivity *found);

#endif							/* GLUE_STORE_REQUEST_ACTIVITY_H */

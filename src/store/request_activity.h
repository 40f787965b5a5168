/*-------------------------------------------------------------------------
 *
 * request_activity.h
 *	  The reason why a request waits, from the view glue_activity.
 *
 * IDENTIFICATION
 *	  src/store/request_activity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_ACTIVITY_H
#define GLUE_STORE_REQUEST_ACTIVITY_H

/* Strings are in the encoding of the database. */
typedef struct GlueRequestActivity
{
	const char *waiting_for;
	const char *last_error;		/* or NULL */
	const char *what_to_do;		/* or NULL */
} GlueRequestActivity;

extern bool glue_request_activity(Oid schema, int64 id,
								  GlueRequestActivity *found);

#endif							/* GLUE_STORE_REQUEST_ACTIVITY_H */

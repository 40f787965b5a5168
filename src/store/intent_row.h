/*-------------------------------------------------------------------------
 *
 * intent_row.h
 *	  The rows of glue_request that are written before a call is made.
 *
 * IDENTIFICATION
 *	  src/store/intent_row.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_INTENT_ROW_H
#define GLUE_STORE_INTENT_ROW_H

#include "access/htup.h"
#include "nodes/pg_list.h"
#include "store/requests.h"

/* An open intent for the same connection as another one. */
typedef struct GlueOpenIntent
{
	int64		id;
	uint64		caller_xid;		/* of the call's transaction */
	bool		own;			/* the transaction of the other intent */
	bool		may_have_made;	/* it may create the connection */
	bool		answered;		/* its message cannot arrive any more */
} GlueOpenIntent;

/* for the session that makes the call */
extern char *glue_intent_rows_form(const GlueRequestQueue *queue,
								   const GlueRequest *requests, int nrequests,
								   Size *len);
extern void glue_intent_row_prepare_close(const GlueRequestQueue *queue);
extern void glue_intent_row_close(const GlueRequestQueue *queue, int64 id,
								  const GlueRequestOutcome *outcome);

/* for the journal worker */
extern void glue_intent_rows_open_table(GlueRequestQueue *queue, Oid table);
extern List *glue_intent_rows_find_open(const GlueRequestQueue *queue,
										MinimalTuple intent);
extern void glue_intent_row_insert(const GlueRequestQueue *queue,
								   MinimalTuple intent);

#endif							/* GLUE_STORE_INTENT_ROW_H */

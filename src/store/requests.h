/*-------------------------------------------------------------------------
 *
 * requests.h
 *	  The table glue_request, for the sessions that make requests.
 *
 * IDENTIFICATION
 *	  src/store/requests.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUESTS_H
#define GLUE_STORE_REQUESTS_H

#include "datatype/timestamp.h"
#include "server/owner_spi.h"
#include "storage/lockdefs.h"
#include "store/request.h"

/* The table, open until the end of the transaction. */
typedef GlueOwnTable GlueRequestQueue;

/* The state of a request. */
typedef struct GlueRequestState
{
	const char *state;
	Oid			requested_by;
	bool		has_secrets;
	bool		uncommitted;	/* changed by the current transaction */
	bool		is_intent;		/* a call that acted at once */
	bool		held;			/* made in another home */
	bool		answered;		/* carried out, but not recorded yet */
	Oid			server_oid;		/* InvalidOid without a server */
	int64		cluster;		/* the cluster of the OID */
	char	   *error_code;		/* of the last attempt, or NULL */
} GlueRequestState;

extern void glue_request_queue_open(GlueRequestQueue *queue, Oid schema,
									LOCKMODE lock);
extern void glue_request_make_own(const GlueRequestQueue *queue,
								  GlueRequest *request);
extern int64 glue_request_next_id(const GlueRequestQueue *queue);
extern int64 glue_request_insert(const GlueRequestQueue *queue,
								 const GlueRequest *request);
extern bool glue_request_insert_row(const GlueRequestQueue *queue,
									const GlueRow *row);
extern void glue_request_withdraw(const GlueRequestQueue *queue, int64 id);
extern bool glue_request_find(const GlueRequestQueue *queue, int64 id,
							  GlueRequestState *found);
extern bool glue_request_active_since(const GlueRequestQueue *queue,
									  const char *name, TimestampTz since);
extern bool glue_request_follow(const GlueRequestQueue *queue,
								int64 provision_id, const char *name,
								const char *operation);
extern bool glue_request_cancel(const GlueRequestQueue *queue, int64 id);
extern bool glue_request_requeue(const GlueRequestQueue *queue, int64 id);
extern void glue_request_hasten(const GlueRequestQueue *queue, int64 id);

/* The reason why a request waits; strings are in the database's encoding. */
typedef struct GlueRequestActivity
{
	const char *waiting_for;
	const char *last_error;		/* or NULL */
	const char *what_to_do;		/* or NULL */
} GlueRequestActivity;

/* in store/request_activity.c */
extern bool glue_request_activity(Oid schema, int64 id,
								  GlueRequestActivity *found);

/* in store/drop_warning.c */
extern void glue_drop_warning_init(void);

#endif							/* GLUE_STORE_REQUESTS_H */

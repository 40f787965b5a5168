/*-------------------------------------------------------------------------
 *
 * enqueue.c
 *	  From what a user asks for to a request in the queue.
 *
 * All that can be known to be wrong without asking AWS is found now, so that
 * it fails the statement that asks: the definition, the target, whether the
 * user may use it, and whether secrets can be kept.  Credentials are not
 * looked for: that may take calls, and whoever carries the request out has its
 * own.
 *
 * The target is resolved now as well, since the settings of the session that
 * it may come from are not those of whoever carries the request out.
 *
 * IDENTIFICATION
 *	  src/queue/enqueue.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "client/account.h"
#include "glue/redact.h"
#include "queue/enqueue.h"
#include "server/redacted.h"
#include "store/request_row.h"

/*
 * Put a request into the queue, in the current transaction and in the name of
 * the current user; returns its ID.  Nobody is asked whose its connection is.
 *
 * Of the request there must be what was asked for, checked; the rest is filled
 * in.
 */
int64
glue_enqueue(GlueAccess *access, GlueRequest *request)
{
	glue_target_resolve(&access->target, request->server,
						request->catalog_id);
	glue_account_peek(access);
	return glue_enqueue_resolved(access, request);
}

/* The same of a request that has its target, found for the current user. */
int64
glue_enqueue_resolved(const GlueAccess *access, GlueRequest *request)
{
	GlueRequestQueue queue;

	Assert(IsTransactionState());
	Assert(request->operation != NULL && request->name != NULL);
	request->has_secrets = glue_redact_has_secret(request->input);
	glue_request_set_target(request, &access->target);
	request->shown = request->has_secrets ?
		glue_redacted_copy(request->input) : request->input;
	if (request->has_secrets)
		request->given = 0;

	glue_request_queue_open(&queue, access->schema, RowExclusiveLock);
	return glue_request_insert(&queue, request);
}

/*
 * Take a request of the current transaction back, as if it had not been made;
 * 0 is none.
 */
void
glue_withdraw(const GlueAccess *access, int64 id)
{
	GlueRequestQueue queue;

	if (id == 0)
		return;
	glue_request_queue_open(&queue, access->schema, RowExclusiveLock);
	glue_request_withdraw(&queue, id);
}

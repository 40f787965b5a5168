/*-------------------------------------------------------------------------
 *
 * enqueue.c
 *	  From the arguments of a function to a request in the queue.
 *
 * Every error that can be found without a call of AWS is raised now, so that
 * it fails the user's statement: an error in the definition or in the target,
 * a missing privilege, a missing key for the secrets.  Credentials are not
 * looked up: that may take calls, and the process that carries the request out
 * looks them up itself.
 *
 * The callers resolve the target now as well.  It may depend on settings of this
 * session, and the process that carries the request out has other settings.  The
 * account is not looked up at AWS.
 *
 * IDENTIFICATION
 *	  src/queue/enqueue.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "glue/redact.h"
#include "queue/enqueue.h"
#include "server/redacted.h"
#include "store/request_row.h"

/*
 * Put a request into the queue, in the current transaction and in the name of
 * the current user, for whom its target was resolved; returns its ID.
 *
 * The caller has set and checked the operation and its arguments; the other
 * members are filled in here.
 */
int64
glue_enqueue(const GlueAccess *access, GlueRequest *request)
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

/* Remove a request that the current transaction has made; 0 means none. */
void
glue_withdraw(const GlueAccess *access, int64 id)
{
	GlueRequestQueue queue;

	if (id == 0)
		return;
	glue_request_queue_open(&queue, access->schema, RowExclusiveLock);
	glue_request_withdraw(&queue, id);
}

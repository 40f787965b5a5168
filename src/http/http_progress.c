/*-------------------------------------------------------------------------
 *
 * http_progress.c
 *	  Begin, progress and end of transfers.
 *
 * These functions raise no errors: see http.c.  The caller has blocked
 * signals, except for a release, which starts nothing.
 *
 * Cleanup.  Abandoning a transfer closes its connection; with
 * CURLOPT_QUICK_EXIT that does not wait for a resolver thread.
 *
 * Time limits.  libcurl enforces the time limits of a request.  If it fails
 * to, we end the transfer a little later, so that no call waits forever.  All
 * limits use a clock that cannot be set.
 *
 * IDENTIFICATION
 *	  src/http/http_progress.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/clock.h"
#include "http/http_callbacks.h"
#include "http/http_handle.h"
#include "http/http_pool.h"
#include "http/http_progress.h"

/* Grace period for libcurl after a request's time limit. */
#define GRACE_MS		(5 * 1000)

static dlist_head transfers = DLIST_STATIC_INIT(transfers); /* transfers with
															 * handles */
static int64 deadline = PG_INT64_MAX;	/* earliest deadline of those
										 * transfers */

/* prototypes of private functions */
static void end_or_start_over(GlueHttpState *transfer, CURLcode result);
static bool start_over(GlueHttpState *transfer);
static void end_transfer(GlueHttpState *transfer, CURLcode result);
static void note_failure(GlueHttpState *transfer, CURLcode result);
static bool remove_from_multi(GlueHttpState *transfer);

/*
 * Begin a transfer that has only a request so far; false if there is no
 * memory.
 */
bool
glue_http_progress_start(GlueHttpState *transfer)
{
	transfer->deadline = glue_monotonic_us() +
		((int64) transfer->message->request_timeout_ms + GRACE_MS) * 1000;
	deadline = Min(deadline, transfer->deadline);

	transfer->easy = glue_http_pool_take();
	if (transfer->easy == NULL)
		return false;
	dlist_push_tail(&transfers, &transfer->node);
	transfer->added =
		glue_http_handle_prepare(transfer->easy, transfer->message,
								 &transfer->headers, transfer->curl_error) &&
		glue_http_callbacks_bind(transfer) &&
		glue_http_pool_add(transfer->easy);
	if (!transfer->added)
		return false;

	/*
	 * on a kept connection, this sends the request, and may even end the
	 * transfer
	 */
	glue_http_pool_drive_time();
	glue_http_progress_collect();
	return true;
}

/* Set the outcomes of the transfers that libcurl has finished. */
void
glue_http_progress_collect(void)
{
	CURL	   *easy;
	CURLcode	result;

	while ((easy = glue_http_pool_next_ended(&result)) != NULL)
	{
		GlueHttpState *transfer = NULL;

		(void) curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
		if (transfer != NULL &&
			transfer->public.outcome == GLUE_HTTP_PENDING)
			end_or_start_over(transfer, result);
	}
}

/*
 * End all transfers after a failure to watch libcurl's sockets.
 *
 * The outcome of sent requests is unknown then.
 */
void
glue_http_progress_fail_all(void)
{
	dlist_iter	iter;

	dlist_foreach(iter, &transfers)
	{
		GlueHttpState *transfer = dlist_container(GlueHttpState, node,
												  iter.cur);

		if (transfer->public.outcome == GLUE_HTTP_PENDING)
			end_transfer(transfer, CURLE_FAILED_INIT);
	}
}

/*
 * End the transfers that libcurl should have ended before.
 *
 * The state of their handles is unknown, so they are doubtful.
 */
void
glue_http_progress_end_overdue(void)
{
	int64		now = glue_monotonic_us();
	dlist_iter	iter;

	if (now < deadline)
		return;
	deadline = PG_INT64_MAX;
	dlist_foreach(iter, &transfers)
	{
		GlueHttpState *transfer = dlist_container(GlueHttpState, node,
												  iter.cur);

		if (transfer->public.outcome != GLUE_HTTP_PENDING)
			continue;
		if (transfer->deadline > now)
		{
			deadline = Min(deadline, transfer->deadline);
			continue;
		}
		glue_http_pool_doubt();
		end_transfer(transfer, CURLE_OPERATION_TIMEDOUT);
	}
}

/* Is no transfer under way? */
bool
glue_http_progress_is_idle(void)
{
	return dlist_is_empty(&transfers);
}

/* The earliest deadline. */
int64
glue_http_progress_deadline(void)
{
	return deadline;
}

/*
 * Return the handles of a transfer, and abandon it if it is still under way.
 * This starts nothing, not even a thread.
 *
 * A handle with a normal end is kept for the next request; any other is freed,
 * and its connection closed.
 */
void
glue_http_progress_release(GlueHttpState *transfer)
{
	if (transfer->easy == NULL)
		return;
	if (remove_from_multi(transfer) &&
		transfer->public.outcome == GLUE_HTTP_ANSWERED)
		glue_http_pool_keep(transfer->easy);
	else
		curl_easy_cleanup(transfer->easy);

	glue_http_headers_free(transfer->headers);
	dlist_delete(&transfer->node);
	transfer->easy = NULL;
}

/*
 * A transfer has ended; or its kept connection was closed: then start over
 * with another one, at most once for each kept connection.
 */
static void
end_or_start_over(GlueHttpState *transfer, CURLcode result)
{
	if (!transfer->stale || ++transfer->nstale > glue_http_pool_nkept() ||
		!start_over(transfer))
		end_transfer(transfer, result);
}

static bool
start_over(GlueHttpState *transfer)
{
	transfer->stale = false;
	if (!remove_from_multi(transfer))
		return false;
	transfer->added = glue_http_pool_add(transfer->easy);
	if (transfer->added)
		glue_http_pool_drive_time();
	return transfer->added;
}

/* Set a transfer's outcome. */
static void
end_transfer(GlueHttpState *transfer, CURLcode result)
{
	const GlueHttpMessage *message = transfer->message;
	long		status = 0;

	if (result == CURLE_OUT_OF_MEMORY || result == CURLE_FAILED_INIT)
		glue_http_pool_doubt();
	transfer->public.ended_at = GetCurrentTimestamp();
	if (message->on_end.func != NULL)
		message->on_end.func(message->on_end.arg);
	if (result == CURLE_OK)
		result = curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
								   &status);
	if (result == CURLE_OK && status > 0)
	{
		transfer->public.outcome = GLUE_HTTP_ANSWERED;
		transfer->public.status = (int) status;
		transfer->public.body = transfer->answer.data;
		transfer->public.body_len = transfer->answer.len;
	}
	else
		note_failure(transfer, result);
}

/*
 * No complete answer arrived: set the outcome of the request, and the reason.
 */
static void
note_failure(GlueHttpState *transfer, CURLcode result)
{
	const GlueHttpMessage *message = transfer->message;
	curl_off_t	sent = 0;

	/* on failure, the request counts as not sent completely */
	(void) curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	if (transfer->public.phase == GLUE_HTTP_SENDING &&
		(result == CURLE_ABORTED_BY_CALLBACK ||
		 sent >= (curl_off_t) message->body_len))
		transfer->public.phase = GLUE_HTTP_WAITING;
	transfer->public.outcome =
		transfer->public.phase < GLUE_HTTP_SENDING ?
		GLUE_HTTP_NOT_SENT : GLUE_HTTP_LOST;
	transfer->public.timed_out = result == CURLE_OPERATION_TIMEDOUT;
	glue_http_handle_explain(transfer->easy,
							 transfer->too_large ? CURLE_FILESIZE_EXCEEDED :
							 transfer->out_of_memory ? CURLE_OUT_OF_MEMORY :
							 result,
							 message, transfer->curl_error,
							 &transfer->public);
}

/* Remove the handle; false if libcurl refuses. */
static bool
remove_from_multi(GlueHttpState *transfer)
{
	if (transfer->added && !glue_http_pool_remove(transfer->easy))
		return false;
	transfer->added = false;
	return true;
}

/*-------------------------------------------------------------------------
 *
 * http.c
 *	  HTTPS transfers that a backend can wait for, and abandon, at any time.
 *
 * Only this folder uses libcurl, and it does not depend on AWS.
 *
 * Errors.  A longjmp through libcurl's frames would make its handles unusable
 * and impossible to free.  Therefore callbacks only record events.  All code
 * that may raise errors (allocation, CHECK_FOR_INTERRUPTS, reserving file
 * descriptors) runs while no frame of libcurl is on the stack: in the first
 * part of this file, and when http_pool.c opens its handles.
 *
 * Cleanup.  A transfer belongs to the memory context that was current at its
 * start.  Its reset callback is registered before any handle exists, and frees
 * the handles and buffers.  Abandoning a transfer closes its connection; with
 * CURLOPT_QUICK_EXIT that does not wait for a resolver thread.
 *
 * Time limits.  libcurl enforces the time limits of a request.  If it fails
 * to, we end the transfer a little later, so that no call waits forever.  All
 * limits use a clock that cannot be set.
 *
 * IDENTIFICATION
 *	  src/http/http.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http.h"
#include "http/http_handle.h"
#include "http/http_pool.h"
#include "http/http_state.h"
#include "http/poll_set.h"
#include "server/compat.h"
#include "utils/memutils.h"

/* Grace period for libcurl after a request's time limit. */
#define GRACE_MS		(5 * 1000)

static dlist_head transfers = DLIST_STATIC_INIT(transfers); /* transfers with
															 * handles */
static int64 deadline = PG_INT64_MAX;	/* earliest deadline of those
										 * transfers */

/* prototypes of private functions */
static GlueHttpState *new_transfer(const GlueHttpMessage *message);
static void release_transfer(void *arg);
static bool begin_transfer(GlueHttpState *transfer);
static void collect_ended(void);
static void fail_all(void);
static void end_overdue(void);
static bool start_over(GlueHttpState *transfer);
static void end_transfer(GlueHttpState *transfer, CURLcode result);
static void note_failure(GlueHttpState *transfer, CURLcode result);
static bool remove_from_multi(GlueHttpState *transfer);

/*
 * Start a transfer.
 *
 * The result belongs to the current memory context.  Call glue_http_wait()
 * until its outcome is not GLUE_HTTP_PENDING any more.  Raises an error only
 * for lack of memory or file descriptors, before anything was sent.
 */
GlueHttpTransfer *
glue_http_start(const GlueHttpMessage *message)
{
	GlueHttpState *transfer;
	sigset_t	saved;
	bool		started;

	if (dlist_is_empty(&transfers) &&
		(glue_http_pool.in_doubt || !glue_http_has_room(1)))
		glue_http_pool_close();
	glue_http_pool_open();

	Assert(message->url != NULL && message->request_timeout_ms > 0);
	transfer = new_transfer(message);
	glue_poll_reserve(GLUE_HTTP_FDS_PER_TRANSFER);
	transfer->reserved = true;

	glue_http_pool_enter(&saved);
	started = begin_transfer(transfer);
	glue_http_pool_leave(&saved);

	if (!started)
	{
		glue_http_pool.in_doubt = true;
		glue_http_release(&transfer->public);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not prepare an HTTP request")));
	}
	return &transfer->public;
}

/* Make a transfer without handles, to be released with its context. */
static GlueHttpState *
new_transfer(const GlueHttpMessage *message)
{
	GlueHttpState *transfer = palloc0(sizeof(GlueHttpState));

	transfer->callback.func = release_transfer;
	transfer->callback.arg = transfer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &transfer->callback);
	transfer->message = message;
	transfer->public.started_at = GetCurrentTimestamp();
	return transfer;
}

/*
 * Free the resources of a transfer, and abandon it if it is still under way.
 *
 * For callers that do not wait for the reset of the memory context.  Raises no
 * errors.  The body of the answer is freed, too.
 */
void
glue_http_release(GlueHttpTransfer *transfer)
{
	release_transfer(transfer);
}

/*
 * Do the same as a reset callback, which must not raise errors, and may find
 * the transfer already released.  This starts nothing, not even a thread.
 *
 * A handle with a normal end is kept for the next request; any other is freed,
 * and its connection closed.
 */
static void
release_transfer(void *arg)
{
	GlueHttpState *transfer = arg;

	glue_secret_buffer_free(&transfer->answer);
	transfer->public.body = NULL;
	if (transfer->easy != NULL)
	{
		if (remove_from_multi(transfer) &&
			transfer->public.outcome == GLUE_HTTP_ANSWERED)
			glue_http_pool_keep(transfer->easy);
		else
			curl_easy_cleanup(transfer->easy);
		glue_http_headers_free(transfer->headers);
		dlist_delete(&transfer->node);
		transfer->easy = NULL;
	}
	if (transfer->reserved)
		glue_poll_give_back(GLUE_HTTP_FDS_PER_TRANSFER);
	transfer->reserved = false;
}

/*
 * Prepare for this many transfers side by side, and keep as many connections
 * from now on.
 */
void
glue_http_expect(int ntransfers)
{
	glue_http_pool_open();
	glue_http_pool_expect(ntransfers);
}

/* Are there file descriptors for this many more transfers? */
bool
glue_http_has_room(int ntransfers)
{
	return glue_poll_can_reserve(ntransfers * GLUE_HTTP_FDS_PER_TRANSFER);
}

/* ----------------------------------------------------------------
 * Waiting
 * ----------------------------------------------------------------
 */

/*
 * Wait for an event of a transfer, or timeout_ms, and let libcurl process it.
 *
 * Interrupts are processed here, so this may not return.  Without transfers it
 * is an interruptible sleep.
 */
void
glue_http_wait(long timeout_ms)
{
	static uint32 request_event = 0;
	static uint32 pause_event = 0;

	glue_http_wait_as(timeout_ms, dlist_is_empty(&transfers) ?
					  GLUE_WAIT_EVENT(pause_event, "GlueConnPause") :
					  GLUE_WAIT_EVENT(request_event, "GlueConnRequest"));
}

/* Do the same with a wait event of the caller. */
void
glue_http_wait_as(long timeout_ms, uint32 wait_event)
{
	GluePollEvent ready[GLUE_POLL_MAX_READY];
	int			nready;
	sigset_t	saved;

	Assert(timeout_ms >= 0);
	glue_http_pool_open();

	/* at most until libcurl's timer, or the end of an overdue transfer */
	timeout_ms = glue_http_pool.broken ? 0 :
		Min(timeout_ms, glue_ms_until(Min(deadline, glue_http_pool.timer_at)));
	nready = glue_poll_wait(timeout_ms, wait_event, ready);

	glue_http_pool_enter(&saved);
	for (int i = 0; i < nready; i++)
		glue_http_pool_drive(ready[i].fd, ready[i].events);
	glue_http_pool_drive_due();
	if (glue_http_pool.broken)
		fail_all();
	else
		collect_ended();
	end_overdue();
	glue_http_pool_leave(&saved);
}

/* Sleep, and process interrupts. */
void
glue_http_sleep(long duration_ms)
{
	int64		end = glue_monotonic_us() + (int64) duration_ms * 1000;
	long		remaining_ms = duration_ms;

	while (remaining_ms > 0)
	{
		glue_http_wait(remaining_ms);
		remaining_ms = glue_ms_until(end);
	}
}

/* ----------------------------------------------------------------
 * Begin, progress and end of transfers
 *
 * These functions raise no errors.  The caller has blocked signals, except for
 * a release, which starts nothing.
 * ----------------------------------------------------------------
 */

/*
 * Begin a transfer that has only a request so far; false if there is no
 * memory.
 */
static bool
begin_transfer(GlueHttpState *transfer)
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
		curl_multi_add_handle(glue_http_pool.multi, transfer->easy) == CURLM_OK;
	if (!transfer->added)
		return false;

	/*
	 * on a kept connection, this sends the request, and may even end the
	 * transfer
	 */
	glue_http_pool_drive(CURL_SOCKET_TIMEOUT, 0);
	collect_ended();
	return true;
}

/* Set the outcomes of the transfers that libcurl has finished. */
static void
collect_ended(void)
{
	CURLMsg    *message;
	int			remaining;

	while ((message = curl_multi_info_read(glue_http_pool.multi,
										   &remaining)) != NULL)
	{
		GlueHttpState *transfer = NULL;
		CURLcode	result;

		if (message->msg != CURLMSG_DONE)
			continue;
		(void) curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE,
								 &transfer);
		if (transfer == NULL ||
			transfer->public.outcome != GLUE_HTTP_PENDING)
			continue;

		/* at most once for each kept connection */
		result = message->data.result;
		if (!transfer->stale || ++transfer->nstale > glue_http_pool.nkept ||
			!start_over(transfer))
			end_transfer(transfer, result);
	}
}

/*
 * End all transfers after a failure to watch libcurl's sockets.
 *
 * The outcome of sent requests is unknown then.
 */
static void
fail_all(void)
{
	dlist_iter	iter;

	glue_http_pool.broken = false;
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
static void
end_overdue(void)
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
		glue_http_pool.in_doubt = true;
		end_transfer(transfer, CURLE_OPERATION_TIMEDOUT);
	}
}

/* Start over with another connection: the kept one was closed. */
static bool
start_over(GlueHttpState *transfer)
{
	transfer->stale = false;
	if (!remove_from_multi(transfer))
		return false;
	transfer->added = curl_multi_add_handle(glue_http_pool.multi,
											transfer->easy) == CURLM_OK;
	if (transfer->added)
		glue_http_pool_drive(CURL_SOCKET_TIMEOUT, 0);
	return transfer->added;
}

/* Set a transfer's outcome. */
static void
end_transfer(GlueHttpState *transfer, CURLcode result)
{
	const GlueHttpMessage *message = transfer->message;
	long		status = 0;

	if (result == CURLE_OUT_OF_MEMORY || result == CURLE_FAILED_INIT)
		glue_http_pool.in_doubt = true;
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
							 transfer->refusal != CURLE_OK ?
							 transfer->refusal : result,
							 message, transfer->curl_error,
							 &transfer->public);
}

/* Remove the handle; false if libcurl refuses. */
static bool
remove_from_multi(GlueHttpState *transfer)
{
	if (transfer->added &&
		curl_multi_remove_handle(glue_http_pool.multi,
								 transfer->easy) != CURLM_OK)
	{
		glue_http_pool.in_doubt = true;
		return false;
	}
	transfer->added = false;
	return true;
}

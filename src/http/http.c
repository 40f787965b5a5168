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
 * descriptors) runs while no frame of libcurl is on the stack: in this file,
 * and when http_pool.c opens its handles.
 *
 * Cleanup.  A transfer belongs to the memory context that was current at its
 * start.  Its reset callback is registered before any handle exists, and frees
 * the handles and buffers.
 *
 * IDENTIFICATION
 *	  src/http/http.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http.h"
#include "http/http_pool.h"
#include "http/http_progress.h"
#include "http/poll_set.h"
#include "server/compat.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static GlueHttpState *new_transfer(const GlueHttpMessage *message);
static void release_transfer(void *arg);
static long wait_time(long timeout_ms);

/* Open the handles and the poll set of this backend, if necessary. */
void
glue_http_open(void)
{
	glue_http_pool_open();
}

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

	if (glue_http_progress_is_idle() &&
		(glue_http_pool_in_doubt() || !glue_http_has_room(1)))
		glue_http_pool_close();
	glue_http_pool_open();

	Assert(message->url != NULL && message->request_timeout_ms > 0);
	transfer = new_transfer(message);
	glue_poll_reserve(GLUE_HTTP_FDS_PER_TRANSFER);
	transfer->reserved = true;

	glue_http_pool_enter(&saved);
	started = glue_http_progress_start(transfer);
	glue_http_pool_leave(&saved);

	if (!started)
	{
		glue_http_pool_doubt();
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
 * the transfer already released.
 */
static void
release_transfer(void *arg)
{
	GlueHttpState *transfer = arg;

	glue_secret_buffer_free(&transfer->answer);
	transfer->public.body = NULL;
	glue_http_progress_release(transfer);
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

	glue_http_wait_as(timeout_ms, glue_http_progress_is_idle() ?
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
	nready = glue_poll_wait(wait_time(timeout_ms), wait_event, ready);

	glue_http_pool_enter(&saved);
	for (int i = 0; i < nready; i++)
		glue_http_pool_drive(ready[i].fd, ready[i].events);
	glue_http_pool_drive_due();
	if (glue_http_pool_broke())
		glue_http_progress_fail_all();
	else
		glue_http_progress_collect();
	glue_http_progress_end_overdue();
	glue_http_pool_leave(&saved);
}

/*
 * The time to wait, at most timeout_ms: until libcurl's timer, or the end of
 * an overdue transfer.
 */
static long
wait_time(long timeout_ms)
{
	int64		until = Min(glue_http_progress_deadline(),
							glue_http_pool_due_at());

	return Min(timeout_ms, glue_ms_until(until));
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

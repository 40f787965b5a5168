/*-------------------------------------------------------------------------
 *
 * http.c
 *	  HTTPS transfers that a backend can wait for, and leave, at any time.
 *
 * This file and http_handle.c alone know libcurl.  They know nothing of AWS.
 *
 * Waiting.  libcurl's multi-socket interface tells us which sockets it waits
 * for, and until when.  poll_set.c waits for them together with the latch.
 *
 * Errors.  A longjmp through libcurl's frames would leave its handles
 * unusable and impossible to free.  Callbacks therefore only record, and
 * everything that may raise (allocation, CHECK_FOR_INTERRUPTS, reserving
 * file descriptors) happens while no frame of libcurl is on the stack.
 *
 * Signals.  libcurl starts a thread to resolve names.  Signals are blocked
 * around every call in which it might do so, so that such a thread inherits a
 * full mask and can never run one of PostgreSQL's handlers.
 *
 * Clean-up.  A transfer belongs to the memory context that was current at its
 * start: its reset callback is registered before any handle exists, and
 * frees what there is.  Leaving a transfer early closes its connection;
 * CURLOPT_QUICK_EXIT keeps that from waiting for a resolver thread.
 *
 * Sending once.  When a kept connection turns out to be dead, libcurl sends
 * a request again on a new one, even a POST, and even if the first was
 * carried out.  It asks us before it sends, and the second time it is told
 * no.  So that this stays the exception, we look before the first time
 * whether a kept connection was closed by the server while it was idle, and
 * start over on another one if it was: nothing has been sent then.
 *
 * Limits.  libcurl keeps the time limits of a request.  Should it fail to, we
 * end the transfer ourselves a little later, so that no call waits for ever.
 * All this is by a clock that nobody can set.
 *
 * Handles in doubt.  When libcurl lacks memory or fails where it never should,
 * what it keeps may be incomplete.  All handles are thrown away then, as soon
 * as no transfer uses them.
 *
 * Connections, name look-ups and the parsed CA certificates are kept in the
 * multi handle, for the life of the backend, and so are TLS sessions, so that
 * a new connection costs less than the first one.  A connection that was idle
 * for a minute is closed when there is another request; until then it is up to
 * the server.
 *
 * IDENTIFICATION
 *	  src/http/http.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>

#include "http/http.h"
#include "http/http_handle.h"
#include "http/poll_set.h"
#include "lib/ilist.h"
#include "server/compat.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "utils/memutils.h"

/*
 * QUICK_EXIT and the cache of parsed CA certificates came with 7.87.  Without
 * the first a cancel would wait for a slow name server.
 */
#if !CURL_AT_LEAST_VERSION(7, 87, 0)
#error "glue_conn needs libcurl 7.87.0 or newer"
#endif

/* 8.16.0 cancels its resolver threads at arbitrary points, and crashes */
#define BROKEN_LIBCURL_VERSION	0x081000

/*
 * Idle connections that are kept, each of them a file descriptor: a few, or as
 * many as there were transfers side by side.
 */
#define MIN_KEPT_CONNECTIONS	4
#define MAX_KEPT_CONNECTIONS	GLUE_MAX_CONCURRENT_REQUESTS

/*
 * File descriptors that one transfer may open: libcurl tries IPv6 and IPv4
 * side by side.
 */
#define FDS_PER_TRANSFER	2

/* A wait that only news of a transfer or the latch are meant to end. */
#define LONG_WAIT_MS	(60 * 1000)

/* How long libcurl may take to notice that a request's time is over. */
#define GRACE_MS		(5 * 1000)

/*
 * A transfer and what it owns.  The reset callback is registered when only
 * the first two fields are set.
 */
typedef struct HttpTransfer
{
	GlueHttpTransfer public;	/* MUST BE FIRST */
	MemoryContextCallback callback;
	dlist_node	node;			/* in pool.transfers, while easy is set */
	CURL	   *easy;			/* NULL once released */
	bool		added;			/* easy belongs to the multi handle */
	bool		reserved;		/* FDS_PER_TRANSFER are reserved */
	int64		deadline;		/* when we end it, whatever libcurl does */
	struct curl_slist *headers; /* hold the signature and a session token */
	const GlueHttpRequest *request;
	GlueSecretBuffer answer;
	Size		headers_len;
	bool		stale;			/* the kept connection was closed already */
	int			nstale;			/* how often that was so */
	bool		too_large;
	bool		out_of_memory;
	char		curl_error[CURL_ERROR_SIZE];
} HttpTransfer;

/* What a backend keeps from call to call. */
typedef struct HttpPool
{
	CURLM	   *multi;			/* NULL until the first transfer */
	CURLSH	   *share;			/* TLS sessions, for all handles */
	CURL	   *idle[MAX_KEPT_CONNECTIONS]; /* easy handles to use again */
	int			nidle;
	int			nkept;			/* so many of both are kept */
	dlist_head	transfers;		/* that have handles */
	uint64		nended;			/* transfers that have ended so far */
	bool		timer_set;
	int64		timer_at;		/* when libcurl wants to be called */
	int64		deadline;		/* the first of those transfers */
	bool		broken;			/* a socket cannot be watched */
	bool		in_doubt;		/* to be thrown away */
} HttpPool;

static HttpPool pool;

/* What is done while something is waited for, or NULL. */
static GlueHttpMeanwhile meanwhile = NULL;
static void *meanwhile_arg;

#define SET GLUE_HTTP_SET
#define SET_MULTI(multi, option, value) \
	(curl_multi_setopt((multi), (option), (value)) == CURLM_OK)

/* prototypes of private functions */
static void check_libcurl(void);
static bool open_handles(void);
static bool set_up_multi(CURLM *multi);
static void close_pool(void);
static long wait_time(long timeout_ms);
static long do_meanwhile(void);
static CURL *take_handle(void);
static bool prepare_handle(HttpTransfer *transfer);
static void drive(curl_socket_t socket, int events);
static void collect_ended(void);
static HttpTransfer *find_transfer(const CURL *easy);
static void settle(HttpTransfer *transfer, CURLcode result);
static bool start_over(HttpTransfer *transfer);
static void end_transfer(HttpTransfer *transfer, CURLcode result);
static void fail_all_transfers(void);
static void end_overdue(void);
static void release_transfer(void *arg);
static void release_handles(HttpTransfer *transfer);
static bool remove_from_multi(HttpTransfer *transfer);
static void block_signals(sigset_t *saved);
static void restore_signals(const sigset_t *saved);

/* libcurl's callbacks: none of them may raise or use palloc */
static int	on_socket(CURL *easy, curl_socket_t socket, int what,
					  void *arg, void *socket_arg);
static int	on_timer(CURLM *multi, long timeout_ms, void *arg);
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose,
									struct curl_sockaddr *address);
static int	on_close_socket(void *arg, curl_socket_t socket);
static int	on_request(void *arg, char *remote_ip, char *local_ip,
					   int remote_port, int local_port);
static bool is_stale(HttpTransfer *transfer, int local_port);
static size_t on_header(char *line, size_t size, size_t count, void *arg);
static size_t on_write(char *data, size_t size, size_t count, void *arg);

/*
 * Set up the multi handle and the epoll descriptor of this backend, if they
 * are not set up yet.
 *
 * libcurl is initialized here and not in _PG_init(): that may run in the
 * postmaster, which must stay free of threads and of state to be forked.
 * curl_global_cleanup() is never called, since a resolver thread that was
 * left behind may outlive everything but the process.
 */
void
glue_http_open(void)
{
	sigset_t	saved;
	bool		opened;

	if (pool.multi != NULL)
		return;
	check_libcurl();

	/*
	 * OpenSSL would write the keys of every connection to that file.  The
	 * variable must be gone before libcurl looks at it.
	 */
	if (getenv("SSLKEYLOGFILE") != NULL)
	{
		ereport(WARNING,
				(errmsg("environment variable \"%s\" is ignored by glue_conn",
						"SSLKEYLOGFILE"),
				 errdetail("The keys of connections to AWS are not logged.")));
		unsetenv("SSLKEYLOGFILE");
	}

	glue_poll_open();
	dlist_init(&pool.transfers);

	block_signals(&saved);
	opened = curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK && open_handles();
	restore_signals(&saved);

	if (!opened)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not initialize libcurl")));
	pool.deadline = PG_INT64_MAX;
}

/*
 * Start a transfer.
 *
 * The result belongs to the current memory context.  Call glue_http_wait()
 * until its outcome is not GLUE_HTTP_PENDING any more.  Raises an error only
 * for want of memory or file descriptors, when nothing has been sent.
 */
GlueHttpTransfer *
glue_http_start(const GlueHttpRequest *request)
{
	HttpTransfer *transfer;
	sigset_t	saved;
	bool		started;

	if (pool.multi != NULL && dlist_is_empty(&pool.transfers) &&
		(pool.in_doubt || !glue_http_has_room()))
		close_pool();
	glue_http_open();

	transfer = palloc0(sizeof(HttpTransfer));
	transfer->callback.func = release_transfer;
	transfer->callback.arg = transfer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &transfer->callback);
	transfer->request = request;
	transfer->public.started_at = GetCurrentTimestamp();
	transfer->deadline = glue_monotonic_us() +
		((int64) request->request_timeout_ms + GRACE_MS) * 1000;
	pool.deadline = Min(pool.deadline, transfer->deadline);

	glue_poll_reserve(FDS_PER_TRANSFER);
	transfer->reserved = true;

	block_signals(&saved);
	transfer->easy = take_handle();
	started = transfer->easy != NULL;
	if (started)
	{
		dlist_push_tail(&pool.transfers, &transfer->node);
		started = prepare_handle(transfer) &&
			curl_multi_add_handle(pool.multi, transfer->easy) == CURLM_OK;
		transfer->added = started;
	}
	if (started)
	{
		/* on a kept connection this sends, and may even end the transfer */
		drive(CURL_SOCKET_TIMEOUT, 0);
		collect_ended();
	}
	restore_signals(&saved);

	if (!started)
	{
		pool.in_doubt = true;
		glue_http_release(&transfer->public);
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not prepare an HTTP request")));
	}
	return &transfer->public;
}

/*
 * Get ready for this many transfers side by side, and keep as many connections
 * from now on.
 */
void
glue_http_expect(int ntransfers)
{
	glue_http_open();
	ntransfers = Min(ntransfers, MAX_KEPT_CONNECTIONS);
	if (ntransfers > pool.nkept &&
		SET_MULTI(pool.multi, CURLMOPT_MAXCONNECTS, (long) ntransfers))
		pool.nkept = ntransfers;
}

/* Are there file descriptors for another transfer? */
bool
glue_http_has_room(void)
{
	return glue_poll_can_reserve(FDS_PER_TRANSFER);
}

/*
 * Wait until something happens to a transfer or timeout_ms have passed, and
 * let libcurl do its work.
 *
 * Interrupts are served here, so this may not return.  Without transfers it
 * is an interruptible sleep.
 */
void
glue_http_wait(long timeout_ms)
{
	static uint32 request_event = 0;
	static uint32 pause_event = 0;

	glue_http_open();
	glue_http_wait_as(timeout_ms, dlist_is_empty(&pool.transfers) ?
					  GLUE_WAIT_EVENT(pause_event, "GlueConnPause") :
					  GLUE_WAIT_EVENT(request_event, "GlueConnRequest"));
}

/* Do the same for whoever waits for something else as well. */
void
glue_http_wait_as(long timeout_ms, uint32 wait_event)
{
	GluePollEvent ready[GLUE_POLL_MAX_READY];
	int			nready;
	sigset_t	saved;

	glue_http_open();
	if (meanwhile != NULL)
		timeout_ms = Min(timeout_ms, do_meanwhile());
	nready = glue_poll_wait(wait_time(timeout_ms), wait_event, ready);

	block_signals(&saved);
	for (int i = 0; i < nready; i++)
		drive(ready[i].fd,
			  (ready[i].events & GLUE_POLL_READ ? CURL_CSELECT_IN : 0) |
			  (ready[i].events & GLUE_POLL_WRITE ? CURL_CSELECT_OUT : 0) |
			  (ready[i].events & GLUE_POLL_ERROR ? CURL_CSELECT_ERR : 0));
	if (pool.timer_set && glue_monotonic_us() >= pool.timer_at)
	{
		pool.timer_set = false;
		drive(CURL_SOCKET_TIMEOUT, 0);
	}
	if (pool.broken)
		fail_all_transfers();
	else
		collect_ended();
	end_overdue();
	restore_signals(&saved);
}

/*
 * How long to wait, if timeout_ms is the longest: until libcurl wants to be
 * called, or a transfer has to be ended.
 */
static long
wait_time(long timeout_ms)
{
	int64		until = pool.deadline;

	if (pool.timer_set)
		until = Min(until, pool.timer_at);
	return pool.broken ? 0 : Min(timeout_ms, glue_ms_until(until));
}

/* A clock that nobody can set, in microseconds; it says nothing of the time. */
int64
glue_monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* How long it is until then, by that clock; 0 if that is over. */
long
glue_ms_until(int64 until)
{
	int64		now = glue_monotonic_us();

	return until <= now ? 0 : (until - now + 999) / 1000;
}

/*
 * From now on, do something else as well whenever something is waited for;
 * NULL ends that.
 */
void
glue_http_set_meanwhile(GlueHttpMeanwhile function, void *arg)
{
	meanwhile = function;
	meanwhile_arg = arg;
}

/* Wait for the end of a transfer, and serve interrupts meanwhile. */
void
glue_http_finish(GlueHttpTransfer *transfer)
{
	while (transfer->outcome == GLUE_HTTP_PENDING)
		glue_http_wait(LONG_WAIT_MS);
}

/* Sleep, serving interrupts. */
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

/*
 * Free what a transfer holds, and leave it if it is still under way.
 *
 * For callers that do not want to wait for the reset of the memory context.
 * Never raises.  The body of the answer is gone afterwards.
 */
void
glue_http_release(GlueHttpTransfer *transfer)
{
	release_transfer(transfer);
}

/* ----------------------------------------------------------------
 * The pool
 * ----------------------------------------------------------------
 */

/*
 * Refuse a libcurl that we cannot work with.
 *
 * The library at run time need not be the one that we were built with.
 */
static void
check_libcurl(void)
{
	curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);

	if (info->version_num < 0x075700 ||
		info->version_num == BROKEN_LIBCURL_VERSION ||
		(info->features & CURL_VERSION_SSL) == 0 ||
		(info->features & CURL_VERSION_ASYNCHDNS) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("libcurl %s cannot be used", info->version),
				 errdetail("glue_conn needs libcurl 7.87.0 or newer, but not 8.16.0, with TLS and asynchronous name look-up.")));
}

/* Make the handles that all transfers share; false if that is not possible. */
static bool
open_handles(void)
{
	CURLM	   *multi = curl_multi_init();
	CURLSH	   *share = curl_share_init();

	if (multi != NULL && share != NULL && set_up_multi(multi) &&
		curl_share_setopt(share, CURLSHOPT_SHARE,
						  CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
	{
		pool.multi = multi;
		pool.share = share;
		return true;
	}
	curl_multi_cleanup(multi);
	curl_share_cleanup(share);
	return false;
}

static bool
set_up_multi(CURLM *multi)
{
	pool.nkept = Max(pool.nkept, MIN_KEPT_CONNECTIONS);
	return SET_MULTI(multi, CURLMOPT_SOCKETFUNCTION, on_socket) &&
		SET_MULTI(multi, CURLMOPT_TIMERFUNCTION, on_timer) &&
		SET_MULTI(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) &&
#if CURL_AT_LEAST_VERSION(8, 20, 0)
		SET_MULTI(multi, CURLMOPT_QUICK_EXIT, 1L) &&
#endif
		SET_MULTI(multi, CURLMOPT_MAXCONNECTS, (long) pool.nkept);
}

/*
 * Give up the handles, and all kept connections with them, while no transfer
 * is under way: they are in doubt, or there are no file descriptors left for
 * another transfer.
 *
 * Kept connections are to one server each; a session that speaks to many
 * servers may have got that many of them.
 */
static void
close_pool(void)
{
	int			nkept = pool.nkept;

	while (pool.nidle > 0)
		curl_easy_cleanup(pool.idle[--pool.nidle]);
	curl_multi_cleanup(pool.multi);
	curl_share_cleanup(pool.share);
	memset(&pool, 0, sizeof(pool));
	pool.nkept = nkept;
}

/*
 * Not once more while it is being done, and not any more after an error.
 *
 * A transfer that is waited for may end meanwhile: then there is nothing to
 * wait for.
 */
static long
do_meanwhile(void)
{
	GlueHttpMeanwhile function = meanwhile;
	uint64		nended = pool.nended;
	long		timeout_ms;

	meanwhile = NULL;
	timeout_ms = function(meanwhile_arg);
	meanwhile = function;
	return pool.nended == nended ? timeout_ms : 0;
}

/*
 * An easy handle with our callbacks: one that was used before, or a new one;
 * NULL if there is no memory.
 */
static CURL *
take_handle(void)
{
	CURL	   *easy;

	if (pool.nidle > 0)
		return pool.idle[--pool.nidle];

	easy = glue_http_handle_new();
	if (easy != NULL &&
		!(SET(easy, CURLOPT_SHARE, pool.share) &&
		  SET(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket) &&
		  SET(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close_socket) &&
		  SET(easy, CURLOPT_PREREQFUNCTION, on_request) &&
		  SET(easy, CURLOPT_HEADERFUNCTION, on_header) &&
		  SET(easy, CURLOPT_WRITEFUNCTION, on_write)))
	{
		curl_easy_cleanup(easy);
		easy = NULL;
	}
	return easy;
}

/* Make a transfer's handle ready for its request; false without memory. */
static bool
prepare_handle(HttpTransfer *transfer)
{
	CURL	   *easy = transfer->easy;

	return glue_http_handle_prepare(easy, transfer->request,
									&transfer->headers,
									transfer->curl_error) &&
		SET(easy, CURLOPT_PREREQDATA, transfer) &&
		SET(easy, CURLOPT_OPENSOCKETDATA, transfer) &&
		SET(easy, CURLOPT_HEADERDATA, transfer) &&
		SET(easy, CURLOPT_WRITEDATA, transfer);
}

/* ----------------------------------------------------------------
 * Progress
 * ----------------------------------------------------------------
 */

/*
 * What follows runs with signals blocked, and must not raise errors.
 */

/* Let libcurl act on one socket, or on the passing of time. */
static void
drive(curl_socket_t socket, int events)
{
	int			running;

	if (curl_multi_socket_action(pool.multi, socket, events,
								 &running) != CURLM_OK)
		pool.broken = true;
}

/* Settle the transfers that libcurl has finished with. */
static void
collect_ended(void)
{
	CURLMsg    *message;
	int			remaining;

	while ((message = curl_multi_info_read(pool.multi, &remaining)) != NULL)
	{
		HttpTransfer *transfer = find_transfer(message->easy_handle);

		if (message->msg == CURLMSG_DONE && transfer != NULL &&
			transfer->public.outcome == GLUE_HTTP_PENDING)
			settle(transfer, message->data.result);
	}
}

/* The transfer that has a handle; NULL if none has. */
static HttpTransfer *
find_transfer(const CURL *easy)
{
	dlist_iter	iter;

	dlist_foreach(iter, &pool.transfers)
	{
		HttpTransfer *transfer = dlist_container(HttpTransfer, node,
												 iter.cur);

		if (transfer->easy == easy)
			return transfer;
	}
	return NULL;
}

/*
 * A transfer is over, unless its connection was: then start over with another
 * one.  There are no more to try than are kept.
 */
static void
settle(HttpTransfer *transfer, CURLcode result)
{
	if (!transfer->stale || ++transfer->nstale > pool.nkept ||
		!start_over(transfer))
		end_transfer(transfer, result);
}

static bool
start_over(HttpTransfer *transfer)
{
	transfer->stale = false;
	if (!remove_from_multi(transfer))
		return false;
	transfer->added = curl_multi_add_handle(pool.multi,
											transfer->easy) == CURLM_OK;
	if (transfer->added)
		drive(CURL_SOCKET_TIMEOUT, 0);
	return transfer->added;
}

/* Set a transfer's outcome. */
static void
end_transfer(HttpTransfer *transfer, CURLcode result)
{
	const GlueHttpRequest *request = transfer->request;
	long		status = 0;
	curl_off_t	sent = 0;

	pool.nended++;
	pool.in_doubt |= result == CURLE_OUT_OF_MEMORY ||
		result == CURLE_FAILED_INIT;
	transfer->public.ended_at = GetCurrentTimestamp();
	if (request->on_end != NULL)
		request->on_end(request->on_end_arg);
	if (result == CURLE_OK)
		result = curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE,
								   &status);
	if (result == CURLE_OK && status > 0)
	{
		transfer->public.outcome = GLUE_HTTP_ANSWERED;
		transfer->public.status = (int) status;
		transfer->public.body = transfer->answer.data;
		transfer->public.body_len = transfer->answer.len;
		return;
	}

	/* if this fails, what was sent counts as not sent completely */
	(void) curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
	if (transfer->public.phase == GLUE_HTTP_SENDING &&
		(result == CURLE_ABORTED_BY_CALLBACK ||
		 sent >= (curl_off_t) transfer->request->body_len))
		transfer->public.phase = GLUE_HTTP_WAITING;
	transfer->public.outcome =
		transfer->public.phase < GLUE_HTTP_SENDING ?
		GLUE_HTTP_NOT_SENT : GLUE_HTTP_LOST;
	transfer->public.timed_out = result == CURLE_OPERATION_TIMEDOUT;
	glue_http_handle_explain(transfer->easy,
							 transfer->too_large ? CURLE_FILESIZE_EXCEEDED :
							 transfer->out_of_memory ? CURLE_OUT_OF_MEMORY :
							 result,
							 request, transfer->curl_error,
							 &transfer->public);
}

/*
 * End all transfers after a failure of our own side of libcurl's sockets.
 *
 * Whatever was sent is then beyond our knowledge.
 */
static void
fail_all_transfers(void)
{
	dlist_iter	iter;

	dlist_foreach(iter, &pool.transfers)
	{
		HttpTransfer *transfer = dlist_container(HttpTransfer, node,
												 iter.cur);

		if (transfer->public.outcome == GLUE_HTTP_PENDING)
			end_transfer(transfer, CURLE_FAILED_INIT);
	}
	pool.broken = false;
}

/*
 * End the transfers whose time libcurl should have ended long ago.
 *
 * Nothing is known of what it is at, so its handles are in doubt.
 */
static void
end_overdue(void)
{
	int64		now = glue_monotonic_us();
	dlist_iter	iter;

	if (now < pool.deadline)
		return;
	pool.deadline = PG_INT64_MAX;
	dlist_foreach(iter, &pool.transfers)
	{
		HttpTransfer *transfer = dlist_container(HttpTransfer, node,
												 iter.cur);

		if (transfer->public.outcome != GLUE_HTTP_PENDING)
			continue;
		if (transfer->deadline > now)
		{
			pool.deadline = Min(pool.deadline, transfer->deadline);
			continue;
		}
		pool.in_doubt = true;
		end_transfer(transfer, CURLE_OPERATION_TIMEDOUT);
	}
}

/*
 * Free what a transfer holds.  Also a reset callback, so it must not raise,
 * and is called again for a transfer that was released before.
 *
 * A handle that ended well is kept for the next request; any other is thrown
 * away, and its connection with it.
 */
static void
release_transfer(void *arg)
{
	HttpTransfer *transfer = arg;

	glue_secret_buffer_free(&transfer->answer);
	transfer->public.body = NULL;
	if (transfer->easy != NULL)
		release_handles(transfer);
	if (transfer->reserved)
		glue_poll_give_back(FDS_PER_TRANSFER);
	transfer->reserved = false;
}

/* Give back the handles of a transfer.  This starts nothing, not even a thread. */
static void
release_handles(HttpTransfer *transfer)
{
	CURL	   *easy = transfer->easy;

	if (remove_from_multi(transfer) &&
		transfer->public.outcome == GLUE_HTTP_ANSWERED &&
		pool.nidle < pool.nkept &&
		SET(easy, CURLOPT_HTTPHEADER, NULL) &&
		SET(easy, CURLOPT_POSTFIELDS, NULL) &&
		SET(easy, CURLOPT_ERRORBUFFER, NULL))
		pool.idle[pool.nidle++] = easy;
	else
		curl_easy_cleanup(easy);

	glue_http_headers_free(transfer->headers);
	dlist_delete(&transfer->node);
	transfer->easy = NULL;
}

/*
 * Take the handle of a transfer out of the multi handle; false if libcurl
 * refuses that.  It does so by itself when the handle is freed.
 */
static bool
remove_from_multi(HttpTransfer *transfer)
{
	if (transfer->added &&
		curl_multi_remove_handle(pool.multi, transfer->easy) != CURLM_OK)
	{
		pool.in_doubt = true;
		return false;
	}
	transfer->added = false;
	return true;
}

/*
 * Block all signals, except for those that a fault of this thread raises.
 */
static void
block_signals(sigset_t *saved)
{
	sigset_t	all;

	sigfillset(&all);
	sigdelset(&all, SIGSEGV);
	sigdelset(&all, SIGBUS);
	sigdelset(&all, SIGFPE);
	sigdelset(&all, SIGILL);
	sigdelset(&all, SIGABRT);
	pthread_sigmask(SIG_BLOCK, &all, saved);
}

static void
restore_signals(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/* ----------------------------------------------------------------
 * libcurl's callbacks
 * ----------------------------------------------------------------
 */

/* libcurl wants to wait for a socket, or not any more. */
static int
on_socket(CURL *easy, curl_socket_t socket, int what, void *arg,
		  void *socket_arg)
{
	int			events = 0;

	if (what == CURL_POLL_REMOVE)
	{
		glue_poll_ignore(socket);
		return 0;
	}
	if (what & CURL_POLL_IN)
		events |= GLUE_POLL_READ;
	if (what & CURL_POLL_OUT)
		events |= GLUE_POLL_WRITE;
	if (!glue_poll_watch(socket, events, socket_arg != NULL))
	{
		pool.broken = true;
		return -1;
	}

	/*
	 * That the socket is watched is kept as its pointer, whatever it is; if
	 * that fails, the kernel will tell.
	 */
	(void) curl_multi_assign(pool.multi, socket, &pool);
	return 0;
}

/* libcurl wants to be called after timeout_ms; -1 means not at all. */
static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	pool.timer_set = timeout_ms >= 0;
	if (pool.timer_set)
		pool.timer_at = glue_monotonic_us() + (int64) timeout_ms * 1000;
	return 0;
}

/*
 * Open a socket.
 *
 * If the request was sent on a kept connection that turned out to be dead,
 * libcurl connects anew before it asks whether it may send; what has left
 * must not be taken for unsent then.
 */
static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	HttpTransfer *transfer = arg;

	int			fd = glue_poll_open_socket(address->family, address->socktype,
										   address->protocol);

	if (transfer->public.phase < GLUE_HTTP_CONNECTING)
		transfer->public.phase = GLUE_HTTP_CONNECTING;
	return fd;
}

static int
on_close_socket(void *arg, curl_socket_t socket)
{
	return glue_poll_close_socket(socket);
}

/*
 * The connection is made, and the request is about to be sent on it: see
 * "Sending once" above.
 */
static int
on_request(void *arg, char *remote_ip, char *local_ip,
		   int remote_port, int local_port)
{
	HttpTransfer *transfer = arg;

	if (transfer->public.phase >= GLUE_HTTP_SENDING)
		return CURL_PREREQFUNC_ABORT;
	transfer->stale = is_stale(transfer, local_port);
	if (transfer->stale)
		return CURL_PREREQFUNC_ABORT;
	transfer->public.phase = GLUE_HTTP_SENDING;
	return CURL_PREREQFUNC_OK;
}

/*
 * Was a kept connection closed while it was idle?  There is nothing that a
 * server may say of its own accord, so anything to be read means that.
 *
 * A connection that is new is remembered by its port instead.
 */
static bool
is_stale(HttpTransfer *transfer, int local_port)
{
	long		nconnects = 1;

	(void) curl_easy_getinfo(transfer->easy, CURLINFO_NUM_CONNECTS, &nconnects);
	if (nconnects == 0)
		return glue_poll_has_input(local_port);
	glue_poll_note_ports();
	return false;
}

/*
 * A line of the headers, be it of the answer, of an interim answer before it or
 * of what follows its last chunk.  libcurl keeps them all, so this is where
 * there is an end to them.
 *
 * Any count but the one that was given makes libcurl give up.
 */
static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	HttpTransfer *transfer = arg;
	const GlueHttpRequest *request = transfer->request;
	Size		len = size * count;

	transfer->public.phase = GLUE_HTTP_RECEIVING;
	transfer->public.headers_too_large |=
		len > GLUE_HTTP_MAX_HEADERS - transfer->headers_len;
	if (transfer->public.headers_too_large)
		return len + 1;
	transfer->headers_len += len;
	if (request->on_header != NULL)
		request->on_header(request->on_header_arg, line, len);
	return len;
}

/* Append to the answer; the count is as above. */
static size_t
on_write(char *data, size_t size, size_t count, void *arg)
{
	HttpTransfer *transfer = arg;
	Size		len = size * count;

	if (len > GLUE_HTTP_MAX_ANSWER - transfer->answer.len)
		transfer->too_large = true;
	else if (glue_secret_buffer_append(&transfer->answer, data, len))
		return len;
	else
		transfer->out_of_memory = true;
	return len + 1;
}

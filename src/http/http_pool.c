/*-------------------------------------------------------------------------
 *
 * http_pool.c
 *	  libcurl's handles that a backend keeps between calls.
 *
 * The multi handle keeps connections, DNS results and the parsed CA
 * certificates for the life of the backend; a share handle keeps TLS sessions.
 * So a new connection is cheaper than the first one.  A connection that was
 * idle for a minute is closed at the next request; before that, the server may
 * close it.  Easy handles are kept, too, as many as connections.
 *
 * Waits.  libcurl's multi-socket interface reports its sockets and its timer.
 * poll_set.c waits for them together with the latch.
 *
 * Signals.  libcurl starts a thread to resolve names.  Signals are blocked
 * around every call that might do so, so that the thread inherits a full mask
 * and never runs one of PostgreSQL's handlers.
 *
 * Doubtful handles.  If libcurl lacks memory, or has an unexpected failure,
 * the state of its handles may be incomplete.  Then all handles are freed as
 * soon as no transfer uses them.
 *
 * IDENTIFICATION
 *	  src/http/http_pool.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <pthread.h>
#include <signal.h>

#include "http/clock.h"
#include "http/http_handle.h"
#include "http/http_pool.h"
#include "http/http_state.h"
#include "http/poll_set.h"

/*
 * CURLOPT_QUICK_EXIT and the cache of parsed CA certificates came with 7.87.
 * Without the former a cancel would wait for a slow name server.
 */
#if !CURL_AT_LEAST_VERSION(7, 87, 0)
#error "glue_conn needs libcurl 7.87.0 or newer"
#endif

/* 8.16.0 cancels its resolver threads at arbitrary points, and crashes */
#define BROKEN_LIBCURL_VERSION	0x081000

GlueHttpPool glue_http_pool = {.timer_at = PG_INT64_MAX};

#define SET GLUE_HTTP_SET
#define SET_MULTI(multi, option, value) \
	(curl_multi_setopt((multi), (option), (value)) == CURLM_OK)

/* prototypes of private functions */
static void check_libcurl(void);
static bool open_handles(void);
static bool set_up_multi(CURLM *multi);

/* libcurl's callbacks: none of them may raise or use palloc */

/* libcurl starts or stops waiting for a socket. */
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
		glue_http_pool.broken = true;
		return -1;
	}

	/*
	 * The pointer of the socket only records that it is watched; if this
	 * fails, epoll_ctl() will report it.
	 */
	(void) curl_multi_assign(glue_http_pool.multi, socket, &glue_http_pool);
	return 0;
}

/* libcurl sets its timer to timeout_ms; -1 stops it. */
static int
on_timer(CURLM *multi, long timeout_ms, void *arg)
{
	glue_http_pool.timer_at = timeout_ms < 0 ? PG_INT64_MAX :
		glue_monotonic_us() + (int64) timeout_ms * 1000;
	return 0;
}

/*
 * Open the multi handle and the epoll descriptor of this backend, if they are
 * not open yet.
 *
 * libcurl is initialized here and not in _PG_init(), which may run in the
 * postmaster: that process must not have threads, or state that its children
 * inherit.  curl_global_cleanup() is never called, because an abandoned
 * resolver thread may run until the process exits.
 */
void
glue_http_pool_open(void)
{
	sigset_t	saved;
	bool		opened;

	if (glue_http_pool.multi != NULL)
		return;
	check_libcurl();

	/*
	 * OpenSSL would write the keys of every connection to that file.  The
	 * variable must be removed before libcurl reads it.
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

	glue_http_pool_enter(&saved);
	opened = curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK && open_handles();
	glue_http_pool_leave(&saved);

	if (!opened)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not initialize libcurl")));
}

/*
 * Reject a libcurl that does not work for us.
 *
 * The library at run time may differ from that at build time.
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

/* Open the handles that all transfers share; false on failure. */
static bool
open_handles(void)
{
	CURLM	   *multi = curl_multi_init();
	CURLSH	   *share = curl_share_init();

	if (multi != NULL && share != NULL && set_up_multi(multi) &&
		curl_share_setopt(share, CURLSHOPT_SHARE,
						  CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK)
	{
		glue_http_pool.multi = multi;
		glue_http_pool.share = share;
		return true;
	}
	curl_multi_cleanup(multi);
	curl_share_cleanup(share);
	return false;
}

static bool
set_up_multi(CURLM *multi)
{
	glue_http_pool.nkept = Max(glue_http_pool.nkept, MIN_KEPT_CONNECTIONS);
	return SET_MULTI(multi, CURLMOPT_SOCKETFUNCTION, on_socket) &&
		SET_MULTI(multi, CURLMOPT_TIMERFUNCTION, on_timer) &&
		SET_MULTI(multi, CURLMOPT_PIPELINING, CURLPIPE_NOTHING) &&
#if CURL_AT_LEAST_VERSION(8, 20, 0)
		SET_MULTI(multi, CURLMOPT_QUICK_EXIT, 1L) &&
#endif
		SET_MULTI(multi, CURLMOPT_MAXCONNECTS, (long) glue_http_pool.nkept);
}

/*
 * Free the handles, and close all kept connections with them, while no
 * transfer is under way: they are doubtful, or there is no file descriptor for
 * another transfer.
 *
 * Each kept connection is to one server; a session that calls many servers may
 * have as many of them.
 */
void
glue_http_pool_close(void)
{
	if (glue_http_pool.multi == NULL)
		return;
	while (glue_http_pool.nidle > 0)
		curl_easy_cleanup(glue_http_pool.idle[--glue_http_pool.nidle]);
	curl_multi_cleanup(glue_http_pool.multi);
	curl_share_cleanup(glue_http_pool.share);
	glue_http_pool = (GlueHttpPool)
	{
		.nkept = glue_http_pool.nkept, .timer_at = PG_INT64_MAX
	};
}

/*
 * Keep as many connections as there are transfers side by side, from now on.
 */
void
glue_http_pool_expect(int ntransfers)
{
	ntransfers = Min(ntransfers, MAX_KEPT_CONNECTIONS);
	if (ntransfers > glue_http_pool.nkept &&
		SET_MULTI(glue_http_pool.multi, CURLMOPT_MAXCONNECTS, (long) ntransfers))
		glue_http_pool.nkept = ntransfers;
}

/*
 * The functions below must not raise errors.
 */

/*
 * Block all signals before a call of libcurl that might start a thread, except
 * for those that a fault of this thread raises.
 */
void
glue_http_pool_enter(sigset_t *saved)
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

/* Restore the signals. */
void
glue_http_pool_leave(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/*
 * Get an easy handle with our callbacks, a kept or a new one; NULL if there is
 * no memory.
 */
CURL *
glue_http_pool_take(void)
{
	CURL	   *easy;

	if (glue_http_pool.nidle > 0)
		return glue_http_pool.idle[--glue_http_pool.nidle];

	easy = glue_http_handle_new();
	if (easy != NULL &&
		!(SET(easy, CURLOPT_SHARE, glue_http_pool.share) &&
		  glue_http_callbacks_set(easy)))
	{
		curl_easy_cleanup(easy);
		easy = NULL;
	}
	return easy;
}

/*
 * Keep an unused handle for the next request, if there is room; otherwise free
 * it, and close its connection.
 */
void
glue_http_pool_keep(CURL *easy)
{
	if (glue_http_pool.nidle < glue_http_pool.nkept &&
		SET(easy, CURLOPT_HTTPHEADER, NULL) &&
		SET(easy, CURLOPT_POSTFIELDS, NULL) &&
		SET(easy, CURLOPT_ERRORBUFFER, NULL))
		glue_http_pool.idle[glue_http_pool.nidle++] = easy;
	else
		curl_easy_cleanup(easy);
}

/*
 * Let libcurl process the events of a socket: GLUE_POLL_...; or, with
 * CURL_SOCKET_TIMEOUT, its timer, or an added handle.
 */
void
glue_http_pool_drive(curl_socket_t socket, int events)
{
	int			mask = (events & GLUE_POLL_READ ? CURL_CSELECT_IN : 0) |
		(events & GLUE_POLL_WRITE ? CURL_CSELECT_OUT : 0) |
		(events & GLUE_POLL_ERROR ? CURL_CSELECT_ERR : 0);
	int			running;

	if (curl_multi_socket_action(glue_http_pool.multi, socket, mask,
								 &running) != CURLM_OK)
		glue_http_pool.broken = true;
}

/* Do so if libcurl's timer is due. */
void
glue_http_pool_drive_due(void)
{
	if (glue_monotonic_us() >= glue_http_pool.timer_at)
	{
		glue_http_pool.timer_at = PG_INT64_MAX;
		glue_http_pool_drive(CURL_SOCKET_TIMEOUT, 0);
	}
}

/*-------------------------------------------------------------------------
 *
 * http_pool.c
 *	  The handles of libcurl that a backend keeps from call to call.
 *
 * Connections, name look-ups and the parsed CA certificates are kept in the
 * multi handle, for the life of the backend, and so are TLS sessions, so that
 * a new connection costs less than the first one.  A connection that was idle
 * for a minute is closed when there is another request; until then it is up to
 * the server.  Easy handles are kept, too, as many as connections.
 *
 * Waiting.  libcurl's multi-socket interface tells us which sockets it waits
 * for, and until when.  poll_set.c waits for them together with the latch.
 *
 * Signals.  libcurl starts a thread to resolve names.  Signals are blocked
 * around every call in which it might do so, so that such a thread inherits a
 * full mask and can never run one of PostgreSQL's handlers.
 *
 * Handles in doubt.  When libcurl lacks memory or fails where it never should,
 * what it keeps may be incomplete.  All handles are thrown away then, as soon
 * as no transfer uses them.
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
#include "http/http_callbacks.h"
#include "http/http_handle.h"
#include "http/http_pool.h"
#include "http/poll_set.h"
#include "server/settings.h"

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

/* What a backend keeps from call to call. */
typedef struct HttpPool
{
	CURLM	   *multi;			/* NULL until the first transfer */
	CURLSH	   *share;			/* TLS sessions, for all handles */
	CURL	   *idle[MAX_KEPT_CONNECTIONS]; /* easy handles to use again */
	int			nidle;
	int			nkept;			/* so many of both are kept */
	bool		timer_set;
	int64		timer_at;		/* when libcurl wants to be called */
	bool		broken;			/* a socket cannot be watched */
	bool		in_doubt;		/* to be thrown away */
} HttpPool;

static HttpPool pool;

#define SET GLUE_HTTP_SET
#define SET_MULTI(multi, option, value) \
	(curl_multi_setopt((multi), (option), (value)) == CURLM_OK)

/* prototypes of private functions */
static void check_libcurl(void);
static bool open_handles(void);
static bool set_up_multi(CURLM *multi);
static void act(curl_socket_t socket, int events);

/* libcurl's callbacks: none of them may raise or use palloc */
static int	on_socket(CURL *easy, curl_socket_t socket, int what,
					  void *arg, void *socket_arg);
static int	on_timer(CURLM *multi, long timeout_ms, void *arg);

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
glue_http_pool_open(void)
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

	glue_http_pool_enter(&saved);
	opened = curl_global_init(CURL_GLOBAL_ALL) == CURLE_OK && open_handles();
	glue_http_pool_leave(&saved);

	if (!opened)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("could not initialize libcurl")));
}

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
void
glue_http_pool_close(void)
{
	int			nkept = pool.nkept;

	if (pool.multi == NULL)
		return;
	while (pool.nidle > 0)
		curl_easy_cleanup(pool.idle[--pool.nidle]);
	curl_multi_cleanup(pool.multi);
	curl_share_cleanup(pool.share);
	memset(&pool, 0, sizeof(pool));
	pool.nkept = nkept;
}

/*
 * Keep as many connections as there are transfers side by side, from now on.
 */
void
glue_http_pool_expect(int ntransfers)
{
	ntransfers = Min(ntransfers, MAX_KEPT_CONNECTIONS);
	if (ntransfers > pool.nkept &&
		SET_MULTI(pool.multi, CURLMOPT_MAXCONNECTS, (long) ntransfers))
		pool.nkept = ntransfers;
}

/*
 * What follows must not raise errors.
 */

/*
 * Before libcurl is called where it might start a thread: block all signals,
 * except for those that a fault of this thread raises.
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

/* Afterwards. */
void
glue_http_pool_leave(const sigset_t *saved)
{
	pthread_sigmask(SIG_SETMASK, saved, NULL);
}

/*
 * An easy handle with our callbacks: one that was used before, or a new one;
 * NULL if there is no memory.
 */
CURL *
glue_http_pool_take(void)
{
	CURL	   *easy;

	if (pool.nidle > 0)
		return pool.idle[--pool.nidle];

	easy = glue_http_handle_new();
	if (easy != NULL &&
		!(SET(easy, CURLOPT_SHARE, pool.share) &&
		  glue_http_callbacks_set(easy)))
	{
		curl_easy_cleanup(easy);
		easy = NULL;
	}
	return easy;
}

/*
 * Keep a handle that is free for the next request, if there is room, or throw
 * it away, and its connection with it.
 */
void
glue_http_pool_keep(CURL *easy)
{
	if (pool.nidle < pool.nkept &&
		SET(easy, CURLOPT_HTTPHEADER, NULL) &&
		SET(easy, CURLOPT_POSTFIELDS, NULL) &&
		SET(easy, CURLOPT_ERRORBUFFER, NULL))
		pool.idle[pool.nidle++] = easy;
	else
		curl_easy_cleanup(easy);
}

/* Begin the transfer of a handle; false without memory. */
bool
glue_http_pool_add(CURL *easy)
{
	return curl_multi_add_handle(pool.multi, easy) == CURLM_OK;
}

/*
 * Take a handle out of the multi handle; false if libcurl refuses that.  It
 * does so by itself when the handle is freed.
 */
bool
glue_http_pool_remove(CURL *easy)
{
	if (curl_multi_remove_handle(pool.multi, easy) == CURLM_OK)
		return true;
	pool.in_doubt = true;
	return false;
}

/* Let libcurl act on a socket to which something happened: GLUE_POLL_... */
void
glue_http_pool_drive(int fd, int events)
{
	act(fd, (events & GLUE_POLL_READ ? CURL_CSELECT_IN : 0) |
		(events & GLUE_POLL_WRITE ? CURL_CSELECT_OUT : 0) |
		(events & GLUE_POLL_ERROR ? CURL_CSELECT_ERR : 0));
}

/* Let libcurl act on the passing of time, or on a handle that was added. */
void
glue_http_pool_drive_time(void)
{
	act(CURL_SOCKET_TIMEOUT, 0);
}

static void
act(curl_socket_t socket, int events)
{
	int			running;

	if (curl_multi_socket_action(pool.multi, socket, events,
								 &running) != CURLM_OK)
		pool.broken = true;
}

/* Do so if libcurl has asked for it, and the time has come. */
void
glue_http_pool_drive_due(void)
{
	if (pool.timer_set && glue_monotonic_us() >= pool.timer_at)
	{
		pool.timer_set = false;
		glue_http_pool_drive_time();
	}
}

/* When that is to be done, at the latest. */
int64
glue_http_pool_due_at(void)
{
	if (pool.broken)
		return 0;
	return pool.timer_set ? pool.timer_at : PG_INT64_MAX;
}

/* A handle that libcurl has finished with, and how; NULL if there is none. */
CURL *
glue_http_pool_next_ended(CURLcode *result)
{
	CURLMsg    *message;
	int			remaining;

	while ((message = curl_multi_info_read(pool.multi, &remaining)) != NULL)
	{
		if (message->msg == CURLMSG_DONE)
		{
			*result = message->data.result;
			return message->easy_handle;
		}
	}
	return NULL;
}

/* Has a socket been lost from sight since this was asked last? */
bool
glue_http_pool_broke(void)
{
	bool		broken = pool.broken;

	pool.broken = false;
	return broken;
}

/* The handles are in doubt: see the head of this file. */
void
glue_http_pool_doubt(void)
{
	pool.in_doubt = true;
}

bool
glue_http_pool_in_doubt(void)
{
	return pool.in_doubt;
}

/* How many handles, and connections, are kept. */
int
glue_http_pool_nkept(void)
{
	return pool.nkept;
}

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

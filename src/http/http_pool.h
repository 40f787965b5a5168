/*-------------------------------------------------------------------------
 *
 * http_pool.h
 *	  libcurl's handles that a backend keeps between calls.
 *
 * IDENTIFICATION
 *	  src/http/http_pool.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_POOL_H
#define GLUE_HTTP_HTTP_POOL_H

#include <signal.h>

#include <curl/curl.h>

#include "server/settings.h"

/*
 * Idle connections that are kept, each with a file descriptor: a few, or as
 * many as there were transfers side by side.
 */
#define MIN_KEPT_CONNECTIONS	4
#define MAX_KEPT_CONNECTIONS	GLUE_MAX_CONCURRENT_REQUESTS

/* The handles of a backend. */
typedef struct GlueHttpPool
{
	CURLM	   *multi;			/* NULL until the first transfer */
	CURLSH	   *share;			/* TLS sessions, for all handles */
	CURL	   *idle[MAX_KEPT_CONNECTIONS]; /* easy handles for reuse */
	int			nidle;
	int			nkept;			/* limit of kept handles and connections */
	int64		timer_at;		/* time of libcurl's timer; PG_INT64_MAX: none */
	bool		broken;			/* a socket could not be watched */
	bool		in_doubt;		/* to be freed */
} GlueHttpPool;

extern GlueHttpPool glue_http_pool;

/* this may raise errors */
extern void glue_http_pool_open(void);

/* these raise no errors, and may be called in callbacks */
extern void glue_http_pool_close(void);
extern void glue_http_pool_expect(int ntransfers);
extern void glue_http_pool_enter(sigset_t *saved);
extern void glue_http_pool_leave(const sigset_t *saved);
extern CURL *glue_http_pool_take(void);
extern void glue_http_pool_keep(CURL *easy);
extern void glue_http_pool_drive(curl_socket_t socket, int events);
extern void glue_http_pool_drive_due(void);

#endif							/* GLUE_HTTP_HTTP_POOL_H */

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

/* this may raise errors */
extern void glue_http_pool_open(void);

/* these raise no errors, and may be called in callbacks */
extern void glue_http_pool_close(void);
extern void glue_http_pool_expect(int ntransfers);
extern int	glue_http_pool_nkept(void);
extern void glue_http_pool_enter(sigset_t *saved);
extern void glue_http_pool_leave(const sigset_t *saved);
extern CURL *glue_http_pool_take(void);
extern void glue_http_pool_keep(CURL *easy);
extern bool glue_http_pool_add(CURL *easy);
extern bool glue_http_pool_remove(CURL *easy);
extern void glue_http_pool_drive(int fd, int events);
extern void glue_http_pool_drive_time(void);
extern void glue_http_pool_drive_due(void);
extern int64 glue_http_pool_due_at(void);
extern CURL *glue_http_pool_next_ended(CURLcode *result);
extern bool glue_http_pool_broke(void);
extern void glue_http_pool_doubt(void);
extern bool glue_http_pool_in_doubt(void);

#endif							/* GLUE_HTTP_HTTP_POOL_H */

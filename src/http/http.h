/*-------------------------------------------------------------------------
 *
 * http.h
 *	  HTTPS transfers that a backend can wait for, and abandon, at any time.
 *
 * IDENTIFICATION
 *	  src/http/http.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_H
#define GLUE_HTTP_HTTP_H

#include "http/clock.h"
#include "http/http_transfer.h"

extern GlueHttpTransfer *glue_http_start(const GlueHttpMessage *message);
extern void glue_http_expect(int ntransfers);
extern bool glue_http_has_room(int ntransfers);
extern void glue_http_wait(long timeout_ms);
extern void glue_http_wait_as(long timeout_ms, uint32 wait_event);
extern void glue_http_sleep(long duration_ms);
extern void glue_http_release(GlueHttpTransfer *transfer);

#endif							/* GLUE_HTTP_HTTP_H */

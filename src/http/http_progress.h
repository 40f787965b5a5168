/*-------------------------------------------------------------------------
 *
 * http_progress.h
 *	  Begin, progress and end of transfers.
 *
 * IDENTIFICATION
 *	  src/http/http_progress.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_PROGRESS_H
#define GLUE_HTTP_HTTP_PROGRESS_H

#include "http/http_state.h"

extern bool glue_http_progress_start(GlueHttpState *transfer);
extern void glue_http_progress_collect(void);
extern void glue_http_progress_fail_all(void);
extern void glue_http_progress_end_overdue(void);
extern bool glue_http_progress_is_idle(void);
extern int64 glue_http_progress_deadline(void);
extern void glue_http_progress_release(GlueHttpState *transfer);

#endif							/* GLUE_HTTP_HTTP_PROGRESS_H */

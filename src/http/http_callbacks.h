/*-------------------------------------------------------------------------
 *
 * http_callbacks.h
 *	  libcurl's callbacks for a transfer under way.
 *
 * IDENTIFICATION
 *	  src/http/http_callbacks.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_CALLBACKS_H
#define GLUE_HTTP_HTTP_CALLBACKS_H

#include "http/http_state.h"

extern bool glue_http_callbacks_set(CURL *easy);
extern bool glue_http_callbacks_bind(GlueHttpState *transfer);

#endif							/* GLUE_HTTP_HTTP_CALLBACKS_H */

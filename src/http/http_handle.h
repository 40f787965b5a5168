/*-------------------------------------------------------------------------
 *
 * http_handle.h
 *	  Options and errors of libcurl's easy handles.
 *
 * Private to this folder.
 *
 * IDENTIFICATION
 *	  src/http/http_handle.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_HANDLE_H
#define GLUE_HTTP_HTTP_HANDLE_H

#include <curl/curl.h>

#include "http/http_transfer.h"

/*
 * Largest answer that is accepted.  The largest one within AWS Glue's limits
 * is a page of GetConnections; at some 2 kB a connection this is enough for
 * twice the 1000 connections of a page.
 */
#define GLUE_HTTP_MAX_ANSWER	(4 * 1024 * 1024)

/*
 * Largest headers that are accepted: all lines of an answer, of its trailers,
 * and of interim answers.  AWS sends less than 1 kB of them.
 */
#define GLUE_HTTP_MAX_HEADERS	(256 * 1024)

/* Set an option; false if there is no memory. */
#define GLUE_HTTP_SET(easy, option, value) \
	(curl_easy_setopt((easy), (option), (value)) == CURLE_OK)

extern CURL *glue_http_handle_new(void);
extern bool glue_http_handle_prepare(CURL *easy,
									 const GlueHttpMessage *message,
									 struct curl_slist **headers,
									 char *error_buffer);
extern void glue_http_handle_explain(CURL *easy, CURLcode result,
									 const GlueHttpMessage *message,
									 const char *error_buffer,
									 GlueHttpTransfer *transfer);
extern void glue_http_headers_free(struct curl_slist *headers);

#endif							/* GLUE_HTTP_HTTP_HANDLE_H */

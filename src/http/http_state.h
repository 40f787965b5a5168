/*-------------------------------------------------------------------------
 *
 * http_state.h
 *	  A transfer under way; private to this folder.
 *
 * IDENTIFICATION
 *	  src/http/http_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_STATE_H
#define GLUE_HTTP_HTTP_STATE_H

#include <curl/curl.h>

#include "http/http_transfer.h"
#include "lib/ilist.h"
#include "server/secret_memory.h"

/*
 * File descriptors that one transfer may open: libcurl tries IPv6 and IPv4
 * side by side.
 */
#define GLUE_HTTP_FDS_PER_TRANSFER	2

/*
 * A transfer and its resources.  When the reset callback is registered, only
 * the first two fields are set.
 */
typedef struct GlueHttpState
{
	GlueHttpTransfer public;	/* MUST BE FIRST */
	MemoryContextCallback callback;
	const GlueHttpMessage *message;
	bool		reserved;		/* GLUE_HTTP_FDS_PER_TRANSFER are reserved */

	/* the handle; set by http.c */
	CURL	   *easy;			/* NULL once released */
	dlist_node	node;			/* member of transfers, while easy is set */
	bool		added;			/* easy belongs to the multi handle */
	int64		deadline;		/* time at which we end it, whatever libcurl
								 * does */
	struct curl_slist *headers; /* with the signature and a session token */
	int			nstale;			/* number of stale connections so far */

	/* set by http_callbacks.c */
	GlueSecretBuffer answer;
	Size		headers_len;
	bool		stale;			/* the kept connection was already closed */
	CURLcode	refusal;		/* reason to refuse more of the answer, or
								 * CURLE_OK */
	char		curl_error[CURL_ERROR_SIZE];
} GlueHttpState;

/* http_callbacks.c */
extern bool glue_http_callbacks_set(CURL *easy);
extern bool glue_http_callbacks_bind(GlueHttpState *transfer);

#endif							/* GLUE_HTTP_HTTP_STATE_H */

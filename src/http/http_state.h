/*-------------------------------------------------------------------------
 *
 * http_state.h
 *	  A transfer under way, with all that is private to this folder.
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
 * A transfer and what it owns.  The reset callback is registered when only
 * the first two fields are set.
 */
typedef struct GlueHttpState
{
	GlueHttpTransfer public;	/* MUST BE FIRST */
	MemoryContextCallback callback;
	const GlueHttpMessage *message;
	bool		reserved;		/* GLUE_HTTP_FDS_PER_TRANSFER are */

	/* the handle; for http_progress.c */
	CURL	   *easy;			/* NULL once released */
	dlist_node	node;			/* in its list, while easy is set */
	bool		added;			/* easy belongs to the multi handle */
	int64		deadline;		/* when we end it, whatever libcurl does */
	struct curl_slist *headers; /* hold the signature and a session token */
	int			nstale;			/* how often stale was set */

	/* what libcurl has told; for http_callbacks.c */
	GlueSecretBuffer answer;
	Size		headers_len;
	bool		stale;			/* the kept connection was closed already */
	bool		too_large;
	bool		out_of_memory;
	char		curl_error[CURL_ERROR_SIZE];
} GlueHttpState;

#endif							/* GLUE_HTTP_HTTP_STATE_H */

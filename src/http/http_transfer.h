/*-------------------------------------------------------------------------
 *
 * http_transfer.h
 *	  Request and result of an HTTPS transfer.
 *
 * IDENTIFICATION
 *	  src/http/http_transfer.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_HTTP_HTTP_TRANSFER_H
#define GLUE_HTTP_HTTP_TRANSFER_H

#include "utils/timestamp.h"

/*
 * Outcome of a transfer.  For a request that changes something, the difference
 * between the last two is essential: after NOT_SENT it was not carried out,
 * after LOST it may have been.
 */
typedef enum GlueHttpOutcome
{
	GLUE_HTTP_PENDING,
	GLUE_HTTP_ANSWERED,			/* a complete answer arrived, of any status */
	GLUE_HTTP_NOT_SENT,			/* no byte of the request was sent */
	GLUE_HTTP_LOST				/* it was sent, but no complete answer arrived */
} GlueHttpOutcome;

/* Progress of a transfer. */
typedef enum GlueHttpPhase
{
	GLUE_HTTP_RESOLVING,
	GLUE_HTTP_CONNECTING,		/* TCP, TLS and the proxy */
	GLUE_HTTP_SENDING,
	GLUE_HTTP_WAITING,			/* for the first byte of the answer */
	GLUE_HTTP_RECEIVING
} GlueHttpPhase;

typedef enum GlueHttpMethod
{
	GLUE_HTTP_POST,
	GLUE_HTTP_GET,
	GLUE_HTTP_PUT
} GlueHttpMethod;

/* A function and its argument; func may be NULL. */
typedef struct GlueCallback
{
	void		(*func) (void *arg);
	void	   *arg;
} GlueCallback;

/* A message.  Everything must stay valid until the transfer has ended. */
typedef struct GlueHttpMessage
{
	GlueHttpMethod method;
	const char *url;
	const char *const *headers; /* "Name: value" */
	int			nheaders;
	const char *body;			/* none for GET */
	Size		body_len;
	const char *ca_file;		/* NULL or "": the system's certificates */
	const char *proxy;			/* NULL or "": none */
	int			connect_timeout_ms;
	int			request_timeout_ms;

	/* called per header line; must neither raise nor allocate by palloc */
	void		(*on_header) (void *arg, const char *line, size_t len);
	void	   *on_header_arg;

	GlueCallback on_end;		/* called when the outcome is set; likewise */
} GlueHttpMessage;

typedef struct GlueHttpTransfer
{
	GlueHttpOutcome outcome;

	/* valid unless pending */
	GlueHttpPhase phase;		/* last phase that was reached */
	bool		timed_out;		/* one of our time limits expired in that
								 * phase */
	bool		permanent;		/* a retry would fail in the same way */
	bool		too_large;		/* the answer was too large for the request */
	bool		headers_too_large;	/* the headers were too large for any
									 * request */
	TimestampTz started_at;
	TimestampTz ended_at;

	/* valid if answered; the body is not NUL-terminated */
	int			status;
	const char *body;
	Size		body_len;

	/* valid if not answered: the reason, without any part of the request */
	char		reason[256];
} GlueHttpTransfer;

#endif							/* GLUE_HTTP_HTTP_TRANSFER_H */

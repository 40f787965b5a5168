/*-------------------------------------------------------------------------
 *
 * http_transfer.h
 *	  What an HTTPS transfer is to be, and what became of it.
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
 * How a transfer ended.  For a request that changes something the difference
 * between the last two is everything: after NOT_SENT nothing can have
 * happened, after LOST it may or may not have.
 */
typedef enum GlueHttpOutcome
{
	GLUE_HTTP_PENDING,
	GLUE_HTTP_ANSWERED,			/* a whole answer came, of any status */
	GLUE_HTTP_NOT_SENT,			/* no byte of the request left */
	GLUE_HTTP_LOST				/* it left, but no whole answer came */
} GlueHttpOutcome;

/* How far a transfer got. */
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

	/* called when the outcome is set; likewise.  May be NULL. */
	void		(*on_end) (void *arg);
	void	   *on_end_arg;
} GlueHttpMessage;

typedef struct GlueHttpTransfer
{
	GlueHttpOutcome outcome;

	/* valid unless pending */
	GlueHttpPhase phase;		/* the last one reached */
	bool		timed_out;		/* a limit of ours ran out in that phase */
	bool		permanent;		/* trying again would end the same */
	bool		too_large;		/* the answer was, to what was asked */
	bool		headers_too_large;	/* its headers were, whatever is asked */
	TimestampTz started_at;
	TimestampTz ended_at;

	/* valid if answered; the body is not NUL-terminated */
	int			status;
	const char *body;
	Size		body_len;

	/* valid if not answered: why, without anything of the request */
	char		reason[256];
} GlueHttpTransfer;

#endif							/* GLUE_HTTP_HTTP_TRANSFER_H */

/*-------------------------------------------------------------------------
 *
 * sigv4_message.h
 *	  The canonical form of an HTTP message, for its signature.
 *
 * IDENTIFICATION
 *	  src/aws/sigv4_message.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_SIGV4_MESSAGE_H
#define GLUE_AWS_SIGV4_MESSAGE_H

#include <stddef.h>

#include "text/buffer.h"

/* More than any of our requests has; a simple sort is enough. */
#define GLUE_SIGV4_MAX_HEADERS	16

/* A header to be signed; the name in lower case. */
typedef struct GlueSigv4Header
{
	const char *name;
	const char *value;
} GlueSigv4Header;

/* One request, exactly as sent.  The caller owns all strings. */
typedef struct GlueSigv4Message
{
	const char *method;			/* "POST" */
	const char *path;			/* as on the wire; "" means "/" */
	const char *query;			/* canonical already, without "?"; or "" */
	const GlueSigv4Header *headers; /* must include host; any order */
	int			nheaders;		/* at most GLUE_SIGV4_MAX_HEADERS */
	const char *body;
	size_t		body_len;
	const char *amz_date;		/* value of x-amz-date */
	const char *region;
	const char *service;		/* "glue", "sts" */
} GlueSigv4Message;

extern void glue_sigv4_put_message(GlueTextBuffer *out,
								   const GlueSigv4Message *message,
								   const char *body_hash);
extern void glue_sigv4_put_signed_headers(GlueTextBuffer *out,
										  const GlueSigv4Message *message);

#endif							/* GLUE_AWS_SIGV4_MESSAGE_H */

/*-------------------------------------------------------------------------
 *
 * reply.h
 *	  Decoding of answers from AWS services.
 *
 * IDENTIFICATION
 *	  src/aws/reply.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_REPLY_H
#define GLUE_AWS_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/date.h"

#include <json-c/json.h>

#define GLUE_REPLY_CODE_MAX		127
#define GLUE_REPLY_MESSAGE_MAX	2047
#define GLUE_REPLY_HEADER_MAX	255

/*
 * The headers of an answer that we use; empty if absent.  Longer values are
 * truncated.
 */
typedef struct GlueReplyHeaders
{
	char		request_id[GLUE_REPLY_HEADER_MAX + 1];
	char		error_type[GLUE_REPLY_HEADER_MAX + 1];
	char		content_type[GLUE_REPLY_HEADER_MAX + 1];
	char		date[GLUE_REPLY_HEADER_MAX + 1];
	char		retry_after[GLUE_REPLY_HEADER_MAX + 1]; /* x-amz-retry-after */
	bool		has_age;		/* from a cache: date is not the current time */
} GlueReplyHeaders;

typedef enum GlueReplyKind
{
	GLUE_REPLY_SUCCESS,			/* tree is the answer */
	GLUE_REPLY_ERROR,			/* code and message describe it */
	GLUE_REPLY_MALFORMED		/* a success status, but a malformed body */
} GlueReplyKind;

typedef struct GlueReply
{
	GlueReplyKind kind;
	json_object *tree;			/* on success; free by glue_reply_clear */
	char		code[GLUE_REPLY_CODE_MAX + 1];	/* "AlreadyExistsException" */
	char		message[GLUE_REPLY_MESSAGE_MAX + 1];	/* the service's text */
} GlueReply;

extern void glue_reply_header(GlueReplyHeaders *headers,
							  const char *line, size_t len);
extern void glue_reply_decode(GlueReply *reply, int http_status,
							  const GlueReplyHeaders *headers,
							  const char *body, size_t body_len);
extern void glue_reply_clear(GlueReply *reply);

#endif							/* GLUE_AWS_REPLY_H */

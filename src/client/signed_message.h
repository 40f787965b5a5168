/*-------------------------------------------------------------------------
 *
 * signed_message.h
 *	  The HTTP request of an AWS service.
 *
 * IDENTIFICATION
 *	  src/client/signed_message.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_SIGNED_MESSAGE_H
#define GLUE_CLIENT_SIGNED_MESSAGE_H

#include <time.h>

#include "client/call.h"

/* Upper limit for the number of glue_signed_header_lines(). */
#define GLUE_MAX_HEADER_LINES	10

extern char *glue_message_body(const GlueCall *call, Size *len);
extern int	glue_signed_header_lines(const GlueCall *call, const char *body,
									 Size body_len, const char *invocation_id,
									 time_t now,
									 const char *lines[GLUE_MAX_HEADER_LINES]);

#endif							/* GLUE_CLIENT_SIGNED_MESSAGE_H */

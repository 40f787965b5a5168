/*-------------------------------------------------------------------------
 *
 * signed_message.h
 *	  A message to an AWS service, as it goes over the wire.
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

/* Lines that glue_signed_header_lines() writes at most. */
#define GLUE_MAX_HEADER_LINES	10

extern char *glue_message_body(const GlueCall *call, Size *len);
extern int	glue_signed_header_lines(const GlueCall *call, const char *body,
									 Size body_len, const char *invocation_id,
									 time_t now,
									 const char *lines[GLUE_MAX_HEADER_LINES]);

#endif							/* GLUE_CLIENT_SIGNED_MESSAGE_H */

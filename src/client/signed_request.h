/*-------------------------------------------------------------------------
 *
 * signed_request.h
 *	  A request to an AWS service, as it goes over the wire.
 *
 * IDENTIFICATION
 *	  src/client/signed_request.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_SIGNED_REQUEST_H
#define GLUE_CLIENT_SIGNED_REQUEST_H

#include <time.h>

#include <json-c/json.h>

#include "aws/credential_text.h"
#include "aws/endpoint.h"

typedef enum GlueService
{
	GLUE_SERVICE_GLUE,			/* speaks JSON 1.1 */
	GLUE_SERVICE_STS			/* speaks AWS Query and XML */
} GlueService;

typedef struct GlueSignedRequest
{
	GlueService service;
	const char *operation;		/* "CreateConnection" */
	const GlueEndpoint *endpoint;
	const GlueCredentials *credentials; /* NULL: do not sign */
	const char *body;
	Size		body_len;
	time_t		time;			/* by the service's clock */
	const char *invocation_id;	/* the same for all attempts */
	int			attempt;		/* from 1 */
	int			max_attempts;
} GlueSignedRequest;

/* Lines that glue_signed_header_lines() writes at most. */
#define GLUE_MAX_HEADER_LINES	10

extern char *glue_request_body(GlueService service, const char *operation,
							   json_object *request, Size *len);
extern int	glue_signed_header_lines(const GlueSignedRequest *request,
									 const char *lines[GLUE_MAX_HEADER_LINES]);

#endif							/* GLUE_CLIENT_SIGNED_REQUEST_H */

/*-------------------------------------------------------------------------
 *
 * endpoint_url.h
 *	  The URL of a custom endpoint.
 *
 * IDENTIFICATION
 *	  src/aws/endpoint_url.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_ENDPOINT_URL_H
#define GLUE_AWS_ENDPOINT_URL_H

#include <stdbool.h>
#include <stddef.h>

#define GLUE_ENDPOINT_MAX_LEN	511

/* The problems of an endpoint, custom or not. */
typedef enum GlueEndpointStatus
{
	GLUE_ENDPOINT_OK,
	GLUE_ENDPOINT_NO_REGION,
	GLUE_ENDPOINT_BAD_REGION,	/* not a DNS label */
	GLUE_ENDPOINT_FIPS_AND_CUSTOM,
	GLUE_ENDPOINT_DUALSTACK_AND_CUSTOM,
	GLUE_ENDPOINT_BAD_URL,		/* not scheme://host[:port][/path] */
	GLUE_ENDPOINT_NOT_HTTPS		/* plain http to another machine */
} GlueEndpointStatus;

/* The parts of such a URL, as pointers into it. */
typedef struct GlueEndpointUrl
{
	bool		https;
	const char *host;			/* with the brackets of an IPv6 address */
	size_t		host_len;
	int			port;			/* 0 if not given */
	const char *path;			/* "" if not given */
} GlueEndpointUrl;

extern GlueEndpointStatus glue_endpoint_check_url(const char *url);
extern GlueEndpointStatus glue_endpoint_url_parse(const char *url,
												  GlueEndpointUrl *parts);

#endif							/* GLUE_AWS_ENDPOINT_URL_H */

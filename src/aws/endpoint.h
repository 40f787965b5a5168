/*-------------------------------------------------------------------------
 *
 * endpoint.h
 *	  The endpoints of AWS's services.
 *
 * IDENTIFICATION
 *	  src/aws/endpoint.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_ENDPOINT_H
#define GLUE_AWS_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/endpoint_url.h"
#include "text/ascii.h"

#define GLUE_REGION_MAX_LEN		GLUE_DNS_LABEL_MAX_LEN

typedef struct GlueEndpointOptions
{
	const char *service;		/* "glue" or "sts" */
	const char *region;			/* NULL or "" if unknown */
	const char *endpoint_url;	/* custom endpoint, or NULL or "" */
	bool		use_fips;
	bool		use_dualstack;
} GlueEndpointOptions;

typedef struct GlueEndpoint
{
	char		url[GLUE_ENDPOINT_MAX_LEN + 1]; /* ends with path */
	char		host[GLUE_ENDPOINT_MAX_LEN + 1];	/* for the Host header */
	char		path[GLUE_ENDPOINT_MAX_LEN + 1];	/* begins, ends with "/" */
	char		region[GLUE_REGION_MAX_LEN + 1];	/* for the signature */
	const char *partition;		/* "aws", "aws-cn", ...: for ARNs */
	bool		https;
	bool		custom;			/* given as a URL */

	/* destination of connections: scheme, host and port; "" for AWS itself */
	char		origin[GLUE_ENDPOINT_MAX_LEN + 1];
} GlueEndpoint;

extern GlueEndpointStatus glue_endpoint_resolve(const GlueEndpointOptions *options,
												GlueEndpoint *endpoint);
extern bool glue_endpoint_region_valid(const char *region);
extern const char *const *glue_endpoint_known_regions(int *nregions);
extern const char *glue_endpoint_partition(const char *region);
extern const char *glue_endpoint_status_message(GlueEndpointStatus status);

#endif							/* GLUE_AWS_ENDPOINT_H */

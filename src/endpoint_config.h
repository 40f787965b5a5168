/*-------------------------------------------------------------------------
 *
 * endpoint_config.h
 *	  What the configuration says about endpoints.
 *
 * IDENTIFICATION
 *	  src/endpoint_config.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_ENDPOINT_CONFIG_H
#define GLUE_ENDPOINT_CONFIG_H

#include <stdbool.h>

#include "configuration.h"

/* A custom endpoint, and what it is configured by, for error reports. */
typedef struct GlueConfiguredEndpoint
{
	const char *url;			/* NULL if there is none; not checked */
	char		origin[160];	/* "AWS_ENDPOINT_URL"; "" for our own setting */
} GlueConfiguredEndpoint;

/* What is configured for all services. */
typedef struct GlueEndpointFlags
{
	bool		use_fips;
	bool		use_dualstack;
} GlueEndpointFlags;

extern bool glue_configured_endpoint(const GlueConfiguration *configuration,
									 const char *service,
									 const char *setting,
									 GlueConfiguredEndpoint *endpoint,
									 GlueConfigurationError *error);
extern bool glue_configured_endpoint_flags(const GlueConfiguration *configuration,
										   GlueEndpointFlags *flags,
										   GlueConfigurationError *error);

#endif							/* GLUE_ENDPOINT_CONFIG_H */

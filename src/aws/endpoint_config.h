/*-------------------------------------------------------------------------
 *
 * endpoint_config.h
 *	  The configuration of endpoints.
 *
 * IDENTIFICATION
 *	  src/aws/endpoint_config.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_ENDPOINT_CONFIG_H
#define GLUE_AWS_ENDPOINT_CONFIG_H

#include <stdbool.h>

#include "aws/configuration.h"

/* The settings for all services. */
typedef struct GlueEndpointFlags
{
	bool		use_fips;
	bool		use_dualstack;
} GlueEndpointFlags;

extern bool glue_configured_endpoint(const GlueConfiguration *configuration,
									 const char *service, const char *setting,
									 GlueConfiguredValue *url,
									 GlueConfigurationError *error);
extern bool glue_configured_endpoint_flags(const GlueConfiguration *configuration,
										   GlueEndpointFlags *flags,
										   GlueConfigurationError *error);

#endif							/* GLUE_AWS_ENDPOINT_CONFIG_H */

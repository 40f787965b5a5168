/*-------------------------------------------------------------------------
 *
 * endpoint_config.c
 *	  The configuration of endpoints.
 *
 * The URL of an endpoint can be set in many places.  The first of these
 * counts:
 *
 *		our own setting
 *		AWS_ENDPOINT_URL_GLUE (or _STS)				environment
 *		AWS_ENDPOINT_URL							environment
 *		endpoint_url of the service, in the section
 *		"[services x]" that "services = x" names	profile
 *		endpoint_url								profile
 *
 * So the environment takes precedence over the file, even if the environment
 * is about all services and the file about this one.  All but our own setting
 * can be disabled, in the environment or the profile.
 *
 * glue_endpoint_resolve() validates the URL.
 *
 * IDENTIFICATION
 *	  src/aws/endpoint_config.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/endpoint_config.h"

#include <stdio.h>
#include <string.h>

#include "text/ascii.h"

/* prototypes of private functions */
static bool find_in_environment(const GlueConfiguration *configuration,
								const char *service, GlueConfiguredValue *url);
static bool find_in_profile(const GlueConfiguration *configuration,
							const char *service, GlueConfiguredValue *url,
							GlueConfigurationError *error);

/*
 * Find the custom endpoint of a service, "glue" or "sts".
 *
 * setting is our own setting for this service, NULL or "" if it is not set;
 * the origin of a URL from there is "".  url->value is NULL if nothing is
 * configured.  Returns false, with error filled in, if the configuration is
 * wrong.
 */
bool
glue_configured_endpoint(const GlueConfiguration *configuration,
						 const char *service, const char *setting,
						 GlueConfiguredValue *url,
						 GlueConfigurationError *error)
{
	bool		ignore;

	url->value = NULL;
	url->origin[0] = '\0';
	if (setting != NULL && setting[0] != '\0')
	{
		url->value = setting;
		return true;
	}

	if (!glue_configuration_flag(configuration,
								 "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
								 "ignore_configured_endpoint_urls",
								 &ignore, error))
		return false;
	if (ignore || find_in_environment(configuration, service, url))
		return true;
	return find_in_profile(configuration, service, url, error);
}

/*
 * Look up the switches for endpoints with FIPS 140 validated cryptography, and
 * for dual-stack endpoints.  Returns false, with error filled in, if one of
 * them is wrong.
 */
bool
glue_configured_endpoint_flags(const GlueConfiguration *configuration,
							   GlueEndpointFlags *flags,
							   GlueConfigurationError *error)
{
	return glue_configuration_flag(configuration, "AWS_USE_FIPS_ENDPOINT",
								   "use_fips_endpoint",
								   &flags->use_fips, error) &&
		glue_configuration_flag(configuration, "AWS_USE_DUALSTACK_ENDPOINT",
								"use_dualstack_endpoint",
								&flags->use_dualstack, error);
}

static bool
find_in_environment(const GlueConfiguration *configuration,
					const char *service, GlueConfiguredValue *url)
{
	static const char general[] = "AWS_ENDPOINT_URL";

	snprintf(url->origin, sizeof(url->origin), "%s_%s", general, service);
	for (char *c = url->origin; *c != '\0'; c++)
	{
		if (glue_is_lower(*c))
			*c = *c - 'a' + 'A';
	}
	url->value = glue_configuration_variable(configuration, url->origin);

	if (url->value == NULL)
	{
		strcpy(url->origin, general);
		url->value = glue_configuration_variable(configuration, general);
	}
	return url->value != NULL;
}

/*
 * A profile with a missing "services" section is rejected: it was meant to
 * have an endpoint, and AWS's own would be another one.
 */
static bool
find_in_profile(const GlueConfiguration *configuration, const char *service,
				GlueConfiguredValue *url, GlueConfigurationError *error)
{
	const char *profile = configuration->profile;
	const char *section = glue_configuration_property(configuration, profile,
													  "services");

	if (section != NULL)
	{
		if (!glue_profile_set_has(configuration->profiles,
								  GLUE_SECTION_SERVICES, section))
			return glue_configuration_fail(error, NULL,
										   "Profile " GLUE_PROFILE_NAME_FORMAT
										   " names a section \"services %.64s\" that does not exist.",
										   profile, section);
		snprintf(url->origin, sizeof(url->origin),
				 "\"endpoint_url\" of \"%s\" in section \"services %.64s\"",
				 service, section);
		url->value = glue_profile_set_get(configuration->profiles,
										  GLUE_SECTION_SERVICES, section,
										  service, "endpoint_url");
		if (url->value != NULL && url->value[0] != '\0')
			return true;
	}

	url->value = glue_configuration_property(configuration, profile,
											 "endpoint_url");
	if (url->value != NULL)
		snprintf(url->origin, sizeof(url->origin),
				 "\"endpoint_url\" of profile " GLUE_PROFILE_NAME_FORMAT,
				 profile);
	return true;
}

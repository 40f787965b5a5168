/*-------------------------------------------------------------------------
 *
 * configured.h
 *	  A configuration that a test makes up.
 *
 * IDENTIFICATION
 *	  test/unit/configured.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONFIGURED_H
#define CONFIGURED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/configuration.h"
#include "aws/profile_grammar.h"

typedef struct Configured
{
	char	   *environment;	/* lines, each ended by a NUL */
	size_t		environment_len;
	GlueProfileSet *profiles;
	GlueConfiguration configuration;
} Configured;

static const char *
configured_lookup(void *arg, const char *name)
{
	Configured *configured = arg;
	const char *end = configured->environment + configured->environment_len;
	size_t		len = strlen(name);

	for (const char *line = configured->environment; line < end;
		 line += strlen(line) + 1)
	{
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return line + len + 1;
	}
	return NULL;
}

static bool
configured_read(Configured *configured, GlueProfileFileKind kind,
				const char *text)
{
	GlueProfileError error;

	if (text == NULL ||
		glue_profile_set_read(configured->profiles, kind, text, strlen(text),
							  &error))
		return true;
	printf("# line %d: %s\n", error.line, error.reason);
	return false;
}

/*
 * Make a configuration from an environment in lines "NAME=value" and the texts
 * of the shared files, each of which may be NULL.  The profile is AWS_PROFILE's
 * or "default"; a test may change that.
 */
static void
configure(Configured *configured, const char *environment, const char *config,
		  const char *credentials)
{
	const char *profile;

	memset(configured, 0, sizeof(*configured));
	if (environment == NULL)
		environment = "";
	configured->environment_len = strlen(environment);
	configured->environment = strdup(environment);
	for (char *c = configured->environment; *c != '\0'; c++)
	{
		if (*c == '\n')
			*c = '\0';
	}

	configured->profiles = glue_profile_set_new();
	if (!configured_read(configured, GLUE_PROFILE_CONFIG, config) ||
		!configured_read(configured, GLUE_PROFILE_CREDENTIALS, credentials))
		abort();

	profile = configured_lookup(configured, "AWS_PROFILE");
	configured->configuration.lookup = configured_lookup;
	configured->configuration.lookup_arg = configured;
	configured->configuration.profiles = configured->profiles;
	configured->configuration.profile = profile ? profile : "default";
	configured->configuration.profile_origin =
		profile ? GLUE_PROFILE_BY_ENVIRONMENT : GLUE_PROFILE_BY_DEFAULT;
}

static void
unconfigure(Configured *configured)
{
	glue_profile_set_free(configured->profiles);
	free(configured->environment);
}

#endif							/* CONFIGURED_H */

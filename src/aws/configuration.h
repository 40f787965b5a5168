/*-------------------------------------------------------------------------
 *
 * configuration.h
 *	  Where AWS's own settings are looked up: environment and profile.
 *
 * IDENTIFICATION
 *	  src/aws/configuration.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_CONFIGURATION_H
#define GLUE_AWS_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "aws/profile_set.h"

/* Returns the value of an environment variable, or NULL. */
typedef const char *(*GlueEnvironmentLookup) (void *arg, const char *name);

/* Who chose the profile. */
typedef enum GlueProfileOrigin
{
	GLUE_PROFILE_BY_DEFAULT,	/* nobody: it is "default" */
	GLUE_PROFILE_BY_ENVIRONMENT,	/* AWS_PROFILE */
	GLUE_PROFILE_BY_SETTING		/* made for this extension */
} GlueProfileOrigin;

/*
 * What an AWS tool can be configured with.  The strings that are found in it
 * are borrowed from the environment and the set.
 */
typedef struct GlueConfiguration
{
	GlueEnvironmentLookup lookup;
	void	   *lookup_arg;
	const GlueProfileSet *profiles; /* NULL if there are no shared files */
	const char *profile;		/* name of the profile that is used */
	GlueProfileOrigin profile_origin;
} GlueConfiguration;

#define GLUE_CONFIGURATION_ORIGIN_SIZE	160

/* A value, and what it was configured by, as an error report names it. */
typedef struct GlueConfiguredValue
{
	const char *value;			/* NULL if there is none */
	char		origin[GLUE_CONFIGURATION_ORIGIN_SIZE];
} GlueConfiguredValue;

/*
 * Why a configuration cannot be used: sentences for an error report.  They
 * hold names of profiles, properties and variables, but no values.  One line
 * each, of valid UTF-8.
 */
typedef struct GlueConfigurationError
{
	char		detail[1024];
	char		hint[512];		/* "" if there is none */
} GlueConfigurationError;

/* To print the name of a profile, which may be of any length. */
#define GLUE_PROFILE_NAME_FORMAT	"\"%.64s\""

extern const char *glue_configuration_variable(const GlueConfiguration *configuration,
											   const char *name);
extern const char *glue_configuration_property(const GlueConfiguration *configuration,
											   const char *profile,
											   const char *name);
extern void glue_configuration_find(const GlueConfiguration *configuration,
									const char *variable, const char *property,
									GlueConfiguredValue *found);
extern bool glue_configuration_flag(const GlueConfiguration *configuration,
									const char *variable, const char *property,
									bool *value, GlueConfigurationError *error);
extern bool glue_configuration_fail(GlueConfigurationError *error,
									const char *hint, const char *format, ...)
			__attribute__((format(printf, 3, 4)));

#endif							/* GLUE_AWS_CONFIGURATION_H */

/*-------------------------------------------------------------------------
 *
 * configuration.h
 *	  Where AWS's own settings are looked up: environment and profile.
 *
 * IDENTIFICATION
 *	  src/configuration.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CONFIGURATION_H
#define GLUE_CONFIGURATION_H

#include <stdbool.h>
#include <stddef.h>

#include "profile_set.h"
#include "text_buffer.h"

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
 * What an AWS tool can be configured with.  Everything that the functions
 * below find is borrowed from here.
 */
typedef struct GlueConfiguration
{
	GlueEnvironmentLookup lookup;
	void	   *lookup_arg;
	const GlueProfileSet *profiles; /* NULL if there are no shared files */
	const char *profile;		/* name of the profile that is used */
	GlueProfileOrigin profile_origin;
} GlueConfiguration;

/*
 * Why a configuration cannot be used: sentences for an error report.  Names of
 * profiles and variables are in them, values only where they cannot be secret.
 * Valid UTF-8 without control characters.
 */
typedef struct GlueConfigurationError
{
	char		detail[1024];
	char		hint[512];		/* "" if there is none */
} GlueConfigurationError;

extern const char *glue_configuration_variable(const GlueConfiguration *configuration,
											   const char *name);
extern const char *glue_configuration_property(const GlueConfiguration *configuration,
											   const char *profile,
											   const char *name);
extern const char *glue_configuration_find(const GlueConfiguration *configuration,
										   const char *variable,
										   const char *property,
										   const char **name);
extern bool glue_configuration_flag(const GlueConfiguration *configuration,
									const char *variable, const char *property,
									bool *value, GlueConfigurationError *error);
extern bool glue_configuration_number(const GlueConfiguration *configuration,
									  const char *variable,
									  const char *property,
									  int min, int max, int *value,
									  GlueConfigurationError *error);
extern void glue_configuration_fail(GlueConfigurationError *error,
									const char *hint, const char *format,
									...)
			__attribute__((format(printf, 3, 4)));

#endif							/* GLUE_CONFIGURATION_H */

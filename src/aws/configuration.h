/*-------------------------------------------------------------------------
 *
 * configuration.h
 *	  AWS's own configuration: environment and profile.
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

/* The origin of the profile's name. */
typedef enum GlueProfileOrigin
{
	GLUE_PROFILE_BY_DEFAULT,	/* not chosen: it is "default" */
	GLUE_PROFILE_BY_ENVIRONMENT,	/* AWS_PROFILE */
	GLUE_PROFILE_BY_SETTING		/* a setting of this extension */
} GlueProfileOrigin;

/*
 * The configuration of AWS tools.  The strings found in it are borrowed from
 * the environment and the set.
 */
typedef struct GlueConfiguration
{
	GlueEnvironmentLookup lookup;
	void	   *lookup_arg;
	const GlueProfileSet *profiles; /* NULL if there are no shared files */
	const char *profile;		/* name of the profile in use */
	GlueProfileOrigin profile_origin;
} GlueConfiguration;

#define GLUE_CONFIGURATION_ORIGIN_SIZE	160

/* A value, and its origin, as an error report names it. */
typedef struct GlueConfiguredValue
{
	const char *value;			/* NULL if not set */
	char		origin[GLUE_CONFIGURATION_ORIGIN_SIZE];
} GlueConfiguredValue;

/*
 * Why a configuration is unusable: sentences for an error report.  They hold
 * names of profiles, properties and variables, but no values.  One line each,
 * of valid UTF-8.
 */
typedef struct GlueConfigurationError
{
	char		detail[1024];
	char		hint[512];		/* "" without one */
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

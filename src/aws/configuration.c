/*-------------------------------------------------------------------------
 *
 * configuration.c
 *	  Where AWS's own settings are looked up: environment and profile.
 *
 * Most of what AWS tools can be told has two names: that of an environment
 * variable, which comes first, and that of a property of the profile that is
 * used.  What is blank counts as not set, in both places.
 *
 * The environment is asked through a function, so that nothing here depends
 * on whose environment it is, and no test has to change its own.
 *
 * Errors are texts in the caller's memory.  A value that is wrong is not
 * quoted: it may be a secret that was put in the wrong place.
 *
 * IDENTIFICATION
 *	  src/aws/configuration.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/configuration.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "text/ascii.h"
#include "text/clean.h"

/* prototypes of private functions */
static const char *not_blank(const char *value);

/*
 * Look up an environment variable; NULL if it is not set or blank.
 */
const char *
glue_configuration_variable(const GlueConfiguration *configuration,
							const char *name)
{
	return not_blank(configuration->lookup(configuration->lookup_arg, name));
}

/*
 * Look up a property of a profile, which need not be the one that is used;
 * NULL if there is no such profile or property, or it is blank.
 */
const char *
glue_configuration_property(const GlueConfiguration *configuration,
							const char *profile, const char *name)
{
	if (configuration->profiles == NULL)
		return NULL;
	return not_blank(glue_profile_set_get(configuration->profiles,
										  GLUE_SECTION_PROFILE,
										  profile, name));
}

/*
 * Look up what may be an environment variable or a property of the profile
 * that is used.  Most of it is set nowhere: then there is no origin either.
 */
void
glue_configuration_find(const GlueConfiguration *configuration,
						const char *variable, const char *property,
						GlueConfiguredValue *found)
{
	found->origin[0] = '\0';
	found->value = glue_configuration_variable(configuration, variable);
	if (found->value != NULL)
	{
		snprintf(found->origin, sizeof(found->origin), "%s", variable);
		return;
	}

	found->value = glue_configuration_property(configuration,
											   configuration->profile,
											   property);
	if (found->value != NULL)
		snprintf(found->origin, sizeof(found->origin),
				 "\"%s\" of profile " GLUE_PROFILE_NAME_FORMAT,
				 property, configuration->profile);
}

/*
 * Look up a switch, which is off if it is not set.  Returns false, with error
 * filled in, if it is neither "true" nor "false": who writes "1" or "yes"
 * should not have to find out what that meant.
 */
bool
glue_configuration_flag(const GlueConfiguration *configuration,
						const char *variable, const char *property,
						bool *value, GlueConfigurationError *error)
{
	GlueConfiguredValue found;

	glue_configuration_find(configuration, variable, property, &found);
	*value = found.value != NULL && glue_same_but_case(found.value, "true");
	if (found.value == NULL || *value ||
		glue_same_but_case(found.value, "false"))
		return true;

	return glue_configuration_fail(error, NULL,
								   "%s must be \"true\" or \"false\".",
								   found.origin);
}

/*
 * Say why a configuration cannot be used, and return false.  hint may be NULL.
 */
bool
glue_configuration_fail(GlueConfigurationError *error, const char *hint,
						const char *format, ...)
{
	char		text[sizeof(error->detail)];
	va_list		args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	/* a name in it may be any bytes */
	glue_clean_text(error->detail, sizeof(error->detail),
					text, strlen(text), false);
	snprintf(error->hint, sizeof(error->hint), "%s", hint ? hint : "");
	return false;
}

static const char *
not_blank(const char *value)
{
	if (value == NULL || value[strspn(value, " \t")] == '\0')
		return NULL;
	return value;
}

/*-------------------------------------------------------------------------
 *
 * configuration.c
 *	  AWS's own configuration: environment and profile.
 *
 * Most of AWS's settings have two names: that of an environment variable,
 * which comes first, and that of a property of the profile in use.  A blank
 * value counts as not set, in both places.
 *
 * The environment is read through a callback, so that this file does not
 * depend on the process, and tests need not change their own environment.
 *
 * Errors are texts in the caller's memory.  They do not quote wrong values: a
 * value may be a secret in the wrong place.
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

static const char *
not_blank(const char *value)
{
	if (value == NULL || value[strspn(value, " \t")] == '\0')
		return NULL;
	return value;
}

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
 * Look up a property of a profile, which need not be the one in use; NULL if
 * there is no such profile or property, or it is blank.
 */
const char *
glue_configuration_property(const GlueConfiguration *configuration,
							const char *profile, const char *name)
{
	if (configuration->profiles == NULL)
		return NULL;
	return not_blank(glue_profile_set_get(configuration->profiles,
										  GLUE_SECTION_PROFILE,
										  profile, name, NULL));
}

/*
 * Look up a setting with an environment variable and a property of the profile
 * in use.  If neither is set, the result has no origin.
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
 * filled in, if it is neither "true" nor "false": AWS's tools differ in the
 * meaning of "1" and "yes".
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
 * Set the error for an unusable configuration, and return false.  hint may be
 * NULL.
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

	/* a name may contain any bytes */
	glue_clean_text(error->detail, sizeof(error->detail),
					text, strlen(text), false);
	snprintf(error->hint, sizeof(error->hint), "%s", hint ? hint : "");
	return false;
}

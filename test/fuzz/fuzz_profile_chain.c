/*-------------------------------------------------------------------------
 *
 * fuzz_profile_chain.c
 *	  Fuzzer of the way from a configuration to credentials and endpoints.
 *
 * The input is an environment in lines "NAME=value", an empty line, and a
 * configuration file.  For any input, a plan must be one that can be carried
 * out, and an error clean enough for a log.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_profile_chain.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_chain.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "aws/endpoint_config.h"
#include "aws/profile_grammar.h"
#include "replay.h"
#include "text/json.h"

/*
 * Look up a variable in a text that ends with an empty line; its lines end in
 * NUL by now.
 */
static const char *
lookup(void *arg, const char *name)
{
	size_t		len = strlen(name);

	for (const char *line = arg; *line != '\0'; line += strlen(line) + 1)
	{
		if (strncmp(line, name, len) == 0 && line[len] == '=')
			return line + len + 1;
	}
	return NULL;
}

static void
check_error(const GlueConfigurationError *error)
{
	size_t		len = strnlen(error->detail, sizeof(error->detail));

	require(len > 0 && len < sizeof(error->detail) &&
			glue_utf8_valid(error->detail, len) &&
			error->detail[len - 1] == '.');
	for (size_t i = 0; i < len; i++)
		require((unsigned char) error->detail[i] >= ' ' &&
				error->detail[i] != 0x7f);
}

static void
check_plan(const GlueCredentialPlan *plan)
{
	require(plan->nsteps >= 1 && plan->nsteps <= GLUE_PLAN_MAX_STEPS);
	for (int i = 0; i < plan->nsteps; i++)
	{
		const GlueCredentialStep *step = &plan->steps[i];

		require((i > 0) == (step->kind == GLUE_CREDENTIAL_STEP_ASSUME_ROLE));
		if (step->kind == GLUE_CREDENTIAL_STEP_ASSUME_ROLE ||
			step->kind == GLUE_CREDENTIAL_STEP_WEB_IDENTITY)
			require(step->role_arn != NULL);
		if (step->kind == GLUE_CREDENTIAL_STEP_WEB_IDENTITY)
			require(step->token_file != NULL);
		if (step->kind == GLUE_CREDENTIAL_STEP_KEYS)
			require(step->keys.access_key_id != NULL &&
					step->keys.secret_access_key != NULL &&
					glue_static_keys_valid(&step->keys));
		require(step->duration_seconds == 0 ||
				(step->duration_seconds >= 900 &&
				 step->duration_seconds <= 43200));
	}
}

static void
check_configuration(const GlueConfiguration *configuration)
{
	GlueCredentialPlan plan;
	GlueConfiguredValue url;
	GlueEndpointFlags flags;
	GlueConfigurationError error;

	if (glue_credential_plan(configuration, &plan, &error))
		check_plan(&plan);
	else
		check_error(&error);

	if (!glue_configured_endpoint(configuration, "glue", NULL, &url, &error))
		check_error(&error);
	else if (url.value != NULL)
		require(url.value[0] != '\0' &&
				strlen(url.origin) < sizeof(url.origin) - 1 &&
				glue_utf8_valid(url.origin, strlen(url.origin)));
	if (!glue_configured_endpoint_flags(configuration, &flags, &error))
		check_error(&error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text;
	char	   *config;
	GlueProfileSet *set = glue_profile_set_new();
	GlueProfileError file_error;
	GlueConfiguration configuration = {lookup, NULL, set, "default"};

	/* the environment ends at the first empty line, and has no NULs */
	size = strnlen((const char *) data, size);
	text = malloc(size + 2);
	configuration.lookup_arg = text;
	memcpy(text, data, size);
	memcpy(text + size, "\n", 2);
	for (config = text; *config != '\0' && *config != '\n';)
	{
		config += strcspn(config, "\n");
		if (*config == '\n')
			*config++ = '\0';
	}
	if (*config == '\n')
		*config++ = '\0';

	if ((size_t) (config - text) < size &&
		!glue_profile_set_read(set, GLUE_PROFILE_CONFIG, config,
							   text + size - config, &file_error))
		configuration.profiles = NULL;
	check_configuration(&configuration);

	configuration.profile = lookup(text, "AWS_PROFILE");
	configuration.profile_origin = GLUE_PROFILE_BY_ENVIRONMENT;
	if (configuration.profile != NULL)
	{
		check_configuration(&configuration);
		configuration.profile_origin = GLUE_PROFILE_BY_SETTING;
		check_configuration(&configuration);
	}

	glue_profile_set_free(set);
	free(text);
	return 0;
}

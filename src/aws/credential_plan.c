/*-------------------------------------------------------------------------
 *
 * credential_plan.c
 *	  The choice among all sources of credentials.
 *
 * The sources are checked in a fixed order, and the first configured one is
 * used, whether it works or not:
 *
 *	1. keys in the environment
 *	2. the profile
 *	3. a web identity in the environment
 *	4. the endpoint of a container
 *	5. the metadata service of the instance
 *
 * The last one needs no configuration.  So if a container's endpoint is down,
 * that is an error, and we do not use the credentials of the instance that the
 * container runs on.
 *
 * If a setting of ours names a profile, only the profile is used: the setting
 * is for this extension, and the environment for the whole server.
 *
 * IDENTIFICATION
 *	  src/aws/credential_plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_chain.h"

#include <string.h>

/*
 * Make the plan for getting credentials.  Returns false, with error filled in,
 * if no source is configured, or if the chosen one is misconfigured.
 */
bool
glue_credential_plan(const GlueConfiguration *configuration,
					 GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	static const GlueCredentialStepKind kinds[] = {
		GLUE_CREDENTIAL_STEP_KEYS, GLUE_CREDENTIAL_STEP_WEB_IDENTITY, GLUE_CREDENTIAL_STEP_CONTAINER,
		GLUE_CREDENTIAL_STEP_INSTANCE
	};
	GlueSourceStatus status = GLUE_SOURCE_ABSENT;

	if (configuration->profile_origin == GLUE_PROFILE_BY_SETTING)
	{
		status = glue_profile_chain(configuration, plan, error);
		if (status == GLUE_SOURCE_ABSENT)
			glue_configuration_fail(error, NULL,
									"Profile " GLUE_PROFILE_NAME_FORMAT
									", which a setting names, has no credentials.",
									configuration->profile);
		return status == GLUE_SOURCE_PRESENT;
	}

	for (int i = 0; i < 4 && status == GLUE_SOURCE_ABSENT; i++)
	{
		memset(&plan->steps[0], 0, sizeof(plan->steps[0]));
		plan->steps[0].kind = kinds[i];
		plan->nsteps = 1;
		status = glue_source_step(configuration, &plan->steps[0], error);
		if (i == 0 && status == GLUE_SOURCE_ABSENT)
			status = glue_profile_chain(configuration, plan, error);
	}
	if (status == GLUE_SOURCE_ABSENT)
		glue_configuration_fail(error,
								"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the server process, or add the keys to a profile of a shared AWS file.",
								"There are no keys in the environment, no credentials in profile "
								GLUE_PROFILE_NAME_FORMAT
								", no web identity and no container in the environment, and the metadata service is disabled.",
								configuration->profile);
	return status == GLUE_SOURCE_PRESENT;
}

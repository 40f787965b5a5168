/*-------------------------------------------------------------------------
 *
 * credential_plan.c
 *	  Which of all sources of credentials is used.
 *
 * The sources are asked in a fixed order, and the first that is configured
 * counts, whether it can deliver or not:
 *
 *	1. keys in the environment
 *	2. the profile
 *	3. a web identity in the environment
 *	4. the endpoint of a container
 *	5. the metadata service of the instance
 *
 * The last needs no configuration.  So a container's endpoint that is down is
 * an error, and does not make us the machine that the container runs on.
 *
 * A profile that a setting of ours names is another matter: that was said for
 * this extension, and the environment for the whole server.  Then no other
 * source is asked.
 *
 * IDENTIFICATION
 *	  src/aws/credential_plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_plan.h"

#include <string.h>

/*
 * Make the plan for getting credentials.  Returns false, with error filled in,
 * if no source is configured or the one that is counts but is wrong.
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
								", no web identity and no container in the environment, and the metadata service is switched off.",
								configuration->profile);
	return status == GLUE_SOURCE_PRESENT;
}

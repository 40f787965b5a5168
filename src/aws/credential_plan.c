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

/* A source; adds its step to a plan that is empty. */
typedef GlueSourceStatus (*PlanSource) (const GlueConfiguration *configuration,
										GlueCredentialPlan *plan,
										GlueConfigurationError *error);

/* prototypes of private functions */
static GlueSourceStatus plan_environment(const GlueConfiguration *configuration,
										 GlueCredentialPlan *plan,
										 GlueConfigurationError *error);
static GlueSourceStatus plan_web_identity(const GlueConfiguration *configuration,
										  GlueCredentialPlan *plan,
										  GlueConfigurationError *error);
static GlueSourceStatus plan_container(const GlueConfiguration *configuration,
									   GlueCredentialPlan *plan,
									   GlueConfigurationError *error);
static GlueSourceStatus plan_instance(const GlueConfiguration *configuration,
									  GlueCredentialPlan *plan,
									  GlueConfigurationError *error);
static GlueCredentialStep *first_step(GlueCredentialPlan *plan,
									  GlueCredentialStepKind kind);

/*
 * Make the plan for getting credentials.  Returns false, with error filled in,
 * if no source is configured or the one that is counts but is wrong.
 */
bool
glue_credential_plan(const GlueConfiguration *configuration,
					 GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	static const PlanSource sources[] = {
		plan_environment, glue_profile_chain, plan_web_identity,
		plan_container, plan_instance
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

	for (int i = 0; i < 5 && status == GLUE_SOURCE_ABSENT; i++)
		status = sources[i] (configuration, plan, error);
	if (status == GLUE_SOURCE_ABSENT)
		glue_configuration_fail(error,
								"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the server process, or add the keys to a profile of a shared AWS file.",
								"There are no keys in the environment, no credentials in profile "
								GLUE_PROFILE_NAME_FORMAT
								", no web identity and no container in the environment, and the metadata service is switched off.",
								configuration->profile);
	return status == GLUE_SOURCE_PRESENT;
}

static GlueSourceStatus
plan_environment(const GlueConfiguration *configuration,
				 GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	return glue_environment_source(configuration,
								   &first_step(plan, GLUE_STEP_KEYS)->keys,
								   error);
}

static GlueSourceStatus
plan_web_identity(const GlueConfiguration *configuration,
				  GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	GlueCredentialStep *step = first_step(plan, GLUE_STEP_WEB_IDENTITY);
	GlueWebIdentity identity;
	GlueSourceStatus status = glue_web_identity_source(configuration,
													   &identity, error);

	step->token_file = identity.token_file;
	step->role_arn = identity.role_arn;
	step->role_session_name = identity.role_session_name;
	return status;
}

static GlueSourceStatus
plan_container(const GlueConfiguration *configuration,
			   GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	GlueContainerSource container;

	(void) first_step(plan, GLUE_STEP_CONTAINER);
	return glue_container_source(configuration, &container, error);
}

static GlueSourceStatus
plan_instance(const GlueConfiguration *configuration,
			  GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	GlueInstanceSource instance;

	(void) first_step(plan, GLUE_STEP_INSTANCE);
	return glue_instance_source(configuration, &instance, error);
}

/*
 * Make a plan of one step that is not of a profile.
 */
static GlueCredentialStep *
first_step(GlueCredentialPlan *plan, GlueCredentialStepKind kind)
{
	GlueCredentialStep *step = &plan->steps[0];

	plan->nsteps = 1;
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	return step;
}

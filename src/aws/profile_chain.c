/*-------------------------------------------------------------------------
 *
 * profile_chain.c
 *	  The steps that lead from a profile to credentials.
 *
 * A profile has credentials of its own, or a role and a source, whose
 * credentials may assume that role.  The source is another profile, which may
 * have a role and a source as well, or a source outside of the files:
 *
 *		[profile app]						plan:
 *		role_arn = ...:role/app
 *		source_profile = team				1. the instance's credentials
 *		[profile team]						2. assume role/team
 *		role_arn = ...:role/team			3. assume role/app
 *		credential_source = Ec2InstanceMetadata
 *
 * The chain is followed from the profile to its last source, and the order of
 * the roles is reversed at the end.  If a profile has several kinds of
 * credentials, these rules of AWS's tools apply:
 *
 *	- A role takes precedence over keys in the profile in use.  In a source
 *	  profile, keys take precedence, and end the chain.
 *	- A profile may be its own source if it has keys.
 *	- A role with a web identity needs no source.
 *
 * Credentials that need an interactive login or an external program are
 * rejected, but only if the profile has no others: login tools often store
 * keys in the same profile.
 *
 * IDENTIFICATION
 *	  src/aws/profile_chain.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_chain.h"

#include <stdio.h>
#include <string.h>

#include "text/ascii.h"
#include "text/assertion.h"

/* Limits of AWS STS for the lifetime of a role's credentials. */
#define MIN_DURATION	900
#define MAX_DURATION	43200

typedef struct Chain
{
	const GlueConfiguration *configuration;
	GlueCredentialPlan *plan;	/* from the profile to the source, so far */
	GlueConfigurationError *error;
	const char *profiles[GLUE_PLAN_MAX_STEPS];	/* visited profiles */
	int			nprofiles;
} Chain;

/* A property that a server cannot use, and the reason. */
typedef struct RefusedProperty
{
	const char *property;
	const char *reason;
} RefusedProperty;

static const RefusedProperty refused_properties[] = {
	{"sso_session", "IAM Identity Center needs a person to log in"},
	{"sso_start_url", "IAM Identity Center needs a person to log in"},
	{"sso_account_id", "IAM Identity Center needs a person to log in"},
	{"login_session", "\"aws login\" needs a person to log in"},
	{"credential_process", "a server does not run commands that a file names"},
	{NULL, NULL}
};

static const char refused_hint[] =
"Use keys, a role with \"source_profile\" or \"credential_source\", or a web "
"identity.  A local program can provide credentials at the URL in "
"AWS_CONTAINER_CREDENTIALS_FULL_URI.";

/* prototypes of private functions */
static bool visit(Chain *chain, const char *profile);
static bool refuse_loop(Chain *chain, int first, const char *profile);
static bool uses_role(const Chain *chain, const char *profile);
static bool add_role(Chain *chain, const char *profile, const char **source);
static bool check_role(Chain *chain, const char *profile,
					   const char *source_profile,
					   const char *credential_source);
static GlueSourceStatus add_source(Chain *chain, const char *profile);
static GlueSourceStatus add_credential_source(Chain *chain,
											  const char *profile,
											  const char *credential_source);
static GlueSourceStatus add_web_identity(Chain *chain, const char *profile);
static GlueSourceStatus add_keys(Chain *chain, const char *profile);
static GlueSourceStatus refuse_profile(Chain *chain, const char *profile);
static void reverse_steps(GlueCredentialPlan *plan);

static const char *
get(const Chain *chain, const char *profile, const char *property)
{
	return glue_configuration_property(chain->configuration, profile,
									   property);
}

static bool
has_keys(const Chain *chain, const char *profile)
{
	return get(chain, profile, "aws_access_key_id") != NULL ||
		get(chain, profile, "aws_secret_access_key") != NULL;
}

static GlueCredentialStep *
add_step(Chain *chain, GlueCredentialStepKind kind, const char *profile)
{
	GlueCredentialStep *step = &chain->plan->steps[chain->plan->nsteps++];

	glue_assert(chain->plan->nsteps <= GLUE_PLAN_MAX_STEPS);
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->profile = profile;
	if (profile != NULL)
		step->region = get(chain, profile, "region");
	return step;
}

/*
 * Set the role of a step, and the lifetime of its credentials, if that is
 * given.
 */
static bool
set_role(Chain *chain, const char *profile, GlueCredentialStep *step)
{
	const char *text = get(chain, profile, "duration_seconds");

	step->role_arn = get(chain, profile, "role_arn");
	step->role_session_name = get(chain, profile, "role_session_name");
	if (text == NULL ||
		glue_parse_number(text, strlen(text), MIN_DURATION, MAX_DURATION,
						  &step->duration_seconds))
		return true;
	return glue_configuration_fail(chain->error, NULL,
								   "\"duration_seconds\" of profile "
								   GLUE_PROFILE_NAME_FORMAT
								   " must be a whole number from %d to %d.",
								   profile, MIN_DURATION, MAX_DURATION);
}

/*
 * Make the plan for the profile in use.
 *
 * A default profile that does not exist is absent, as is any profile without
 * credentials.  A chosen profile that does not exist is an error.
 */
GlueSourceStatus
glue_profile_chain(const GlueConfiguration *configuration,
				   GlueCredentialPlan *plan, GlueConfigurationError *error)
{
	Chain		chain = {configuration, plan, error};
	const char *profile = configuration->profile;
	GlueSourceStatus status;

	plan->nsteps = 0;
	if (configuration->profile_origin == GLUE_PROFILE_BY_DEFAULT &&
		(configuration->profiles == NULL ||
		 !glue_profile_set_has(configuration->profiles, GLUE_SECTION_PROFILE,
							   profile)))
		return GLUE_SOURCE_ABSENT;

	for (;;)
	{
		const char *source = NULL;

		if (!visit(&chain, profile))
			return GLUE_SOURCE_INVALID;
		if (uses_role(&chain, profile) && !add_role(&chain, profile, &source))
			return GLUE_SOURCE_INVALID;
		if (source == NULL)
			break;
		profile = source;
	}

	status = add_source(&chain, profile);
	if (status == GLUE_SOURCE_PRESENT)
		reverse_steps(plan);
	return status;
}

/*
 * Visit a profile: it must exist, and must not have been visited before.
 */
static bool
visit(Chain *chain, const char *profile)
{
	const GlueProfileSet *set = chain->configuration->profiles;

	for (int i = 0; i < chain->nprofiles; i++)
	{
		if (strcmp(chain->profiles[i], profile) == 0)
			return refuse_loop(chain, i, profile);
	}

	if (set != NULL && glue_profile_set_has(set, GLUE_SECTION_PROFILE, profile))
	{
		chain->profiles[chain->nprofiles++] = profile;
		return true;
	}

	if (chain->nprofiles == 0)
		glue_configuration_fail(chain->error, NULL,
								"There is no profile " GLUE_PROFILE_NAME_FORMAT
								", which %s names.", profile,
								chain->configuration->profile_origin ==
								GLUE_PROFILE_BY_ENVIRONMENT ?
								"AWS_PROFILE" : "a setting");
	else
		glue_configuration_fail(chain->error, NULL,
								"There is no profile " GLUE_PROFILE_NAME_FORMAT
								", which profile " GLUE_PROFILE_NAME_FORMAT
								" names as \"source_profile\".", profile,
								chain->profiles[chain->nprofiles - 1]);
	return false;
}

static bool
refuse_loop(Chain *chain, int first, const char *profile)
{
	char		names[sizeof(chain->error->detail)] = "";
	size_t		used = 0;

	/* ten names of 64 bytes fit */
	for (int i = first; i < chain->nprofiles; i++)
		used += snprintf(names + used, sizeof(names) - used,
						 GLUE_PROFILE_NAME_FORMAT " > ", chain->profiles[i]);
	return glue_configuration_fail(chain->error, NULL,
								   "Profiles form a loop by \"source_profile\": %s"
								   GLUE_PROFILE_NAME_FORMAT ".", names, profile);
}

/*
 * Is this profile's role to be assumed with the credentials of a source?
 */
static bool
uses_role(const Chain *chain, const char *profile)
{
	if (chain->nprofiles > 1 && has_keys(chain, profile))
		return false;
	return get(chain, profile, "role_arn") != NULL &&
		get(chain, profile, "web_identity_token_file") == NULL;
}

/*
 * Add the step that assumes a role.  *source is set to its source profile, or
 * left NULL if that is the profile itself.
 */
static bool
add_role(Chain *chain, const char *profile, const char **source)
{
	const char *source_profile = get(chain, profile, "source_profile");
	const char *credential_source = get(chain, profile, "credential_source");
	GlueCredentialStep *step;

	if (!check_role(chain, profile, source_profile, credential_source))
		return false;

	/* the last step is reserved for the source */
	if (chain->plan->nsteps == GLUE_PLAN_MAX_STEPS - 1)
		return glue_configuration_fail(chain->error, NULL,
									   "Profile " GLUE_PROFILE_NAME_FORMAT
									   " leads to more than %d roles by \"source_profile\".",
									   chain->configuration->profile,
									   GLUE_PLAN_MAX_STEPS - 1);
	step = add_step(chain, GLUE_CREDENTIAL_STEP_ASSUME_ROLE, profile);
	step->external_id = get(chain, profile, "external_id");
	if (source_profile != NULL && strcmp(source_profile, profile) != 0)
		*source = source_profile;
	return set_role(chain, profile, step);
}

/*
 * Check that the configuration of a role is unambiguous, and usable by a
 * server.
 */
static bool
check_role(Chain *chain, const char *profile, const char *source_profile,
		   const char *credential_source)
{
	const char *reason;
	const char *hint = NULL;

	if (get(chain, profile, "mfa_serial") != NULL)
	{
		reason = "has \"mfa_serial\", but a server cannot prompt for a code";
		hint = refused_hint;
	}
	else if (source_profile != NULL && credential_source != NULL)
		reason = "has both \"source_profile\" and \"credential_source\"";
	else if (source_profile == NULL && credential_source == NULL)
		reason = "has \"role_arn\", but neither \"source_profile\" nor \"credential_source\"";
	else
		return true;
	return glue_configuration_fail(chain->error, hint,
								   "Profile " GLUE_PROFILE_NAME_FORMAT " %s.",
								   profile, reason);
}

/*
 * Add the first step of the chain.
 */
static GlueSourceStatus
add_source(Chain *chain, const char *profile)
{
	const char *credential_source = get(chain, profile, "credential_source");

	if (chain->nprofiles > 1 && has_keys(chain, profile))
		return add_keys(chain, profile);
	if (credential_source != NULL)
		return add_credential_source(chain, profile, credential_source);
	if (get(chain, profile, "web_identity_token_file") != NULL)
		return add_web_identity(chain, profile);
	if (has_keys(chain, profile))
		return add_keys(chain, profile);
	return refuse_profile(chain, profile);
}

static GlueSourceStatus
add_credential_source(Chain *chain, const char *profile,
					  const char *credential_source)
{
	static const struct
	{
		const char *name;
		GlueCredentialStepKind kind;
		const char *absent;
	}			sources[] = {
		{"Environment", GLUE_CREDENTIAL_STEP_KEYS,
		"AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"},
		{"EcsContainer", GLUE_CREDENTIAL_STEP_CONTAINER,
		"neither AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor AWS_CONTAINER_CREDENTIALS_FULL_URI is set"},
		{"Ec2InstanceMetadata", GLUE_CREDENTIAL_STEP_INSTANCE,
		"the metadata service is disabled"}
	};

	for (int i = 0; i < 3; i++)
	{
		GlueCredentialStepKind kind = sources[i].kind;
		GlueSourceStatus status;

		if (!glue_same_but_case(credential_source, sources[i].name))
			continue;
		status = glue_source_step(chain->configuration,
								  add_step(chain, kind, kind == GLUE_CREDENTIAL_STEP_KEYS ?
										   NULL : profile),
								  chain->error);
		if (status != GLUE_SOURCE_ABSENT)
			return status;
		return glue_source_fail(chain->error, NULL,
								"Profile " GLUE_PROFILE_NAME_FORMAT
								" names a \"credential_source\", but %s.",
								profile, sources[i].absent);
	}

	return glue_source_fail(chain->error, NULL,
							"\"credential_source\" of profile "
							GLUE_PROFILE_NAME_FORMAT
							" must be \"Environment\", \"EcsContainer\" or \"Ec2InstanceMetadata\".",
							profile);
}

static GlueSourceStatus
add_web_identity(Chain *chain, const char *profile)
{
	GlueCredentialStep *step;

	/* AWS_ROLE_ARN belongs to the token file of the environment */
	if (get(chain, profile, "role_arn") == NULL)
		return glue_source_fail(chain->error, NULL,
								"Profile " GLUE_PROFILE_NAME_FORMAT
								" has \"web_identity_token_file\" but not \"role_arn\".",
								profile);
	step = add_step(chain, GLUE_CREDENTIAL_STEP_WEB_IDENTITY, profile);
	step->token_file = get(chain, profile, "web_identity_token_file");
	return set_role(chain, profile, step) ? GLUE_SOURCE_PRESENT :
		GLUE_SOURCE_INVALID;
}

static GlueSourceStatus
add_keys(Chain *chain, const char *profile)
{
	GlueCredentialStep *step = add_step(chain, GLUE_CREDENTIAL_STEP_KEYS, profile);
	GlueStaticKeys *keys = &step->keys;

	keys->access_key_id = get(chain, profile, "aws_access_key_id");
	keys->secret_access_key = get(chain, profile, "aws_secret_access_key");
	keys->session_token = get(chain, profile, "aws_session_token");
	step->account_id = get(chain, profile, "aws_account_id");

	if (keys->access_key_id == NULL || keys->secret_access_key == NULL)
		return glue_source_fail(chain->error, NULL,
								"Profile " GLUE_PROFILE_NAME_FORMAT
								" has \"%s\" but not \"%s\".", profile,
								keys->access_key_id ? "aws_access_key_id"
								: "aws_secret_access_key",
								keys->access_key_id ? "aws_secret_access_key"
								: "aws_access_key_id");
	if (!glue_static_keys_valid(keys))
		return glue_source_fail(chain->error, NULL,
								"A key or the token of profile "
								GLUE_PROFILE_NAME_FORMAT
								" holds a space, a line break or a character that is not ASCII.",
								profile);
	return GLUE_SOURCE_PRESENT;
}

/*
 * Set the error for a profile without credentials.  The profile in use may
 * have none; one that a role depends on must have some.
 */
static GlueSourceStatus
refuse_profile(Chain *chain, const char *profile)
{
	for (const RefusedProperty *refused = refused_properties;
		 refused->property != NULL; refused++)
	{
		if (get(chain, profile, refused->property) != NULL)
			return glue_source_fail(chain->error, refused_hint,
									"Profile " GLUE_PROFILE_NAME_FORMAT
									" has \"%s\", but %s.", profile,
									refused->property, refused->reason);
	}

	if (chain->plan->nsteps == 0)
		return GLUE_SOURCE_ABSENT;
	return glue_source_fail(chain->error, NULL,
							"Profile " GLUE_PROFILE_NAME_FORMAT
							" is a \"source_profile\" but has no credentials.",
							profile);
}

static void
reverse_steps(GlueCredentialPlan *plan)
{
	for (int i = 0, j = plan->nsteps - 1; i < j; i++, j--)
	{
		GlueCredentialStep step = plan->steps[i];

		plan->steps[i] = plan->steps[j];
		plan->steps[j] = step;
	}
}

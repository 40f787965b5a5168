/*-------------------------------------------------------------------------
 *
 * credential_chain.c
 *	  The plan for the credentials of a target.
 *
 * The source of the credentials, and the roles to assume with them, are
 * decided without a call: credential_plan.c makes a plan of the target, the
 * environment and the profile.  credential_fetch.c carries it out.
 *
 * A plan with more than static keys ends in temporary credentials, which are
 * cached under a digest of the plan.  So callers with the same plan, and no
 * others, share credentials.
 *
 * IDENTIFICATION
 *	  src/client/credential_chain.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "aws/profile_chain.h"
#include "client/credential_chain.h"
#include "client/shared_files.h"
#include "server/secret_memory.h"

/* prototypes of private functions */
pg_noreturn static void raise_none_found(const GlueTarget *target,
										 const GlueConfigurationError *error);
static bool digest_step(EVP_MD_CTX *context,
						const GlueConfiguration *configuration,
						const GlueCredentialStep *step);
static bool digest_source(EVP_MD_CTX *context,
						  const GlueConfiguration *configuration,
						  GlueCredentialStepKind kind);
static bool digest_text(EVP_MD_CTX *context, const char *text);

/*
 * Make the plan for the credentials of a target.
 *
 * The keys of the user mapping come first.  A role of the server or the
 * mapping is assumed last, whatever comes before.  The plan borrows from the
 * target.  If no plan is possible, raises an error, or returns false if
 * missing_ok.
 */
bool
glue_credentials_plan(const GlueTarget *target, GlueCredentialPlan *plan,
					  bool missing_ok)
{
	GlueConfigurationError error;

	memset(plan, 0, sizeof(GlueCredentialPlan));
	if (target->given.access_key_id != NULL)
	{
		plan->steps[0].kind = GLUE_CREDENTIAL_STEP_KEYS;
		plan->steps[0].keys.access_key_id = target->given.access_key_id;
		plan->steps[0].keys.secret_access_key =
			target->given.secret_access_key;
		plan->steps[0].keys.session_token = target->given.session_token;
		plan->nsteps = 1;
	}
	else if (!target->ambient_allowed)
	{
		if (missing_ok)
			return false;
		glue_target_refuse_ambient(target);
	}
	else if (!glue_credential_plan(target->configuration, plan, &error))
	{
		if (missing_ok)
			return false;
		raise_none_found(target, &error);
	}
	if (target->role_arn != NULL && plan->nsteps == GLUE_PLAN_MAX_STEPS)
	{
		if (missing_ok)
			return false;
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("too many roles have to be assumed, one after the other")));
	}
	if (target->role_arn != NULL)
	{
		GlueCredentialStep *step = &plan->steps[plan->nsteps++];

		step->kind = GLUE_CREDENTIAL_STEP_ASSUME_ROLE;
		step->role_arn = target->role_arn;
		step->external_id = target->external_id;
	}
	return true;
}

static void
raise_none_found(const GlueTarget *target, const GlueConfigurationError *error)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("could not find AWS credentials"),
			 errdetail_internal("%s%s %s",
								target->server ?
								psprintf("There are no keys in a user mapping of foreign server \"%s\". ",
										 target->server) : "",
								error->detail,
								glue_shared_files_description()),
			 error->hint[0] != '\0' ? errhint("%s", error->hint) : 0));
}

/*
 * Find the credentials of a plan if that needs no call; return false if it
 * does.
 */
bool
glue_credentials_at_hand(const GlueTarget *target,
						 const GlueCredentialPlan *plan,
						 GlueCredentials *credentials)
{
	GlueTemporaryCredentials *found;
	GlueCredentialKey key;

	if (glue_credentials_are_keys(plan))
	{
		*credentials = glue_credentials_of_keys(&plan->steps[0]);
		return true;
	}
	glue_credentials_digest(target, plan, &key);
	found = (GlueTemporaryCredentials *)
		glue_secret_alloc(sizeof(GlueTemporaryCredentials));
	if (!glue_credential_cache_peek(&key, found))
		return false;
	*credentials = glue_credentials_take(found);
	return true;
}

/* Does a plan consist of static keys alone, which are present? */
bool
glue_credentials_are_keys(const GlueCredentialPlan *plan)
{
	Assert(plan->nsteps > 0 && plan->nsteps <= GLUE_PLAN_MAX_STEPS);
	return plan->nsteps == 1 && plan->steps[0].kind == GLUE_CREDENTIAL_STEP_KEYS;
}

/*
 * Digest everything that determines the credentials of a plan: the steps, and
 * the services that are asked.  Plans with the same digest share credentials,
 * so a failure of OpenSSL is an error.
 */
void
glue_credentials_digest(const GlueTarget *target,
						const GlueCredentialPlan *plan, GlueCredentialKey *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool		done = context != NULL &&
		EVP_DigestInit_ex(context, EVP_sha256(), NULL) &&
		digest_text(context, target->sts_endpoint.url) &&
		digest_text(context, target->sts_endpoint.region);

	for (int i = 0; done && i < plan->nsteps; i++)
		done = digest_step(context, target->configuration, &plan->steps[i]);
	done = done && EVP_DigestFinal_ex(context, key->digest, NULL);
	EVP_MD_CTX_free(context);
	if (!done)
		glue_raise_out_of_memory();
}

static bool
digest_step(EVP_MD_CTX *context, const GlueConfiguration *configuration,
			const GlueCredentialStep *step)
{
	return EVP_DigestUpdate(context, &step->kind, sizeof(step->kind)) &&
		EVP_DigestUpdate(context, &step->duration_seconds,
						 sizeof(step->duration_seconds)) &&
		digest_text(context, step->keys.access_key_id) &&
		digest_text(context, step->keys.secret_access_key) &&
		digest_text(context, step->keys.session_token) &&
		digest_text(context, step->token_file) &&
		digest_text(context, step->role_arn) &&
		digest_text(context, step->role_session_name) &&
		digest_text(context, step->external_id) &&
		digest_source(context, configuration, step->kind);
}

/* The address of the container's or instance's endpoint is not in the step. */
static bool
digest_source(EVP_MD_CTX *context, const GlueConfiguration *configuration,
			  GlueCredentialStepKind kind)
{
	GlueContainerSource container;
	GlueInstanceSource instance;
	GlueConfigurationError error;

	if (kind == GLUE_CREDENTIAL_STEP_CONTAINER &&
		glue_container_source(configuration, &container,
							  &error) == GLUE_SOURCE_PRESENT)
		return digest_text(context, container.url);
	if (kind == GLUE_CREDENTIAL_STEP_INSTANCE &&
		glue_instance_source(configuration, &instance,
							 &error) == GLUE_SOURCE_PRESENT)
		return digest_text(context, instance.endpoint);
	return true;
}

/* NULL differs from the empty string, and the length separates texts. */
static bool
digest_text(EVP_MD_CTX *context, const char *text)
{
	return text == NULL ? EVP_DigestUpdate(context, "\xff", 1) :
		EVP_DigestUpdate(context, text, strlen(text) + 1);
}

/* The keys of a step, with the account that the profile names. */
GlueCredentials
glue_credentials_of_keys(const GlueCredentialStep *step)
{
	const char *account_id = step->account_id;
	GlueCredentials keys = {
		.access_key_id = step->keys.access_key_id,
		.secret_access_key = step->keys.secret_access_key,
		.session_token = step->keys.session_token,
	};

	if (account_id != NULL && glue_account_id_problem(account_id) == NULL)
		keys.account_id = account_id;
	return glue_secret_credentials(&keys);
}

/* Make credentials of temporary ones, which are cleansed. */
GlueCredentials
glue_credentials_take(GlueTemporaryCredentials *temporary)
{
	GlueCredentials credentials = {
		.access_key_id = temporary->access_key_id,
		.secret_access_key = temporary->secret_access_key,
		.session_token = temporary->session_token,
		.account_id = temporary->account_id,
		.expires_at = temporary->expiration,
	};

	credentials = glue_secret_credentials(&credentials);
	glue_temporary_credentials_cleanse(temporary);
	return credentials;
}

/*-------------------------------------------------------------------------
 *
 * credential_chain.c
 *	  The credentials for the signatures of requests to a target.
 *
 * The source of the credentials, and the roles to assume with them, are
 * decided without a call: credential_plan.c makes a plan of the target, the
 * environment and the profile.  Then the plan is carried out step by step,
 * each step with the credentials of the step before.  That can take long, and
 * needs no transaction.
 *
 * A plan with more than static keys ends in temporary credentials, which are
 * cached under a digest of the plan.  So callers with the same plan, and no
 * others, share credentials.
 *
 * A failure of a configured source is an error.  It is tolerated only while
 * the credentials in the cache are still good, and, for an EC2 instance, for
 * some time after they have expired.
 *
 * IDENTIFICATION
 *	  src/client/credential_chain.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include <openssl/evp.h>

#include "aws/credential_plan.h"
#include "client/credential_cache.h"
#include "client/credential_chain.h"
#include "client/credential_failure.h"
#include "client/metadata.h"
#include "client/shared_files.h"
#include "client/sts.h"
#include "server/activity.h"
#include "server/secret_memory.h"
#include "utils/timestamp.h"

/*
 * Interval at which the metadata service of an EC2 instance is asked again
 * while only expired credentials are available.
 */
#define STABILITY_MS	(5 * 60 * 1000)

/* The same for credentials that had already expired in its answer. */
#define STABILITY_SECONDS	(20 * 60)

/* The execution of a plan. */
typedef struct Execution
{
	const GlueTarget *target;
	GlueCredentials credentials;	/* of the last step */
	GlueTemporaryCredentials *temporary;	/* latest result; in secret memory */
} Execution;

/* prototypes of private functions */
static void add_role(GlueCredentialPlan *plan, const GlueTarget *target);
pg_noreturn static void raise_none_found(const GlueTarget *target,
										 const GlueConfigurationError *error);
static bool is_keys(const GlueCredentialPlan *plan);
static void digest_plan(const GlueTarget *target,
						const GlueCredentialPlan *plan,
						GlueCredentialKey *key);
static bool digest_step(EVP_MD_CTX *context,
						const GlueConfiguration *configuration,
						const GlueCredentialStep *step);
static bool digest_source(EVP_MD_CTX *context,
						  const GlueConfiguration *configuration,
						  GlueCredentialStepKind kind);
static bool digest_text(EVP_MD_CTX *context, const char *text);
static GlueFailure *fetch_slowly(const GlueTarget *target,
								 const GlueCredentialPlan *plan,
								 const GlueCredentialKey *key,
								 const char *rejected_access_key_id,
								 GlueCredentials *credentials);
static GlueFailure *refresh(const GlueTarget *target,
							const GlueCredentialPlan *plan,
							const GlueCredentialKey *key, bool may_fail,
							GlueCredentials *credentials);
static GlueFailure *carry_out(Execution *execution,
							  const GlueCredentialPlan *plan);
static GlueFailure *take_step(Execution *execution,
							  const GlueCredentialStep *step);
static GlueFailure *assume_role(Execution *execution,
								const GlueCredentialStep *step);
static GlueFailure *ask_container(Execution *execution);
static GlueFailure *ask_instance(Execution *execution,
								 const GlueCredentialStep *step);
static GlueCredentials keys_of(const GlueCredentialStep *step);
static void take_temporary(Execution *execution);

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
		add_role(plan, target);
	return true;
}

/* Append a step that assumes the target's role with the credentials so far. */
static void
add_role(GlueCredentialPlan *plan, const GlueTarget *target)
{
	GlueCredentialStep *step = &plan->steps[plan->nsteps++];

	step->kind = GLUE_CREDENTIAL_STEP_ASSUME_ROLE;
	step->role_arn = target->role_arn;
	step->external_id = target->external_id;
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
	GlueCredentialKey key;

	if (is_keys(plan))
		return glue_credentials_fetch(target, plan, NULL, credentials) == NULL;
	digest_plan(target, plan, &key);
	return glue_credential_cache_peek(&key, credentials);
}

/*
 * Carry out a plan: the slow part, which needs no transaction.
 *
 * rejected_access_key_id is the key of credentials that AWS has just called
 * expired, or NULL; they are not returned again.  The result lives in the
 * current memory context, which cleanses it.  Returns NULL on success, else
 * the failure.
 */
GlueFailure *
glue_credentials_fetch(const GlueTarget *target,
					   const GlueCredentialPlan *plan,
					   const char *rejected_access_key_id,
					   GlueCredentials *credentials)
{
	GlueActivity activity = {0};
	GlueActivitySubject subject = {
		.server = target->server,
		.region = target->endpoint.region,
		.catalog_id = target->catalog_id,
	};
	GlueCredentialKey key;
	GlueFailure *volatile failure = NULL;

	Assert(plan->nsteps > 0 && plan->nsteps <= GLUE_PLAN_MAX_STEPS);
	if (is_keys(plan))
	{
		*credentials = keys_of(&plan->steps[0]);
		return NULL;
	}

	digest_plan(target, plan, &key);
	if (rejected_access_key_id == NULL &&
		glue_credential_cache_peek(&key, credentials))
		return NULL;
	glue_activity_begin(&activity, GLUE_WAITS_FOR_CREDENTIALS, &subject);
	PG_TRY();
	{
		failure = fetch_slowly(target, plan, &key, rejected_access_key_id,
							   credentials);
	}
	PG_FINALLY();
	{
		glue_activity_end(&activity);
	}
	PG_END_TRY();
	return failure;
}

/* The same for credentials that need a call, or another backend's refresh. */
static GlueFailure *
fetch_slowly(const GlueTarget *target, const GlueCredentialPlan *plan,
			 const GlueCredentialKey *key, const char *rejected_access_key_id,
			 GlueCredentials *credentials)
{
	char		failure[GLUE_CACHE_FAILURE_SIZE];
	GlueCacheAnswer answer =
		glue_credential_cache_get(key, rejected_access_key_id, credentials,
								  failure);

	if (answer == GLUE_CACHE_JUST_FAILED)
		return glue_failure_just_failed(failure);
	return answer == GLUE_CACHE_HIT ? NULL :
		refresh(target, plan, key, answer == GLUE_CACHE_MAY_REFRESH,
				credentials);
}

/*
 * Plan and fetch the credentials for a target.  Raises an error if there are
 * none.
 */
void
glue_credentials_find(const GlueTarget *target, GlueCredentials *credentials)
{
	GlueCredentialPlan plan;
	GlueFailure *failure;

	(void) glue_credentials_plan(target, &plan, false);
	failure = glue_credentials_fetch(target, &plan, NULL, credentials);
	if (failure != NULL)
		glue_failure_raise(ERROR, failure);
}

/*
 * Get other credentials after AWS has called these expired: the
 * renew_credentials of a GlueCall.
 *
 * A plan exists, because these credentials came from one.  Credentials of
 * another account are rejected: a call must not continue in another account.
 */
GlueFailure *
glue_credentials_renew(const GlueTarget *target,
					   const GlueCredentials *expired,
					   const GlueCredentials **renewed)
{
	GlueCredentials *found = palloc0(sizeof(GlueCredentials));
	GlueCredentialPlan plan;
	GlueFailure *failure;

	*renewed = NULL;
	(void) glue_credentials_plan(target, &plan, false);
	failure = glue_credentials_fetch(target, &plan, expired->access_key_id,
									 found);
	if (failure == NULL && found->account_id != NULL &&
		target->account_id != NULL &&
		strcmp(found->account_id, target->account_id) != 0)
		failure = glue_failure_target_changed(target->account_id,
											  found->account_id);
	if (failure == NULL &&
		strcmp(found->access_key_id, expired->access_key_id) != 0)
		*renewed = found;
	return failure;
}

/* Does a plan consist of static keys alone, which are present? */
static bool
is_keys(const GlueCredentialPlan *plan)
{
	return plan->nsteps == 1 && plan->steps[0].kind == GLUE_CREDENTIAL_STEP_KEYS;
}

/*
 * Digest everything that determines the credentials of a plan: the steps, and
 * the services that are asked.  Plans with the same digest share credentials,
 * so a failure of OpenSSL is an error.
 */
static void
digest_plan(const GlueTarget *target, const GlueCredentialPlan *plan,
			GlueCredentialKey *key)
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

/*
 * Refresh an entry, after the cache has selected this backend.
 *
 * With may_fail, credentials holds some that are still good, and a failure is
 * only logged.  Otherwise it is returned.
 */
static GlueFailure *
refresh(const GlueTarget *target, const GlueCredentialPlan *plan,
		const GlueCredentialKey *key, bool may_fail,
		GlueCredentials *credentials)
{
	Execution	execution = {
		.target = target,
		.temporary = (GlueTemporaryCredentials *)
		glue_secret_alloc(sizeof(GlueTemporaryCredentials)),
	};
	bool		of_instance = plan->nsteps == 1 &&
		plan->steps[0].kind == GLUE_CREDENTIAL_STEP_INSTANCE;
	GlueFailure *volatile failure = NULL;

	PG_TRY();
	{
		failure = carry_out(&execution, plan);
	}
	PG_CATCH();
	{
		glue_credential_cache_give_up(key, NULL);
		PG_RE_THROW();
	}
	PG_END_TRY();

	if (failure == NULL)
	{
		*credentials = execution.credentials;
		glue_credential_cache_put(key, credentials,
								  time_t_to_timestamptz((pg_time_t) execution.temporary->expiration));
		return NULL;
	}
	if (of_instance &&
		glue_credential_cache_extend(key, STABILITY_MS, credentials))
		may_fail = true;
	else
		glue_credential_cache_give_up(key, psprintf("%s. %s",
													failure->message,
													failure->detail));
	if (!may_fail)
		return failure;
	glue_failure_raise(LOG, failure);
	return NULL;
}

/* Carry out all steps of a plan; return NULL on success. */
static GlueFailure *
carry_out(Execution *execution, const GlueCredentialPlan *plan)
{
	GlueFailure *failure = NULL;

	for (int i = 0; i < plan->nsteps && failure == NULL; i++)
		failure = take_step(execution, &plan->steps[i]);
	return failure;
}

static GlueFailure *
take_step(Execution *execution, const GlueCredentialStep *step)
{
	switch (step->kind)
	{
		case GLUE_CREDENTIAL_STEP_KEYS:
			execution->credentials = keys_of(step);
			return NULL;
		case GLUE_CREDENTIAL_STEP_CONTAINER:
			return ask_container(execution);
		case GLUE_CREDENTIAL_STEP_INSTANCE:
			return ask_instance(execution, step);
		case GLUE_CREDENTIAL_STEP_WEB_IDENTITY:
		case GLUE_CREDENTIAL_STEP_ASSUME_ROLE:
			return assume_role(execution, step);
	}
	return NULL;
}

/*
 * Assume a role, with the credentials so far or with a web identity token.
 * The token's file is read every time, because the issuer replaces it.
 */
static GlueFailure *
assume_role(Execution *execution, const GlueCredentialStep *step)
{
	GlueRole	role = {
		.role_arn = step->role_arn,
		.role_session_name = step->role_session_name,
		.external_id = step->external_id,
		.duration_seconds = step->duration_seconds,
	};
	GlueFailure *failure;

	if (step->kind == GLUE_CREDENTIAL_STEP_WEB_IDENTITY)
	{
		size_t		len;
		char	   *token = glue_shared_file_text(step->token_file, false, &len);
		const char *problem = token ? glue_token_problem(token, &len) :
			"cannot be read";

		if (problem != NULL)
			return glue_failure_no_credentials("a web identity",
											   psprintf("the token file \"%s\" %s",
														step->token_file,
														problem));
		token[len] = '\0';
		role.web_identity_token = token;
	}
	failure = glue_sts_assume_role(execution->target, &execution->credentials,
								   &role, execution->temporary);
	if (failure == NULL)
		take_temporary(execution);
	else
		failure->of_credentials = true;
	return failure;
}

static GlueFailure *
ask_container(Execution *execution)
{
	GlueContainerSource source;
	GlueConfigurationError error;
	const char *reason;

	if (glue_container_source(execution->target->configuration, &source,
							  &error) != GLUE_SOURCE_PRESENT)
		return glue_failure_no_credentials("the container", error.detail);
	if (glue_metadata_container(&source, execution->target->ca_file,
								execution->temporary,
								&reason) != GLUE_METADATA_FOUND)
		return glue_failure_no_credentials("the container", reason);
	take_temporary(execution);
	return NULL;
}

/*
 * A missing instance, or one without a role, is a failure if a profile names
 * that source; otherwise it is the end of the search.
 */
static GlueFailure *
ask_instance(Execution *execution, const GlueCredentialStep *step)
{
	GlueTemporaryCredentials *temporary = execution->temporary;
	GlueInstanceSource source;
	GlueMetadataOutcome outcome;
	GlueConfigurationError error;
	const char *reason;

	if (glue_instance_source(execution->target->configuration, &source,
							 &error) != GLUE_SOURCE_PRESENT)
		return glue_failure_no_credentials("the instance metadata service",
										   error.detail);
	outcome = glue_metadata_instance(&source, temporary, &reason);
	if (outcome == GLUE_METADATA_ABSENT && step->profile == NULL)
		return glue_failure_nothing_found(execution->target->configuration->profile,
										  reason,
										  glue_shared_files_description());
	if (outcome != GLUE_METADATA_FOUND)
		return glue_failure_no_credentials("the instance metadata service",
										   reason);

	/* expired credentials stay usable: see the head of this file */
	if (temporary->expiration <= time(NULL))
		temporary->expiration = time(NULL) + STABILITY_SECONDS;
	take_temporary(execution);
	return NULL;
}

/* The keys of a step, with the account that the profile names. */
static GlueCredentials
keys_of(const GlueCredentialStep *step)
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

/*
 * Use the latest result for the next step.  Only its expiration stays in
 * temporary.
 */
static void
take_temporary(Execution *execution)
{
	GlueTemporaryCredentials *temporary = execution->temporary;
	long long	expiration = temporary->expiration;
	GlueCredentials credentials = {
		.access_key_id = temporary->access_key_id,
		.secret_access_key = temporary->secret_access_key,
		.session_token = temporary->session_token,
		.account_id = temporary->account_id,
		.expires_at = expiration,
	};

	execution->credentials = glue_secret_credentials(&credentials);
	glue_temporary_credentials_cleanse(temporary);
	temporary->expiration = expiration;
}

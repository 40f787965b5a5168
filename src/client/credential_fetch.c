/*-------------------------------------------------------------------------
 *
 * credential_fetch.c
 *	  Getting the credentials that a plan leads to.
 *
 * The plan is carried out step by step, each step with the credentials of the
 * previous one.  A fetch can take long, needs no transaction, and never blocks:
 * it is a part of a call, and the call advances it at every event.  A step that
 * is a call of AWS is made by the call's own machinery.
 *
 * Other calls that need the same credentials wait until the cache has them.  A
 * trigger can make a call while a worker records a result, in a callback of its
 * calls.  That call does not wait for the worker's fetches, because they cannot
 * advance before it returns.
 *
 * A source that was configured and fails is a failure.  It is tolerated only
 * while credentials that it gave before are still good, and, for an EC2
 * instance, for a while beyond that.
 *
 * IDENTIFICATION
 *	  src/client/credential_fetch.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "client/credential_chain.h"
#include "client/credential_fetch.h"
#include "client/shared_files.h"
#include "client/sts.h"
#include "server/secret_memory.h"

/*
 * How long expired credentials of an EC2 instance are still used while the
 * metadata service returns no others, before the next request to it.
 */
#define STABILITY_MS	(5 * 60 * 1000)

/* The same for credentials that are expired when they are given out. */
#define STABILITY_SECONDS	(20 * 60)

/*
 * How often to look whether others have got the credentials: after an eighth of
 * the time that has passed, within these bounds.
 */
#define SHORTEST_WAIT_MS	10
#define LONGEST_WAIT_MS		250

/* Runs of calls in this process, each inside a callback of the one before. */
int			glue_credential_fetch_runs = 0;

/* prototypes of private functions */
static void leave(void *arg);
static void look(GlueCredentialFetch *fetch);
static GlueFailure *begin_step(GlueCredentialFetch *fetch,
							   const GlueCredentialStep *step);
static GlueFailure *assume_role(GlueCredentialFetch *fetch,
								const GlueCredentialStep *step);
static bool end_step(GlueCredentialFetch *fetch,
					 const GlueCredentialStep *step, GlueFailure **failure);
static GlueFailure *metadata_failure(GlueCredentialFetch *fetch,
									 const GlueCredentialStep *step);
static GlueFailure *source_failed(const char *source, const char *reason);
static GlueFailure *no_credentials(const char *message, const char *detail,
								   const char *hint);
static void fail(GlueCredentialFetch *fetch, GlueFailure *failure);

/*
 * Start to get credentials for a call: others than it has, if it has any, since
 * these have expired.
 *
 * on_news is called when it is worth advancing, from where no error may be
 * raised.
 */
GlueCredentialFetch *
glue_credential_fetch_start(GlueCall *call, GlueCallback on_news)
{
	GlueCredentialFetch *fetch = palloc0(sizeof(GlueCredentialFetch));

	fetch->for_call = call;
	fetch->target = call->target;
	if (call->plan != NULL)
		fetch->plan = *call->plan;
	else
		/* there is one, or there would not have been credentials */
		(void) glue_credentials_plan(call->target, &fetch->plan, false);
	if (glue_credentials_are_keys(&fetch->plan))
	{
		fetch->credentials = glue_credentials_of_keys(&fetch->plan.steps[0]);
		fetch->ended = true;
		return fetch;
	}
	glue_credentials_digest(fetch->target, &fetch->plan, &fetch->key);
	fetch->began_at = GetCurrentTimestamp();
	fetch->temporary = (GlueTemporaryCredentials *)
		glue_secret_alloc(sizeof(GlueTemporaryCredentials));
	fetch->on_news = on_news;
	fetch->leave.func = leave;
	fetch->leave.arg = fetch;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &fetch->leave);
	return fetch;
}

/* A MemoryContextCallbackFunction: others may be waiting for this. */
static void
leave(void *arg)
{
	GlueCredentialFetch *fetch = arg;

	if (fetch->refreshing)
		glue_credential_cache_give_up(&fetch->key, NULL);
}

/*
 * Take it as far as it gets without waiting.  If it waits for a call, that has
 * ended.
 */
void
glue_credential_fetch_advance(GlueCredentialFetch *fetch)
{
	fetch->pause_until = 0;
	if (!fetch->ended && !fetch->refreshing)
		look(fetch);
	while (!fetch->ended && fetch->refreshing)
	{
		const GlueCredentialStep *step = &fetch->plan.steps[fetch->nsteps];
		GlueFailure *failure = NULL;

		if (!fetch->asked)
		{
			failure = begin_step(fetch, step);
			if (fetch->call != NULL)
				break;
		}
		if (failure == NULL && !end_step(fetch, step, &failure))
			break;
		fetch->asked = false;
		if (failure != NULL)
			fail(fetch, failure);
		else if (++fetch->nsteps == fetch->plan.nsteps)
		{
			fetch->credentials = fetch->current;
			fetch->refreshing = false;
			fetch->ended = true;
		}
	}
}

/* Check whether there are credentials, or another process fetches them. */
static void
look(GlueCredentialFetch *fetch)
{
	const GlueCredentials *rejected = fetch->for_call->credentials;
	char		failure[GLUE_CACHE_FAILURE_SIZE];
	long		waited_ms;

	switch (glue_credential_cache_look(&fetch->key, rejected != NULL ?
									   rejected->access_key_id : NULL,
									   fetch->began_at,
									   glue_credential_fetch_runs > 1,
									   fetch->temporary, failure))
	{
		case GLUE_CACHE_HIT:
			fetch->credentials = glue_credentials_take(fetch->temporary);
			fetch->ended = true;
			break;
		case GLUE_CACHE_MAY_REFRESH:
			fetch->refreshing = fetch->may_fail = true;
			fetch->credentials = glue_credentials_take(fetch->temporary);
			break;
		case GLUE_CACHE_MUST_REFRESH:
			fetch->refreshing = true;
			break;
		case GLUE_CACHE_WAIT:
			waited_ms = TimestampDifferenceMilliseconds(fetch->began_at,
														GetCurrentTimestamp());
			fetch->pause_until = glue_monotonic_us() + 1000 *
				Min(Max(waited_ms / 8, SHORTEST_WAIT_MS), LONGEST_WAIT_MS);
			break;
		case GLUE_CACHE_JUST_FAILED:
			fetch->failure =
				no_credentials("could not get AWS credentials",
							   psprintf("Another session or request that needs the same credentials has just failed: %s",
										failure), NULL);
			fetch->ended = true;
			break;
	}
}

/* ----------------------------------------------------------------
 * Steps
 * ----------------------------------------------------------------
 */

/* Begin a step; NULL if that went well. */
static GlueFailure *
begin_step(GlueCredentialFetch *fetch, const GlueCredentialStep *step)
{
	fetch->asked = true;
	switch (step->kind)
	{
		case GLUE_CREDENTIAL_STEP_KEYS:
			break;
		case GLUE_CREDENTIAL_STEP_CONTAINER:
			glue_metadata_start_container(&fetch->metadata, fetch->target,
										  fetch->on_news);
			break;
		case GLUE_CREDENTIAL_STEP_INSTANCE:
			glue_metadata_start_instance(&fetch->metadata, fetch->target,
										 fetch->on_news);
			break;
		case GLUE_CREDENTIAL_STEP_WEB_IDENTITY:
		case GLUE_CREDENTIAL_STEP_ASSUME_ROLE:
			return assume_role(fetch, step);
	}
	return NULL;
}

/*
 * Assume a role, with the credentials that there are or with the token in a
 * file, which is read again each time: the issuer of tokens replaces it.
 */
static GlueFailure *
assume_role(GlueCredentialFetch *fetch, const GlueCredentialStep *step)
{
	const char *token = NULL;

	if (step->kind == GLUE_CREDENTIAL_STEP_WEB_IDENTITY)
	{
		size_t		len;
		const char *problem;

		token = glue_shared_file_token(step->token_file, &len, &problem);
		if (problem != NULL)
			return source_failed("a web identity",
								 psprintf("the token file \"%s\" %s",
										  step->token_file, problem));
	}
	fetch->call = palloc(sizeof(GlueCall));
	glue_sts_prepare_role(fetch->call, fetch->target, &fetch->current, step,
						  token);
	return NULL;
}

/*
 * Go on with a step that has begun; false if it has to be waited for.  Once it
 * has ended, *failure is set or the credentials are there that it leads to.
 */
static bool
end_step(GlueCredentialFetch *fetch, const GlueCredentialStep *step,
		 GlueFailure **failure)
{
	switch (step->kind)
	{
		case GLUE_CREDENTIAL_STEP_KEYS:
			fetch->current = glue_credentials_of_keys(step);
			return true;
		case GLUE_CREDENTIAL_STEP_CONTAINER:
		case GLUE_CREDENTIAL_STEP_INSTANCE:
			glue_metadata_advance(&fetch->metadata, fetch->temporary);
			fetch->pause_until = fetch->metadata.pause_until;
			if (fetch->metadata.outcome == GLUE_METADATA_PENDING)
				return false;
			*failure = metadata_failure(fetch, step);
			break;
		case GLUE_CREDENTIAL_STEP_WEB_IDENTITY:
		case GLUE_CREDENTIAL_STEP_ASSUME_ROLE:
			*failure = glue_sts_role_answer(fetch->call, fetch->temporary);
			if (*failure != NULL)
				(*failure)->of_credentials = true;
			fetch->call = NULL;
			break;
	}
	if (*failure == NULL)
	{
		if (fetch->nsteps + 1 == fetch->plan.nsteps)
			glue_credential_cache_put(&fetch->key, fetch->temporary);
		fetch->current = glue_credentials_take(fetch->temporary);
	}
	return true;
}

/*
 * The failure of the metadata service; NULL if it returned credentials.
 *
 * If there is no instance, or none with a role, that is a failure if a profile
 * names this source; otherwise the search ends.
 */
static GlueFailure *
metadata_failure(GlueCredentialFetch *fetch, const GlueCredentialStep *step)
{
	const char *reason = fetch->metadata.reason;

	if (fetch->metadata.outcome == GLUE_METADATA_FOUND)
	{
		/* expired credentials are used further: see the head of this file */
		if (fetch->temporary->expiration <= time(NULL))
			fetch->temporary->expiration = time(NULL) + STABILITY_SECONDS;
		return NULL;
	}
	if (fetch->metadata.outcome == GLUE_METADATA_ABSENT &&
		step->profile == NULL)
		return no_credentials("could not find AWS credentials",
							  psprintf("There are no keys in the environment of the server process, no credentials in profile \"%s\", no web identity and no container in the environment, and %s. %s",
									   fetch->target->configuration->profile, reason,
									   glue_shared_files_description()),
							  "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the server process, or add the keys to a profile of a shared AWS file.");
	return source_failed(step->kind == GLUE_CREDENTIAL_STEP_CONTAINER ?
						 "the container" : "the instance metadata service",
						 reason);
}

/* A configured source returned no credentials; reason is without a period. */
static GlueFailure *
source_failed(const char *source, const char *reason)
{
	return no_credentials(psprintf("could not get AWS credentials from %s", source),
						  psprintf("The source is configured, but %s.", reason),
						  "No other source was tried, because its credentials might belong to another principal.");
}

static GlueFailure *
no_credentials(const char *message, const char *detail, const char *hint)
{
	return glue_failure_new(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
							GLUE_CODE_NO_CREDENTIALS, message, detail, hint);
}

/*
 * A step has failed.  That is only worth a line in the log if there are
 * credentials that are still good, or count as such.
 */
static void
fail(GlueCredentialFetch *fetch, GlueFailure *failure)
{
	if (fetch->plan.nsteps == 1 &&
		fetch->plan.steps[0].kind == GLUE_CREDENTIAL_STEP_INSTANCE &&
		glue_credential_cache_extend(&fetch->key, STABILITY_MS,
									 fetch->temporary))
	{
		fetch->credentials = glue_credentials_take(fetch->temporary);
		fetch->may_fail = true;
	}
	else
		glue_credential_cache_give_up(&fetch->key,
									  psprintf("%s. %s", failure->message,
											   failure->detail));
	fetch->refreshing = false;
	fetch->ended = true;
	if (fetch->may_fail)
		glue_failure_raise(LOG, failure);
	else
		fetch->failure = failure;
}

/*
 * Let the call continue with the fetched credentials, which live in the current
 * memory context, unless it has them already; or return the failure.
 *
 * A call that began in one account does not continue in another one.
 */
GlueFailure *
glue_credential_fetch_take(const GlueCredentialFetch *fetch)
{
	GlueCall   *call = fetch->for_call;
	const GlueCredentials *got = &fetch->credentials;
	const char *account_id = call->target->account_id;
	GlueCredentials *taken;

	Assert(fetch->ended);
	if (fetch->failure != NULL)
		return fetch->failure;
	if (account_id != NULL && got->account_id != NULL &&
		strcmp(got->account_id, account_id) != 0)
		return glue_failure_target_changed(account_id, got->account_id);
	if (call->credentials != NULL &&
		strcmp(got->access_key_id, call->credentials->access_key_id) == 0)
		return NULL;
	taken = palloc(sizeof(GlueCredentials));
	*taken = glue_secret_credentials(got);
	call->credentials = taken;
	return NULL;
}

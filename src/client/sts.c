/*-------------------------------------------------------------------------
 *
 * sts.c
 *	  Calls of AWS STS, the Security Token Service.
 *
 * STS has AWS's older Query protocol: the request is a form, the answer is
 * XML.  Otherwise the calls are like those of AWS Glue, and use the same
 * client.
 *
 * The regional endpoint is always used, because the global one is a single
 * point of failure.
 *
 * IDENTIFICATION
 *	  src/client/sts.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include <json-c/json.h>

#include "client/attempt.h"
#include "client/client.h"
#include "client/sts.h"
#include "server/jsonb_tree.h"

/* Names the session in AWS's logs if the configuration does not. */
#define DEFAULT_SESSION_NAME	"glue_conn"

/* prototypes of private functions */
static void prepare_call(GlueCall *call, const char *operation,
						 const GlueTarget *target,
						 const GlueEndpoint *endpoint,
						 const GlueCredentials *credentials);
static void add_parameter(GlueCall *call, const char *name,
						  const char *value);

/*
 * Assume a role with credentials, or with a web identity token; then
 * credentials is NULL.
 *
 * Fills in temporary, which the caller cleanses, and returns NULL; or returns
 * the failure.  The expiration is by our own clock.
 */
GlueFailure *
glue_sts_assume_role(const GlueTarget *target,
					 const GlueCredentials *credentials,
					 const GlueRole *role,
					 GlueTemporaryCredentials *temporary)
{
	GlueCall	call;
	long long	skew;
	char		reason[GLUE_CREDENTIAL_REASON_SIZE];

	prepare_call(&call, role->web_identity_token ?
				 "AssumeRoleWithWebIdentity" : "AssumeRole",
				 target, &target->sts_endpoint,
				 role->web_identity_token ? NULL : credentials);
	if (role->duration_seconds > 0)
		add_parameter(&call, "DurationSeconds",
					  psprintf("%d", role->duration_seconds));
	add_parameter(&call, "ExternalId", role->external_id);
	add_parameter(&call, "RoleArn", role->role_arn);
	add_parameter(&call, "RoleSessionName", role->role_session_name ?
				  role->role_session_name : DEFAULT_SESSION_NAME);
	add_parameter(&call, "WebIdentityToken", role->web_identity_token);

	glue_client_run(&call, 1);
	if (call.failure != NULL)
		return call.failure;
	skew = glue_attempt_clock_skew();
	if (glue_credential_reply_xml(call.answer_xml, strlen(call.answer_xml),
								  (long long) time(NULL) + skew, temporary,
								  reason) != GLUE_CREDENTIALS_OK)
		return glue_call_malformed_answer(&call,
										  psprintf("the answer %s", reason));
	temporary->expiration -= skew;
	return NULL;
}

/*
 * Ask AWS for the identity of these credentials.
 *
 * Fills in identity, and returns NULL; or returns the failure.
 */
GlueFailure *
glue_sts_caller_identity(const GlueTarget *target,
						 const GlueCredentials *credentials,
						 GlueRenewCredentials renew_credentials,
						 GlueCallerIdentity *identity)
{
	GlueCall	call;

	glue_sts_prepare_identity(&call, target, credentials, renew_credentials);
	glue_client_run(&call, 1);
	return glue_sts_identity_answer(&call, identity);
}

/* Fill in the call for that. */
void
glue_sts_prepare_identity(GlueCall *call, const GlueTarget *target,
						  const GlueCredentials *credentials,
						  GlueRenewCredentials renew_credentials)
{
	prepare_call(call, "GetCallerIdentity", target,
				 target->asks_endpoint ? &target->endpoint :
				 &target->sts_endpoint, credentials);
	call->renew_credentials = renew_credentials;
}

/* Read the result of that call, as glue_sts_caller_identity(). */
GlueFailure *
glue_sts_identity_answer(GlueCall *call, GlueCallerIdentity *identity)
{
	if (call->failure != NULL)
	{
		call->failure->of_credentials =
			call->failure->sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE;
		return call->failure;
	}
	if (!glue_caller_identity_xml(call->answer_xml, strlen(call->answer_xml),
								  identity))
		return glue_call_malformed_answer(call, "it names no identity");
	return NULL;
}

static void
prepare_call(GlueCall *call, const char *operation, const GlueTarget *target,
			 const GlueEndpoint *endpoint, const GlueCredentials *credentials)
{
	glue_call_init(call, GLUE_SERVICE_STS, operation, target, credentials);
	call->endpoint = endpoint;
	if (endpoint == &target->sts_endpoint && target->sts_problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("could not determine the endpoint of AWS STS"),
				 errdetail_internal("%s", target->sts_problem)));
}

static void
add_parameter(GlueCall *call, const char *name, const char *value)
{
	if (value != NULL)
		glue_tree_add(call->arguments, name, json_object_new_string(value));
}

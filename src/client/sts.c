/*-------------------------------------------------------------------------
 *
 * sts.c
 *	  Calls of AWS STS, the Security Token Service.
 *
 * STS has AWS's older Query protocol: the request is a form, the answer is
 * XML.  Otherwise the calls are like those of AWS Glue.
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
#include "client/call_failure.h"
#include "client/sts.h"
#include "server/jsonb_tree.h"

/* Names the session in AWS's logs if the configuration does not. */
#define DEFAULT_SESSION_NAME	"glue_conn"

/* prototypes of private functions */
static void prepare(GlueCall *call, const char *operation,
					const GlueTarget *target, const GlueEndpoint *endpoint,
					const GlueCredentials *credentials);
static void add_parameter(GlueCall *call, const char *name,
						  const char *value);

/*
 * Fill in the call that assumes a role with credentials, or with a web identity
 * token; then credentials is NULL.
 */
void
glue_sts_prepare_role(GlueCall *call, const GlueTarget *target,
					  const GlueCredentials *credentials, const GlueRole *role)
{
	prepare(call, role->web_identity_token ?
			"AssumeRoleWithWebIdentity" : "AssumeRole",
			target, &target->sts_endpoint,
			role->web_identity_token ? NULL : credentials);
	call->keeps_credentials = true;
	if (role->duration_seconds > 0)
		add_parameter(call, "DurationSeconds",
					  psprintf("%d", role->duration_seconds));
	add_parameter(call, "ExternalId", role->external_id);
	add_parameter(call, "RoleArn", role->role_arn);
	add_parameter(call, "RoleSessionName", role->role_session_name ?
				  role->role_session_name : DEFAULT_SESSION_NAME);
	add_parameter(call, "WebIdentityToken", role->web_identity_token);
}

/*
 * Read the result of that call.
 *
 * Fills in temporary, which the caller cleanses, and returns NULL; or returns
 * the failure.  The expiration is by our own clock.
 */
GlueFailure *
glue_sts_role_answer(const GlueCall *call, GlueTemporaryCredentials *temporary)
{
	long long	skew = glue_attempt_clock_skew();
	char		reason[GLUE_CREDENTIAL_REASON_SIZE];

	if (call->failure != NULL)
		return call->failure;
	if (glue_credential_reply_xml(call->answer_xml, strlen(call->answer_xml),
								  (long long) time(NULL) + skew, temporary,
								  reason) != GLUE_CREDENTIALS_OK)
		return glue_call_malformed_answer(call,
										  psprintf("the answer %s", reason));
	temporary->expiration -= skew;
	return NULL;
}

/* Fill in the call that asks AWS for the identity of these credentials. */
void
glue_sts_prepare_identity(GlueCall *call, const GlueTarget *target,
						  const GlueCredentials *credentials)
{
	prepare(call, "GetCallerIdentity", target,
			target->asks_endpoint ? &target->endpoint :
			&target->sts_endpoint, credentials);
}

/* Read its result: fills in identity and returns NULL, or returns the failure. */
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
prepare(GlueCall *call, const char *operation, const GlueTarget *target,
		const GlueEndpoint *endpoint, const GlueCredentials *credentials)
{
	glue_call_init(call, GLUE_SERVICE_STS, operation, target, credentials);
	call->endpoint = endpoint;
}

static void
add_parameter(GlueCall *call, const char *name, const char *value)
{
	if (value != NULL)
		glue_tree_add(call->arguments, name, json_object_new_string(value));
}

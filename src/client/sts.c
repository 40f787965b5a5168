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

#include "client/attempt.h"
#include "client/call_failure.h"
#include "client/sts.h"
#include "server/jsonb_tree.h"

/* Names the session in AWS's logs if the configuration does not. */
#define DEFAULT_SESSION_NAME	"glue_conn"

/*
 * Fill in the call that assumes a role: with a web identity token, or with
 * credentials if token is NULL.
 */
void
glue_sts_prepare_role(GlueCall *call, const GlueTarget *target,
					  const GlueCredentials *credentials,
					  const GlueCredentialStep *role, const char *token)
{
	glue_call_init(call, GLUE_SERVICE_STS, token != NULL ?
				   "AssumeRoleWithWebIdentity" : "AssumeRole", target,
				   token != NULL ? NULL : credentials);
	call->keeps_credentials = true;
	if (role->duration_seconds > 0)
		glue_tree_add_text(call->arguments, "DurationSeconds",
						   psprintf("%d", role->duration_seconds));
	glue_tree_add_text(call->arguments, "ExternalId", role->external_id);
	glue_tree_add_text(call->arguments, "RoleArn", role->role_arn);
	glue_tree_add_text(call->arguments, "RoleSessionName",
					   role->role_session_name ? role->role_session_name :
					   DEFAULT_SESSION_NAME);
	glue_tree_add_text(call->arguments, "WebIdentityToken", token);
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
	glue_call_init(call, GLUE_SERVICE_STS, "GetCallerIdentity", target,
				   credentials);
	if (target->asks_endpoint)
		call->endpoint = &target->endpoint;
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

/*-------------------------------------------------------------------------
 *
 * credential_failure.c
 *	  Failures to get credentials, or to determine their account.
 *
 * No request was sent to AWS Glue then.  A request of the queue stays pending,
 * because an administrator can correct the configuration.
 *
 * IDENTIFICATION
 *	  src/client/credential_failure.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/credential_failure.h"

/*
 * Build the failure for a configured source that returned no credentials.
 *
 * reason is a phrase without a period.
 */
GlueFailure *
glue_failure_no_credentials(const char *source, const char *reason)
{
	return glue_failure_new(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
							GLUE_CODE_NO_CREDENTIALS,
							psprintf("could not get AWS credentials from %s",
									 source),
							psprintf("The source is configured, but %s.", reason),
							"No other source was tried, because its credentials might belong to another principal.");
}

/*
 * Build the failure for a target without any configured source.
 *
 * reason explains the result of the last source, the metadata service; files
 * is a sentence about the shared files.
 */
GlueFailure *
glue_failure_nothing_found(const char *profile, const char *reason,
						   const char *files)
{
	return glue_failure_new(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
							GLUE_CODE_NO_CREDENTIALS,
							"could not find AWS credentials",
							psprintf("There are no keys in the environment of the server process, no credentials in profile \"%s\", no web identity and no container in the environment, and %s. %s",
									 profile, reason, files),
							"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the server process, or add the keys to a profile of a shared AWS file.");
}

/* Build the failure for credentials of another account than the request's. */
GlueFailure *
glue_failure_target_changed(const char *wanted_account, const char *account)
{
	GlueFailure *failure =
		glue_failure_new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
						 GLUE_CODE_TARGET_CHANGED,
						 "the target has changed since the request was made",
						 psprintf("The request is for account %s, and the credentials belong to %s now.",
								  wanted_account, account),
						 NULL);

	failure->of_credentials = true;
	return failure;
}

/*
 * Build the failure for a row whose connection is owned in another account or
 * endpoint than its foreign server leads to.  An endpoint of "" is AWS's own.
 * Other rows may need these credentials, so only this request fails.
 */
GlueFailure *
glue_failure_owned_elsewhere(const char *connection_name,
							 const char *endpoint, const char *catalog,
							 const char *found_catalog)
{
	return glue_failure_new(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
							GLUE_CODE_TARGET_CHANGED,
							psprintf("the target has changed since AWS Glue connection \"%s\" was made for the row",
									 connection_name),
							psprintf("It is in account %s%s%s, but the target of the row is in account %s now. Nothing was changed in either account.",
									 catalog, endpoint[0] != '\0' ? " at " : "",
									 endpoint, found_catalog),
							NULL);
}

/*
 * Build the failure for an unknown account.  If the credentials were rejected,
 * it is the cause itself, with a detail.
 */
GlueFailure *
glue_failure_no_account(const GlueFailure *cause)
{
	GlueFailure *failure = glue_failure_copy(cause);

	failure->of_credentials = true;
	if (cause->sqlstate == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION ||
		cause->sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE)
	{
		glue_failure_add_detail(failure,
								"The account must be known, unless \"catalog_id\" names a catalog.");
		return failure;
	}
	failure->sqlstate = ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE;
	failure->code = GLUE_CODE_NO_ACCOUNT;
	failure->message = "AWS account that the credentials belong to is not known";
	failure->detail = psprintf("Nothing was sent to AWS Glue. %s. %s",
							   cause->message, cause->detail);
	failure->hint = "For a server that cannot reach AWS STS, set \"glue_conn.account_id\", or option \"account_id\" of the foreign server; for keys in a role's own user mapping, option \"catalog_id\". Or name an endpoint of AWS STS with AWS_ENDPOINT_URL_STS.";
	return failure;
}

/*
 * Build the failure for credentials that we have waited for, and that another
 * process could not get, with its reason.
 */
GlueFailure *
glue_failure_just_failed(const char *other)
{
	return glue_failure_new(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
							GLUE_CODE_NO_CREDENTIALS,
							"could not get AWS credentials",
							psprintf("Another session or request that needs the same credentials has just failed: %s",
									 other),
							NULL);
}

/*
 * Did a call fail because of missing or invalid credentials?  Then its input is
 * not at fault, and it may succeed with other credentials.
 */
bool
glue_failure_lacks_credentials(const GlueFailure *failure)
{
	return failure->of_credentials ||
		failure->sqlstate == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
}

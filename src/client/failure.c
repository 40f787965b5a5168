/*-------------------------------------------------------------------------
 *
 * failure.c
 *	  Failures, as values and as PostgreSQL errors.
 *
 * A failure is a value first, because its users differ: a SQL function raises
 * it; the queue stores it and retries.
 *
 * The primary message names the action, in one line that can be matched.  The
 * detail holds all other facts.  The hint tells the user how to correct it, if
 * that is known.
 *
 * Failures of calls of AWS are in call_failure.c.
 *
 * IDENTIFICATION
 *	  src/client/failure.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "aws/exception_name.h"
#include "client/failure.h"
#include "server/encoding.h"

/* Make a failure; it takes over the texts.  hint may be NULL. */
GlueFailure *
glue_failure_new(int sqlstate, const char *code, const char *message,
				 const char *detail, const char *hint)
{
	GlueFailure *failure = palloc0(sizeof(GlueFailure));

	Assert(code != NULL && message != NULL);
	failure->sqlstate = sqlstate;
	failure->code = code;
	failure->message = message;
	failure->detail = detail;
	failure->hint = hint;
	return failure;
}

/*
 * Build the failure for a connection that exists with another definition than
 * the one to be created.  differences has one line for each difference.
 */
GlueFailure *
glue_failure_taken(const char *connection_name, const char *differences)
{
	return glue_failure_new(ERRCODE_DUPLICATE_OBJECT,
							GLUE_EXCEPTION_ALREADY_EXISTS,
							psprintf("AWS Glue connection \"%s\" exists, but is defined differently",
									 connection_name),
							pstrdup(differences),
							"Use on_conflict => 'update' to give the connection this definition.");
}

/*
 * Build the failure for a connection that is not changed, because the row does
 * not own it.
 */
GlueFailure *
glue_failure_not_ours(const char *connection_name, const char *detail)
{
	return glue_failure_new(ERRCODE_DUPLICATE_OBJECT, GLUE_CODE_NOT_OURS,
							psprintf("AWS Glue connection \"%s\" was not changed, because it does not belong to the row",
									 connection_name),
							pstrdup(detail), NULL);
}

/*
 * Build the failure for an update that is not sent, because the connection
 * would lose its credentials.  losses has one line for each of them.
 */
GlueFailure *
glue_failure_wipes_credentials(const char *connection_name,
							   const char *losses)
{
	return glue_failure_new(ERRCODE_INVALID_PARAMETER_VALUE,
							"would remove credentials",
							psprintf("update of AWS Glue connection \"%s\" would remove its credentials",
									 connection_name),
							pstrdup(losses),
							"An update replaces the whole definition. Give the credentials again, or a reference to a secret: \"SECRET_ID\" in \"ConnectionProperties\" or \"SecretArn\" in \"AuthenticationConfiguration\".");
}

/* Convert a caught error to a failure.  It must not hold a secret. */
GlueFailure *
glue_failure_from_error(const ErrorData *error)
{
	const char *detail = error->detail ? error->detail : "";

	return glue_failure_new(error->sqlerrcode,
							pstrdup(unpack_sql_state(error->sqlerrcode)),
							glue_utf8_copy(error->message,
										   strlen(error->message)),
							glue_utf8_copy(detail, strlen(detail)), NULL);
}

/* Copy a failure into the current memory context. */
GlueFailure *
glue_failure_copy(const GlueFailure *failure)
{
	GlueFailure *copy = palloc(sizeof(GlueFailure));

	*copy = *failure;
	copy->code = pstrdup(failure->code);
	copy->message = pstrdup(failure->message);
	copy->detail = pstrdup(failure->detail);
	if (failure->hint != NULL)
		copy->hint = pstrdup(failure->hint);
	if (failure->request_id != NULL)
		copy->request_id = pstrdup(failure->request_id);
	return copy;
}

/* Append a sentence to a failure's detail. */
void
glue_failure_add_detail(GlueFailure *failure, const char *detail)
{
	failure->detail = psprintf("%s %s", failure->detail, detail);
}

/*
 * Raise a failure as a PostgreSQL error.
 *
 * Returns only if elevel is below ERROR.
 */
void
glue_failure_raise(int elevel, const GlueFailure *failure)
{
	Assert(failure->sqlstate != 0 && failure->detail != NULL);
	ereport(elevel,
			(errcode(failure->sqlstate),
			 errmsg_internal("%s", glue_server_from_utf8(failure->message)),
			 errdetail_internal("%s", glue_server_from_utf8(failure->detail)),
			 failure->hint ? errhint("%s", failure->hint) : 0));
}

/* ----------------------------------------------------------------
 * Credentials, and their account
 *
 * No request was sent to AWS Glue then.  A request of the queue stays pending,
 * because an administrator can correct the configuration.
 * ----------------------------------------------------------------
 */

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
 * Did a call fail because of missing or invalid credentials?  Then its input is
 * not at fault, and it may succeed with other credentials.
 */
bool
glue_failure_lacks_credentials(const GlueFailure *failure)
{
	return failure->of_credentials ||
		failure->sqlstate == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION;
}

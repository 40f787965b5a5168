/*-------------------------------------------------------------------------
 *
 * credential_reply.c
 *	  Decoding of answers with temporary credentials.
 *
 * The endpoint of a container and the metadata service of an instance answer
 * in JSON,
 *
 *		{"AccessKeyId": ..., "SecretAccessKey": ..., "Token": ...,
 *		 "Expiration": "2026-01-01T00:00:00Z"}
 *
 * and the latter reports in a member "Code", with status 200, that there are
 * none.  AWS STS answers in XML.  Statuses other than 2xx are for
 * glue_reply_decode().
 *
 * An answer is accepted as a whole or not at all: all four values must be
 * present and valid in the headers of a request.  Expired credentials are
 * accepted, but reported as such: instances continue to use them while the
 * metadata service has no newer ones.
 *
 * A reason contains no part of an answer except code and message of a refusal
 * and a time of expiration, both cleaned.
 *
 * IDENTIFICATION
 *	  src/aws/credential_reply.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_reply.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "aws/credential_text.h"
#include "aws/date.h"
#include "text/clean.h"
#include "text/json.h"
#include "text/xml.h"

/* Longer than any time of AWS. */
#define EXPIRATION_SIZE		64

/* The required values of an answer; one in XML also has the role's ARN. */
#define NUM_FIELDS		4
#define EXPIRATION		3		/* index of the expiration */

#define FIELD(path, buffer) {path, buffer, sizeof(buffer)}

/*
 * Zero the credentials, and set the destination of each value.
 */
static void
set_fields(GlueXmlField fields[NUM_FIELDS],
		   GlueTemporaryCredentials *credentials,
		   const char *token_path, char expiration[EXPIRATION_SIZE])
{
	const GlueXmlField all[NUM_FIELDS] = {
		FIELD("Credentials/AccessKeyId", credentials->access_key_id),
		FIELD("Credentials/SecretAccessKey", credentials->secret_access_key),
		FIELD(token_path, credentials->session_token),
		{"Credentials/Expiration", expiration, EXPIRATION_SIZE}
	};

	memset(credentials, 0, sizeof(*credentials));
	expiration[0] = '\0';
	memcpy(fields, all, sizeof(all));
}

/* The name of a field in JSON, and in messages. */
static const char *
name_of(const GlueXmlField *field)
{
	return strchr(field->path, '/') + 1;
}

/*
 * Copy a string member, cleaned for an error report; "" if it is not a string.
 */
static void
clean_member(json_object *tree, const char *name, char *buffer, size_t size)
{
	const char *text = glue_json_tree_text(tree, name);

	if (text == NULL)
		text = "";
	glue_clean_text(buffer, size, text, strlen(text), false);
}

/*
 * Does the answer report that there are no credentials?
 */
static bool
is_refusal(json_object *tree, char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	char		code[64];
	char		message[256];

	clean_member(tree, "Code", code, sizeof(code));
	clean_member(tree, "Message", message, sizeof(message));
	if (code[0] == '\0' || strcmp(code, "Success") == 0)
		return false;

	snprintf(reason, GLUE_CREDENTIAL_REASON_SIZE, "is %s%s%s", code,
			 message[0] != '\0' ? ": " : "", message);
	return true;
}

static bool
check_field(const GlueXmlField *field,
			char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	const char *problem;

	/* a value that fills its buffer may have been truncated */
	if (field->value[0] == '\0')
		problem = "is not there";
	else if (strlen(field->value) >= field->size - 1)
		problem = "is too long";
	else if (glue_credential_problem(field->value) != NULL)
		problem = "has a space, a line break or a character that is not ASCII";
	else
		return true;
	snprintf(reason, GLUE_CREDENTIAL_REASON_SIZE,
			 "has no usable \"%s\": it %s", name_of(field), problem);
	return false;
}

/*
 * Check the values, and set the expiration from its text.
 */
static GlueCredentialReplyStatus
check_fields(const GlueXmlField fields[NUM_FIELDS],
			 GlueTemporaryCredentials *credentials, long long now,
			 char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	bool		valid = true;

	for (int i = 0; i < NUM_FIELDS && valid; i++)
		valid = check_field(&fields[i], reason);
	if (valid && !glue_parse_iso8601(fields[EXPIRATION].value,
									 &credentials->expiration))
	{
		strcpy(reason, "has no usable \"Expiration\": it is no time");
		valid = false;
	}
	if (!valid)
	{
		glue_temporary_credentials_cleanse(credentials);
		return GLUE_CREDENTIALS_MALFORMED;
	}

	if (credentials->expiration > now)
		return GLUE_CREDENTIALS_OK;
	snprintf(reason, GLUE_CREDENTIAL_REASON_SIZE,
			 "has credentials that expired at %s",
			 fields[EXPIRATION].value);
	return GLUE_CREDENTIALS_EXPIRED;
}

/*
 * Set the account from "arn:partition:sts::account:...".
 */
static void
set_account(GlueTemporaryCredentials *credentials, const char *arn)
{
	size_t		len;

	for (int i = 0; i < 4 && arn != NULL; i++)
	{
		arn = strchr(arn, ':');
		if (arn != NULL)
			arn++;
	}
	if (arn == NULL)
		return;

	len = strcspn(arn, ":");
	if (len >= sizeof(credentials->account_id))
		return;
	memcpy(credentials->account_id, arn, len);
	if (glue_account_id_problem(credentials->account_id) != NULL)
		credentials->account_id[0] = '\0';
}

/*
 * Decode the answer of a container's endpoint or of the metadata service.
 *
 * now is in seconds since 1970.  If the result is OK or EXPIRED, credentials
 * is filled in, otherwise it is zeroed.  reason is set unless the result is
 * OK.
 */
GlueCredentialReplyStatus
glue_credential_reply_json(const char *body, size_t len, long long now,
						   GlueTemporaryCredentials *credentials,
						   char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	char		expiration[EXPIRATION_SIZE];
	GlueXmlField fields[NUM_FIELDS];
	json_object *tree = glue_json_tree_parse(body, len);
	GlueCredentialReplyStatus status = GLUE_CREDENTIALS_REFUSED;

	set_fields(fields, credentials, "Credentials/Token", expiration);
	if (!json_object_is_type(tree, json_type_object))
	{
		strcpy(reason, "is not a JSON object");
		status = GLUE_CREDENTIALS_MALFORMED;
	}
	else if (!is_refusal(tree, reason))
	{
		const char *account = glue_json_tree_text(tree, "AccountId");

		for (int i = 0; i < NUM_FIELDS; i++)
		{
			const char *text = glue_json_tree_text(tree, name_of(&fields[i]));

			snprintf(fields[i].value, fields[i].size, "%s", text ? text : "");
		}
		if (account != NULL && glue_account_id_problem(account) == NULL)
			strcpy(credentials->account_id, account);
		status = check_fields(fields, credentials, now, reason);
	}

	glue_json_tree_free(tree);
	return status;
}

/*
 * Decode AWS STS's answer to AssumeRole and AssumeRoleWithWebIdentity.  As
 * above, but never REFUSED.
 */
GlueCredentialReplyStatus
glue_credential_reply_xml(const char *body, size_t len, long long now,
						  GlueTemporaryCredentials *credentials,
						  char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	char		expiration[EXPIRATION_SIZE];
	char		arn[GLUE_ARN_SIZE];
	GlueXmlField fields[NUM_FIELDS + 1] = {
		[NUM_FIELDS] = FIELD("AssumedRoleUser/Arn", arn)
	};

	set_fields(fields, credentials, "Credentials/SessionToken", expiration);
	if (!glue_xml_text(body, len, fields, NUM_FIELDS + 1))
	{
		glue_temporary_credentials_cleanse(credentials);
		strcpy(reason, "is not XML");
		return GLUE_CREDENTIALS_MALFORMED;
	}
	set_account(credentials, arn);
	return check_fields(fields, credentials, now, reason);
}

/*
 * Cleanse credentials that are not needed any more.
 */
void
glue_temporary_credentials_cleanse(GlueTemporaryCredentials *credentials)
{
	OPENSSL_cleanse(credentials, sizeof(*credentials));
}

/*
 * Decode AWS STS's answer to GetCallerIdentity.  Returns false if it is
 * malformed, or has values of an impossible size.
 */
bool
glue_caller_identity_xml(const char *body, size_t len,
						 GlueCallerIdentity *identity)
{
	GlueXmlField fields[] = {
		FIELD("GetCallerIdentityResult/Account", identity->account),
		FIELD("GetCallerIdentityResult/Arn", identity->arn),
		FIELD("GetCallerIdentityResult/UserId", identity->user_id)
	};

	if (!glue_xml_text(body, len, fields, 3) ||
		glue_account_id_problem(identity->account) != NULL)
		return false;

	/* a value that fills its buffer may have been truncated */
	for (int i = 1; i < 3; i++)
	{
		if (fields[i].value[0] == '\0' ||
			strlen(fields[i].value) >= fields[i].size - 1)
			return false;
	}
	return true;
}

/*-------------------------------------------------------------------------
 *
 * credential_reply.c
 *	  Decoding of what hands out temporary credentials.
 *
 * The endpoint of a container and the metadata service of an instance answer
 * in JSON,
 *
 *		{"AccessKeyId": ..., "SecretAccessKey": ..., "Token": ...,
 *		 "Expiration": "2026-01-01T00:00:00Z"}
 *
 * and the latter says in a member "Code", under a status of 200, if there are
 * none.  AWS STS answers in XML.  Other statuses than 2xx are for
 * glue_reply_decode().
 *
 * An answer is taken whole or not at all: all four values must be there and
 * fit for the headers that they go into.  That they expired already is said
 * but does not make them useless: instances go on with the credentials they
 * have when the metadata service has none that are newer.
 *
 * Nothing of an answer gets into a reason but code and message of a refusal
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
#include <time.h>

#include <openssl/crypto.h>

#include "aws/date.h"
#include "text/clean.h"
#include "text/json.h"
#include "text/xml.h"

#define ACCOUNT_ID_LEN		12

/* Longer than any time that AWS writes. */
#define EXPIRATION_SIZE		64

/* A value of an answer, and where it goes. */
typedef struct CredentialMember
{
	const char *name;
	char	   *value;
	size_t		size;
} CredentialMember;

#define NUM_MEMBERS		4
#define EXPIRATION		3		/* its place among them */

/* prototypes of private functions */
static void set_members(CredentialMember members[NUM_MEMBERS],
						GlueTemporaryCredentials *credentials,
						const char *token_name,
						char expiration[EXPIRATION_SIZE]);
static bool is_refusal(json_object *tree,
					   char reason[GLUE_CREDENTIAL_REASON_SIZE]);
static void copy_member(json_object *tree, const char *name,
						char *buffer, size_t size);
static void clean_member(json_object *tree, const char *name,
						 char *buffer, size_t size);
static GlueCredentialReplyStatus check_members(const CredentialMember members[NUM_MEMBERS],
											   GlueTemporaryCredentials *credentials,
											   long long now,
											   char reason[GLUE_CREDENTIAL_REASON_SIZE]);
static bool check_member(const CredentialMember *member,
						 char reason[GLUE_CREDENTIAL_REASON_SIZE]);
static void set_account(GlueTemporaryCredentials *credentials, const char *arn);
static bool is_account_id(const char *text, size_t len);

/*
 * Decode the answer of a container's endpoint or of the metadata service.
 *
 * now is in seconds since 1970.  If the result is OK or EXPIRED, credentials
 * is filled in, and else it is zeroed.  reason is set unless the result is OK.
 */
GlueCredentialReplyStatus
glue_credential_reply_json(const char *body, size_t len, long long now,
						   GlueTemporaryCredentials *credentials,
						   char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	char		expiration[EXPIRATION_SIZE];
	CredentialMember members[NUM_MEMBERS];
	json_object *tree = glue_json_tree_parse(body, len);
	GlueCredentialReplyStatus status = GLUE_CREDENTIALS_REFUSED;

	set_members(members, credentials, "Token", expiration);
	if (!json_object_is_type(tree, json_type_object))
	{
		strcpy(reason, "is not a JSON object");
		status = GLUE_CREDENTIALS_MALFORMED;
	}
	else if (!is_refusal(tree, reason))
	{
		for (int i = 0; i < NUM_MEMBERS; i++)
			copy_member(tree, members[i].name,
						members[i].value, members[i].size);
		copy_member(tree, "AccountId", credentials->account_id,
					sizeof(credentials->account_id));
		if (!is_account_id(credentials->account_id,
						   strlen(credentials->account_id)))
			credentials->account_id[0] = '\0';
		status = check_members(members, credentials, now, reason);
	}

	glue_json_tree_free(tree);
	return status;
}

/*
 * Decode what AWS STS answers to AssumeRole and AssumeRoleWithWebIdentity.
 * As above, but never REFUSED.
 */
GlueCredentialReplyStatus
glue_credential_reply_xml(const char *body, size_t len, long long now,
						  GlueTemporaryCredentials *credentials,
						  char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	char		expiration[EXPIRATION_SIZE];
	char		arn[GLUE_ARN_SIZE];
	CredentialMember members[NUM_MEMBERS];
	GlueXmlField fields[] = {
		{"Credentials/AccessKeyId", credentials->access_key_id,
		sizeof(credentials->access_key_id)},
		{"Credentials/SecretAccessKey", credentials->secret_access_key,
		sizeof(credentials->secret_access_key)},
		{"Credentials/SessionToken", credentials->session_token,
		sizeof(credentials->session_token)},
		{"Credentials/Expiration", expiration, sizeof(expiration)},
		{"AssumedRoleUser/Arn", arn, sizeof(arn)}
	};

	set_members(members, credentials, "SessionToken", expiration);
	if (!glue_xml_text(body, len, fields, 5))
	{
		glue_temporary_credentials_cleanse(credentials);
		strcpy(reason, "is not XML");
		return GLUE_CREDENTIALS_MALFORMED;
	}
	set_account(credentials, arn);
	return check_members(members, credentials, now, reason);
}

/*
 * Wipe credentials that are not needed any more.
 */
void
glue_temporary_credentials_cleanse(GlueTemporaryCredentials *credentials)
{
	OPENSSL_cleanse(credentials, sizeof(*credentials));
}

/*
 * Decode what AWS STS answers to GetCallerIdentity.  Returns false if this is
 * no such answer, or it has values of a size that cannot be.
 */
bool
glue_caller_identity_xml(const char *body, size_t len,
						 GlueCallerIdentity *identity)
{
	GlueXmlField fields[] = {
		{"GetCallerIdentityResult/Account", identity->account,
		sizeof(identity->account)},
		{"GetCallerIdentityResult/Arn", identity->arn, sizeof(identity->arn)},
		{"GetCallerIdentityResult/UserId", identity->user_id,
		sizeof(identity->user_id)}
	};

	if (!glue_xml_text(body, len, fields, 3) ||
		!is_account_id(identity->account, strlen(identity->account)))
		return false;

	/* what fills its buffer may have been cut */
	for (int i = 1; i < 3; i++)
	{
		if (fields[i].value[0] == '\0' ||
			strlen(fields[i].value) >= fields[i].size - 1)
			return false;
	}
	return true;
}

/*
 * Begin with nothing: zero the credentials and say where each value goes.
 */
static void
set_members(CredentialMember members[NUM_MEMBERS],
			GlueTemporaryCredentials *credentials,
			const char *token_name, char expiration[EXPIRATION_SIZE])
{
	const CredentialMember all[NUM_MEMBERS] = {
		{"AccessKeyId", credentials->access_key_id,
		sizeof(credentials->access_key_id)},
		{"SecretAccessKey", credentials->secret_access_key,
		sizeof(credentials->secret_access_key)},
		{token_name, credentials->session_token,
		sizeof(credentials->session_token)},
		{"Expiration", expiration, EXPIRATION_SIZE}
	};

	memset(credentials, 0, sizeof(*credentials));
	expiration[0] = '\0';
	memcpy(members, all, sizeof(all));
}

/*
 * Does the answer say that there are no credentials?
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

/*
 * Copy a member that is a string, cutting what does not fit; "" if it is
 * nothing of the kind.
 */
static void
copy_member(json_object *tree, const char *name, char *buffer, size_t size)
{
	json_object *value;
	size_t		len;

	buffer[0] = '\0';
	if (!json_object_object_get_ex(tree, name, &value) ||
		!json_object_is_type(value, json_type_string))
		return;

	len = (size_t) json_object_get_string_len(value);
	if (len > size - 1)
		len = size - 1;
	memcpy(buffer, json_object_get_string(value), len);
	buffer[len] = '\0';
}

/*
 * As above, but fit for an error report.
 */
static void
clean_member(json_object *tree, const char *name, char *buffer, size_t size)
{
	json_object *value;

	buffer[0] = '\0';
	if (json_object_object_get_ex(tree, name, &value) &&
		json_object_is_type(value, json_type_string))
		glue_clean_text(buffer, size, json_object_get_string(value),
						(size_t) json_object_get_string_len(value), false);
}

/*
 * Check the values, and set the expiration from its text.
 */
static GlueCredentialReplyStatus
check_members(const CredentialMember members[NUM_MEMBERS],
			  GlueTemporaryCredentials *credentials, long long now,
			  char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	bool		valid = true;

	for (int i = 0; i < NUM_MEMBERS && valid; i++)
		valid = check_member(&members[i], reason);
	if (valid && !glue_parse_iso8601(members[EXPIRATION].value,
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
			 members[EXPIRATION].value);
	return GLUE_CREDENTIALS_EXPIRED;
}

static bool
check_member(const CredentialMember *member,
			 char reason[GLUE_CREDENTIAL_REASON_SIZE])
{
	size_t		len = strlen(member->value);
	const char *problem = NULL;

	/* what fills its buffer may have been cut */
	if (len == 0)
		problem = "is not there";
	else if (len >= member->size - 1)
		problem = "is too long";
	for (size_t i = 0; i < len && problem == NULL; i++)
	{
		if (member->value[i] <= ' ' || member->value[i] > '~')
			problem = "has a space, a line break or a character that is not ASCII";
	}

	if (problem != NULL)
		snprintf(reason, GLUE_CREDENTIAL_REASON_SIZE,
				 "has no usable \"%s\": it %s", member->name, problem);
	return problem == NULL;
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
	if (is_account_id(arn, len))
	{
		memcpy(credentials->account_id, arn, len);
		credentials->account_id[len] = '\0';
	}
}

/*
 * Is this the twelve digits of an account?
 */
static bool
is_account_id(const char *text, size_t len)
{
	return len == ACCOUNT_ID_LEN && strspn(text, "0123456789") >= len;
}

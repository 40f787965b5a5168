/*-------------------------------------------------------------------------
 *
 * credentials.c
 *	  The AWS credentials that requests are signed with.
 *
 * Credentials come from a chain of sources, asked in a fixed order.  A source
 * that is not configured says so and the next one is asked; one that is
 * configured but cannot deliver is an error, because going on might act as
 * somebody else than was meant.  If no source is configured, the error tells
 * all that was looked at.
 *
 * A profile that glue_conn.profile names comes before the environment: the
 * setting was made for this extension, the environment for the whole server.
 *
 * IDENTIFICATION
 *	  src/credentials.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "credentials.h"
#include "lib/stringinfo.h"
#include "secret_memory.h"
#include "settings.h"
#include "shared_files.h"

/*
 * A source of credentials.  Fills in the credentials and returns true, or
 * appends a sentence that says what it looked at and returns false.
 */
typedef bool (*CredentialSource) (GlueCredentials *credentials,
								  StringInfo looked_at);

/* What a profile can hold instead of keys, and why it is of no use here. */
typedef struct UnusableProperty
{
	const char *property;
	const char *reason;
} UnusableProperty;

static const UnusableProperty unusable_properties[] = {
	{"role_arn", "assuming a role is not supported"},
	{"web_identity_token_file", "web identity tokens are not supported"},
	{"sso_session", "IAM Identity Center needs a person to log in"},
	{"sso_start_url", "IAM Identity Center needs a person to log in"},
	{"login_session", "\"aws login\" needs a person to log in"},
	{"credential_process", "a server does not run commands that a file names"},
};

/* prototypes of private functions */
static bool from_environment(GlueCredentials *credentials,
							 StringInfo looked_at);
static bool from_profile(GlueCredentials *credentials, StringInfo looked_at);
static void refuse_unusable_profile(const GlueSharedFiles *files,
									bool role_only);
static void take(GlueCredentials *credentials, const char *source,
				 const char *key_name, const char *key,
				 const char *secret_name, const char *secret,
				 const char *token);
static bool is_header_value(const char *text);

/*
 * Temporary credentials of a role, a web identity, a container or an instance
 * have their places after the profile.
 */
static const CredentialSource credential_chain[] = {
	from_environment,
	from_profile,
};

/*
 * Find the credentials to use.
 *
 * They are put into the current memory context and cleansed with it.  Raises
 * an error if there are none.
 */
void
glue_credentials_find(GlueCredentials *credentials)
{
	StringInfoData looked_at;

	initStringInfo(&looked_at);
	for (int i = 0; i < lengthof(credential_chain); i++)
	{
		if (credential_chain[i] (credentials, &looked_at))
			return;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
			 errmsg("could not find AWS credentials"),
			 errdetail_internal("%s", looked_at.data),
			 errhint("Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment of the server process, or add the keys to a profile of a shared AWS file.")));
}

static bool
from_environment(GlueCredentials *credentials, StringInfo looked_at)
{
	const char *key = glue_environment("AWS_ACCESS_KEY_ID");
	const char *secret = glue_environment("AWS_SECRET_ACCESS_KEY");

	if (glue_setting_profile[0] != '\0')
	{
		appendStringInfoString(looked_at,
							   "The environment was passed over, because \"glue_conn.profile\" is set.");
		return false;
	}
	if (key == NULL && secret == NULL)
	{
		appendStringInfoString(looked_at,
							   "The environment of the server process has neither AWS_ACCESS_KEY_ID nor AWS_SECRET_ACCESS_KEY.");
		return false;
	}
	take(credentials, "the environment of the server process",
		 "AWS_ACCESS_KEY_ID", key, "AWS_SECRET_ACCESS_KEY", secret,
		 glue_environment("AWS_SESSION_TOKEN"));
	return true;
}

static bool
from_profile(GlueCredentials *credentials, StringInfo looked_at)
{
	const GlueSharedFiles *files = glue_shared_files_read();
	const char *key;
	const char *secret;

	/* a role comes before keys, which are then those that may assume it */
	refuse_unusable_profile(files, true);

	key = glue_shared_files_get(files, "aws_access_key_id");
	secret = glue_shared_files_get(files, "aws_secret_access_key");
	if (key != NULL || secret != NULL)
	{
		take(credentials, psprintf("profile \"%s\"", files->profile),
			 "aws_access_key_id", key, "aws_secret_access_key", secret,
			 glue_shared_files_get(files, "aws_session_token"));
		return true;
	}
	refuse_unusable_profile(files, false);
	appendStringInfo(looked_at,
					 " There are no keys for profile \"%s\" in \"%s\"%s or \"%s\"%s.",
					 files->profile,
					 files->config_path,
					 files->has_config ? "" : " (which does not exist)",
					 files->credentials_path,
					 files->has_credentials ? "" : " (which does not exist)");
	return false;
}

static void
refuse_unusable_profile(const GlueSharedFiles *files, bool role_only)
{
	int			count = role_only ? 1 : lengthof(unusable_properties);

	for (int i = 0; i < count; i++)
	{
		if (glue_shared_files_get(files, unusable_properties[i].property))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
					 errmsg("profile \"%s\" cannot be used for AWS credentials",
							files->profile),
					 errdetail("It has \"%s\", but %s.",
							   unusable_properties[i].property,
							   unusable_properties[i].reason),
					 errhint("Use a profile with \"aws_access_key_id\" and \"aws_secret_access_key\".")));
	}
}

/*
 * Copy the credentials out of their source, or raise an error if the source
 * has half of them only.
 */
static void
take(GlueCredentials *credentials, const char *source,
	 const char *key_name, const char *key,
	 const char *secret_name, const char *secret, const char *token)
{
	if (key == NULL || secret == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("AWS credentials are incomplete"),
				 errdetail("Of %s and %s, %s has only the %s.",
						   key_name, secret_name, source,
						   key ? "first" : "second")));

	/* they go into header lines, which a line break would split */
	if (!is_header_value(key) || !is_header_value(secret) ||
		(token != NULL && !is_header_value(token)))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION),
				 errmsg("AWS credentials are malformed"),
				 errdetail("Those of %s hold a space, a line break or a character that is not ASCII.",
						   source)));

	credentials->access_key_id = pstrdup(key);
	credentials->secret_access_key = glue_secret_strdup(secret);
	credentials->session_token = token ? glue_secret_strdup(token) : NULL;
}

static bool
is_header_value(const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (*text <= ' ' || *text > '~')
			return false;
	}
	return true;
}

/*-------------------------------------------------------------------------
 *
 * unit_secret_forms.c
 *	  Tests of redact.c with inputs as people write them.
 *
 * IDENTIFICATION
 *	  test/unit/unit_secret_forms.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/redact.h"

#include <stdlib.h>
#include <string.h>

#include "secret/secret_name.h"
#include "secret_forms.h"
#include "tap.h"
#include "text/json.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* names, and their kinds */
typedef struct NameCase
{
	GlueNameKind kind;
	const char *names[24];
} NameCase;

static const NameCase name_cases[] = {
	{GLUE_NAME_SECRET, {"PASSWORD", "db_pass", "cardPIN", "PIN", "user-pwd",
			"ENCRYPTED_PASSWORD", "password2", "SECRET_VALUE", "secretString",
			"secret_name_password", "x-amz-signature", "sig", "LOGDATA",
			"apiKey", "hapikey", "fs.s3a.secret.key", "AWSSecretAccessKey",
	"token", "SharedAccessKey", "basic.auth.user.info", "Cookie", "mfaOTP"}},
	{GLUE_NAME_SECRET, {"DB-PASS", "dbpw", "pswd", "passwort", "licenseKey",
			"securityKey", "spark.redis.auth", "cosmosKey", "COSMOS_DB_KEY",
	"adminKey", "function_key"}},
	{GLUE_NAME_KEY, {"PRIVATE_KEY", "OAuthPvtKey", "masterKey", "ssh-key",
			"encryption.key", "hmacKey", "signing_key", "credentials", "creds",
			"keyVaultProviderClientKey", "jwt", "fs.s3a.access.key", "sslkey",
	"GCP_SA_KEY", "gcpKey", "rsa_key", "id_rsa"}},
	{GLUE_NAME_MENTIONS, {"max_tokens", "USE_PASSWORD", "credentials_config",
			"fs.azure.account.key.a.dfs.core.windows.net", "SECRET_ID_X",
	"password_a"}},
	{GLUE_NAME_ADDRESS, {"redis-endpoint"}},
	{GLUE_NAME_REFERENCE, {"SECRET_ID", "secretsManagerSecretId", "secretarn",
			"MySecretsManagerArn", "secret_manager_gcp_creds_name", "TOKEN_URL",
			"tokenEndpoint", "password_file", "privateKeyPath", "private_key_id",
			"credentialsProvider", "SharedAccessKeyName", "password_policy",
			"token.refresh.interval", "CREDENTIAL_TYPE", "tokenizer",
			"password_encryption", "NextToken", "passcodeInPassword",
	"KAFKA_CLIENT_KEYSTORE", "keytab", "apiKeyHeader"}},
	{GLUE_NAME_REFERENCE, {"secretVersionStage", "passwordCharacterEncoding", "secret_backend",
	"tokenAuth"}},
	{GLUE_NAME_PLAIN, {"", "HOST", "primaryKey", "KEYSPACE", "bypass",
			"shipping", "design", "USERNAME", "scope", "resource", "passport",
	"patch", "sashimi", "spinner"}},
};

/*
 * Is each of a list of texts in another one, or none of them?
 */
static void
check_list(const char *list, const char *text, bool expected,
		   const char *name)
{
	while (*list != '\0')
	{
		size_t		len = strcspn(list, "|");
		char		part[512];

		snprintf(part, sizeof(part), "%.*s", (int) len, list);
		if (!ok((strstr(text, part) != NULL) == expected, name))
			printf("# %s \"%s\" in %s\n", expected ? "no" : "there is", part,
				   text);
		list += len + (list[len] == '|');
	}
}

static void
test_forms(void)
{
	for (size_t i = 0; i < COUNT(form_cases); i++)
	{
		const FormCase *c = &form_cases[i];
		json_object *tree = glue_json_tree_parse(c->input, strlen(c->input));
		static char before[8192];
		static char after[8192];
		static char again[8192];

		if (!ok(tree != NULL, c->name))
			continue;
		glue_json_tree_write(tree, before, sizeof(before));
		ok(glue_redact_has_secret(tree) == (c->hide[0] != '\0'),
		   "a key is needed for secrets alone");
		ok(glue_redact_tree(tree), "there was memory");
		glue_json_tree_write(tree, after, sizeof(after));
		check_list(c->hide, after, false, c->name);
		check_list(c->keep, after, true, c->name);
		ok(!glue_redact_has_secret(tree), "all is hidden");
		ok(c->hide[0] != '\0' || strcmp(before, after) == 0, "or nothing");
		glue_redact_tree(tree);
		glue_json_tree_write(tree, again, sizeof(again));
		is_str(again, after, "twice is the same");
		glue_json_tree_free(tree);
	}
}

static void
test_names(void)
{
	for (size_t i = 0; i < COUNT(name_cases); i++)
	{
		const NameCase *c = &name_cases[i];

		for (size_t j = 0; j < COUNT(c->names) && c->names[j] != NULL; j++)
			is_int(glue_secret_name_kind(c->names[j], strlen(c->names[j])),
				   c->kind, c->names[j]);
	}
}

int
main(void)
{
	test_names();
	test_forms();
	return tap_done();
}

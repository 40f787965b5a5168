/*-------------------------------------------------------------------------
 *
 * unit_credential_plan.c
 *	  Unit test of the choice among all sources of credentials.
 *
 * The first table restates the cases that AWS's SDKs share, as far as nothing
 * has to be read or sent.
 *
 * IDENTIFICATION
 *	  test/unit/unit_credential_plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_chain.h"

#include "configured.h"
#include "described_plan.h"
#include "tap.h"

#define CONTAINER \
	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/52b19262"
#define POD_IDENTITY \
	"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials"
#define ENVIRONMENT_KEYS \
	"AWS_ACCESS_KEY_ID=correct_key\nAWS_SECRET_ACCESS_KEY=correct_secret"
#define WEB_IDENTITY \
	"AWS_WEB_IDENTITY_TOKEN_FILE=/token.jwt\nAWS_ROLE_ARN=r"
#define BASE_CREDENTIALS \
	"[base]\naws_access_key_id = AKIAFAKE\naws_secret_access_key = FAKE\n"
#define ROLE_CONFIG \
	"[default]\nregion = us-east-1\n" \
	"role_arn = arn:aws:iam::123456789:role/integration-test\n" \
	"source_profile = base\n[profile base]\nregion = us-east-1\n"
#define ROLE_PLAN \
	"keys AKIAFAKE FAKE region=us-east-1 of=base > " \
	"role arn:aws:iam::123456789:role/integration-test region=us-east-1 " \
	"of=default"

#define NOTHING \
	"There are no keys in the environment, no credentials in profile " \
	"\"default\", no web identity and no container in the environment, and " \
	"the metadata service is disabled."

typedef struct PlanCase
{
	const char *name;
	const char *environment;
	const char *config;
	const char *credentials;
	const char *want;			/* a plan, or why there is none */
} PlanCase;

static const PlanCase shared_cases[] = {
	{"a role behind a container", CONTAINER,
		"[default]\nregion = us-east-1\n"
		"role_arn = arn:aws:iam::130633740322:role/imds-chained-role-test\n"
		"credential_source = EcsContainer\n", NULL,
		"container region=us-east-1 of=default > "
		"role arn:aws:iam::130633740322:role/imds-chained-role-test "
	"region=us-east-1 of=default"},
	{"EKS Pod Identity", "AWS_REGION=us-east-1\n" POD_IDENTITY "\n"
		"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/token.jwt", NULL, NULL,
	"container"},
	{"blank variables", "AWS_ACCESS_KEY_ID= \nAWS_SECRET_ACCESS_KEY= \n"
		"AWS_PROFILE=some_profile",
		"[default]\nregion = us-east-1\naws_access_key_id = incorrect_key\n"
		"aws_secret_access_key = incorrect_secret\n"
		"[profile some_profile]\nregion = us-east-2\n"
		"aws_access_key_id = correct_key\n"
		"aws_secret_access_key = correct_secret\n", NULL,
	"keys correct_key correct_secret region=us-east-2 of=some_profile"},
	{"an instance if nothing else", "AWS_REGION=us-east-1", "", NULL,
	"instance"},
	{"no instance either", "AWS_EC2_METADATA_DISABLED=True", NULL, NULL,
	NOTHING},
	{"the environment before a profile", ENVIRONMENT_KEYS, ROLE_CONFIG,
	BASE_CREDENTIALS, "keys correct_key correct_secret"},
	{"keys of a profile", NULL,
		"[default]\nregion = us-east-1\naws_access_key_id = other_key\n"
		"aws_secret_access_key = other_secret\n"
		"[profile secondary]\naws_access_key_id = correct_key_secondary\n"
		"aws_secret_access_key = correct_secret_secondary\n",
		"[default]\naws_access_key_id = correct_key\n"
		"aws_secret_access_key = correct_secret\n",
	"keys correct_key correct_secret region=us-east-1 of=default"},
	{"a web identity in the environment",
		"AWS_WEB_IDENTITY_TOKEN_FILE=/token.jwt\n"
		"AWS_ROLE_ARN=arn:aws:iam::123456789012:role/test-role\n"
		"AWS_ROLE_SESSION_NAME=test-session\nAWS_REGION=eu-west-1",
		NULL, NULL,
		"web /token.jwt arn:aws:iam::123456789012:role/test-role "
	"session=test-session"},
	{"a web identity behind a profile", "AWS_REGION=us-east-1\nAWS_PROFILE=A",
		"[profile A]\nrole_arn = arn:aws:iam::123456789:role/RoleA\n"
		"source_profile = B\n[profile B]\n"
		"role_arn = arn:aws:iam::123456789012:role/s3-reader\n"
		"web_identity_token_file = /token.jwt\n", NULL,
		"web /token.jwt arn:aws:iam::123456789012:role/s3-reader of=B > "
	"role arn:aws:iam::123456789:role/RoleA of=A"},
	{"a role behind keys", "AWS_ACCOUNT_ID=123456789002", ROLE_CONFIG,
		"[base]\naws_access_key_id = AKIAFAKE\naws_secret_access_key = FAKE\n"
		"aws_account_id = 123456789001\n",
		"keys AKIAFAKE FAKE account=123456789001 region=us-east-1 of=base > "
		"role arn:aws:iam::123456789:role/integration-test region=us-east-1 "
	"of=default"},
	{"and an endpoint", "AWS_ENDPOINT_URL=http://aws.global-env-override",
	ROLE_CONFIG, BASE_CREDENTIALS, ROLE_PLAN},
	{"and an endpoint of STS",
		"AWS_ENDPOINT_URL_STS=http://aws.sts-env-override",
	ROLE_CONFIG, BASE_CREDENTIALS, ROLE_PLAN},
	{"and another region", "AWS_REGION=us-east-2", ROLE_CONFIG,
	BASE_CREDENTIALS, ROLE_PLAN},
};

/* Further cases. */
static const PlanCase own_cases[] = {
	{"all of them", ENVIRONMENT_KEYS "\n" WEB_IDENTITY "\n" CONTAINER,
	ROLE_CONFIG, BASE_CREDENTIALS, "keys correct_key correct_secret"},
	{"all but the first", WEB_IDENTITY "\n" CONTAINER, ROLE_CONFIG,
	BASE_CREDENTIALS, ROLE_PLAN},
	{"all but the first two", WEB_IDENTITY "\n" CONTAINER,
	"[default]\nregion = us-east-1\n", NULL, "web /token.jwt r"},
	{"the last two", CONTAINER, NULL, NULL, "container"},
	{"the environment before a profile that was chosen",
		ENVIRONMENT_KEYS "\nAWS_PROFILE=A",
		"[profile A]\naws_access_key_id = x\naws_secret_access_key = y\n",
	NULL, "keys correct_key correct_secret"},

	/* one that is configured and wrong is an error */
	{"half a key pair in the environment",
		"AWS_ACCESS_KEY_ID=correct_key\n" CONTAINER, ROLE_CONFIG,
		BASE_CREDENTIALS,
		"Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, only the first is "
	"set."},
	{"a broken profile", CONTAINER, "[default]\nrole_arn = r\n", NULL,
		"Profile \"default\" has \"role_arn\", but neither \"source_profile\" "
	"nor \"credential_source\"."},
	{"a profile that does not exist", "AWS_PROFILE=A\n" CONTAINER, NULL, NULL,
	"There is no profile \"A\", which AWS_PROFILE names."},
	{"half a web identity", "AWS_WEB_IDENTITY_TOKEN_FILE=/t\n" CONTAINER,
		NULL, NULL,
	"AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not."},
	{"a container that is not trusted",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI=http://evil.test/", NULL, NULL,
		"AWS_CONTAINER_CREDENTIALS_FULL_URI must use https, unless its host "
		"is localhost, 127.x.x.x, [::1], 169.254.170.2, 169.254.170.23 or "
	"[fd00:ec2::23]."},
	{"an instance with a wrong setting",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE=IPv5", NULL, NULL,
		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE must be \"IPv4\" or "
	"\"IPv6\"."},
	{"a container, with the instance switched off",
		CONTAINER "\nAWS_EC2_METADATA_DISABLED=true", NULL, NULL,
	"container"},
};

/* The same, if a setting names profile A. */
static const PlanCase setting_cases[] = {
	{"a setting before the environment", ENVIRONMENT_KEYS,
		"[profile A]\naws_access_key_id = x\naws_secret_access_key = y\n",
	NULL, "keys x y of=A"},
	{"a setting that names no profile", ENVIRONMENT_KEYS, ROLE_CONFIG,
	NULL, "There is no profile \"A\", which a setting names."},
	{"a setting that names an empty profile",
		ENVIRONMENT_KEYS "\n" WEB_IDENTITY "\n" CONTAINER,
		"[profile A]\nregion = us-east-1\n", NULL,
	"Profile \"A\", which a setting names, has no credentials."},
	{"a setting that names a broken profile", ENVIRONMENT_KEYS,
		"[profile A]\naws_access_key_id = x\n", NULL,
		"Profile \"A\" has \"aws_access_key_id\" but not "
	"\"aws_secret_access_key\"."},
};

static void
run_case(const PlanCase *c, bool by_setting)
{
	Configured	made;
	GlueCredentialPlan plan;
	GlueConfigurationError error = {"", ""};
	char		text[2000];

	/* earlier contents of a plan must not matter */
	memset(&plan, 0x7f, sizeof(plan));
	configure(&made, c->environment, c->config, c->credentials);
	if (by_setting)
	{
		made.configuration.profile = "A";
		made.configuration.profile_origin = GLUE_PROFILE_BY_SETTING;
	}
	if (glue_credential_plan(&made.configuration, &plan, &error))
		describe_plan(&plan, text, sizeof(text));
	else
		strcpy(text, error.detail);
	is_str(text, c->want, c->name);
	unconfigure(&made);
}

static void
test_hint(void)
{
	Configured	made;
	GlueCredentialPlan plan;
	GlueConfigurationError error = {"", ""};

	configure(&made, "AWS_EC2_METADATA_DISABLED=true", NULL, NULL);
	glue_credential_plan(&made.configuration, &plan, &error);
	ok(strncmp(error.hint, "Set AWS_ACCESS_KEY_ID", 21) == 0,
	   "a remedy if there is nothing");
	unconfigure(&made);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(shared_cases) / sizeof(PlanCase); i++)
		run_case(&shared_cases[i], false);
	for (size_t i = 0; i < sizeof(own_cases) / sizeof(PlanCase); i++)
		run_case(&own_cases[i], false);
	for (size_t i = 0; i < sizeof(setting_cases) / sizeof(PlanCase); i++)
		run_case(&setting_cases[i], true);
	test_hint();
	return tap_done();
}

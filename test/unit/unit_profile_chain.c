/*-------------------------------------------------------------------------
 *
 * unit_profile_chain.c
 *	  Unit test of the steps that lead from a profile to credentials.
 *
 * The first table restates the cases that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_profile_chain.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/profile_chain.h"

#include "configured.h"
#include "described_plan.h"
#include "tap.h"

#define ROLE_A	"arn:aws:iam::123456789:role/RoleA"
#define ROLE_B	"arn:aws:iam::123456789:role/RoleB"
#define KEYS \
	"aws_access_key_id = abc123\naws_secret_access_key = def456\n"

/* Files in which A is the profile in use, and the result. */
typedef struct ChainCase
{
	const char *name;
	const char *environment;
	const char *config;
	const char *want;			/* a plan, "absent", or why it is invalid */
} ChainCase;

static const ChainCase shared_cases[] = {
	{"a role with keys as its source", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nsource_profile = B\n"
		"[profile B]\n" KEYS "aws_account_id = 123456789001",
	"keys abc123 def456 account=123456789001 of=B > role " ROLE_A " of=A"},
	{"the name of a session", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"role_session_name = my_session_name\nsource_profile = B\n"
		"[profile B]\n" KEYS,
		"keys abc123 def456 of=B > "
	"role " ROLE_A " session=my_session_name of=A"},
	{"a profile that is its own source", NULL,
		"[profile A]\n" KEYS "role_arn = " ROLE_A "\nsource_profile = A\n",
	"keys abc123 def456 of=A > role " ROLE_A " of=A"},
	{"a role without a source", NULL, "[profile A]\nrole_arn = " ROLE_A "\n",
		"Profile \"A\" has \"role_arn\", but neither \"source_profile\" nor "
	"\"credential_source\"."},
	{"half a key pair", NULL,
		"[profile A]\nrole_arn = arn:foo\nsource_profile = B\n"
		"[profile B]\naws_access_key_id = abc123\n",
		"Profile \"B\" has \"aws_access_key_id\" but not "
	"\"aws_secret_access_key\"."},
	{"an empty source", NULL,
		"[profile A]\nrole_arn = arn:foo\nsource_profile = B\n[profile B]\n",
	"Profile \"B\" is a \"source_profile\" but has no credentials."},
	{"a source that does not exist", NULL,
		"[profile A]\nrole_arn = arn:foo\nsource_profile = B\n",
		"There is no profile \"B\", which profile \"A\" names as "
	"\"source_profile\"."},
	{"a role behind a role", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nsource_profile = B\n"
		"[profile B]\nrole_arn = " ROLE_B "\nsource_profile = C\n"
		"[profile C]\naws_access_key_id = mno456\n"
		"aws_secret_access_key = pqr789\n",
		"keys mno456 pqr789 of=C > role " ROLE_B " of=B > "
	"role " ROLE_A " of=A"},
	{"a loop", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nsource_profile = B\n"
		"[profile B]\nrole_arn = " ROLE_B "\nsource_profile = A\n",
	"Profiles form a loop by \"source_profile\": \"A\" > \"B\" > \"A\"."},
	{"a web identity", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"web_identity_token_file = /var/token.jwt\n",
	"web /var/token.jwt " ROLE_A " of=A"},
	{"a web identity without a role", NULL,
		"[profile A]\nweb_identity_token_file = /var/token.jwt\n",
	"Profile \"A\" has \"web_identity_token_file\" but not \"role_arn\"."},
};

#define SOURCE_B	"role_arn = " ROLE_A "\nsource_profile = B\n"

/* Further cases. */
static const ChainCase own_cases[] = {
	/* keys */
	{"keys", NULL, "[profile A]\n" KEYS, "keys abc123 def456 of=A"},
	{"keys, a token and a region", NULL,
		"[profile A]\n" KEYS "aws_session_token = ghi\nregion = eu-west-1\n",
	"keys abc123 def456 token=ghi region=eu-west-1 of=A"},
	{"the other half of a key pair", NULL,
		"[profile A]\naws_secret_access_key = def456\n",
		"Profile \"A\" has \"aws_secret_access_key\" but not "
	"\"aws_access_key_id\"."},
	{"a key that is empty", NULL,
		"[profile A]\naws_access_key_id = abc123\naws_secret_access_key =\n",
		"Profile \"A\" has \"aws_access_key_id\" but not "
	"\"aws_secret_access_key\"."},
	{"only a token", NULL, "[profile A]\naws_session_token = ghi\n",
	"absent"},
	{"a key with a blank", NULL,
		"[profile A]\naws_access_key_id = abc123\n"
		"aws_secret_access_key = def 456\n",
		"A key or the token of profile \"A\" holds a space, a line break or "
	"a character that is not ASCII."},
	{"a key of two lines", NULL,
		"[profile A]\naws_secret_access_key = def456\n"
		"aws_access_key_id = abc123\n X-Evil:1\n",
		"A key or the token of profile \"A\" holds a space, a line break or "
	"a character that is not ASCII."},
	{"a token beyond ASCII", NULL,
		"[profile A]\n" KEYS "aws_session_token = g\xc3\xa9\n",
		"A key or the token of profile \"A\" holds a space, a line break or "
	"a character that is not ASCII."},
	{"the environment is of no matter",
		"AWS_SECRET_ACCESS_KEY=env\nAWS_ROLE_ARN=env\n"
		"AWS_WEB_IDENTITY_TOKEN_FILE=/env",
		"[profile A]\naws_access_key_id = abc123\n",
		"Profile \"A\" has \"aws_access_key_id\" but not "
	"\"aws_secret_access_key\"."},
	{"nor for a web identity", "AWS_ROLE_ARN=env",
		"[profile A]\nweb_identity_token_file = /var/token.jwt\n",
	"Profile \"A\" has \"web_identity_token_file\" but not \"role_arn\"."},

	/* nothing */
	{"an empty profile", NULL, "[profile A]\n", "absent"},
	{"a profile with a region", NULL, "[profile A]\nregion = eu-west-1\n",
	"absent"},
	{"a source profile without a role", NULL,
		"[profile A]\nsource_profile = B\n[profile B]\n" KEYS,
	"absent"},
	{"a profile that somebody chose and that does not exist", NULL,
	"[profile B]\n" KEYS, "There is no profile \"A\", which AWS_PROFILE names."},

	/* which of many */
	{"a role before keys in the profile that is used", NULL,
		"[profile A]\naws_access_key_id = x\naws_secret_access_key = y\n"
		SOURCE_B "[profile B]\n" KEYS,
	"keys abc123 def456 of=B > role " ROLE_A " of=A"},
	{"keys before a role in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\n" KEYS "role_arn = " ROLE_B "\nsource_profile = C\n"
		"[profile C]\naws_access_key_id = x\naws_secret_access_key = y\n",
	"keys abc123 def456 of=B > role " ROLE_A " of=A"},
	{"half a key pair before a role in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\naws_access_key_id = x\nrole_arn = " ROLE_B "\n"
		"source_profile = B\n",
		"Profile \"B\" has \"aws_access_key_id\" but not "
	"\"aws_secret_access_key\"."},
	{"keys before a credential source in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\n" KEYS "credential_source = Ec2InstanceMetadata\n",
	"keys abc123 def456 of=B > role " ROLE_A " of=A"},
	{"keys before a web identity in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\n" KEYS "web_identity_token_file = /t\n",
	"keys abc123 def456 of=B > role " ROLE_A " of=A"},
	{"a credential source before keys in the profile that is used", NULL,
		"[profile A]\n" KEYS "credential_source = Ec2InstanceMetadata\n",
	"instance of=A"},
	{"a web identity before keys in the profile that is used", NULL,
		"[profile A]\n" KEYS "role_arn = " ROLE_A "\n"
		"web_identity_token_file = /t\n",
	"web /t " ROLE_A " of=A"},
	{"a web identity before a source", NULL,
		"[profile A]\n" SOURCE_B "web_identity_token_file = /t\n",
	"web /t " ROLE_A " of=A"},
	{"a web identity as a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\nrole_arn = " ROLE_B "\nweb_identity_token_file = /t\n",
	"web /t " ROLE_B " of=B > role " ROLE_A " of=A"},
	{"keys before a program", NULL,
		"[profile A]\n" KEYS "credential_process = /bin/true\n",
	"keys abc123 def456 of=A"},
	{"keys before a login", NULL,
		"[profile A]\n" KEYS "sso_session = s\n",
	"keys abc123 def456 of=A"},
	{"both kinds of source", NULL,
		"[profile A]\n" SOURCE_B "credential_source = Environment\n"
		"[profile B]\n" KEYS,
	"Profile \"A\" has both \"source_profile\" and \"credential_source\"."},

	/* credential sources */
	{"the environment", "AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\n"
		"AWS_SESSION_TOKEN=c",
		"[profile A]\nrole_arn = " ROLE_A "\ncredential_source = Environment\n",
	"keys a b token=c > role " ROLE_A " of=A"},
	{"a container", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/c",
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"credential_source = EcsContainer\n",
	"container of=A > role " ROLE_A " of=A"},
	{"an instance", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"credential_source = Ec2InstanceMetadata\nregion = r\n",
	"instance region=r of=A > role " ROLE_A " region=r of=A"},
	{"in another case", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"credential_source = ec2instancemetadata\n",
	"instance of=A > role " ROLE_A " of=A"},
	{"without a role", NULL,
		"[profile A]\ncredential_source = Ec2InstanceMetadata\n",
	"instance of=A"},
	{"in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\ncredential_source = Ec2InstanceMetadata\n",
	"instance of=B > role " ROLE_A " of=A"},
	{"with a role in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\nrole_arn = " ROLE_B "\n"
		"credential_source = Ec2InstanceMetadata\n",
	"instance of=B > role " ROLE_B " of=B > role " ROLE_A " of=A"},
	{"no such source", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\ncredential_source = Elsewhere\n",
		"\"credential_source\" of profile \"A\" must be \"Environment\", "
	"\"EcsContainer\" or \"Ec2InstanceMetadata\"."},
	{"no keys in the environment", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\ncredential_source = Environment\n",
		"Profile \"A\" names a \"credential_source\", but AWS_ACCESS_KEY_ID "
	"and AWS_SECRET_ACCESS_KEY are not set."},
	{"half a key pair in the environment", "AWS_ACCESS_KEY_ID=a",
		"[profile A]\nrole_arn = " ROLE_A "\ncredential_source = Environment\n",
		"Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, only the first is "
	"set."},
	{"no container in the environment", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"credential_source = EcsContainer\n",
		"Profile \"A\" names a \"credential_source\", but neither "
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI nor "
	"AWS_CONTAINER_CREDENTIALS_FULL_URI is set."},
	{"no instance", "AWS_EC2_METADATA_DISABLED=true",
		"[profile A]\nrole_arn = " ROLE_A "\n"
		"credential_source = Ec2InstanceMetadata\n",
		"Profile \"A\" names a \"credential_source\", but the metadata service "
	"is disabled."},

	/* properties of roles */
	{"all of them", NULL,
		"[profile A]\n" SOURCE_B "role_session_name = s\nexternal_id = e\n"
		"duration_seconds = 900\nregion = r\n[profile B]\n" KEYS,
		"keys abc123 def456 of=B > role " ROLE_A
	" session=s external=e duration=900 region=r of=A"},
	{"of a web identity", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nweb_identity_token_file = /t\n"
		"role_session_name = s\nduration_seconds = 43200\nregion = r\n",
	"web /t " ROLE_A " session=s duration=43200 region=r of=A"},
	{"too short", NULL,
		"[profile A]\n" SOURCE_B "duration_seconds = 899\n[profile B]\n" KEYS,
		"\"duration_seconds\" of profile \"A\" must be a whole number from "
	"900 to 43200."},
	{"too long", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nweb_identity_token_file = /t\n"
		"duration_seconds = 43201\n",
		"\"duration_seconds\" of profile \"A\" must be a whole number from "
	"900 to 43200."},
	{"a second factor", NULL,
		"[profile A]\n" SOURCE_B "mfa_serial = m\n[profile B]\n" KEYS,
		"Profile \"A\" has \"mfa_serial\", but a server cannot prompt for a "
	"code."},
	{"a second factor in a source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\nrole_arn = " ROLE_B "\nmfa_serial = m\n"
		"source_profile = C\n[profile C]\n" KEYS,
		"Profile \"B\" has \"mfa_serial\", but a server cannot prompt for a "
	"code."},
	{"a second factor that is not used", NULL,
		"[profile A]\n" KEYS "mfa_serial = m\n",
	"keys abc123 def456 of=A"},

	/* rejected profiles */
	{"a program", NULL, "[profile A]\ncredential_process = /bin/true s3cret\n",
		"Profile \"A\" has \"credential_process\", but a server does not run "
	"commands that a file names."},
	{"IAM Identity Center", NULL, "[profile A]\nsso_session = s\n",
		"Profile \"A\" has \"sso_session\", but IAM Identity Center needs a "
	"person to log in."},
	{"IAM Identity Center, the old way", NULL,
		"[profile A]\nsso_start_url = s\nsso_account_id = 1\n",
		"Profile \"A\" has \"sso_start_url\", but IAM Identity Center needs a "
	"person to log in."},
	{"IAM Identity Center, in part", NULL, "[profile A]\nsso_account_id = 1\n",
		"Profile \"A\" has \"sso_account_id\", but IAM Identity Center needs a "
	"person to log in."},
	{"aws login", NULL, "[profile A]\nlogin_session = s\n",
		"Profile \"A\" has \"login_session\", but \"aws login\" needs a person "
	"to log in."},
	{"a program in a source", NULL,
		"[profile A]\n" SOURCE_B "[profile B]\ncredential_process = x\n",
		"Profile \"B\" has \"credential_process\", but a server does not run "
	"commands that a file names."},

	/* loops, and chains that only look like one */
	{"a profile that is its own source, without keys", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nsource_profile = A\n",
	"Profile \"A\" is a \"source_profile\" but has no credentials."},
	{"a source that is its own source", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\nrole_arn = " ROLE_B "\nsource_profile = B\n",
	"Profile \"B\" is a \"source_profile\" but has no credentials."},
	{"a loop that the profile is not in", NULL,
		"[profile A]\n" SOURCE_B
		"[profile B]\nrole_arn = r\nsource_profile = C\n"
		"[profile C]\nrole_arn = r\nsource_profile = D\n"
		"[profile D]\nrole_arn = r\nsource_profile = B\n",
		"Profiles form a loop by \"source_profile\": "
	"\"B\" > \"C\" > \"D\" > \"B\"."},
	{"back to the profile, which has keys", NULL,
		"[profile A]\n" KEYS SOURCE_B
		"[profile B]\nrole_arn = " ROLE_B "\nsource_profile = A\n",
	"Profiles form a loop by \"source_profile\": \"A\" > \"B\" > \"A\"."},
	{"names that differ by case", NULL,
		"[profile A]\nrole_arn = " ROLE_A "\nsource_profile = a\n"
		"[profile a]\n" KEYS,
	"keys abc123 def456 of=a > role " ROLE_A " of=A"},
};

static void
describe_chain(const GlueConfiguration *configuration, char *text,
			   size_t size, GlueConfigurationError *error)
{
	GlueCredentialPlan plan;

	switch (glue_profile_chain(configuration, &plan, error))
	{
		case GLUE_SOURCE_ABSENT:
			strcpy(text, "absent");
			break;
		case GLUE_SOURCE_INVALID:
			strcpy(text, error->detail);
			break;
		case GLUE_SOURCE_PRESENT:
			describe_plan(&plan, text, size);
			break;
	}
}

static void
run_case(const ChainCase *c)
{
	Configured	made;
	GlueConfigurationError error = {"", ""};
	char		text[2000];

	configure(&made, c->environment, c->config, NULL);
	made.configuration.profile = "A";
	made.configuration.profile_origin = GLUE_PROFILE_BY_ENVIRONMENT;
	describe_chain(&made.configuration, text, sizeof(text), &error);
	is_str(text, c->want, c->name);
	ok(strstr(error.detail, "def") == NULL &&
	   strstr(error.detail, "s3cret") == NULL, "no secret in the error");
	unconfigure(&made);
}

/*
 * The default profile, and the one that a setting names.
 */
static void
test_origins(void)
{
	Configured	made;
	GlueConfigurationError error;
	char		text[2000];

	configure(&made, NULL, "[profile other]\n" KEYS, NULL);
	describe_chain(&made.configuration, text, sizeof(text), &error);
	is_str(text, "absent", "no default profile");
	made.configuration.profiles = NULL;
	describe_chain(&made.configuration, text, sizeof(text), &error);
	is_str(text, "absent", "no files");

	made.configuration.profile_origin = GLUE_PROFILE_BY_SETTING;
	describe_chain(&made.configuration, text, sizeof(text), &error);
	is_str(text, "There is no profile \"default\", which a setting names.",
		   "no files, though a setting names a profile");
	unconfigure(&made);

	configure(&made, NULL, "[default]\nrole_arn = r\nsource_profile = base\n"
			  "[profile base]\nregion = us-east-1\n",
			  "[base]\naws_access_key_id = AKIAFAKE\n"
			  "aws_secret_access_key = FAKE\n");
	describe_chain(&made.configuration, text, sizeof(text), &error);
	is_str(text, "keys AKIAFAKE FAKE region=us-east-1 of=base > "
		   "role r of=default", "a profile that is in both files");
	unconfigure(&made);
}

static void
test_hint(void)
{
	Configured	made;
	GlueConfigurationError error = {"", ""};
	GlueCredentialPlan plan;

	configure(&made, NULL, "[default]\ncredential_process = x\n", NULL);
	is_int(glue_profile_chain(&made.configuration, &plan, &error),
		   GLUE_SOURCE_INVALID, "a program is refused");
	ok(strstr(error.hint, "credential_source") != NULL &&
	   strstr(error.hint, "AWS_CONTAINER_CREDENTIALS_FULL_URI") != NULL,
	   "and the alternatives are named");
	unconfigure(&made);

	configure(&made, NULL, "[default]\nrole_arn = r\nmfa_serial = x\n", NULL);
	glue_profile_chain(&made.configuration, &plan, &error);
	ok(error.hint[0] != '\0', "as it is for a second factor");
	unconfigure(&made);
}

/*
 * Chains of so many roles, each the next one's source, down to keys or, if
 * is_loop, back to the first.
 */
static void
run_long_chain(int nroles, bool is_loop, char *text, size_t size)
{
	Configured	made;
	GlueConfigurationError error;
	char		config[4000] = "";

	for (int i = 0; i < nroles; i++)
		sprintf(config + strlen(config),
				"[profile p%d]\nrole_arn = r%d\nsource_profile = p%d\n",
				i, i, is_loop && i == nroles - 1 ? 0 : i + 1);
	sprintf(config + strlen(config), "[profile p%d]\n" KEYS, nroles);

	configure(&made, "AWS_PROFILE=p0", config, NULL);
	describe_chain(&made.configuration, text, size, &error);
	unconfigure(&made);
}

static void
test_long_chains(void)
{
	char		text[2000];

	run_long_chain(9, false, text, sizeof(text));
	ok(strncmp(text, "keys abc123 def456 of=p9 > role r8 of=p8 > ", 43) == 0 &&
	   strcmp(text + strlen(text) - 15, "> role r0 of=p0") == 0,
	   "as many roles as a plan can have");
	run_long_chain(10, false, text, sizeof(text));
	is_str(text, "Profile \"p0\" leads to more than 9 roles by "
		   "\"source_profile\".", "one more");
	run_long_chain(9, true, text, sizeof(text));
	is_str(text, "Profiles form a loop by \"source_profile\": \"p0\" > "
		   "\"p1\" > \"p2\" > \"p3\" > \"p4\" > \"p5\" > \"p6\" > \"p7\" > "
		   "\"p8\" > \"p0\".", "a loop of as many");
	run_long_chain(10, true, text, sizeof(text));
	is_str(text, "Profile \"p0\" leads to more than 9 roles by "
		   "\"source_profile\".", "a loop that is too long to be found");
}

/*
 * Names so long that an error cannot hold them.
 */
static void
test_long_names(void)
{
	Configured	made;
	GlueConfigurationError error;
	char		config[12000] = "";
	char		text[2000];
	char		name[302];

	memset(name, 'x', 300);
	name[300] = '\0';
	for (int i = 0; i < 9; i++)
		sprintf(config + strlen(config),
				"[profile %s%d]\nrole_arn = r\nsource_profile = %s%d\n",
				name, i, name, (i + 1) % 9);
	configure(&made, NULL, config, NULL);
	strcat(name, "0");
	made.configuration.profile = name;
	describe_chain(&made.configuration, text, sizeof(text), &error);
	ok(strncmp(text, "Profiles form a loop", 20) == 0 &&
	   text[strlen(text) - 1] == '.', "a loop of long names");
	unconfigure(&made);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(shared_cases) / sizeof(ChainCase); i++)
		run_case(&shared_cases[i]);
	for (size_t i = 0; i < sizeof(own_cases) / sizeof(ChainCase); i++)
		run_case(&own_cases[i]);
	test_origins();
	test_hint();
	test_long_chains();
	test_long_names();
	return tap_done();
}

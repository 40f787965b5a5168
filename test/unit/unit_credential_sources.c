/*-------------------------------------------------------------------------
 *
 * unit_credential_sources.c
 *	  Unit test of the sources that the environment configures.
 *
 * The first cases of containers and of the metadata service restate those
 * that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_credential_sources.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/credential_sources.h"

#include "configured.h"
#include "tap.h"

#define RELATIVE	"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
#define FULL		"AWS_CONTAINER_CREDENTIALS_FULL_URI"
#define TOKEN_FILE	"AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
#define TOKEN		"AWS_CONTAINER_AUTHORIZATION_TOKEN"
#define ENDPOINT	"AWS_EC2_METADATA_SERVICE_ENDPOINT"
#define MODE		"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"

/* A configuration, and its result, in the words of describe(). */
typedef struct SourceCase
{
	const char *environment;
	const char *config;
	const char *want;			/* "absent", or why it is invalid */
} SourceCase;

typedef GlueSourceStatus (*Describe) (const GlueConfiguration *configuration,
									  char *text, size_t size,
									  GlueConfigurationError *error);

#define MALFORMED	FULL " must have the form scheme://host[:port][/path][?query]."
#define MALFORMED_RELATIVE \
	RELATIVE " must have the form scheme://host[:port][/path][?query]."
#define NOT_TRUSTED \
	FULL " must use https, unless its host is localhost, 127.x.x.x, [::1], " \
	"169.254.170.2, 169.254.170.23 or [fd00:ec2::23]."

static const SourceCase container_cases[] = {
	{NULL, NULL, "absent"},
	{RELATIVE "=/credentials", NULL, "http://169.254.170.2/credentials"},
	{FULL "=/credentials", NULL, MALFORMED},
	{FULL "=https://mypersonalsite/credentials", NULL,
	"https://mypersonalsite/credentials"},
	{FULL "=https://mypersonalsite:8080/credentials", NULL,
	"https://mypersonalsite:8080/credentials"},
	{FULL "=http://localhost:8080/credentials", NULL,
	"http://localhost:8080/credentials"},
	{FULL "=http://169.254.170.2/credentials", NULL,
	"http://169.254.170.2/credentials"},
	{FULL "=http://169.254.170.23/v1/credentials", NULL,
	"http://169.254.170.23/v1/credentials"},
	{FULL "=http://[fd00:ec2::23]/v1/credentials", NULL,
	"http://[fd00:ec2::23]/v1/credentials"},
	{FULL "=http://localhost:8080/credentials\n" RELATIVE "=/credentials",
	NULL, "http://169.254.170.2/credentials"},
	{RELATIVE "=/credentials?a=1", NULL,
	"http://169.254.170.2/credentials?a=1"},

	/* further cases: hosts */
	{FULL "=http://127.0.0.1/c", NULL, "http://127.0.0.1/c"},
	{FULL "=http://127.1.2.3:80/c", NULL, "http://127.1.2.3:80/c"},
	{FULL "=http://[::1]:8080/c", NULL, "http://[::1]:8080/c"},
	{FULL "=http://LocalHost/c", NULL, "http://LocalHost/c"},
	{FULL "=HTTP://169.254.170.2/c", NULL, "HTTP://169.254.170.2/c"},
	{FULL "=http://[FD00:EC2::23]:81/c", NULL, "http://[FD00:EC2::23]:81/c"},
	{FULL "=http://169.254.170.2?a=b", NULL, "http://169.254.170.2?a=b"},
	{FULL "=http://169.254.170.2", NULL, "http://169.254.170.2"},
	{FULL "=http://169.254.170.2:8080/c", NULL,
	"http://169.254.170.2:8080/c"},
	{FULL "=http://mypersonalsite/c", NULL, NOT_TRUSTED},
	{FULL "=http://169.254.169.254/c", NULL, NOT_TRUSTED},
	{FULL "=http://169.254.170.3/c", NULL, NOT_TRUSTED},
	{FULL "=http://169.254.170.20/c", NULL, NOT_TRUSTED},
	{FULL "=http://169.254.170.2.evil.test/c", NULL, NOT_TRUSTED},
	{FULL "=http://localhost.evil.test/c", NULL, NOT_TRUSTED},
	{FULL "=http://127.0.0.1.evil.test/c", NULL, NOT_TRUSTED},
	{FULL "=http://[fd00:ec2::2]/c", NULL, NOT_TRUSTED},
	{FULL "=http://[fd00:ec2::23:1]/c", NULL, NOT_TRUSTED},
	{FULL "=http://2852039166/c", NULL, NOT_TRUSTED},
	{FULL "=http://0x7f000001/c", NULL, NOT_TRUSTED},

	/* URLs that could be read in two ways */
	{FULL "=http://169.254.170.2@evil.test/c", NULL, MALFORMED},
	{FULL "=http://evil.test\\@169.254.170.2/c", NULL, MALFORMED},
	{FULL "=http://evil.test#@169.254.170.2/c", NULL, MALFORMED},
	{FULL "=https://user:word@site/c", NULL, MALFORMED},
	{FULL "=ftp://localhost/c", NULL, MALFORMED},
	{FULL "=localhost/c", NULL, MALFORMED},
	{FULL "=http://", NULL, MALFORMED},
	{FULL "=http://localhost/c d", NULL, MALFORMED},
	{FULL "=http://localhost/c?d e", NULL, MALFORMED},
	{FULL "=http://localhost/c?d\x01", NULL, MALFORMED},
	{FULL "=http://localhost/c?d\xc3\xa9", NULL, MALFORMED},
	{FULL "=http://localhost/c?d\x7f", NULL, MALFORMED},
	{FULL "=http://localhost/c?d#e", NULL, MALFORMED},
	{FULL "=http://localhost/c\r", NULL, MALFORMED},
	{FULL "=http://localhost:0/c", NULL, MALFORMED},
	{RELATIVE "=@evil.test/c", NULL, RELATIVE " must begin with \"/\"."},
	{RELATIVE "=.evil.test/c", NULL, RELATIVE " must begin with \"/\"."},
	{RELATIVE "=:80/c", NULL, RELATIVE " must begin with \"/\"."},
	{RELATIVE "=/c d", NULL, MALFORMED_RELATIVE},
	{RELATIVE "=/c#d", NULL, MALFORMED_RELATIVE},

	/* blank is not set; a wrong one does not matter if it is not used */
	{RELATIVE "= \n" FULL "=", NULL, "absent"},
	{RELATIVE "=\n" FULL "=https://site/c", NULL, "https://site/c"},
	{RELATIVE "=/c\n" FULL "=nonsense", NULL, "http://169.254.170.2/c"},

	/* tokens */
	{RELATIVE "=/c\n" TOKEN_FILE "=/token\n" TOKEN "=abc", NULL,
	"http://169.254.170.2/c file /token"},
	{RELATIVE "=/c\n" TOKEN "=abc", NULL, "http://169.254.170.2/c token abc"},
	{RELATIVE "=/c\n" TOKEN_FILE "=\n" TOKEN "=abc", NULL,
	"http://169.254.170.2/c token abc"},
	{TOKEN "=abc\n" TOKEN_FILE "=/token", NULL, "absent"},
};

#define DEFAULTS	" 1000 ms 3 attempts"
#define WRONG_MODE	" must be \"IPv4\" or \"IPv6\"."
#define WRONG_URL	" must have the form scheme://host[:port][/path]."
#define OF_DEFAULT	" of profile \"default\""

static const SourceCase instance_cases[] = {
	{NULL, NULL, "http://169.254.169.254" DEFAULTS},
	{ENDPOINT "=http://override:456", NULL, "http://override:456" DEFAULTS},
	{NULL, "[default]\nec2_metadata_service_endpoint = http://override:456",
	"http://override:456" DEFAULTS},
	{ENDPOINT "=http://override:456",
		"[default]\nec2_metadata_service_endpoint = http://wrong:456",
	"http://override:456" DEFAULTS},
	{MODE "=error", NULL, MODE WRONG_MODE},
	{MODE "=IPv4", NULL, "http://169.254.169.254" DEFAULTS},
	{MODE "=IPv6", NULL, "http://[fd00:ec2::254]" DEFAULTS},
	{MODE "=ipV6", NULL, "http://[fd00:ec2::254]" DEFAULTS},
	{NULL, "[default]\nec2_metadata_service_endpoint_mode = IPv6",
	"http://[fd00:ec2::254]" DEFAULTS},
	{NULL, "[default]\nec2_metadata_service_endpoint_mode = IPv7",
	"\"ec2_metadata_service_endpoint_mode\"" OF_DEFAULT WRONG_MODE},
	{ENDPOINT "=https://custom",
		"[default]\nec2_metadata_service_endpoint_mode = IPv6",
	"https://custom" DEFAULTS},
	{MODE "=IPv6", "[default]\nec2_metadata_service_endpoint_mode = IPv4",
	"http://[fd00:ec2::254]" DEFAULTS},
	{ENDPOINT "=not a uri", NULL, ENDPOINT WRONG_URL},
	{ENDPOINT "=http://169.254.169.200\n" MODE "=IPv6", NULL,
	"http://169.254.169.200" DEFAULTS},

	/* further cases */
	{MODE "=ipv4", NULL, "http://169.254.169.254" DEFAULTS},
	{MODE "=IPv", NULL, MODE WRONG_MODE},
	{MODE "=IPv44", NULL, MODE WRONG_MODE},
	{MODE "=IPv66", NULL, MODE WRONG_MODE},
	{ENDPOINT "=http://override/", NULL, "http://override" DEFAULTS},
	{ENDPOINT "=http://override/base//", NULL,
	"http://override/base" DEFAULTS},
	{ENDPOINT "=http://override\n" MODE "=error", NULL,
	"http://override" DEFAULTS},
	{ENDPOINT "=http://user@override", NULL, ENDPOINT WRONG_URL},
	{ENDPOINT "=http://override/?x", NULL, ENDPOINT WRONG_URL},
	{ENDPOINT "=override:456", NULL, ENDPOINT WRONG_URL},
	{NULL, "[default]\nec2_metadata_service_endpoint = x",
	"\"ec2_metadata_service_endpoint\"" OF_DEFAULT WRONG_URL},

	/* switched off */
	{"AWS_EC2_METADATA_DISABLED=True", NULL, "absent"},
	{"AWS_EC2_METADATA_DISABLED=true\n" MODE "=error", NULL, "absent"},
	{"AWS_EC2_METADATA_DISABLED=false", NULL,
	"http://169.254.169.254" DEFAULTS},
	{"AWS_EC2_METADATA_DISABLED=1", NULL,
	"AWS_EC2_METADATA_DISABLED must be \"true\" or \"false\"."},
	{NULL, "[default]\ndisable_ec2_metadata = true", "absent"},
	{"AWS_EC2_METADATA_DISABLED=false",
		"[default]\ndisable_ec2_metadata = true",
	"http://169.254.169.254" DEFAULTS},

	/* timeouts and attempts */
	{"AWS_METADATA_SERVICE_TIMEOUT=5\nAWS_METADATA_SERVICE_NUM_ATTEMPTS=2",
	NULL, "http://169.254.169.254 5000 ms 2 attempts"},
	{NULL, "[default]\nmetadata_service_timeout = 60\n"
		"metadata_service_num_attempts = 20",
	"http://169.254.169.254 60000 ms 20 attempts"},
	{"AWS_METADATA_SERVICE_TIMEOUT=1\nAWS_METADATA_SERVICE_NUM_ATTEMPTS=1",
		"[default]\nmetadata_service_timeout = 7\n"
		"metadata_service_num_attempts = 7",
	"http://169.254.169.254 1000 ms 1 attempts"},
	{"AWS_METADATA_SERVICE_TIMEOUT=0", NULL,
	"AWS_METADATA_SERVICE_TIMEOUT must be a whole number from 1 to 60."},
	{"AWS_METADATA_SERVICE_TIMEOUT=61", NULL,
	"AWS_METADATA_SERVICE_TIMEOUT must be a whole number from 1 to 60."},
	{"AWS_METADATA_SERVICE_TIMEOUT=1.5", NULL,
	"AWS_METADATA_SERVICE_TIMEOUT must be a whole number from 1 to 60."},
	{"AWS_METADATA_SERVICE_NUM_ATTEMPTS=many", NULL,
		"AWS_METADATA_SERVICE_NUM_ATTEMPTS must be a whole number from 1 to "
	"20."},
	{NULL, "[default]\nmetadata_service_num_attempts = 21",
		"\"metadata_service_num_attempts\"" OF_DEFAULT
	" must be a whole number from 1 to 20."},
};

#define NOT_A_HEADER \
	"AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or AWS_SESSION_TOKEN holds a " \
	"space, a line break or a character that is not ASCII."

static const SourceCase environment_cases[] = {
	{NULL, NULL, "absent"},
	{"AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b", NULL, "a b (none)"},
	{"AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nAWS_SESSION_TOKEN=c",
	NULL, "a b c"},
	{"AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nAWS_SESSION_TOKEN=",
	NULL, "a b (none)"},
	{"AWS_ACCESS_KEY_ID= \nAWS_SECRET_ACCESS_KEY= ", NULL, "absent"},
	{"AWS_SESSION_TOKEN=c", NULL, "absent"},
	{"AWS_ACCESS_KEY_ID=a", NULL,
	"Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, only the first is set."},
	{"AWS_SECRET_ACCESS_KEY=b\nAWS_ACCESS_KEY_ID=", NULL,
	"Of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, only the second is set."},
	{"AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b c", NULL, NOT_A_HEADER},
	{"AWS_ACCESS_KEY_ID=a\r\nAWS_SECRET_ACCESS_KEY=b", NULL, NOT_A_HEADER},
	{"AWS_ACCESS_KEY_ID=a\nAWS_SECRET_ACCESS_KEY=b\nAWS_SESSION_TOKEN=\xc3\xa9",
	NULL, NOT_A_HEADER},
};

static const SourceCase web_identity_cases[] = {
	{NULL, NULL, "absent"},
	{"AWS_WEB_IDENTITY_TOKEN_FILE=/token.jwt\n"
		"AWS_ROLE_ARN=arn:aws:iam::123456789012:role/test-role\n"
		"AWS_ROLE_SESSION_NAME=test-session", NULL,
		"/token.jwt arn:aws:iam::123456789012:role/test-role test-session",
	},
	{"AWS_WEB_IDENTITY_TOKEN_FILE=/t\nAWS_ROLE_ARN=r", NULL, "/t r (none)"},
	{"AWS_WEB_IDENTITY_TOKEN_FILE=/t", NULL,
	"AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not."},
	{"AWS_WEB_IDENTITY_TOKEN_FILE=/t\nAWS_ROLE_ARN= ", "[default]\nrole_arn=r",
	"AWS_WEB_IDENTITY_TOKEN_FILE is set but AWS_ROLE_ARN is not."},
	{"AWS_ROLE_ARN=r\nAWS_ROLE_SESSION_NAME=s", NULL, "absent"},
};

static const char *
or_none(const char *text)
{
	return text ? text : "(none)";
}

static GlueSourceStatus
describe_container(const GlueConfiguration *configuration, char *text,
				   size_t size, GlueConfigurationError *error)
{
	GlueContainerSource container;
	GlueSourceStatus status = glue_container_source(configuration, &container,
													error);

	if (status == GLUE_SOURCE_PRESENT)
		snprintf(text, size, "%s%s%s%s%s", container.url,
				 container.token_file ? " file " : "",
				 container.token_file ? container.token_file : "",
				 container.token ? " token " : "",
				 container.token ? container.token : "");
	return status;
}

static GlueSourceStatus
describe_instance(const GlueConfiguration *configuration, char *text,
				  size_t size, GlueConfigurationError *error)
{
	GlueInstanceSource instance;
	GlueSourceStatus status = glue_instance_source(configuration, &instance,
												   error);

	if (status == GLUE_SOURCE_PRESENT)
		snprintf(text, size, "%s %d ms %d attempts", instance.endpoint,
				 instance.timeout_ms, instance.max_attempts);
	return status;
}

static GlueSourceStatus
describe_environment(const GlueConfiguration *configuration, char *text,
					 size_t size, GlueConfigurationError *error)
{
	GlueCredentialStep step = {GLUE_CREDENTIAL_STEP_KEYS};
	GlueSourceStatus status = glue_source_step(configuration, &step, error);

	if (status == GLUE_SOURCE_PRESENT)
		snprintf(text, size, "%s %s %s", step.keys.access_key_id,
				 step.keys.secret_access_key,
				 or_none(step.keys.session_token));
	return status;
}

static GlueSourceStatus
describe_web_identity(const GlueConfiguration *configuration, char *text,
					  size_t size, GlueConfigurationError *error)
{
	GlueCredentialStep step = {GLUE_CREDENTIAL_STEP_WEB_IDENTITY};
	GlueSourceStatus status = glue_source_step(configuration, &step, error);

	if (status == GLUE_SOURCE_PRESENT)
		snprintf(text, size, "%s %s %s", step.token_file, step.role_arn,
				 or_none(step.role_session_name));
	return status;
}

static void
run_cases(const char *name, const SourceCase *cases, size_t ncases,
		  Describe describe)
{
	for (size_t i = 0; i < ncases; i++)
	{
		Configured	made;
		GlueConfigurationError error = {"", ""};
		char		text[3000] = "";

		configure(&made, cases[i].environment, cases[i].config, NULL);
		switch (describe(&made.configuration, text, sizeof(text), &error))
		{
			case GLUE_SOURCE_ABSENT:
				strcpy(text, "absent");
				break;
			case GLUE_SOURCE_INVALID:
				strcpy(text, error.detail);
				break;
			case GLUE_SOURCE_PRESENT:
				break;
		}
		is_str(text, cases[i].want, name);
		unconfigure(&made);
	}
}

/*
 * URLs of every length up to and beyond the limit.
 */
static void
test_long_urls(void)
{
	char		environment[3000];
	int			accepted = 0;
	bool		sane = true;

	for (int len = 400; len < 2500; len++)
	{
		Configured	made;
		GlueContainerSource container;
		GlueConfigurationError error;
		int			used = sprintf(environment, RELATIVE "=/");

		memset(environment + used, len % 2 ? 'x' : '?', len);
		environment[used + len] = '\0';
		configure(&made, environment, NULL, NULL);
		switch (glue_container_source(&made.configuration, &container,
									  &error))
		{
			case GLUE_SOURCE_PRESENT:
				accepted++;
				sane = sane && strlen(container.url) ==
					strlen("http://169.254.170.2/") + len;
				break;
			default:
				sane = sane && strncmp(error.detail, RELATIVE,
									   strlen(RELATIVE)) == 0;
		}
		unconfigure(&made);
	}
	ok(sane, "a URL of any length is taken whole or refused");
	/* a path must be below 511 with the host, a query fit the buffer */
	is_int(accepted, 45 + 814, "how many of them are taken");
}

static void
test_role_names(void)
{
	static const struct
	{
		const char *body;
		const char *want;		/* NULL if it is refused */
	}			cases[] = {
		{"my-role", "my-role"},
		{"my-role\n", "my-role"},
		{"my-role\r\n", "my-role"},
		{"first\nsecond", "first"},
		{"A_z09+=,.@-", "A_z09+=,.@-"},
		{"...", "..."},
		{"", NULL},
		{"\n", NULL},
		{".", NULL},
		{"..", NULL},
		{"..\n", NULL},
		{"a/b", NULL},
		{"a b", NULL},
		{"a?b", NULL},
		{"a%2fb", NULL},
		{" a", NULL},
		{"<html>", NULL},
		{"r\xc3\xb4le", NULL},
		{"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg",
		"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg"},
		{"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffggggg",
		NULL},
	};
	char		name[GLUE_ROLE_NAME_SIZE];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		size_t		len = strlen(cases[i].body);
		char	   *body = malloc(len > 0 ? len : 1);
		bool		done;

		memcpy(body, cases[i].body, len);
		done = glue_instance_role_name(body, len, name);
		is_str(done ? name : NULL, cases[i].want, "a role's name");
		free(body);
	}
	ok(!glue_instance_role_name("a\0b", 3, name), "a role's name with a NUL");
}

static void
test_tokens(void)
{
	static const struct
	{
		const char *text;
		int			len;		/* of the rest */
		const char *want;
	}			cases[] = {
		{"abc", 3, NULL},
		{"Basic abc=", 10, NULL},
		{"abc\n", 3, NULL},
		{"abc\r\n", 3, NULL},
		{"abc\r", 3, NULL},
		{"", 0, "is empty"},
		{"\n", 0, "is empty"},
		{"\r\n", 0, "is empty"},
		{"abc\n\n", 4, "has a line break inside"},
		{"abc\r\r\n", 4, "has a line break inside"},
		{"\nabc", 4, "has a line break inside"},
		{"abc\nX-Evil: 1", 13, "has a line break inside"},
		{"abc\rX-Evil: 1", 13, "has a line break inside"},
		{"abc\tdef", 7, "has a character that is not printable ASCII"},
		{"abc\x7f", 4, "has a character that is not printable ASCII"},
		{"\xc3\xa9", 2, "has a character that is not printable ASCII"},
	};
	static char text[GLUE_TOKEN_MAX_LEN + 2];
	size_t		len;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		len = strlen(cases[i].text);
		is_str(glue_token_problem(cases[i].text, &len), cases[i].want,
			   "a token");
		is_int((long long) len, cases[i].len, "its length");
	}

	memset(text, 'x', sizeof(text));
	len = GLUE_TOKEN_MAX_LEN;
	is_str(glue_token_problem(text, &len), NULL, "the longest token");
	len++;
	is_str(glue_token_problem(text, &len), "is too long", "one longer");
	text[GLUE_TOKEN_MAX_LEN] = '\n';
	is_str(glue_token_problem(text, &len), NULL, "the longest and a line end");
	len = 3;
	is_str(glue_token_problem("a\0b", &len),
		   "has a character that is not printable ASCII", "a NUL");
}

#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))

int
main(void)
{
	run_cases("container", container_cases, COUNT(container_cases),
			  describe_container);
	run_cases("instance", instance_cases, COUNT(instance_cases),
			  describe_instance);
	run_cases("environment", environment_cases, COUNT(environment_cases),
			  describe_environment);
	run_cases("web identity", web_identity_cases, COUNT(web_identity_cases),
			  describe_web_identity);
	test_long_urls();
	test_role_names();
	test_tokens();
	return tap_done();
}

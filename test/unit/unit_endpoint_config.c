/*-------------------------------------------------------------------------
 *
 * unit_endpoint_config.c
 *	  Unit test of the configuration of endpoints.
 *
 * The first cases restate those that AWS's SDKs share.
 *
 * IDENTIFICATION
 *	  test/unit/unit_endpoint_config.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/endpoint_config.h"

#include "configured.h"
#include "tap.h"

#define GENERAL_ENV		"AWS_ENDPOINT_URL=https://general.env.test"
#define GLUE_ENV		"AWS_ENDPOINT_URL_GLUE=https://glue.env.test"
#define STS_ENV			"AWS_ENDPOINT_URL_STS=https://sts.env.test"
#define GENERAL_FILE	"[default]\nendpoint_url = https://general.file.test\n"
#define BOTH_FILE \
	GENERAL_FILE "services = s\n[services s]\n" \
	"glue =\n  endpoint_url = https://glue.file.test\n"
#define IGNORING_FILE \
	GENERAL_FILE "services = s\nignore_configured_endpoint_urls = true\n" \
	"[services s]\nglue =\n  endpoint_url = https://glue.file.test\n"
#define SETTING			"https://setting.test"

typedef struct EndpointCase
{
	const char *name;
	const char *service;
	const char *environment;
	const char *config;
	const char *setting;
	const char *want;			/* NULL if there is none */
	const char *origin;
} EndpointCase;

static const EndpointCase shared_cases[] = {
	{"general in the file", "glue", NULL, GENERAL_FILE, NULL,
	"https://general.file.test", "\"endpoint_url\" of profile \"default\""},
	{"the service's in the file before that", "glue", NULL, BOTH_FILE, NULL,
		"https://glue.file.test",
	"\"endpoint_url\" of \"glue\" in section \"services s\""},
	{"general in the environment before general in the file", "glue",
		GENERAL_ENV, GENERAL_FILE, NULL, "https://general.env.test",
	"AWS_ENDPOINT_URL"},
	{"general in the environment before the service's in the file", "glue",
		GENERAL_ENV, BOTH_FILE, NULL, "https://general.env.test",
	"AWS_ENDPOINT_URL"},
	{"the service's in the environment before general in the file", "glue",
		GLUE_ENV, GENERAL_FILE, NULL, "https://glue.env.test",
	"AWS_ENDPOINT_URL_GLUE"},
	{"the service's in the environment before both in the file", "glue",
		GLUE_ENV, BOTH_FILE, NULL, "https://glue.env.test",
	"AWS_ENDPOINT_URL_GLUE"},
	{"before general in environment and file", "glue",
		GENERAL_ENV "\n" GLUE_ENV, GENERAL_FILE, NULL,
	"https://glue.env.test", "AWS_ENDPOINT_URL_GLUE"},
	{"before all three others", "glue",
		GENERAL_ENV "\n" GLUE_ENV, BOTH_FILE, NULL,
	"https://glue.env.test", "AWS_ENDPOINT_URL_GLUE"},
	{"a setting before general in the file", "glue", NULL, GENERAL_FILE,
	SETTING, SETTING, ""},
	{"before both in the file", "glue", NULL, BOTH_FILE, SETTING, SETTING, ""},
	{"before general in environment and file", "glue",
	GENERAL_ENV, GENERAL_FILE, SETTING, SETTING, ""},
	{"before general in the environment and both in the file", "glue",
	GENERAL_ENV, BOTH_FILE, SETTING, SETTING, ""},
	{"before the service's in the environment and general in the file",
	"glue", GLUE_ENV, GENERAL_FILE, SETTING, SETTING, ""},
	{"before the service's in the environment and both in the file", "glue",
	GLUE_ENV, BOTH_FILE, SETTING, SETTING, ""},
	{"before both in the environment and general in the file", "glue",
	GENERAL_ENV "\n" GLUE_ENV, GENERAL_FILE, SETTING, SETTING, ""},
	{"before all four", "glue",
	GENERAL_ENV "\n" GLUE_ENV, BOTH_FILE, SETTING, SETTING, ""},
	{"all ignored by the profile", "glue",
	GENERAL_ENV "\n" GLUE_ENV, IGNORING_FILE, NULL, NULL, ""},
	{"but not the setting", "glue",
	GENERAL_ENV "\n" GLUE_ENV, IGNORING_FILE, SETTING, SETTING, ""},
	{"nor if the environment ignores them", "glue",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true\n"
	GENERAL_ENV "\n" GLUE_ENV, BOTH_FILE, SETTING, SETTING, ""},
	{"another service's variable", "dynamodb",
		"AWS_ENDPOINT_URL_DYNAMODB=https://dynamodb.env.test\n" GLUE_ENV,
		"[default]\n", NULL, "https://dynamodb.env.test",
	"AWS_ENDPOINT_URL_DYNAMODB"},

	/* the endpoint of AWS STS, when a profile's role is assumed */
	{"general in the environment is for STS too", "sts",
		"AWS_ENDPOINT_URL=http://aws.global-env-override",
		"[default]\nregion = us-east-1\n", NULL,
	"http://aws.global-env-override", "AWS_ENDPOINT_URL"},
	{"the variable of STS", "sts",
		"AWS_ENDPOINT_URL_STS=http://aws.sts-env-override",
		"[default]\nregion = us-east-1\n", NULL,
	"http://aws.sts-env-override", "AWS_ENDPOINT_URL_STS"},
};

/* Further cases. */
static const EndpointCase own_cases[] = {
	{"nothing is configured", "glue", NULL, NULL, NULL, NULL, NULL},
	{"all ignored by the environment", "glue",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=True\n"
	GENERAL_ENV "\n" GLUE_ENV, BOTH_FILE, NULL, NULL, ""},
	{"the environment overrules the profile that ignores", "glue",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false\n" GLUE_ENV,
	IGNORING_FILE, NULL, "https://glue.env.test", "AWS_ENDPOINT_URL_GLUE"},
	{"the variable of STS is not for Glue", "glue", STS_ENV, NULL, NULL,
	NULL, NULL},
	{"the variable of Glue is not for STS", "sts", GLUE_ENV, NULL, NULL,
	NULL, NULL},
	{"the section says nothing about STS", "sts", NULL, BOTH_FILE, NULL,
	"https://general.file.test", "\"endpoint_url\" of profile \"default\""},
	{"the section has an empty URL", "glue", NULL,
		GENERAL_FILE "services = s\n[services s]\nglue =\n  endpoint_url =\n",
	NULL, "https://general.file.test", NULL},
	{"the section has another property", "glue", NULL,
		"[default]\nservices = s\n[services s]\nglue =\n  other = x\n",
	NULL, NULL, NULL},
	{"the section has no nested properties", "glue", NULL,
		"[default]\nservices = s\n[services s]\nglue = x\n",
	NULL, NULL, NULL},
	{"another profile's", "glue", "AWS_PROFILE=other",
		GENERAL_FILE "[profile other]\nregion = x\n",
	NULL, NULL, NULL},
	{"the profile that is used", "glue", "AWS_PROFILE=other",
		GENERAL_FILE "[profile other]\nendpoint_url = https://other.test\n",
	NULL, "https://other.test", "\"endpoint_url\" of profile \"other\""},
	{"blank variables", "glue",
		"AWS_ENDPOINT_URL= \nAWS_ENDPOINT_URL_GLUE=\n"
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=", GENERAL_FILE, NULL,
	"https://general.file.test", NULL},
	{"an empty setting", "glue", GLUE_ENV, NULL, "",
	"https://glue.env.test", "AWS_ENDPOINT_URL_GLUE"},
};

static void
run_case(const EndpointCase *c)
{
	Configured	made;
	GlueConfigurationError error;
	GlueConfiguredValue url;
	bool		done;

	configure(&made, c->environment, c->config, NULL);
	done = glue_configured_endpoint(&made.configuration, c->service,
									c->setting, &url, &error);
	ok(done, c->name);
	is_str(done ? url.value : "(refused)", c->want, c->name);
	if (c->origin != NULL)
		is_str(url.origin, c->origin, "the source of the setting");
	unconfigure(&made);
}

static void
is_refused(const char *environment, const char *config, const char *detail)
{
	Configured	made;
	GlueConfigurationError error = {""};
	GlueConfiguredValue url;

	configure(&made, environment, config, NULL);
	ok(!glue_configured_endpoint(&made.configuration, "glue", NULL, &url,
								 &error), "refused");
	is_str(error.detail, detail, "why");
	ok(glue_configured_endpoint(&made.configuration, "glue", SETTING, &url,
								&error), "but of no matter with a setting");
	unconfigure(&made);
}

static void
test_flags(void)
{
	static const struct
	{
		const char *environment;
		const char *config;
		const char *want;		/* or why it is refused */
	}			cases[] = {
		{NULL, NULL, ""},
		{"AWS_USE_FIPS_ENDPOINT=true", NULL, "fips "},
		{"AWS_USE_DUALSTACK_ENDPOINT=true", NULL, "dualstack"},
		{NULL, "[default]\nuse_fips_endpoint = true", "fips "},
		{NULL, "[default]\nuse_dualstack_endpoint = true", "dualstack"},
		{"AWS_USE_FIPS_ENDPOINT=true\nAWS_USE_DUALSTACK_ENDPOINT=true", NULL,
		"fips dualstack"},
		{"AWS_USE_FIPS_ENDPOINT=false", "[default]\nuse_fips_endpoint = true",
		""},
		{"AWS_USE_FIPS_ENDPOINT=1", NULL,
		"AWS_USE_FIPS_ENDPOINT must be \"true\" or \"false\"."},
		{"AWS_USE_DUALSTACK_ENDPOINT=maybe", NULL,
		"AWS_USE_DUALSTACK_ENDPOINT must be \"true\" or \"false\"."},
		{NULL, "[default]\nuse_dualstack_endpoint = on",
			"\"use_dualstack_endpoint\" of profile \"default\" must be "
		"\"true\" or \"false\"."},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		Configured	made;
		GlueConfigurationError error;
		GlueEndpointFlags flags;
		char		got[32];
		bool		done;

		configure(&made, cases[i].environment, cases[i].config, NULL);
		done = glue_configured_endpoint_flags(&made.configuration, &flags,
											  &error);
		if (done)
			snprintf(got, sizeof(got), "%s%s", flags.use_fips ? "fips " : "",
					 flags.use_dualstack ? "dualstack" : "");
		is_str(done ? got : error.detail, cases[i].want, "switches");
		unconfigure(&made);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(shared_cases) / sizeof(EndpointCase); i++)
		run_case(&shared_cases[i]);
	for (size_t i = 0; i < sizeof(own_cases) / sizeof(EndpointCase); i++)
		run_case(&own_cases[i]);
	is_refused("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=1", NULL,
			   "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS must be \"true\" or "
			   "\"false\".");
	is_refused(NULL, "[default]\nservices = nowhere\nendpoint_url = x",
			   "Profile \"default\" names a section \"services nowhere\" that "
			   "does not exist.");
	test_flags();
	return tap_done();
}

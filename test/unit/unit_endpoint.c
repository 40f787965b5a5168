/*-------------------------------------------------------------------------
 *
 * unit_endpoint.c
 *	  Unit test of endpoint resolution.
 *
 * The first table restates the cases that AWS publishes with the endpoint
 * rules of Glue.
 *
 * IDENTIFICATION
 *	  test/unit/unit_endpoint.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/endpoint.h"

#include <stdio.h>
#include <string.h>

#include "tap.h"

typedef struct RegionCase
{
	const char *region;
	bool		use_fips;
	bool		use_dualstack;
	const char *host;
} RegionCase;

static const RegionCase region_cases[] = {
	{"af-south-1", false, false, "glue.af-south-1.amazonaws.com"},
	{"ap-east-1", false, false, "glue.ap-east-1.amazonaws.com"},
	{"ap-northeast-1", false, false, "glue.ap-northeast-1.amazonaws.com"},
	{"ap-northeast-2", false, false, "glue.ap-northeast-2.amazonaws.com"},
	{"ap-northeast-3", false, false, "glue.ap-northeast-3.amazonaws.com"},
	{"ap-south-1", false, false, "glue.ap-south-1.amazonaws.com"},
	{"ap-southeast-1", false, false, "glue.ap-southeast-1.amazonaws.com"},
	{"ap-southeast-2", false, false, "glue.ap-southeast-2.amazonaws.com"},
	{"ca-central-1", false, false, "glue.ca-central-1.amazonaws.com"},
	{"eu-central-1", false, false, "glue.eu-central-1.amazonaws.com"},
	{"eu-north-1", false, false, "glue.eu-north-1.amazonaws.com"},
	{"eu-south-1", false, false, "glue.eu-south-1.amazonaws.com"},
	{"eu-west-1", false, false, "glue.eu-west-1.amazonaws.com"},
	{"eu-west-2", false, false, "glue.eu-west-2.amazonaws.com"},
	{"eu-west-3", false, false, "glue.eu-west-3.amazonaws.com"},
	{"me-south-1", false, false, "glue.me-south-1.amazonaws.com"},
	{"sa-east-1", false, false, "glue.sa-east-1.amazonaws.com"},
	{"us-east-1", false, false, "glue.us-east-1.amazonaws.com"},
	{"us-east-1", true, false, "glue-fips.us-east-1.amazonaws.com"},
	{"us-east-2", false, false, "glue.us-east-2.amazonaws.com"},
	{"us-east-2", true, false, "glue-fips.us-east-2.amazonaws.com"},
	{"us-west-1", false, false, "glue.us-west-1.amazonaws.com"},
	{"us-west-1", true, false, "glue-fips.us-west-1.amazonaws.com"},
	{"us-west-2", false, false, "glue.us-west-2.amazonaws.com"},
	{"us-west-2", true, false, "glue-fips.us-west-2.amazonaws.com"},
	{"us-east-1", true, true, "glue-fips.us-east-1.api.aws"},
	{"us-east-1", false, true, "glue.us-east-1.api.aws"},
	{"cn-north-1", false, false, "glue.cn-north-1.amazonaws.com.cn"},
	{"cn-northwest-1", false, false, "glue.cn-northwest-1.amazonaws.com.cn"},
	{"cn-north-1", true, true,
	"glue-fips.cn-north-1.api.amazonwebservices.com.cn"},
	{"cn-north-1", true, false, "glue-fips.cn-north-1.amazonaws.com.cn"},
	{"cn-north-1", false, true,
	"glue.cn-north-1.api.amazonwebservices.com.cn"},
	{"us-gov-east-1", false, false, "glue.us-gov-east-1.amazonaws.com"},
	{"us-gov-east-1", true, false, "glue-fips.us-gov-east-1.amazonaws.com"},
	{"us-gov-west-1", false, false, "glue.us-gov-west-1.amazonaws.com"},
	{"us-gov-west-1", true, false, "glue-fips.us-gov-west-1.amazonaws.com"},
	{"us-gov-east-1", true, true, "glue-fips.us-gov-east-1.api.aws"},
	{"us-gov-east-1", false, true, "glue.us-gov-east-1.api.aws"},
	{"us-iso-east-1", true, false, "glue-fips.us-iso-east-1.c2s.ic.gov"},
	{"us-iso-east-1", false, false, "glue.us-iso-east-1.c2s.ic.gov"},
	{"us-isob-east-1", true, false, "glue-fips.us-isob-east-1.sc2s.sgov.gov"},
	{"us-isob-east-1", false, false, "glue.us-isob-east-1.sc2s.sgov.gov"},

	/* partitions and combinations that AWS's cases leave out */
	{"cn-northwest-1", true, false, "glue-fips.cn-northwest-1.amazonaws.com.cn"},
	{"us-iso-west-1", false, true, "glue.us-iso-west-1.api.aws.ic.gov"},
	{"us-isob-east-1", true, true, "glue-fips.us-isob-east-1.api.aws.scloud"},
	{"eu-isoe-west-1", false, false, "glue.eu-isoe-west-1.cloud.adc-e.uk"},
	{"eu-isoe-west-1", false, true,
	"glue.eu-isoe-west-1.api.cloud-aws.adc-e.uk"},
	{"us-isof-south-1", false, false, "glue.us-isof-south-1.csp.hci.ic.gov"},
	{"us-isof-east-1", false, true, "glue.us-isof-east-1.api.aws.hci.ic.gov"},
	{"eusc-de-east-1", false, false, "glue.eusc-de-east-1.amazonaws.eu"},
	{"eusc-de-east-1", true, true,
	"glue-fips.eusc-de-east-1.api.amazonwebservices.eu"},
	{"af-south-1", false, false, "glue.af-south-1.amazonaws.com"},
	{"il-central-1", false, false, "glue.il-central-1.amazonaws.com"},
	{"mx-central-1", false, true, "glue.mx-central-1.api.aws"},

	/* regions that are not known yet */
	{"ap-nowhere-17", false, false, "glue.ap-nowhere-17.amazonaws.com"},
	{"fake-region-10", false, false, "glue.fake-region-10.amazonaws.com"},
	{"cn-nowhere-2", false, false, "glue.cn-nowhere-2.amazonaws.com.cn"},
};

static GlueEndpointStatus
resolve(const char *service, const char *region, const char *url,
		bool use_fips, bool use_dualstack, GlueEndpoint *endpoint)
{
	GlueEndpointOptions options = {
		.service = service,
		.region = region,
		.endpoint_url = url,
		.use_fips = use_fips,
		.use_dualstack = use_dualstack
	};

	return glue_endpoint_resolve(&options, endpoint);
}

static void
test_regions(void)
{
	for (size_t i = 0; i < sizeof(region_cases) / sizeof(region_cases[0]); i++)
	{
		const RegionCase *c = &region_cases[i];
		GlueEndpoint endpoint;
		char		url[GLUE_ENDPOINT_MAX_LEN + 1];

		is_int(resolve("glue", c->region, NULL, c->use_fips,
					   c->use_dualstack, &endpoint),
			   GLUE_ENDPOINT_OK, c->region);
		is_str(endpoint.host, c->host, "its host");
		snprintf(url, sizeof(url), "https://%s/", c->host);
		is_str(endpoint.url, url, "its URL");
		is_str(endpoint.path, "/", "its path");
		is_str(endpoint.region, c->region, "the region to sign for");
		ok(endpoint.https, "is encrypted");
	}
}

static void
test_services(void)
{
	GlueEndpoint endpoint;

	resolve("sts", "eu-west-1", "", false, false, &endpoint);
	is_str(endpoint.host, "sts.eu-west-1.amazonaws.com", "AWS STS");
	resolve("sts", "us-gov-west-1", NULL, true, true, &endpoint);
	is_str(endpoint.host, "sts-fips.us-gov-west-1.api.aws",
		   "AWS STS, FIPS and dual-stack");
}

static void
test_fips_regions(void)
{
	GlueEndpoint endpoint;

	resolve("glue", "fips-us-east-1", NULL, false, false, &endpoint);
	is_str(endpoint.host, "glue-fips.us-east-1.amazonaws.com",
		   "a region that begins with fips-");
	is_str(endpoint.region, "us-east-1", "is signed for without it");
	resolve("glue", "us-gov-west-1-fips", NULL, false, false, &endpoint);
	is_str(endpoint.host, "glue-fips.us-gov-west-1.amazonaws.com",
		   "a region that ends with -fips");
	is_str(endpoint.partition, "aws-us-gov", "is in its own partition");

	is_int(resolve("glue", "fips-us-east-1", "https://example.com", false,
				   false, &endpoint),
		   GLUE_ENDPOINT_FIPS_AND_CUSTOM,
		   "such a region asks for FIPS with a custom endpoint too");
	is_int(resolve("glue", "fips--x", NULL, false, false, &endpoint),
		   GLUE_ENDPOINT_BAD_REGION, "the rest must be a label");
	is_int(resolve("glue", "fips-1", NULL, false, false, &endpoint),
		   GLUE_ENDPOINT_BAD_REGION, "and not only digits");
}

static void
test_partitions(void)
{
	static const char *const regions[][2] = {
		{"us-east-1", "aws"},
		{"aws-global", "aws"},
		{"cn-north-1", "aws-cn"},
		{"aws-cn-global", "aws-cn"},
		{"us-gov-east-1", "aws-us-gov"},
		{"us-iso-east-1", "aws-iso"},
		{"us-isob-east-1", "aws-iso-b"},
		{"aws-iso-b-global", "aws-iso-b"},
		{"eu-isoe-west-1", "aws-iso-e"},
		{"us-isof-south-1", "aws-iso-f"},
		{"eusc-de-east-1", "aws-eusc"},
		{"eusc-fr-east-1", "aws"},
		{"cn-north", "aws"},
		{"cn-north-", "aws"},
		{"cn-north-1a", "aws"},
		{"cn--1", "aws"},
		{"cnx-north-1", "aws"},
		{"cn-north-1-1", "aws"},
		{"", "aws"},
	};

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
		is_str(glue_endpoint_partition(regions[i][0]), regions[i][1],
			   regions[i][0]);
}

static void
test_region_labels(void)
{
	static const char *const good[] = {
		"us-east-1", "a", "A-1", "1a",
		"a23456789-123456789-123456789-123456789-123456789-123456789-123"
	};
	static const char *const bad[] = {
		"", "-a", "a-", "-", "123", "us-east-1/", "x.evil", "us east",
		"us-east-1\n", "us_east_1", "caf\xc3\xa9", "@evil", "a#", "a:80",
		"a23456789-123456789-123456789-123456789-123456789-123456789-1234"
	};
	GlueEndpoint endpoint;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ok(glue_endpoint_region_valid(good[i]), good[i]);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		ok(!glue_endpoint_region_valid(bad[i]), "a region is refused");
		if (bad[i][0] == '\0')
			continue;
		is_int(resolve("glue", bad[i], NULL, false, false, &endpoint),
			   GLUE_ENDPOINT_BAD_REGION, "and has no endpoint");
		is_int(resolve("glue", bad[i], "https://example.com", false, false,
					   &endpoint),
			   GLUE_ENDPOINT_BAD_REGION, "nor a custom one");
	}
}

static void
test_custom(void)
{
	static const struct
	{
		const char *url;
		const char *whole_url;
		const char *host;
		const char *path;
	}			cases[] = {
		{"https://example.com", "https://example.com/", "example.com", "/"},
		{"https://example.com/", "https://example.com/", "example.com", "/"},
		{"https://example.com/custom", "https://example.com/custom/",
		"example.com", "/custom/"},
		{"https://example.com/custom/", "https://example.com/custom/",
		"example.com", "/custom/"},
		{"https://example.com/a/b%20c", "https://example.com/a/b%20c/",
		"example.com", "/a/b%20c/"},
		{"HTTPS://Example.COM:8443/X", "HTTPS://Example.COM:8443/X/",
		"example.com:8443", "/X/"},
		{"https://example.com:443", "https://example.com:443/",
		"example.com", "/"},
		{"https://example.com:80", "https://example.com:80/",
		"example.com:80", "/"},
		{"https://example.com:65535/", "https://example.com:65535/",
		"example.com:65535", "/"},
		{"https://example.com.", "https://example.com./", "example.com.", "/"},
		{"https://192.0.2.1", "https://192.0.2.1/", "192.0.2.1", "/"},
		{"https://[2001:DB8::1]:8443", "https://[2001:DB8::1]:8443/",
		"[2001:db8::1]:8443", "/"},
		{"http://127.0.0.1:4566", "http://127.0.0.1:4566/",
		"127.0.0.1:4566", "/"},
		{"http://127.255.0.9", "http://127.255.0.9/", "127.255.0.9", "/"},
		{"http://LocalHost:80/x", "http://LocalHost:80/x/", "localhost",
		"/x/"},
		{"http://[::1]:5000/", "http://[::1]:5000/", "[::1]:5000", "/"},
	};
	GlueEndpoint endpoint;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		is_int(resolve("glue", "eu-west-1", cases[i].url, false, false,
					   &endpoint),
			   GLUE_ENDPOINT_OK, cases[i].url);
		is_str(endpoint.url, cases[i].whole_url, "its URL");
		is_str(endpoint.host, cases[i].host, "its host");
		is_str(endpoint.path, cases[i].path, "its path");
		is_str(endpoint.region, "eu-west-1", "its region");
		is_str(endpoint.partition, "aws", "its partition");
		ok(endpoint.https == (cases[i].url[4] != ':'), "its encryption");
	}

	is_int(resolve("glue", NULL, "https://example.com", false, false,
				   &endpoint),
		   GLUE_ENDPOINT_OK, "a custom endpoint needs no region");
	is_str(endpoint.region, "us-east-1", "and is signed for the first then");
	is_int(resolve("glue", "us-east-1", "https://example.com", true, false,
				   &endpoint),
		   GLUE_ENDPOINT_FIPS_AND_CUSTOM, "a custom endpoint and FIPS");
	is_int(resolve("glue", "us-east-1", "https://example.com", false, true,
				   &endpoint),
		   GLUE_ENDPOINT_DUALSTACK_AND_CUSTOM,
		   "a custom endpoint and dual-stack");
	is_int(resolve("glue", NULL, NULL, false, false, &endpoint),
		   GLUE_ENDPOINT_NO_REGION, "no region");
	is_int(resolve("glue", "", "", false, false, &endpoint),
		   GLUE_ENDPOINT_NO_REGION, "an empty region");
}

/*
 * The origin of connections: all of AWS's own endpoints in a region have one,
 * and hosts that only look like them have others.
 */
static void
test_origins(void)
{
	static const struct
	{
		const char *region;
		const char *url;
		const char *origin;
	}			cases[] = {
		/* hosts of AWS, written as URLs */
		{"us-east-1", "https://glue.us-east-1.amazonaws.com", ""},
		{"us-east-1", "https://glue.us-east-1.amazonaws.com:443/", ""},
		{"us-east-1", "HTTPS://GLUE.US-EAST-1.AMAZONAWS.COM/path", ""},
		{"US-East-1", "https://glue.us-east-1.amazonaws.com", ""},
		{"us-east-1", "https://glue-fips.us-east-1.amazonaws.com", ""},
		{"us-east-1", "https://glue.us-east-1.api.aws", ""},
		{"us-east-1", "https://glue-fips.us-east-1.api.aws", ""},
		{"cn-north-1", "https://glue.cn-north-1.amazonaws.com.cn", ""},
		{"cn-north-1", "https://glue.cn-north-1.api.amazonwebservices.com.cn", ""},
		{"us-east-1",
		"https://vpce-0a1b-2c3d.glue.us-east-1.vpce.amazonaws.com", ""},
		{"us-east-1",
			"https://vpce-0a1b-2c3d-us-east-1a.glue.us-east-1.vpce.amazonaws.com",
		""},
		{"us-east-1",
		"https://vpce-0a1b-2c3d.glue-fips.us-east-1.vpce.amazonaws.com", ""},
		{"cn-north-1",
		"https://vpce-0a1b-2c3d.glue.cn-north-1.vpce.amazonaws.com.cn", ""},

		/* of another region, service or partition, or port */
		{"us-east-1", "https://glue.eu-west-1.amazonaws.com",
		"https://glue.eu-west-1.amazonaws.com"},
		{"us-east-1", "https://sts.us-east-1.amazonaws.com",
		"https://sts.us-east-1.amazonaws.com"},
		{"us-east-1", "https://glue.us-east-1.amazonaws.com.cn",
		"https://glue.us-east-1.amazonaws.com.cn"},
		{"us-east-1", "https://glue.us-east-1.amazonaws.com:8443",
		"https://glue.us-east-1.amazonaws.com:8443"},
		{"us-east-1", "https://v.glue.eu-west-1.vpce.amazonaws.com",
		"https://v.glue.eu-west-1.vpce.amazonaws.com"},

		/* that only look like AWS's */
		{"us-east-1", "https://glue.us-east-1.amazonaws.com.evil.example",
		"https://glue.us-east-1.amazonaws.com.evil.example"},
		{"us-east-1", "https://evil-glue.us-east-1.amazonaws.com",
		"https://evil-glue.us-east-1.amazonaws.com"},
		{"us-east-1", "https://x.glue.us-east-1.amazonaws.com",
		"https://x.glue.us-east-1.amazonaws.com"},
		{"us-east-1", "https://evil.example/glue.us-east-1.amazonaws.com",
		"https://evil.example"},
		{"us-east-1", "https://glue.us-east-1.vpce.amazonaws.com",
		"https://glue.us-east-1.vpce.amazonaws.com"},
		{"us-east-1", "https://xglue.us-east-1.vpce.amazonaws.com",
		"https://xglue.us-east-1.vpce.amazonaws.com"},

		/* other endpoints */
		{"eu-west-1", "https://Example.COM/a", "https://example.com"},
		{"eu-west-1", "https://example.com:443/b/", "https://example.com"},
		{"eu-west-1", "https://example.com:8443", "https://example.com:8443"},
		{"eu-west-1", "http://localhost:4566", "http://localhost:4566"},
		{"eu-west-1", "http://localhost:80", "http://localhost"},
		{"eu-west-1", "https://[2001:DB8::1]:8443",
		"https://[2001:db8::1]:8443"},
	};
	static const char *const regions[][2] = {
		{"EU-West-1", "eu-west-1"},
		{"FIPS-us-east-1", "us-east-1"},
		{"US-Gov-West-1-FIPS", "us-gov-west-1"},
	};
	GlueEndpoint endpoint;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		is_int(resolve("glue", cases[i].region, cases[i].url, false, false,
					   &endpoint),
			   GLUE_ENDPOINT_OK, cases[i].url);
		is_str(endpoint.origin, cases[i].origin, "its origin");
		ok(endpoint.custom, "is custom, wherever it leads");
	}
	for (int fips = 0; fips < 2; fips++)
	{
		for (int dualstack = 0; dualstack < 2; dualstack++)
		{
			resolve("glue", "eu-west-1", NULL, fips, dualstack, &endpoint);
			is_str(endpoint.origin, "", "AWS's own hosts are one place");
		}
	}
	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++)
	{
		is_int(resolve("glue", regions[i][0], NULL, false, false, &endpoint),
			   GLUE_ENDPOINT_OK, regions[i][0]);
		is_str(endpoint.region, regions[i][1], "is one region in any case");
	}
}

static void
test_bad_urls(void)
{
	static const char *const malformed[] = {
		"", "example.com", "https:", "https:/", "https://", "https:///x",
		"ftp://example.com", "//example.com", " https://example.com",
		"https://example.com ", "https://exam ple.com", "https://:443",
		"https://user@example.com", "https://user:password@example.com",
		"https://example.com?x=y", "https://example.com/?x", "https://a#b",
		"https://example.com:", "https://example.com:/",
		"https://example.com:0", "https://example.com:65536",
		"https://example.com:99999999999", "https://example.com:8a",
		"https://example.com:-1", "https://example.com\\evil",
		"https://example.com\n", "https://example.com/\tx",
		"https://caf\xc3\xa9.example", "https://example.com/\x7f",
		"https://.example.com", "https://example..com", "https://.",
		"https://[::1", "https://[]", "https://[1]", "https://[::1]x",
		"https://[::g]", "https://::1", "https://[::1%25eth0]",
		"https://a,b", "https://a;b", "http://127.0.0.1@example.com",
		"https://<script>"
	};
	static const char *const plain[] = {
		"http://example.com", "http://10.0.0.1", "http://localhost.",
		"http://localhost.example.com", "http://127.0.0.1.example.com",
		"http://127.1", "http://127.0.0.256", "http://127.0.0.01",
		"http://0127.0.0.1", "http://2130706433", "http://0x7f.0.0.1",
		"http://127.0.0.", "http://127.0.0.0.1", "http://128.0.0.1",
		"http://[::2]", "http://[::ffff:127.0.0.1]", "http://0.0.0.0",
		"http://169.254.169.254"
	};
	char		url[600];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++)
		is_int(glue_endpoint_check_url(malformed[i]), GLUE_ENDPOINT_BAD_URL,
			   "a URL is refused");
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		is_int(glue_endpoint_check_url(plain[i]), GLUE_ENDPOINT_NOT_HTTPS,
			   plain[i]);

	memset(url, 'a', sizeof(url));
	memcpy(url, "https://a/", 10);
	url[510] = '\0';
	is_int(glue_endpoint_check_url(url), GLUE_ENDPOINT_OK,
		   "a URL of 510 bytes");
	url[510] = 'a';
	url[511] = '\0';
	is_int(glue_endpoint_check_url(url), GLUE_ENDPOINT_BAD_URL,
		   "a URL of 511 bytes");
}

/*
 * A URL that fills the space must still have room for its "/" and its port.
 */
static void
test_longest_url(void)
{
	GlueEndpoint endpoint;
	char		url[GLUE_ENDPOINT_MAX_LEN];

	memset(url, 'a', sizeof(url));
	memcpy(url, "https://", 8);
	memcpy(url + sizeof(url) - 6, ":8443", 6);
	is_int(resolve("glue", "eu-west-1", url, false, false, &endpoint),
		   GLUE_ENDPOINT_OK, "the longest URL");
	is_int(strlen(endpoint.url), GLUE_ENDPOINT_MAX_LEN, "is kept whole");
	is_str(endpoint.host + strlen(endpoint.host) - 6, "a:8443",
		   "with its host and port");
}

static void
test_messages(void)
{
	for (int i = GLUE_ENDPOINT_OK; i <= GLUE_ENDPOINT_NOT_HTTPS; i++)
	{
		const char *message = glue_endpoint_status_message(i);

		ok(message[0] >= 'A' && message[0] <= 'Z' &&
		   message[strlen(message) - 1] != '.', message);
	}
}

int
main(void)
{
	test_regions();
	test_services();
	test_fips_regions();
	test_partitions();
	test_region_labels();
	test_custom();
	test_origins();
	test_bad_urls();
	test_longest_url();
	test_messages();
	return tap_done();
}

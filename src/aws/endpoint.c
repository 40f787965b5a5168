/*-------------------------------------------------------------------------
 *
 * endpoint.c
 *	  The endpoints of AWS's services.
 *
 * AWS is divided into partitions: separate clouds with accounts, regions and
 * domain names of their own.  The partition follows from the region's name,
 * and the host from both:
 *
 *		service[-fips].region.suffix
 *
 * where the suffix is the partition's one for IPv4, or its one for IPv4 and
 * IPv6 ("dual-stack").  A region that matches no partition counts as one of
 * the first, so that a new region of AWS needs no new release of glue_conn.
 *
 * A region comes from a user and becomes a part of a host name that is then
 * trusted with signed requests and passwords.  So it must be a single DNS
 * label: "example.com/" is rejected.  A custom endpoint is given as a URL
 * instead: see endpoint_url.c.
 *
 * IDENTIFICATION
 *	  src/aws/endpoint.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/endpoint.h"

#include <stdio.h>
#include <string.h>

/*
 * The partitions of AWS.  A region belongs to a partition if its name is one
 * of the prefixes, a word and a number, joined by "-"; or if it is the name of
 * the partition's region-less services.
 */
typedef struct Partition
{
	const char *name;
	const char *prefixes;		/* separated by spaces */
	const char *suffix;
	const char *dualstack_suffix;
} Partition;

static const Partition partitions[] = {
	{"aws", "us eu ap sa ca me af il mx",
	"amazonaws.com", "api.aws"},
	{"aws-cn", "cn",
	"amazonaws.com.cn", "api.amazonwebservices.com.cn"},
	{"aws-us-gov", "us-gov",
	"amazonaws.com", "api.aws"},
	{"aws-iso", "us-iso",
	"c2s.ic.gov", "api.aws.ic.gov"},
	{"aws-iso-b", "us-isob",
	"sc2s.sgov.gov", "api.aws.scloud"},
	{"aws-iso-e", "eu-isoe",
	"cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
	{"aws-iso-f", "us-isof",
	"csp.hci.ic.gov", "api.aws.hci.ic.gov"},
	{"aws-eusc", "eusc-de",
	"amazonaws.eu", "api.amazonwebservices.eu"},
};

/*
 * The known regions, those of botocore 1.44.  Others can be used as well, with
 * a warning.
 */
static const char *const known_regions[] = {
	"af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1",
	"ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
	"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4",
	"ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
	"ca-west-1", "cn-north-1", "cn-northwest-1", "eu-central-1",
	"eu-central-2", "eu-isoe-west-1", "eu-north-1", "eu-south-1",
	"eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "eusc-de-east-1",
	"il-central-1", "me-central-1", "me-south-1", "mx-central-1", "sa-east-1",
	"us-east-1", "us-east-2", "us-gov-east-1", "us-gov-west-1",
	"us-iso-east-1", "us-iso-west-1", "us-isob-east-1", "us-isob-west-1",
	"us-isof-east-1", "us-isof-south-1", "us-west-1", "us-west-2"
};

#define NUM_PARTITIONS	((int) (sizeof(partitions) / sizeof(partitions[0])))

/* prototypes of private functions */
static GlueEndpointStatus resolve_custom(const GlueEndpointOptions *options,
										 GlueEndpoint *endpoint);
static bool is_of_aws(const GlueEndpointOptions *options,
					  const GlueEndpoint *endpoint);
static void resolve_region(const GlueEndpointOptions *options, bool use_fips,
						   GlueEndpoint *endpoint);

static bool
is_set(const char *string)
{
	return string != NULL && string[0] != '\0';
}

/*
 * Copy a region's name in lower case, without the "fips-" or "-fips" of old
 * configurations.  Returns whether it had one of these.
 */
static bool
plain_region(const char *region, char plain[GLUE_REGION_MAX_LEN + 1])
{
	size_t		len = strlen(region);

	for (size_t i = 0; i <= len; i++)
		plain[i] = glue_lower(region[i]);
	if (len > 5 && strncmp(plain, "fips-", 5) == 0)
	{
		memmove(plain, plain + 5, len - 5 + 1);
		return true;
	}
	if (len > 5 && strcmp(plain + len - 5, "-fips") == 0)
	{
		plain[len - 5] = '\0';
		return true;
	}
	return false;
}

/*
 * Has the region the form "prefix-word-digits", or is it the partition's name
 * and "-global"?
 *
 * No region matches two partitions: "us-gov-west-1" is not "us", a word and a
 * number, because a word has no hyphen.
 */
static bool
in_partition(const Partition *partition, const char *region)
{
	const char *prefix = partition->prefixes;
	size_t		name_len = strlen(partition->name);

	if (strncmp(region, partition->name, name_len) == 0 &&
		strcmp(region + name_len, "-global") == 0)
		return true;

	while (*prefix != '\0')
	{
		size_t		len = strcspn(prefix, " ");

		if (strncmp(region, prefix, len) == 0 && region[len] == '-')
		{
			const char *word = region + len + 1;
			size_t		word_len = strcspn(word, "-");
			const char *number = word + word_len + (word[word_len] == '-');

			if (word_len > 0 && *number != '\0' &&
				number[strspn(number, "0123456789")] == '\0')
				return true;
		}
		prefix += len;
		prefix += strspn(prefix, " ");
	}
	return false;
}

static const Partition *
find_partition(const char *region)
{
	for (int i = 0; i < NUM_PARTITIONS; i++)
	{
		if (in_partition(&partitions[i], region))
			return &partitions[i];
	}
	return &partitions[0];
}

/*
 * Find the endpoint of a service.
 *
 * An option "endpoint_url" alone decides the destination of requests; the
 * region is then only for the signature.  Without a region, the signature is
 * for us-east-1; endpoints outside of AWS ignore it.
 *
 * endpoint is valid only if the result is GLUE_ENDPOINT_OK.
 */
GlueEndpointStatus
glue_endpoint_resolve(const GlueEndpointOptions *options,
					  GlueEndpoint *endpoint)
{
	char		region[GLUE_REGION_MAX_LEN + 1] = "";
	bool		use_fips = options->use_fips;

	memset(endpoint, 0, sizeof(*endpoint));

	if (is_set(options->region))
	{
		if (!glue_endpoint_region_valid(options->region))
			return GLUE_ENDPOINT_BAD_REGION;
		if (plain_region(options->region, region))
			use_fips = true;
		/* "fips--x" is a label, but the rest of it is not */
		if (!glue_endpoint_region_valid(region))
			return GLUE_ENDPOINT_BAD_REGION;
	}

	if (is_set(options->endpoint_url))
	{
		if (use_fips)
			return GLUE_ENDPOINT_FIPS_AND_CUSTOM;
		if (options->use_dualstack)
			return GLUE_ENDPOINT_DUALSTACK_AND_CUSTOM;
		if (!is_set(region))
			strcpy(region, "us-east-1");
	}
	else if (!is_set(region))
		return GLUE_ENDPOINT_NO_REGION;
	strcpy(endpoint->region, region);
	endpoint->partition = glue_endpoint_partition(region);
	if (is_set(options->endpoint_url))
		return resolve_custom(options, endpoint);
	resolve_region(options, use_fips, endpoint);
	return GLUE_ENDPOINT_OK;
}

/*
 * Is this a DNS label that can name a region?  Digits alone are rejected.
 */
bool
glue_endpoint_region_valid(const char *region)
{
	return glue_is_dns_label(region, strlen(region)) &&
		strchr(region, '_') == NULL &&
		region[strspn(region, "0123456789")] != '\0';
}

/*
 * The known regions, and their number.
 */
const char *const *
glue_endpoint_known_regions(int *nregions)
{
	*nregions = sizeof(known_regions) / sizeof(known_regions[0]);
	return known_regions;
}

/*
 * The name of a region's partition for ARNs.  Never NULL.
 */
const char *
glue_endpoint_partition(const char *region)
{
	return find_partition(region)->name;
}

/*
 * The problem, as a sentence without its period, about the setting in
 * question.
 */
const char *
glue_endpoint_status_message(GlueEndpointStatus status)
{
	static const char *const messages[] = {
		[GLUE_ENDPOINT_OK] = "The endpoint is valid",
		[GLUE_ENDPOINT_NO_REGION] = "No AWS region is configured",
		[GLUE_ENDPOINT_BAD_REGION] = "The region must be 1 to 63 letters, digits and hyphens, not all digits, and not begin or end with a hyphen",
		[GLUE_ENDPOINT_FIPS_AND_CUSTOM] = "A custom endpoint cannot be combined with FIPS endpoints",
		[GLUE_ENDPOINT_DUALSTACK_AND_CUSTOM] = "A custom endpoint cannot be combined with dual-stack endpoints",
		[GLUE_ENDPOINT_BAD_URL] = "An endpoint URL must have the form https://host[:port][/path], without user name, query or fragment",
		[GLUE_ENDPOINT_NOT_HTTPS] = "An endpoint URL must use https, unless its host is localhost, 127.x.x.x or [::1]",
	};

	return messages[status];
}

/*
 * Fill in endpoint from the custom URL.
 *
 * The Host header must be identical to the signed one, so both are made from
 * host here: in lower case, and without the scheme's default port, which AWS
 * omits when it checks the signature.
 */
static GlueEndpointStatus
resolve_custom(const GlueEndpointOptions *options, GlueEndpoint *endpoint)
{
	GlueEndpointUrl parts;
	GlueEndpointStatus status = glue_endpoint_url_parse(options->endpoint_url,
														&parts);
	const char *slash;
	size_t		len;

	if (status != GLUE_ENDPOINT_OK)
		return status;

	len = parts.host_len;
	for (size_t i = 0; i < len; i++)
		endpoint->host[i] = glue_lower(parts.host[i]);
	if (parts.port != 0 && parts.port != (parts.https ? 443 : 80))
		snprintf(endpoint->host + len, sizeof(endpoint->host) - len,
				 ":%d", parts.port);

	/* Smithy's rule: the operation is at "/" of the path. */
	len = strlen(parts.path);
	slash = len > 0 && parts.path[len - 1] == '/' ? "" : "/";
	snprintf(endpoint->path, sizeof(endpoint->path), "%s%s",
			 parts.path, slash);
	snprintf(endpoint->url, sizeof(endpoint->url), "%s%s",
			 options->endpoint_url, slash);
	endpoint->https = parts.https;
	endpoint->custom = true;
	if (!is_of_aws(options, endpoint))
		snprintf(endpoint->origin, sizeof(endpoint->origin), "%s://%s",
				 parts.https ? "https" : "http", endpoint->host);

	return GLUE_ENDPOINT_OK;
}

/*
 * Is a custom endpoint one of AWS's own?
 *
 * Those are the hosts of the region, and those of interface endpoints in a VPC
 * that end with one of them:
 *
 *		vpce-id.service.region.vpce.suffix
 */
static bool
is_of_aws(const GlueEndpointOptions *options, const GlueEndpoint *endpoint)
{
	const Partition *partition = find_partition(endpoint->region);
	const char *suffixes[] = {partition->suffix, partition->dualstack_suffix};
	char		host[GLUE_ENDPOINT_MAX_LEN + 1];
	size_t		len = strlen(endpoint->host);
	size_t		tail;

	if (!endpoint->https)
		return false;
	for (int fips = 0; fips < 2; fips++)
	{
		for (int i = 0; i < 2; i++)
		{
			snprintf(host, sizeof(host), "%s%s.%s.%s", options->service,
					 fips ? "-fips" : "", endpoint->region, suffixes[i]);
			if (strcmp(endpoint->host, host) == 0)
				return true;
		}
		tail = snprintf(host, sizeof(host), ".%s%s.%s.vpce.%s",
						options->service, fips ? "-fips" : "",
						endpoint->region, partition->suffix);
		if (len > tail && strcmp(endpoint->host + len - tail, host) == 0)
			return true;
	}
	return false;
}

/*
 * Fill in endpoint according to AWS's naming scheme.
 */
static void
resolve_region(const GlueEndpointOptions *options, bool use_fips,
			   GlueEndpoint *endpoint)
{
	const Partition *partition = find_partition(endpoint->region);

	snprintf(endpoint->host, sizeof(endpoint->host), "%s%s.%s.%s",
			 options->service, use_fips ? "-fips" : "", endpoint->region,
			 options->use_dualstack ? partition->dualstack_suffix
			 : partition->suffix);
	snprintf(endpoint->url, sizeof(endpoint->url), "https://%.*s/",
			 (int) (sizeof(endpoint->url) - sizeof("https:///")),
			 endpoint->host);
	strcpy(endpoint->path, "/");
	endpoint->https = true;
}

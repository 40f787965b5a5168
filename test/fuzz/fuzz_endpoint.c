/*-------------------------------------------------------------------------
 *
 * fuzz_endpoint.c
 *	  Fuzzer of endpoint resolution.
 *
 * The input is a region, a line end and a URL.  A host that comes out must
 * have been able to come out: no part of a URL may get into another.
 *
 * IDENTIFICATION
 *	  test/fuzz/fuzz_endpoint.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/endpoint.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay.h"

/*
 * Stop the program if an endpoint cannot be right.
 */
static void
check_endpoint(const GlueEndpoint *endpoint)
{
	size_t		scheme_len = endpoint->https ? 8 : 7;
	size_t		url_len = strlen(endpoint->url);
	size_t		path_len = strlen(endpoint->path);

	if (strlen(endpoint->host) == 0 || strlen(endpoint->host) !=
		strspn(endpoint->host, "abcdefghijklmnopqrstuvwxyz0123456789"
			   "-._:[]"))
		abort();
	if (path_len < 1 || endpoint->path[0] != '/' ||
		endpoint->path[path_len - 1] != '/')
		abort();
	if (url_len < scheme_len + path_len ||
		strcmp(endpoint->url + url_len - path_len, endpoint->path) != 0)
		abort();
	/* there is no other "/" between the scheme and the path */
	if (strcspn(endpoint->url + scheme_len, "/?#@\\") !=
		url_len - scheme_len - path_len)
		abort();
	if (!glue_endpoint_region_valid(endpoint->region))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *region = malloc(size + 1);
	char	   *url;
	GlueEndpointOptions options = {.service = "glue", .region = region};
	GlueEndpoint endpoint;

	memcpy(region, data, size);
	region[size] = '\0';
	url = strchr(region, '\n');
	if (url != NULL)
		*url++ = '\0';

	/* A host made of a region is in lower case only if the region is. */
	for (char *c = region; *c != '\0'; c++)
	{
		if (*c >= 'A' && *c <= 'Z')
			*c += 'a' - 'A';
	}

	if (glue_endpoint_resolve(&options, &endpoint) == GLUE_ENDPOINT_OK)
		check_endpoint(&endpoint);
	options.endpoint_url = url;
	if (glue_endpoint_resolve(&options, &endpoint) == GLUE_ENDPOINT_OK)
		check_endpoint(&endpoint);
	glue_endpoint_partition(region);

	free(region);
	return 0;
}

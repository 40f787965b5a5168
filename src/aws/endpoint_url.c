/*-------------------------------------------------------------------------
 *
 * endpoint_url.c
 *	  The URL of a custom endpoint.
 *
 * It comes from an administrator and is then trusted with signed requests and
 * passwords.  So it is parsed strictly, and plain http is allowed for this
 * machine alone.
 *
 * IDENTIFICATION
 *	  src/aws/endpoint_url.c
 *
 *-------------------------------------------------------------------------
 */
#include "aws/endpoint_url.h"

#include <arpa/inet.h>
#include <string.h>

#include "text/ascii.h"

static bool
parse_scheme(const char **url, GlueEndpointUrl *parts)
{
	static const char https[] = "https://";
	static const char http[] = "http://";

	parts->https = glue_begins_with(*url, strlen(*url), https);
	if (!parts->https && !glue_begins_with(*url, strlen(*url), http))
		return false;
	*url += parts->https ? strlen(https) : strlen(http);
	return true;
}

/*
 * Read an IP address.  Of IPv4, that is four decimal numbers without leading
 * zeros, which
 * some parsers read as octal; shorter forms and other bases are rejected.
 */
static bool
read_address(int family, const char *text, size_t len,
			 unsigned char bytes[sizeof(struct in6_addr)])
{
	char		copy[INET6_ADDRSTRLEN];

	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, bytes) == 1;
}

/*
 * Read a name of DNS labels, a dotted quad, or an IPv6 address in brackets.
 */
static bool
parse_host(const char **url, GlueEndpointUrl *parts)
{
	const char *end = *url;
	unsigned char bytes[sizeof(struct in6_addr)];

	if (*end == '[')
	{
		end = strchr(end, ']');
		if (end == NULL ||
			!read_address(AF_INET6, *url + 1, end - *url - 1, bytes))
			return false;
		end++;
	}
	else
	{
		while (glue_is_alphanumeric(*end) || *end == '-' || *end == '.' ||
			   *end == '_')
		{
			/* no label is empty, but the root dot is allowed */
			if (*end == '.' && (end == *url || end[-1] == '.'))
				return false;
			end++;
		}
	}

	parts->host = *url;
	parts->host_len = end - *url;
	*url = end;
	return parts->host_len > 0;
}

/*
 * Read ":" and a port from 1 to 65535, if there is one.
 */
static bool
parse_port(const char **url, GlueEndpointUrl *parts)
{
	const char *digits = *url + 1;
	size_t		len;

	parts->port = 0;
	if (**url != ':')
		return true;
	len = strspn(digits, "0123456789");
	*url = digits + len;
	return glue_parse_number(digits, len, 1, 65535, &parts->port);
}

/*
 * Is the host this machine, according to its name alone, without DNS?
 */
static bool
is_loopback(const GlueEndpointUrl *parts)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return glue_same_word(parts->host, parts->host_len, "localhost") ||
		glue_same_word(parts->host, parts->host_len, "[::1]") ||
		(read_address(AF_INET, parts->host, parts->host_len, bytes) &&
		 bytes[0] == 127);
}

/*
 * Check a custom endpoint's URL, for settings that must reject an invalid one
 * before it is used.
 */
GlueEndpointStatus
glue_endpoint_check_url(const char *url)
{
	GlueEndpointUrl parts;

	return glue_endpoint_url_parse(url, &parts);
}

/*
 * Split a custom endpoint's URL.
 *
 * Anything that libcurl or another parser might interpret differently is
 * rejected: user names, queries, fragments, backslashes, spaces, control
 * characters and characters other than ASCII.
 */
GlueEndpointStatus
glue_endpoint_url_parse(const char *url, GlueEndpointUrl *parts)
{
	/* leave room for the "/" that may be appended */
	if (strlen(url) >= GLUE_ENDPOINT_MAX_LEN)
		return GLUE_ENDPOINT_BAD_URL;
	for (const char *c = url; *c != '\0'; c++)
	{
		if (*c <= ' ' || *c >= 0x7f || strchr("@?#\\\"<>^`{|}", *c) != NULL)
			return GLUE_ENDPOINT_BAD_URL;
	}

	if (!parse_scheme(&url, parts) ||
		!parse_host(&url, parts) ||
		!parse_port(&url, parts) ||
		(*url != '/' && *url != '\0'))
		return GLUE_ENDPOINT_BAD_URL;
	parts->path = url;

	if (!parts->https && !is_loopback(parts))
		return GLUE_ENDPOINT_NOT_HTTPS;
	return GLUE_ENDPOINT_OK;
}

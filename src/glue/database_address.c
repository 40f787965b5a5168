/*-------------------------------------------------------------------------
 *
 * database_address.c
 *	  Validation of hosts and ports of databases.
 *
 * AWS Glue connects from another network.  An address of the local machine,
 * such as localhost or the directory of a socket, works for the user, but not
 * for AWS Glue, so it is rejected here.
 *
 * A status never quotes the text: it may hold a password.
 *
 * IDENTIFICATION
 *	  src/glue/database_address.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/database_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "text/ascii.h"

#define MAX_HOST_LEN	253		/* of a DNS name */

/*
 * Any address, loopback and link-local ones, in network byte order.
 */
static bool
is_local_ipv4(const unsigned char *bytes)
{
	return bytes[0] == 0 || bytes[0] == 127 ||
		(bytes[0] == 169 && bytes[1] == 254);
}

static bool
is_local_ipv6(const unsigned char *bytes)
{
	static const unsigned char zeros[15] = {0};
	static const unsigned char mapped[12] = {[10] = 0xff,[11] = 0xff};

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return is_local_ipv4(&bytes[12]);
	return (memcmp(bytes, zeros, sizeof(zeros)) == 0 && bytes[15] <= 1) ||
		(bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80);
}

/*
 * Is this a DNS name?  Its last label is not a number: the text would be an
 * address, in one of the forms that glue_host_check() rejects.
 */
static bool
is_host_name(const char *host, size_t len)
{
	size_t		start = 0;

	if (len == 0 || len > MAX_HOST_LEN)
		return false;
	for (size_t i = 0; i <= len; i++)
	{
		if (i < len && host[i] != '.')
			continue;
		if (!glue_is_dns_label(&host[start], i - start))
			return false;
		if (i < len)
			start = i + 1;
	}
	while (start < len && glue_is_digit(host[start]))
		start++;
	return start < len;
}

static bool
is_local_name(const char *host, size_t len)
{
	static const char domain[] = ".localhost";
	size_t		domain_len = strlen(domain);

	return glue_same_word(host, len, "localhost") ||
		glue_same_word(host, len, "localhost.localdomain") ||
		(len > domain_len &&
		 glue_same_word(&host[len - domain_len], domain_len, domain));
}

/*
 * Is this one host, by name or address, that may be reachable from elsewhere?
 *
 * Reachability is unknown here; but addresses of the local machine are always
 * wrong.
 */
GlueAddressStatus
glue_host_check(const char *host)
{
	size_t		len = strlen(host);
	unsigned char bytes[sizeof(struct in6_addr)];

	if (len == 0)
		return GLUE_ADDRESS_NO_HOST;
	if (host[0] == '/' || host[0] == '@')
		return GLUE_ADDRESS_SOCKET;
	if (strchr(host, ',') != NULL)
		return GLUE_ADDRESS_HOST_LIST;
	if (inet_pton(AF_INET, host, bytes) == 1)
		return is_local_ipv4(bytes) ? GLUE_ADDRESS_LOCAL : GLUE_ADDRESS_OK;
	if (inet_pton(AF_INET6, host, bytes) == 1)
		return is_local_ipv6(bytes) ? GLUE_ADDRESS_LOCAL : GLUE_ADDRESS_OK;

	/* a dot at the end makes the name absolute */
	if (host[len - 1] == '.')
		len--;
	if (!is_host_name(host, len))
		return GLUE_ADDRESS_BAD_HOST;
	return is_local_name(host, len) ? GLUE_ADDRESS_LOCAL : GLUE_ADDRESS_OK;
}

/*
 * The problem, to follow the name of its subject: an argument, an option or a
 * whole URL.
 */
const char *
glue_address_status_message(GlueAddressStatus status)
{
	static const char *const messages[] = {
		[GLUE_ADDRESS_OK] = "is right",
		[GLUE_ADDRESS_NO_HOST] = "names no host",
		[GLUE_ADDRESS_SOCKET] = "names the directory of a socket, which AWS Glue cannot reach",
		[GLUE_ADDRESS_HOST_LIST] = "names several hosts, but a connection has one",
		[GLUE_ADDRESS_LOCAL] = "names a host that always means the local machine, but AWS Glue connects from another one",
		[GLUE_ADDRESS_BAD_HOST] = "does not name a host by a host name or an IP address",
		[GLUE_ADDRESS_IPV6] = "is an IPv6 address, which JDBC URLs of SQL Server have no form for",
		[GLUE_ADDRESS_BAD_PORT] = "has a port that is no number from 1 to 65535",
		[GLUE_ADDRESS_NO_DATABASE] = "names no database",
		[GLUE_ADDRESS_BAD_DATABASE] = "has characters that are not allowed in a JDBC URL",
		[GLUE_ADDRESS_PARAMETERS] = "has parameters, which would be lost",
		[GLUE_ADDRESS_OTHER_ENGINE] = "is not of this type of database",
		[GLUE_ADDRESS_BAD_SYNTAX] = "is not understood",
	};

	return messages[status];
}

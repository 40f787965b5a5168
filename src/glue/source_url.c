/*-------------------------------------------------------------------------
 *
 * source_url.c
 *	  Faults in the URL of a data source.
 *
 * AWS Glue accepts any text as a URL, and a job fails with it later.  This
 * file finds common errors: another name of the driver, a missing colon or
 * missing slashes, no host, or a host that is local to AWS Glue.
 *
 * The list of drivers is incomplete, so a URL is valid unless it is known to
 * be wrong.  The value of a placeholder is unknown, so no fault is reported
 * there.  A message shows the correct form and no part of the URL, which may
 * hold a password.  jdbc_url.c parses URLs into their parts.
 *
 * IDENTIFICATION
 *	  src/glue/source_url.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/source_url.h"

#include <string.h>

#include "glue/database_address.h"
#include "glue/jdbc_url.h"
#include "text/ascii.h"

#define BLANKS " \t\r\n"

/* the longest host, with the terminating NUL */
#define HOST_SIZE 256

/* a driver with a known form of URLs */
typedef struct Driver
{
	const char *name;
	const char *form;			/* or NULL: that of the engine */
	GlueEngine	engine;			/* engine with the form, if form is NULL */
	bool		is_wrong;		/* a common wrong name */
} Driver;

static const Driver drivers[] = {
	{"databricks", "jdbc:databricks://host:port/default"},
	{"mariadb", "jdbc:mariadb://host:port/database"},
	{"mysql", NULL, GLUE_ENGINE_MYSQL},
	{"oracle", NULL, GLUE_ENGINE_ORACLE},
	{"postgresql", NULL, GLUE_ENGINE_POSTGRESQL},
	{"redshift", "jdbc:redshift://host:port/database"},
	{"snowflake", "jdbc:snowflake://account.snowflakecomputing.com/"},
	{"sqlserver", NULL, GLUE_ENGINE_SQLSERVER},
	{"mssql", NULL, GLUE_ENGINE_SQLSERVER, true},
	{"mssqlserver", NULL, GLUE_ENGINE_SQLSERVER, true},
	{"mysqli", NULL, GLUE_ENGINE_MYSQL, true},
	{"pgsql", NULL, GLUE_ENGINE_POSTGRESQL, true},
	{"postgesql", NULL, GLUE_ENGINE_POSTGRESQL, true},
	{"postgre", NULL, GLUE_ENGINE_POSTGRESQL, true},
	{"postgres", NULL, GLUE_ENGINE_POSTGRESQL, true},
	{"postgressql", NULL, GLUE_ENGINE_POSTGRESQL, true},
	{"postgresq", NULL, GLUE_ENGINE_POSTGRESQL, true},
};

static bool
set_fault(GlueUrlFault *fault, const char *message, const char *form)
{
	fault->message = message;
	fault->form = form;
	return true;
}

static bool
wrong_form(const Driver *driver, GlueUrlFault *fault)
{
	return set_fault(fault, "should look like", driver->form != NULL ?
					 driver->form : glue_engines[driver->engine].url_form);
}

/*
 * Does a text begin with a placeholder, as in "${url}" or
 * "{{resolve:ssm:url}}"?
 */
static bool
is_placeholder(const char *text)
{
	return *text == '$' || *text == '{' || *text == '%' || *text == '<';
}

/*
 * Get the characters of a driver's name from the beginning of a text.
 */
static GlueSpan
first_word(const char *text)
{
	GlueSpan	word = {text, 0};

	for (;; word.len++)
	{
		char		c = text[word.len];

		if (!glue_is_alphanumeric(c) && c != '_' && c != '+' && c != '-')
			break;
	}
	return word;
}

/*
 * Find a word of a text, ignoring case; return the text after it, or NULL.
 */
static const char *
find_word(const char *text, const char *word)
{
	size_t		len = strlen(word);

	for (; strnlen(text, len) == len; text++)
	{
		if (glue_same_word(text, len, word))
			return text + len;
	}
	return NULL;
}

/*
 * Find a driver by its name or a common wrong one, ignoring case.
 */
static const Driver *
find_driver(GlueSpan word, bool *exact)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(Driver); i++)
	{
		const Driver *driver = &drivers[i];

		if (!glue_same_word(word.start, word.len, driver->name))
			continue;
		*exact = !driver->is_wrong &&
			strncmp(word.start, driver->name, word.len) == 0;
		return driver;
	}
	*exact = false;
	return NULL;
}

/*
 * Get the host of "host:port", "[address]:port" or "host\instance".
 */
static GlueSpan
host_of(GlueSpan address)
{
	GlueSpan	host = {address.start, 0};
	const char *end = "]";

	if (address.len > 0 && address.start[0] == '[')
	{
		host.start++;
		address.len--;
	}
	else
		end = ":\\";
	while (host.len < address.len && strchr(end, host.start[host.len]) == NULL &&
		   strchr(BLANKS, host.start[host.len]) == NULL)
		host.len++;
	return host;
}

/*
 * Does one entry of a comma-separated list end with a port?
 */
static bool
has_port(GlueSpan server)
{
	GlueSpan	host = host_of(server);
	const char *at = host.start + host.len;
	size_t		digits;

	at += *at == ']';
	if (*at != ':')
		return false;
	digits = strspn(++at, "0123456789");
	at += digits;
	at += strspn(at, BLANKS);
	return digits > 0 && at >= server.start + server.len;
}

/*
 * Skip a login, up to the last "@": a password can have "@" in it.
 */
static GlueSpan
skip_login(GlueSpan text)
{
	for (size_t i = text.len; i > 0; i--)
	{
		if (text.start[i - 1] == '@')
		{
			text.start += i;
			text.len -= i;
			break;
		}
	}
	return text;
}

/*
 * Find a fault in one host.
 */
static bool
span_fault(GlueSpan host, bool need_host, GlueUrlFault *fault)
{
	char		name[HOST_SIZE];
	GlueAddressStatus status;

	if (host.len >= sizeof(name))
		return false;
	memcpy(name, host.start, host.len);
	name[host.len] = '\0';
	status = glue_host_check(name);
	if (status != GLUE_ADDRESS_LOCAL &&
		(status != GLUE_ADDRESS_NO_HOST || !need_host))
		return false;
	return set_fault(fault, glue_address_status_message(status), NULL);
}

/*
 * Find a fault in a list of hosts, each with or without a port.
 */
static bool
hosts_fault(GlueSpan hosts, bool need_host, GlueUrlFault *fault)
{
	const char *end = hosts.start + hosts.len;

	/* MySQL's (host=h,port=3306) and address=(host=h)(port=3306) */
	if (memchr(hosts.start, '(', hosts.len) != NULL)
		return false;
	for (;;)
	{
		const char *comma = memchr(hosts.start, ',', hosts.len);

		if (comma != NULL)
			hosts.len = (size_t) (comma - hosts.start);
		if (span_fault(host_of(hosts), need_host, fault))
			return true;
		if (comma == NULL)
			return false;
		hosts.start = comma + 1;
		hosts.len = (size_t) (end - hosts.start);
	}
}

/*
 * Find a fault in the rest after "jdbc:oracle:".  The text after "@" can be a
 * host, a URL, a descriptor or a name that is resolved.
 */
static bool
oracle_fault(const char *rest, const Driver *driver, GlueUrlFault *fault)
{
	GlueSpan	kind = first_word(rest);
	GlueSpan	place = {rest, strcspn(rest, "(?")};
	const char *slashes;

	if (is_placeholder(rest))
		return false;
	if (!glue_same_word(kind.start, kind.len, "thin"))
		return strncmp(rest, "oci", 3) != 0 && strncmp(rest, "kprb", 4) != 0 &&
			wrong_form(driver, fault);

	place = skip_login(place);
	if (rest[kind.len] != ':' || place.start == rest)
		return strstr(rest, "${") == NULL && strchr(rest, '@') == NULL &&
			wrong_form(driver, fault);
	if (*place.start == '(')
	{
		place.start = find_word(place.start, "host=");
		place.len = place.start != NULL ? strcspn(place.start, ")") : 0;
		return place.start != NULL && span_fault(place, false, fault);
	}
	slashes = strstr(place.start, "//");
	if (slashes != NULL && strcspn(place.start, "/?") ==
		(size_t) (slashes - place.start))
		place.start = slashes + 2;
	place.len = strcspn(place.start, "/?");
	return hosts_fault(place, true, fault);
}

/*
 * Find a fault in the rest after "//", up to the end of the hosts.
 */
static bool
authority_fault(const char *authority, const Driver *driver,
				GlueUrlFault *fault)
{
	GlueSpan	hosts = {authority, strcspn(authority, "/?;")};
	bool		need_host = driver != NULL &&
		find_word(authority, "serverName=") == NULL;

	return hosts_fault(skip_login(hosts), need_host, fault);
}

/*
 * Find a fault in the rest after the driver, from the colon on.
 */
static bool
subname_fault(const char *rest, const Driver *driver, GlueUrlFault *fault)
{
	GlueSpan	word;

	if (driver != NULL && strcmp(driver->name, "oracle") == 0)
		return oracle_fault(rest + 1, driver, fault);
	do
	{
		/* as in jdbc:redshift:iam://, jdbc:mysql:replication:// */
		word = first_word(rest + 1);
		rest = word.start + word.len;
	} while (word.len > 0 && *rest == ':');
	if (word.len == 0 && strncmp(rest, "//", 2) == 0)
		return authority_fault(rest + 2, driver, fault);
	return driver != NULL && !is_placeholder(rest) &&
		wrong_form(driver, fault);
}

/*
 * Find a fault in a JDBC URL.
 *
 * Custom connectors have lists of URLs as JSON, which begin with "[[", and
 * AWS's own drivers have "jdbc-secretsmanager:".
 */
bool
glue_jdbc_url_fault(const char *url, GlueUrlFault *fault)
{
	bool		has_prefix = strncmp(url, "jdbc:", 5) == 0;
	GlueSpan	word = first_word(has_prefix ? url + 5 : url);
	const char *rest = word.start + word.len;
	const Driver *driver;
	bool		exact;

	if (strncmp(url, "[[", 2) == 0 || strncmp(url, "jdbc-", 5) == 0 ||
		is_placeholder(url))
		return false;
	if (glue_same_word(word.start, word.len, "jdbc"))
	{
		/* twice, or in another case */
		has_prefix = false;
		word = first_word(rest + strspn(rest, ":/"));
		rest = word.start + word.len;
	}
	if (is_placeholder(rest))
		return false;

	driver = find_driver(word, &exact);
	if (driver != NULL && (!has_prefix || !exact || *rest != ':'))
		return wrong_form(driver, fault);
	if (!has_prefix)
		return set_fault(fault, "should begin with \"jdbc:\"", NULL);
	if (word.len == 0 || *rest != ':')
		return set_fault(fault, "should have the name of the driver and \":\" "
						 "after \"jdbc:\"", NULL);
	return subname_fault(rest, driver, fault);
}

/*
 * Find a fault in the URL of a MongoDB.
 */
bool
glue_mongodb_url_fault(const char *url, GlueUrlFault *fault)
{
	const char *rest = strstr(url, "://");
	GlueSpan	hosts;

	if (is_placeholder(url))
		return false;
	if (strncmp(url, "mongodb://", 10) != 0 &&
		strncmp(url, "mongodb+srv://", 14) != 0)
		return set_fault(fault, "should look like",
						 "mongodb://host:port/database");

	/* a password can have "/" in it */
	hosts.start = rest + 3;
	hosts.len = strcspn(hosts.start, "?");
	hosts = skip_login(hosts);
	hosts.len = strcspn(hosts.start, "/?");
	return hosts_fault(hosts, true, fault);
}

/*
 * Find a fault in the bootstrap servers of Kafka, a list of hosts with ports.
 */
bool
glue_kafka_servers_fault(const char *servers, GlueUrlFault *fault)
{
	for (;;)
	{
		GlueSpan	server;
		const char *scheme;
		const char *end = servers + strcspn(servers, ",");

		servers += strspn(servers, BLANKS);
		scheme = strstr(servers, "://");
		if (scheme != NULL && scheme < end)
			servers = scheme + 3;
		server.start = servers;
		server.len = servers < end ? (size_t) (end - servers) : 0;
		if (server.len > 0 && memchr(server.start, '$', server.len) == NULL &&
			memchr(server.start, '{', server.len) == NULL)
		{
			if (!has_port(server))
				return set_fault(fault,
								 "should have a port with each host, as in",
								 "host:9092");
			if (hosts_fault(server, true, fault))
				return true;
		}
		if (*end == '\0')
			return false;
		servers = end + 1;
	}
}

/*
 * Find a fault in the name or the address of a host.
 */
bool
glue_host_fault(const char *host, GlueUrlFault *fault)
{
	GlueSpan	span = {host, strcspn(host, BLANKS)};

	return span_fault(span, false, fault);
}

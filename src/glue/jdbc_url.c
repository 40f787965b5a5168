/*-------------------------------------------------------------------------
 *
 * jdbc_url.c
 *	  Database addresses in JDBC URLs.
 *
 * A connection of the first generation has a JDBC URL, one of the second has
 * host, port and database as properties of their own.  So a URL is built from
 * an address for the former, and parsed into an address for the latter.
 *
 * URLs have many more forms than are known here: lists of hosts, parameters,
 * logins.  Anything that is not equivalent to one host, one port and one
 * database is rejected, because it would be lost silently.
 *
 * IDENTIFICATION
 *	  src/glue/jdbc_url.c
 *
 *-------------------------------------------------------------------------
 */
#include "glue/jdbc_url.h"

#include <stdio.h>
#include <string.h>

#include "text/ascii.h"
#include "text/buffer.h"
#include "text/json.h"

const GlueEngineFacts glue_engines[GLUE_NENGINES] = {
	{
		"MYSQL", "jdbc:mysql://", "jdbc:mariadb://", 3306,
		"jdbc:mysql://host:port/database"
	},
	{
		"ORACLE", "jdbc:oracle:thin:@//", "jdbc:oracle:thin://@", 1521,
		"jdbc:oracle:thin:@//host:port/service"
	},
	{
		"POSTGRESQL", "jdbc:postgresql://", NULL, 5432,
		"jdbc:postgresql://host:port/database"
	},
	{
		"SQLSERVER", "jdbc:sqlserver://", NULL, 1433,
		"jdbc:sqlserver://host:port;databaseName=database"
	},
};

/* ----------------------------------------------------------------
 * Engines
 * ----------------------------------------------------------------
 */

/*
 * Find the engine of a connection type of the second generation; false if
 * there is none.
 */
bool
glue_engine_find(const char *connection_type, GlueEngine *engine)
{
	for (int i = 0; i < GLUE_NENGINES; i++)
	{
		if (strcmp(glue_engines[i].connection_type, connection_type) == 0)
		{
			*engine = (GlueEngine) i;
			return true;
		}
	}
	return false;
}

/* ----------------------------------------------------------------
 * Putting URLs together
 * ----------------------------------------------------------------
 */

static bool
is_ipv6(const char *host)
{
	return strchr(host, ':') != NULL;
}

/*
 * Is this a valid service name of Oracle?
 */
static bool
is_service_name(const char *name)
{
	for (const char *at = name; *at != '\0'; at++)
	{
		if (!glue_is_alphanumeric(*at) && strchr("._$#-", *at) == NULL)
			return false;
	}
	return name[0] != '\0';
}

/*
 * Write the value of a property in a URL of SQL Server.
 */
static void
put_property_value(GlueTextBuffer *out, const char *text)
{
	bool		plain = true;

	for (const char *at = text; *at != '\0'; at++)
		plain = plain && (glue_is_alphanumeric(*at) ||
						  strchr("_-.", *at) != NULL);
	if (plain)
	{
		glue_text_put_string(out, text);
		return;
	}
	glue_text_put_char(out, '{');
	for (; *text != '\0'; text++)
	{
		glue_text_put_char(out, *text);
		if (*text == '}')
			glue_text_put_char(out, '}');
	}
	glue_text_put_char(out, '}');
}

/*
 * The largest size of the URL of an address.
 */
size_t
glue_jdbc_url_max_size(const GlueDatabaseAddress *address)
{
	/*
	 * the longest form: brackets, a port, and the encoded name of the
	 * database
	 */
	return 64 + strlen(address->host) + 3 * strlen(address->database);
}

/*
 * Write the JDBC URL of an address.
 *
 * Drivers of PostgreSQL and MySQL decode the name of the database; SQL
 * Server's supports braces around it; Oracle's has no escape for special
 * characters in a service name.
 */
GlueAddressStatus
glue_jdbc_url_write(const GlueDatabaseAddress *address,
					char *buffer, size_t size)
{
	GlueTextBuffer out = {buffer, size, 0};
	bool		brackets = is_ipv6(address->host);
	char		port[16];

	snprintf(port, sizeof(port), ":%d", address->port);
	glue_text_put_all(&out, glue_engines[address->engine].prefix,
					  brackets ? "[" : "", address->host, brackets ? "]" : "",
					  port, NULL);
	switch (address->engine)
	{
		case GLUE_ENGINE_MYSQL:
		case GLUE_ENGINE_POSTGRESQL:
			glue_text_put_char(&out, '/');
			glue_text_put_encoded(&out, address->database,
								  strlen(address->database));
			break;
		case GLUE_ENGINE_ORACLE:
			if (!is_service_name(address->database))
				return GLUE_ADDRESS_BAD_DATABASE;
			glue_text_put_all(&out, "/", address->database, NULL);
			break;
		case GLUE_ENGINE_SQLSERVER:
			if (brackets)
				return GLUE_ADDRESS_IPV6;
			for (const char *at = address->database; *at != '\0'; at++)
			{
				if ((unsigned char) *at < 0x20 || *at == 0x7f)
					return GLUE_ADDRESS_BAD_DATABASE;
			}
			glue_text_put_string(&out, ";databaseName=");
			put_property_value(&out, address->database);
			break;
	}
	return glue_text_end_whole(&out) > 0 ? GLUE_ADDRESS_OK : GLUE_ADDRESS_BAD_SYNTAX;
}

/* ----------------------------------------------------------------
 * Taking URLs apart
 * ----------------------------------------------------------------
 */

/*
 * Copy a part to the buffer, and move the buffer behind it.
 */
static char *
copy_part(GlueSpan part, char **buffer)
{
	char	   *copy = *buffer;

	memcpy(copy, part.start, part.len);
	copy[part.len] = '\0';
	*buffer += part.len + 1;
	return copy;
}

/*
 * Parse "host:port".
 */
static GlueAddressStatus
take_authority(GlueSpan authority, GlueDatabaseAddress *address, char **buffer)
{
	const char *end = authority.start + authority.len;
	const char *bracket = NULL;
	GlueSpan	host = {authority.start, 0};
	const char *at;

	if (memchr(authority.start, ',', authority.len) != NULL)
		return GLUE_ADDRESS_HOST_LIST;
	if (authority.len > 0 && authority.start[0] == '[')
	{
		host.start++;
		bracket = memchr(host.start, ']', authority.len - 1);
		if (bracket == NULL)
			return GLUE_ADDRESS_BAD_HOST;
		host.len = (size_t) (bracket - host.start);
		at = bracket + 1;
	}
	else
	{
		at = memchr(authority.start, ':', authority.len);
		if (at == NULL)
			at = end;
		host.len = (size_t) (at - host.start);
	}

	address->host = copy_part(host, buffer);
	address->port = glue_engines[address->engine].port;
	if (bracket != NULL && !is_ipv6(address->host))
		return GLUE_ADDRESS_BAD_HOST;
	if (at < end)
	{
		GlueSpan	port = {at + 1, (size_t) (end - at) - 1};

		if (*at != ':')
			return GLUE_ADDRESS_BAD_HOST;
		if (port.len > 0 && !glue_parse_number(port.start, port.len, 1,
											   GLUE_MAX_PORT, &address->port))
			return GLUE_ADDRESS_BAD_PORT;
	}
	return glue_host_check(address->host);
}

/*
 * Decode a text as Java's URLDecoder does; false if it is invalid.
 */
static bool
decode(GlueSpan part, char *decoded)
{
	size_t		used = 0;

	for (size_t i = 0; i < part.len; i++)
	{
		char		c = part.start[i];

		if (c == '+')
			c = ' ';
		else if (c == '%')
		{
			int			code = glue_parse_hex(&part.start[i + 1],
											  part.len - i - 1, 2);

			if (code <= 0)
				return false;
			c = (char) code;
			i += 2;
		}
		decoded[used++] = c;
	}
	decoded[used] = '\0';
	return glue_utf8_valid(decoded, used);
}

/*
 * Parse "host:port/database", with the name of the database encoded, or for
 * Oracle a service.
 */
static GlueAddressStatus
parse_path(const char *text, GlueDatabaseAddress *address, char *buffer)
{
	GlueSpan	authority = {text, strcspn(text, "/?")};
	GlueAddressStatus status = take_authority(authority, address, &buffer);
	bool		is_oracle = address->engine == GLUE_ENGINE_ORACLE;
	GlueSpan	name = {text + authority.len, 0};

	if (status != GLUE_ADDRESS_OK)
		return status;
	if (*name.start == '/')
		name.start++;
	name.len = strcspn(name.start, "?");

	if (name.start[name.len] == '?' &&
		(is_oracle || name.start[name.len + 1] != '\0'))
		return GLUE_ADDRESS_PARAMETERS;
	if (name.len == 0)
		return GLUE_ADDRESS_NO_DATABASE;
	address->database = buffer;
	if (!is_oracle)
		return decode(name, buffer) ? GLUE_ADDRESS_OK : GLUE_ADDRESS_BAD_SYNTAX;
	return is_service_name(copy_part(name, &buffer)) ?
		GLUE_ADDRESS_OK : GLUE_ADDRESS_BAD_SYNTAX;
}

/*
 * Read the value of a property in a URL of SQL Server; return the rest, which
 * begins with ";" or is empty, or NULL.
 */
static const char *
read_property_value(const char *text, char *value)
{
	if (*text != '{')
	{
		size_t		len = strcspn(text, ";");

		memcpy(value, text, len);
		value[len] = '\0';
		return text + len;
	}
	for (text++; *text != '}' || text[1] == '}'; text++)
	{
		if (*text == '\0')
			return NULL;
		if (*text == '}')
			text++;
		*value++ = *text;
	}
	*value = '\0';
	return text[1] == ';' || text[1] == '\0' ? text + 1 : NULL;
}

/*
 * Parse "host:port;databaseName=database".
 */
static GlueAddressStatus
parse_properties(const char *text, GlueDatabaseAddress *address, char *buffer)
{
	GlueSpan	authority = {text, strcspn(text, ";")};
	GlueAddressStatus status = take_authority(authority, address, &buffer);
	const char *at = text + authority.len;

	address->database = NULL;

	if (status != GLUE_ADDRESS_OK)
		return status;
	while (*at == ';')
	{
		GlueSpan	name = {at + 1, strcspn(at + 1, "=;")};

		at = name.start + name.len;
		if (name.len == 0 && *at != '=')
			continue;
		if ((!glue_same_word(name.start, name.len, "databaseName") &&
			 !glue_same_word(name.start, name.len, "database")) ||
			*at != '=' || address->database != NULL)
			return GLUE_ADDRESS_PARAMETERS;
		at = read_property_value(at + 1, buffer);
		if (at == NULL)
			return GLUE_ADDRESS_BAD_SYNTAX;
		address->database = buffer;
	}
	if (address->database == NULL || address->database[0] == '\0')
		return GLUE_ADDRESS_NO_DATABASE;
	return GLUE_ADDRESS_OK;
}

/*
 * Parse a JDBC URL of the engine in address.  Without a port, it has the
 * engine's default.
 *
 * The parts of the address are stored in the buffer, which must have
 * GLUE_ADDRESS_BUFFER_SIZE of the URL's length.
 */
GlueAddressStatus
glue_jdbc_url_parse(const char *url, GlueDatabaseAddress *address,
					char *buffer)
{
	const GlueEngineFacts *engine = &glue_engines[address->engine];
	const char *rest = glue_skip_prefix(url, engine->prefix);

	if (rest == NULL && engine->other_prefix != NULL)
		rest = glue_skip_prefix(url, engine->other_prefix);
	if (rest == NULL)
		return GLUE_ADDRESS_OTHER_ENGINE;
	return address->engine == GLUE_ENGINE_SQLSERVER ?
		parse_properties(rest, address, buffer) :
		parse_path(rest, address, buffer);
}

/*-------------------------------------------------------------------------
 *
 * builders.c
 *	  The functions that build a ConnectionInput for the usual cases.
 *
 * A database is given by a JDBC URL, or by a foreign server of this database,
 * or it is this database itself.  The rest is the same for all: see
 * functions/builder.c.  A connection of the first generation (JDBC) has a URL,
 * one of the second (POSTGRESQL, MYSQL, ...) has host, port and database.
 *
 * IDENTIFICATION
 *	  src/functions/builders.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/foreign_database.h"
#include "commands/dbcommands.h"
#include "functions/builder.h"
#include "miscadmin.h"
#include "postmaster/postmaster.h"
#include "server/builtins.h"
#include "text/ascii.h"
#include "text/json.h"
#include "utils/lsyscache.h"
#include "utils/varlena.h"

/* The arguments of glue_connection_input_from_server(), in their order. */
enum
{
	FOREIGN_SERVER,
	NAME,
	HOST,
	PORT,
	DATABASE_NAME,
	FIRST_COMMON
};

static const char url_argument[] = "jdbc_connection_url";

#define OWN_MACHINE	"is not set, which means the local machine"

/* prototypes of private functions */
static void use_url(GlueBuilder *builder, NullableDatum argument);
static void use_any_url(GlueBuilder *builder, const char *url);
static void use_known_url(GlueBuilder *builder, const char *url);
static void use_server(GlueBuilder *builder, const NullableDatum *arguments);
static void use_options(GlueBuilder *builder, const NullableDatum *arguments,
						const GlueForeignDatabase *database);
static void use_host_option(GlueBuilder *builder,
							const GlueForeignOption *host,
							const GlueForeignOption *other_host);
static void use_connect_string(GlueBuilder *builder,
							   const GlueForeignOption *option);
static const char *option_text(GlueBuilder *builder,
							   const GlueForeignOption *option,
							   const char *missing);
static void complain_of_option(GlueBuilder *builder,
							   const GlueForeignOption *option,
							   const char *rule, const char *message);
static void use_this_database(GlueBuilder *builder,
							  const NullableDatum *arguments);
static const char *session_host(void);
static const char *listen_host(void);
static bool use_host_argument(GlueBuilder *builder, NullableDatum argument);
static bool use_port_argument(GlueBuilder *builder, NullableDatum argument);
static void check_engine(GlueBuilder *builder, const char *subject);

PG_FUNCTION_INFO_V1(glue_jdbc_connection_input);
PG_FUNCTION_INFO_V1(glue_connection_input_from_server);
PG_FUNCTION_INFO_V1(glue_connection_input_for_this_database);

/*
 * glue_jdbc_connection_input(name text, jdbc_connection_url text,
 *							  ... the common arguments) returns jsonb
 */
Datum
glue_jdbc_connection_input(PG_FUNCTION_ARGS)
{
	GlueBuilder builder;

	glue_builder_begin(&builder, fcinfo->args[0], &fcinfo->args[2]);
	(void) glue_argument_given(fcinfo->args[0], "name",
							   &builder.function.findings);
	use_url(&builder, fcinfo->args[1]);
	return glue_builder_end(&builder);
}

/*
 * glue_connection_input_from_server(foreign_server name, name text,
 *									 host text, port integer,
 *									 database_name text,
 *									 ... the common arguments) returns jsonb
 */
Datum
glue_connection_input_from_server(PG_FUNCTION_ARGS)
{
	GlueBuilder builder;

	glue_builder_begin(&builder, fcinfo->args[NAME],
					   &fcinfo->args[FIRST_COMMON]);
	if (glue_argument_given(fcinfo->args[FOREIGN_SERVER], "foreign_server",
							&builder.function.findings))
		use_server(&builder, fcinfo->args);
	return glue_builder_end(&builder);
}

/*
 * glue_connection_input_for_this_database(name text, host text, port integer,
 *										   ... the common arguments)
 * returns jsonb
 */
Datum
glue_connection_input_for_this_database(PG_FUNCTION_ARGS)
{
	GlueBuilder builder;

	glue_builder_begin(&builder, fcinfo->args[0], &fcinfo->args[3]);
	use_this_database(&builder, fcinfo->args);
	return glue_builder_end(&builder);
}

/* ----------------------------------------------------------------
 * The address of the database
 * ----------------------------------------------------------------
 */

/*
 * A JDBC URL is used unchanged in a connection of type JDBC, since drivers
 * know many more forms than we do; for other types it must be a form that we
 * know.
 */
static void
use_url(GlueBuilder *builder, NullableDatum argument)
{
	const char *url = glue_builder_argument(builder, argument, url_argument);

	(void) glue_argument_given(argument, url_argument,
							   &builder->function.findings);
	if (!builder->is_jdbc &&
		!glue_engine_find(builder->connection_type, &builder->address.engine))
		glue_builder_complain(builder, "connection_type",
							  GLUE_RULE_PROPERTY_VALUE,
							  "must be JDBC, MYSQL, ORACLE, POSTGRESQL or SQLSERVER");
	else if (url != NULL && builder->is_jdbc)
		use_any_url(builder, url);
	else if (url != NULL)
		use_known_url(builder, url);
}

/*
 * The URL must have "jdbc:", a text between colons, and more text after that.
 */
static void
use_any_url(GlueBuilder *builder, const char *url)
{
	const char *subprotocol = strncmp(url, "jdbc:", 5) == 0 ? url + 5 : "";

	if (strcspn(subprotocol, ":") == 0 ||
		strlen(subprotocol) < strcspn(subprotocol, ":") + 2)
		glue_builder_complain(builder, url_argument, GLUE_RULE_PROPERTY_VALUE,
							  "must be a JDBC URL, such as \"jdbc:postgresql://host:port/database\"");
	else
		builder->url = url;
}

/* A URL of the engine of the connection's type, which is parsed. */
static void
use_known_url(GlueBuilder *builder, const char *url)
{
	char	   *buffer = palloc(GLUE_ADDRESS_BUFFER_SIZE(strlen(url)));
	GlueAddressStatus status = glue_jdbc_url_parse(url, &builder->address,
												   buffer);

	if (status == GLUE_ADDRESS_OK)
		return;
	glue_builder_complain_of_address(builder, url_argument, status);
	builder->hint = psprintf("Connections of type %s are built from URLs of the form \"%s\".",
							 builder->connection_type,
							 glue_engines[builder->address.engine].url_form);
	builder->address.host = NULL;
}

/* A foreign server; arguments take precedence over its options. */
static void
use_server(GlueBuilder *builder, const NullableDatum *arguments)
{
	GlueDatabaseAddress *address = &builder->address;
	const char *server = glue_argument_server(arguments[FOREIGN_SERVER], NULL);
	GlueForeignDatabase database;

	glue_foreign_database_read(server, &database);
	address->engine = database.engine;
	address->port = glue_engines[database.engine].port;
	builder->enforce_ssl = database.needs_ssl;
	check_engine(builder, psprintf("a server of %s", database.wrapper));
	if (arguments[NAME].isnull)
		builder->name = glue_builder_text(builder, server, strlen(server),
										  "foreign_server");

	if (database.engine != GLUE_ENGINE_ORACLE)
		use_options(builder, arguments, &database);
	else if (arguments[HOST].isnull || arguments[DATABASE_NAME].isnull)
		use_connect_string(builder, &database.host);
	use_host_argument(builder, arguments[HOST]);
	use_port_argument(builder, arguments[PORT]);
	if (!arguments[DATABASE_NAME].isnull)
		address->database = glue_builder_argument(builder,
												  arguments[DATABASE_NAME],
												  "database_name");
	if (address->database != NULL && address->database[0] == '\0')
	{
		glue_builder_complain(builder, "database_name", GLUE_RULE_REQUIRED,
							  "must not be empty");
		address->database = NULL;
	}
}

/*
 * The options for host, port and database, unless an argument gives the value.
 */
static void
use_options(GlueBuilder *builder, const NullableDatum *arguments,
			const GlueForeignDatabase *database)
{
	GlueDatabaseAddress *address = &builder->address;

	if (arguments[HOST].isnull)
		use_host_option(builder, &database->host, &database->other_host);
	if (arguments[PORT].isnull && database->port.is_set)
	{
		const char *port = option_text(builder, &database->port, NULL);

		if (port != NULL &&
			!glue_parse_number(port, strlen(port), 1, GLUE_MAX_PORT,
							   &address->port))
			complain_of_option(builder, &database->port,
							   GLUE_RULE_PROPERTY_VALUE,
							   "must be a number from 1 to 65535");
	}
	if (arguments[DATABASE_NAME].isnull)
		address->database =
			option_text(builder, &database->database,
						"is not set, so there is no name of a database");
}

/*
 * libpq connects to "hostaddr" if that is set, and then "host" is only the
 * name in the certificate.  That name is the better value for the input, if it
 * is a host name.
 */
static void
use_host_option(GlueBuilder *builder, const GlueForeignOption *host,
				const GlueForeignOption *other_host)
{
	GlueAddressStatus status;
	const char *text;

	if (other_host->is_set &&
		(host->value == NULL ||
		 glue_host_check(host->value) != GLUE_ADDRESS_OK))
		host = other_host;
	text = option_text(builder, host, OWN_MACHINE);
	if (text == NULL)
		return;
	status = glue_host_check(text);
	if (status == GLUE_ADDRESS_OK)
		builder->address.host = text;
	else
		complain_of_option(builder, host, GLUE_RULE_PROPERTY_VALUE,
						   glue_address_status_message(status));
}

/*
 * Oracle's option for host, port and database, which is the rest of a URL after its
 * prefix, unless it is a name in this machine's tnsnames.ora or a descriptor.
 */
static void
use_connect_string(GlueBuilder *builder, const GlueForeignOption *option)
{
	const char *text;
	char	   *url;
	GlueAddressStatus status;

	text = option_text(builder, option, OWN_MACHINE);
	if (text == NULL)
		return;
	url = psprintf("%s%s", glue_engines[GLUE_ENGINE_ORACLE].prefix,
				   strncmp(text, "//", 2) == 0 ? text + 2 : text);
	status = glue_jdbc_url_parse(url, &builder->address,
								 palloc(GLUE_ADDRESS_BUFFER_SIZE(strlen(url))));
	if (status == GLUE_ADDRESS_OK)
		return;
	builder->address.host = NULL;
	builder->address.database = NULL;
	builder->hint = "Only \"//host:port/service\" is parsed. Use the arguments host, port and, for the service, database_name instead.";
	complain_of_option(builder, option, GLUE_RULE_PROPERTY_VALUE,
					   glue_address_status_message(status));
}

/*
 * Get the value of an option; NULL if it is invalid or not set.  missing is the
 * message for the latter.
 */
static const char *
option_text(GlueBuilder *builder, const GlueForeignOption *option,
			const char *missing)
{
	if (!option->is_set)
		complain_of_option(builder, option, GLUE_RULE_REQUIRED, missing);
	else if (option->value == NULL)
		complain_of_option(builder, option, GLUE_RULE_ENCODING,
						   "must be text that can be converted to UTF-8");
	else if (glue_builder_holds_secret(option->value, strlen(option->value)))
		complain_of_option(builder, option, GLUE_RULE_CREDENTIALS,
						   "holds a password");
	else
		return option->value;
	return NULL;
}

static void
complain_of_option(GlueBuilder *builder, const GlueForeignOption *option,
				   const char *rule, const char *message)
{
	glue_builder_complain(builder,
						  psprintf("option \"%s\" of the foreign server",
								   option->name),
						  rule, message);
	if (builder->hint == NULL)
		builder->hint = "The arguments host, port and database_name override the options of the foreign server.";
}

/*
 * The address of this database.
 *
 * The server compares the database name of a client with the bytes in the
 * catalog, without a conversion of encodings.  JDBC drivers send UTF-8, so the
 * bytes must be UTF-8, and they are not converted.
 */
static void
use_this_database(GlueBuilder *builder, const NullableDatum *arguments)
{
	const char *database = get_database_name(MyDatabaseId);

	builder->address.engine = GLUE_ENGINE_POSTGRESQL;
	check_engine(builder, "a PostgreSQL database");
	if (!glue_utf8_valid(database, strlen(database)))
		glue_builder_complain(builder, "current_database()", GLUE_RULE_ENCODING,
							  "is not UTF-8, so JDBC drivers cannot name it");
	else if (glue_builder_holds_secret(database, strlen(database)))
		glue_builder_complain(builder, "current_database()", GLUE_RULE_CREDENTIALS,
							  "looks like a password");
	else
		builder->address.database = database;
	if (arguments[0].isnull)
		builder->name = builder->address.database;

	if (!use_host_argument(builder, arguments[1]))
	{
		builder->address.host = session_host();
		if (builder->address.host == NULL)
			builder->address.host = listen_host();
	}
	if (arguments[1].isnull && builder->address.host == NULL)
	{
		glue_builder_complain(builder, "host", GLUE_RULE_REQUIRED,
							  "must be given, because neither this session nor listen_addresses has an address that other machines can reach");
		builder->hint = "Give the name or address by which AWS Glue reaches this server.";
	}
	if (!use_port_argument(builder, arguments[2]))
		builder->address.port = PostPortNumber;
}

/* The address of this server that the client of this session uses. */
static const char *
session_host(void)
{
	static const char mapped[] = "::ffff:";

	LOCAL_FCINFO(fcinfo, 0);
	Datum		address;
	const char *host;

	InitFunctionCallInfoData(*fcinfo, NULL, 0, InvalidOid, NULL, NULL);
	address = inet_server_addr(fcinfo);
	if (fcinfo->isnull)
		return NULL;
	host = TextDatumGetCString(DirectFunctionCall1(network_host, address));

	/* an IPv4 address on a socket for both versions */
	if (strncmp(host, mapped, strlen(mapped)) == 0 &&
		strchr(host, '.') != NULL)
		host += strlen(mapped);
	return glue_host_check(host) == GLUE_ADDRESS_OK ? host : NULL;
}

/* The first host in listen_addresses that other machines can reach. */
static const char *
listen_host(void)
{
	List	   *hosts;
	ListCell   *cell;

	if (ListenAddresses == NULL ||
		!SplitGUCList(pstrdup(ListenAddresses), ',', &hosts))
		return NULL;
	foreach(cell, hosts)
	{
		const char *host = lfirst(cell);

		if (glue_host_check(host) == GLUE_ADDRESS_OK)
			return host;
	}
	return NULL;
}

/* Take a host from an argument, if that is not null. */
static bool
use_host_argument(GlueBuilder *builder, NullableDatum argument)
{
	const char *host;
	GlueAddressStatus status;

	if (argument.isnull)
		return false;
	host = glue_builder_argument(builder, argument, "host");
	if (host == NULL)
		return true;
	status = glue_host_check(host);
	if (status == GLUE_ADDRESS_OK)
		builder->address.host = host;
	else
		glue_builder_complain_of_address(builder, "host", status);
	return true;
}

/* Take a port from an argument, if that is not null. */
static bool
use_port_argument(GlueBuilder *builder, NullableDatum argument)
{
	int			port;

	if (argument.isnull)
		return false;
	port = DatumGetInt32(argument.value);
	if (port < 1 || port > GLUE_MAX_PORT)
		glue_builder_complain(builder, "port", GLUE_RULE_RANGE,
							  "must be from 1 to 65535");
	builder->address.port = port;
	return true;
}

/* Check that the type of the connection fits the engine. */
static void
check_engine(GlueBuilder *builder, const char *subject)
{
	const char *type = glue_engines[builder->address.engine].connection_type;

	if (!builder->is_jdbc && strcmp(builder->connection_type, type) != 0)
		glue_builder_complain(builder, "connection_type",
							  GLUE_RULE_PROPERTY_VALUE,
							  psprintf("must be JDBC or %s for %s", type, subject));
}

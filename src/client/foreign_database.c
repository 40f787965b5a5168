/*-------------------------------------------------------------------------
 *
 * foreign_database.c
 *	  Foreign servers that stand for a database elsewhere.
 *
 * Wrappers of other databases store the address of the database in the options
 * of their servers, each under its own names.  Only these options are read,
 * and never a user mapping: a connection gets its login from a secret in AWS
 * Secrets Manager.
 *
 * A wrapper is identified by its handler, whatever its name is, because the
 * handler gives the options their meaning.  If the handler is unknown, the
 * wrapper's name counts.
 *
 * PostgreSQL shows the options of every server to everybody, in the catalog
 * pg_foreign_server.  USAGE is required all the same: a role that may not use
 * a server has no reason to make a connection from it.
 *
 * IDENTIFICATION
 *	  src/client/foreign_database.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_foreign_server.h"
#include "client/foreign_database.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"

/* A wrapper, and its names for the parts of the address. */
typedef struct Wrapper
{
	const char *name;
	const char *handler;
	GlueEngine	engine;
	const char *host;
	const char *other_host;
	const char *port;
	const char *database;
} Wrapper;

static const Wrapper wrappers[] = {
	{
		"mysql_fdw", "mysql_fdw_handler", GLUE_ENGINE_MYSQL,
		"host", NULL, "port", "dbname"
	},
	{
		"oracle_fdw", "oracle_fdw_handler", GLUE_ENGINE_ORACLE,
		"dbserver", NULL, NULL, NULL
	},
	{
		"postgres_fdw", "postgres_fdw_handler", GLUE_ENGINE_POSTGRESQL,
		"host", "hostaddr", "port", "dbname"
	},
	{
		"tds_fdw", "tds_fdw_handler", GLUE_ENGINE_SQLSERVER,
		"servername", NULL, "port", "database"
	},
};

/* prototypes of private functions */
static const Wrapper *find_wrapper(const ForeignDataWrapper *wrapper);
static void read_option(List *options, const char *name,
						GlueForeignOption *option);
static bool needs_ssl(List *options);

/*
 * Read the address of a foreign server's database, for a role that may use
 * that server.
 */
void
glue_foreign_database_read(const char *server, GlueForeignDatabase *database)
{
	ForeignServer *foreign_server = GetForeignServerByName(server, false);
	ForeignDataWrapper *foreign_wrapper;
	const Wrapper *wrapper;
	AclResult	permission;

	permission = glue_foreign_server_aclcheck(foreign_server->serverid,
											  GetUserId(), ACL_USAGE);
	if (permission != ACLCHECK_OK)
		aclcheck_error(permission, OBJECT_FOREIGN_SERVER, server);

	foreign_wrapper = GetForeignDataWrapper(foreign_server->fdwid);
	wrapper = find_wrapper(foreign_wrapper);
	if (wrapper == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("foreign server \"%s\" is of the unsupported foreign-data wrapper \"%s\"",
						server, foreign_wrapper->fdwname),
				 errhint("Servers of mysql_fdw, oracle_fdw, postgres_fdw and tds_fdw are supported; for others, use glue_jdbc_connection_input().")));

	memset(database, 0, sizeof(GlueForeignDatabase));
	database->engine = wrapper->engine;
	database->wrapper = wrapper->name;
	read_option(foreign_server->options, wrapper->host, &database->host);
	read_option(foreign_server->options, wrapper->other_host,
				&database->other_host);
	read_option(foreign_server->options, wrapper->port, &database->port);
	read_option(foreign_server->options, wrapper->database,
				&database->database);
	database->needs_ssl = wrapper->engine == GLUE_ENGINE_POSTGRESQL &&
		needs_ssl(foreign_server->options);
}

static const Wrapper *
find_wrapper(const ForeignDataWrapper *wrapper)
{
	const char *handler = OidIsValid(wrapper->fdwhandler) ?
		get_func_name(wrapper->fdwhandler) : NULL;

	for (int i = 0; handler != NULL && i < lengthof(wrappers); i++)
	{
		if (strcmp(wrappers[i].handler, handler) == 0)
			return &wrappers[i];
	}
	for (int i = 0; i < lengthof(wrappers); i++)
	{
		if (strcmp(wrappers[i].name, wrapper->fdwname) == 0)
			return &wrappers[i];
	}
	return NULL;
}

/*
 * Read an option, in UTF-8.  An empty one counts as missing, as in libpq.
 */
static void
read_option(List *options, const char *name, GlueForeignOption *option)
{
	ListCell   *cell;

	option->name = name;
	if (name == NULL)
		return;
	foreach(cell, options)
	{
		DefElem    *element = lfirst_node(DefElem, cell);
		char	   *value = defGetString(element);
		const char *utf8;
		int			len;

		if (strcmp(element->defname, name) != 0 || value[0] == '\0')
			continue;
		option->is_set = true;
		if (glue_utf8_from_server(value, strlen(value), &utf8, &len))
			option->value = pnstrdup(utf8, len);
	}
}

/* Do these options make libpq require encryption? */
static bool
needs_ssl(List *options)
{
	GlueForeignOption sslmode = {0};

	read_option(options, "sslmode", &sslmode);
	return sslmode.value != NULL &&
		(strcmp(sslmode.value, "require") == 0 ||
		 strcmp(sslmode.value, "verify-ca") == 0 ||
		 strcmp(sslmode.value, "verify-full") == 0);
}

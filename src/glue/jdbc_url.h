/*-------------------------------------------------------------------------
 *
 * jdbc_url.h
 *	  Database addresses in JDBC URLs.
 *
 * IDENTIFICATION
 *	  src/glue/jdbc_url.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_JDBC_URL_H
#define GLUE_GLUE_JDBC_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "glue/database_address.h"

/* The databases with known URLs. */
typedef enum GlueEngine
{
	GLUE_ENGINE_MYSQL,
	GLUE_ENGINE_ORACLE,
	GLUE_ENGINE_POSTGRESQL,
	GLUE_ENGINE_SQLSERVER
} GlueEngine;

#define GLUE_NENGINES	4

typedef struct GlueEngineFacts
{
	const char *connection_type;	/* of the second generation */
	const char *prefix;			/* of the URLs that we write */
	const char *other_prefix;	/* of equivalent URLs, or NULL */
	int			port;			/* default port */
	const char *url_form;		/* for messages */
} GlueEngineFacts;

/* by GlueEngine */
extern const GlueEngineFacts glue_engines[GLUE_NENGINES];

/* All text is UTF-8. */
typedef struct GlueDatabaseAddress
{
	GlueEngine	engine;
	const char *host;			/* name or IP address, without brackets */
	int			port;
	const char *database;		/* not encoded; for Oracle, a service */
} GlueDatabaseAddress;

/* upper limit of the bytes that the parsers write for a text of this length */
#define GLUE_ADDRESS_BUFFER_SIZE(len) ((len) + 2)

extern bool glue_engine_find(const char *connection_type, GlueEngine *engine);

extern size_t glue_jdbc_url_max_size(const GlueDatabaseAddress *address);
extern GlueAddressStatus glue_jdbc_url_write(const GlueDatabaseAddress *address,
											 char *buffer, size_t size);
extern GlueAddressStatus glue_jdbc_url_parse(const char *url,
											 GlueDatabaseAddress *address,
											 char *buffer);

#endif							/* GLUE_GLUE_JDBC_URL_H */

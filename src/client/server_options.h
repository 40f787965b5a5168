/*-------------------------------------------------------------------------
 *
 * server_options.h
 *	  The options of foreign servers and user mappings.
 *
 * IDENTIFICATION
 *	  src/client/server_options.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_SERVER_OPTIONS_H
#define GLUE_CLIENT_SERVER_OPTIONS_H

#include "aws/credential_text.h"

/* The options of a server; a text that is not set is NULL. */
typedef struct GlueServerOptions
{
	const char *region;
	const char *account_id;
	const char *catalog_id;		/* UTF-8 */
	const char *endpoint_url;
	const char *profile;
	const char *role_arn;
	const char *external_id;
	const char *ca_file;
	const char *proxy;			/* "": none */
	bool		use_fips_endpoint;
	bool		use_dualstack_endpoint;
	int			connect_timeout_ms;
	int			request_timeout_ms;
	int			max_attempts;
	int			max_requests_per_second;	/* 0: no limit; -1: not set */
} GlueServerOptions;

/* The options of a user mapping; NULL if not set. */
typedef struct GlueMappingOptions
{
	GlueCredentials credentials;
	const char *role_arn;
	const char *external_id;
} GlueMappingOptions;

extern const char *glue_server_options_read(Datum array,
											GlueServerOptions *options);
extern void glue_mapping_options_read(Datum array,
									  GlueMappingOptions *options);

#endif							/* GLUE_CLIENT_SERVER_OPTIONS_H */

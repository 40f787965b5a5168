/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Resolution of a call's target: catalog, endpoint, and source of
 *	  credentials.
 *
 * IDENTIFICATION
 *	  src/client/target.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_TARGET_H
#define GLUE_CLIENT_TARGET_H

#include "aws/configuration.h"
#include "aws/credential_text.h"
#include "aws/endpoint.h"
#include "server/compat.h"

#define GLUE_FINGERPRINT_LEN	32

typedef struct GlueTarget
{
	const char *server;			/* foreign server, or NULL */
	Oid			server_oid;		/* InvalidOid without one */
	Oid			server_owner;	/* likewise */
	Oid			role;			/* role that it was resolved for */
	const char *catalog_id;		/* NULL: that of the caller's account */
	const char *catalog;		/* catalog of the connections: catalog_id or
								 * the account; NULL while unknown */
	const char *account_id;		/* account of the credentials; NULL while
								 * unknown */
	const char *claimed_account;	/* account according to the configuration,
									 * for the case that AWS does not return
									 * it, or NULL */
	bool		claimed_by_server;	/* by an option of the server */
	GlueEndpoint endpoint;
	GlueEndpoint sts_endpoint;	/* valid if sts_problem is NULL */
	const char *sts_problem;	/* reason for a missing one, in sentences */
	bool		asks_endpoint;	/* the endpoint, not AWS, returns the account */
	const char *ca_file;		/* NULL: the system's certificates */
	const char *proxy;			/* "": none */
	int			connect_timeout_ms;
	int			request_timeout_ms;
	int			max_attempts;
	int			max_requests_per_second;	/* 0: no limit of our own */
	bool		paced_by_server;	/* set by an option of the server */

	/*
	 * Source of the credentials.  The keys of the user mapping come first;
	 * without them, the server process's own ("ambient") credentials, if they
	 * are permitted.
	 */
	GlueCredentials given;		/* no access_key_id: none */
	const char *mapping;		/* description of the user mapping, or NULL */
	bool		has_own_keys;	/* the mapping is the role's, not PUBLIC's */
	bool		ambient_allowed;
	const GlueConfiguration *configuration; /* environment and profile */
	const char *role_arn;		/* role to assume, or NULL */
	const char *external_id;	/* for that role, or NULL */

	/*
	 * of the values that must not change while a request waits: see target.c
	 */
	unsigned char fingerprint[GLUE_FINGERPRINT_LEN];
	unsigned char key_fingerprint[GLUE_FINGERPRINT_LEN];	/* ... and has secrets */
} GlueTarget;

extern void glue_target_resolve(GlueTarget *target, const char *server,
								const char *catalog_id, const char *region);
extern char *glue_target_connection_arn(const GlueTarget *target,
										const char *connection_name);
pg_noreturn extern void glue_target_refuse_ambient(const GlueTarget *target);

#endif							/* GLUE_CLIENT_TARGET_H */

/*-------------------------------------------------------------------------
 *
 * target.h
 *	  Which Data Catalog a call is for, how it is reached, and as whom.
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
	Oid			role;			/* for which it was found */
	const char *catalog_id;		/* NULL: that of the caller's account */
	const char *catalog;		/* whose connections they are: catalog_id, or
								 * the account; NULL while that is not known */
	const char *account_id;		/* that the credentials belong to; NULL while
								 * that is not known */
	const char *claimed_account;	/* what is believed if nobody knows, or
									 * NULL */
	bool		claimed_by_server;	/* by an option of the server */
	GlueEndpoint endpoint;
	GlueEndpoint sts_endpoint;	/* valid if sts_problem is NULL */
	const char *sts_problem;	/* why there is none, in sentences */
	bool		asks_endpoint;	/* the endpoint, not AWS, tells the account */
	const char *ca_file;		/* NULL: the system's certificates */
	const char *proxy;			/* "": none */
	int			connect_timeout_ms;
	int			request_timeout_ms;
	int			max_attempts;
	int			max_requests_per_second;	/* 0: as many as AWS takes */
	bool		paced_by_server;	/* that is an option of the server */
	Oid			user;			/* who makes the calls */

	/*
	 * As whom.  What the user mapping gives comes first; without it, the
	 * server process's own ("ambient") credentials, if they may be used.
	 */
	GlueCredentials given;		/* no access_key_id: none */
	const char *mapping;		/* which one that is, in words, or NULL */
	bool		has_own_keys;	/* and that it is of the role, not of PUBLIC */
	bool		ambient_allowed;
	const GlueConfiguration *configuration; /* environment and profile */
	const char *role_arn;		/* to be assumed, or NULL */
	const char *external_id;	/* for that, or NULL */

	/* of what must not change while a request waits: see target.c */
	unsigned char fingerprint[GLUE_FINGERPRINT_LEN];
	unsigned char key_fingerprint[GLUE_FINGERPRINT_LEN];	/* ... that has secrets */
} GlueTarget;

extern void glue_target_resolve_region(GlueTarget *target, const char *server,
									   const char *catalog_id,
									   const char *region);
extern void glue_target_resolve(GlueTarget *target, const char *server,
								const char *catalog_id);
extern char *glue_target_connection_arn(const GlueTarget *target,
										const char *connection_name);
pg_noreturn extern void glue_target_refuse_ambient(const GlueTarget *target);

#endif							/* GLUE_CLIENT_TARGET_H */

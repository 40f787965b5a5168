/*-------------------------------------------------------------------------
 *
 * request_secret.h
 *	  The table glue_request_secret, with the sealed secrets of requests.
 *
 * IDENTIFICATION
 *	  src/store/request_secret.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_SECRET_H
#define GLUE_STORE_REQUEST_SECRET_H

#include "nodes/pg_list.h"
#include "server/owner_spi.h"
#include "store/request.h"

/* The table, open until the end of the transaction. */
typedef GlueOwnTable GlueRequestSecrets;

extern void glue_request_secrets_open(GlueRequestSecrets *secrets,
									  Oid schema);
extern void glue_request_secret_insert(const GlueRequestSecrets *secrets,
									   int64 request, Oid role,
									   bytea * sealed);
extern void glue_request_secrets_read(const GlueRequestSecrets *secrets,
									  List *requests);
extern void glue_request_secrets_erase(const GlueRequestSecrets *secrets,
									   const int64 *requests, int nrequests);

#endif							/* GLUE_STORE_REQUEST_SECRET_H */

/*-------------------------------------------------------------------------
 *
 * request_secret.h
 *	  The table glue_request_secret, which has the sealed secrets of requests.
 *
 * IDENTIFICATION
 *	  src/store/request_secret.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_SECRET_H
#define GLUE_STORE_REQUEST_SECRET_H

/* The table, ready to be used until the end of the transaction. */
typedef struct GlueRequestSecrets
{
	Oid			owner;
	char	   *table;			/* its qualified name */
	int64		home;			/* of the requests that are meant */
} GlueRequestSecrets;

extern void glue_request_secrets_open(GlueRequestSecrets *secrets, Oid schema,
									  int64 home);
extern void glue_request_secret_insert(const GlueRequestSecrets *secrets,
									   int64 request, Oid role,
									   bytea * sealed);
extern void glue_request_secrets_erase(const GlueRequestSecrets *secrets,
									   const int64 *requests, int nrequests);

#endif							/* GLUE_STORE_REQUEST_SECRET_H */

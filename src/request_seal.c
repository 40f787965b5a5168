/*-------------------------------------------------------------------------
 *
 * request_seal.c
 *	  The secrets of a request, in the form that the queue may keep.
 *
 * IDENTIFICATION
 *	  src/request_seal.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "request_seal.h"

/*
 * Seal the ConnectionInput of a request that holds secrets.
 *
 * Raises an error if there is no key to do that with.
 */
bytea *
glue_request_seal(int64 id, const GlueRequest *request)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("connection input holds a secret, which cannot be kept in the queue"),
			 errdetail("There is no key to encrypt it with."),
			 errhint("Refer to a secret of AWS Secrets Manager, by \"SECRET_ID\" in \"ConnectionProperties\" or \"SecretArn\" in \"AuthenticationConfiguration\", or set \"glue_conn.secret_key_file\".")));
	return NULL;				/* keep the compiler quiet */
}

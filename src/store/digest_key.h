/*-------------------------------------------------------------------------
 *
 * digest_key.h
 *	  The key of the digests of secrets, stored in the database.
 *
 * IDENTIFICATION
 *	  src/store/digest_key.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_DIGEST_KEY_H
#define GLUE_STORE_DIGEST_KEY_H

#include "glue/digest.h"

/* The error if there is no key. */
#define GLUE_NO_DIGEST_KEY \
	"table \"glue_secret_key\" of extension \"glue_conn\" holds no key of this database"

extern char *glue_secret_key_hint(Oid schema);
extern bool glue_digest_key_find(Oid schema, bool missing_ok);
extern const GlueSecretDigest *glue_digest_secrets(Oid schema,
												   json_object *input,
												   json_object *redacted);

#endif							/* GLUE_STORE_DIGEST_KEY_H */

/*-------------------------------------------------------------------------
 *
 * digest.h
 *	  Comparison of the secrets of two definitions, without storing them.
 *
 * IDENTIFICATION
 *	  src/glue/digest.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_GLUE_DIGEST_H
#define GLUE_GLUE_DIGEST_H

#include <stdbool.h>

#include <json-c/json.h>

#define GLUE_SECRET_KEY_LEN		32
#define GLUE_SECRET_KEY_ID_LEN	8

typedef struct GlueSecretDigest
{
	unsigned char key_id[GLUE_SECRET_KEY_ID_LEN];
	unsigned char mac[32];
} GlueSecretDigest;

typedef enum GlueSecretChange
{
	GLUE_SECRETS_SAME,
	GLUE_SECRETS_CHANGED,
	GLUE_SECRETS_INCOMPARABLE	/* made with different keys */
} GlueSecretChange;

extern bool glue_secret_digest(json_object *input, json_object *redacted,
							   const unsigned char key[GLUE_SECRET_KEY_LEN],
							   GlueSecretDigest *digest);
extern GlueSecretChange glue_secret_digest_compare(const GlueSecretDigest *a,
												   const GlueSecretDigest *b);

#endif							/* GLUE_GLUE_DIGEST_H */

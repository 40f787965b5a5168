/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  Seal secrets so that they can be stored.
 *
 * IDENTIFICATION
 *	  src/secret/seal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SECRET_SEAL_H
#define GLUE_SECRET_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "secret/seal_keys.h"

typedef enum GlueSealStatus
{
	GLUE_SEAL_OK,
	GLUE_SEAL_NO_KEY,			/* sealed with none of these keys */
	GLUE_SEAL_ALTERED,			/* it, or what it belongs to, is another */
	GLUE_SEAL_MALFORMED,		/* nothing that was ever sealed */
	GLUE_SEAL_FAILED			/* OpenSSL lacks memory or random bytes */
} GlueSealStatus;

#define GLUE_SEAL_TARGET_LEN	32

/*
 * The request that sealed secrets belong to; no string is NULL.
 *
 * Of the foreign server there is neither the name, which can be changed, nor the
 * OID, which pg_upgrade changes: the target says where the secrets go.
 */
typedef struct GlueSealedRequest
{
	int64_t		id;
	int64_t		home;			/* the database that it was made in */
	uint32_t	role;			/* as which it is carried out */
	const char *operation;
	const char *connection_name;
	const char *region;
	const char *catalog_id;		/* "": that of the caller's account */
	const char *tags;			/* as JSON; "": none */
	const char *on_conflict;	/* "": not said */
	const char *on_missing;		/* likewise */
	unsigned char target[GLUE_SEAL_TARGET_LEN]; /* its fingerprint */
} GlueSealedRequest;

extern size_t glue_sealed_len(size_t plain_len);
extern bool glue_seal(const GlueSealKeys *keys,
					  const void *context, size_t context_len,
					  const void *plain, size_t plain_len,
					  unsigned char *sealed);
extern GlueSealStatus glue_unseal(const GlueSealKeys *keys,
								  const void *context, size_t context_len,
								  const unsigned char *sealed,
								  size_t sealed_len,
								  void *plain, size_t *plain_len);
extern size_t glue_seal_context(const GlueSealedRequest *request,
								unsigned char *buffer, size_t size);

#endif							/* GLUE_SECRET_SEAL_H */

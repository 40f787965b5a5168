/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  Seal secrets so that they can be stored.
 *
 * IDENTIFICATION
 *	  src/seal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SEAL_H
#define GLUE_SEAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "seal_keys.h"

typedef enum GlueSealStatus
{
	GLUE_SEAL_OK,
	GLUE_SEAL_NO_KEY,			/* sealed with none of these keys */
	GLUE_SEAL_ALTERED,			/* it, or what it belongs to, is another */
	GLUE_SEAL_MALFORMED,		/* nothing that was ever sealed */
	GLUE_SEAL_FAILED			/* OpenSSL lacks memory or random bytes */
} GlueSealStatus;

/* The request that sealed secrets belong to; no string is NULL. */
typedef struct GlueSealedRequest
{
	int64_t		id;
	const char *operation;
	const char *connection_name;
	const char *server;			/* "": none */
	const char *region;
	const char *catalog_id;		/* "": that of the caller's account */
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

#endif							/* GLUE_SEAL_H */

/*-------------------------------------------------------------------------
 *
 * seal.h
 *	  Authenticated encryption ("sealing") of secrets that are stored.
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
	GLUE_SEAL_NO_KEY,			/* sealed with another key */
	GLUE_SEAL_ALTERED,			/* it, or its owner, was changed */
	GLUE_SEAL_MALFORMED,		/* not a sealed secret */
	GLUE_SEAL_FAILED			/* OpenSSL lacks memory or random bytes */
} GlueSealStatus;

#define GLUE_SEAL_TARGET_LEN	32

/*
 * The request that owns sealed secrets; no string is NULL.
 *
 * The foreign server is represented by the target, not by its name, which can
 * be changed, nor by its OID, which pg_upgrade changes.
 */
typedef struct GlueSealedRequest
{
	int64_t		id;
	int64_t		home;			/* of the database where it was made */
	uint32_t	role;			/* role that carries it out */
	const char *operation;
	const char *connection_name;
	const char *region;
	const char *catalog_id;		/* "": that of the caller's account */
	const char *tags;			/* as JSON; "": none */
	const char *on_conflict;	/* "": not set */
	const char *on_missing;		/* likewise */
	unsigned char target[GLUE_SEAL_TARGET_LEN]; /* fingerprint of the target */
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

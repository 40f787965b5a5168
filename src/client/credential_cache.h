/*-------------------------------------------------------------------------
 *
 * credential_cache.h
 *	  Cache of temporary AWS credentials.
 *
 * IDENTIFICATION
 *	  src/client/credential_cache.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CREDENTIAL_CACHE_H
#define GLUE_CLIENT_CREDENTIAL_CACHE_H

#include "aws/credential_reply.h"
#include "server/shared_state.h"
#include "utils/timestamp.h"

/* Key of an entry: a digest of everything that determines its credentials. */
typedef struct GlueCredentialKey
{
	unsigned char digest[32];
} GlueCredentialKey;

typedef enum GlueCacheAnswer
{
	GLUE_CACHE_HIT,				/* use these */
	GLUE_CACHE_MAY_REFRESH,		/* these are good, but refresh them */
	GLUE_CACHE_MUST_REFRESH,	/* there are no good ones */
	GLUE_CACHE_WAIT,			/* others are getting some */
	GLUE_CACHE_JUST_FAILED		/* another process has just failed */
} GlueCacheAnswer;

/* Size of the reason of a failed refresh. */
#define GLUE_CACHE_FAILURE_SIZE		512

extern GlueSharedPart glue_credential_cache_part;

extern GlueCacheAnswer glue_credential_cache_look(const GlueCredentialKey *key,
												  const char *rejected_access_key_id,
												  TimestampTz since,
												  bool nested,
												  GlueTemporaryCredentials *credentials,
												  char failure[GLUE_CACHE_FAILURE_SIZE]);
extern bool glue_credential_cache_peek(const GlueCredentialKey *key,
									   GlueTemporaryCredentials *credentials);
extern void glue_credential_cache_put(const GlueCredentialKey *key,
									  const GlueTemporaryCredentials *credentials);
extern void glue_credential_cache_give_up(const GlueCredentialKey *key,
										  const char *failure);
extern bool glue_credential_cache_extend(const GlueCredentialKey *key,
										 int extension_ms,
										 GlueTemporaryCredentials *credentials);

#endif							/* GLUE_CLIENT_CREDENTIAL_CACHE_H */

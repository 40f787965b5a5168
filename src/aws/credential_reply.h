/*-------------------------------------------------------------------------
 *
 * credential_reply.h
 *	  Decoding of answers with temporary credentials.
 *
 * IDENTIFICATION
 *	  src/aws/credential_reply.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_CREDENTIAL_REPLY_H
#define GLUE_AWS_CREDENTIAL_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Sizes of buffers.  An access key id has at most 128 characters, an ARN 2,048;
 * a secret has 40 today.  AWS promises no limit for session tokens.  They have
 * 400 to 2,000 characters, more with session tags and policies, and go into a
 * header: 8 KiB for all headers is a common limit of servers, 16 KiB a generous
 * one.
 */
#define GLUE_ACCESS_KEY_ID_SIZE		136
#define GLUE_SECRET_KEY_SIZE		264
#define GLUE_SESSION_TOKEN_SIZE		(12 * 1024)
#define GLUE_ACCOUNT_ID_SIZE		16
#define GLUE_ARN_SIZE				2056
#define GLUE_USER_ID_SIZE			264

/*
 * Credentials that expire.  They are secret: keep them in memory that is
 * cleansed, by glue_temporary_credentials_cleanse() or otherwise.
 */
typedef struct GlueTemporaryCredentials
{
	char		access_key_id[GLUE_ACCESS_KEY_ID_SIZE];
	char		secret_access_key[GLUE_SECRET_KEY_SIZE];
	char		session_token[GLUE_SESSION_TOKEN_SIZE];
	char		account_id[GLUE_ACCOUNT_ID_SIZE];	/* "" if unknown */
	long long	expiration;		/* seconds since 1970 */
} GlueTemporaryCredentials;

typedef enum GlueCredentialReplyStatus
{
	GLUE_CREDENTIALS_OK,
	GLUE_CREDENTIALS_EXPIRED,	/* as OK, but already expired */
	GLUE_CREDENTIALS_REFUSED,	/* the source has no credentials */
	GLUE_CREDENTIALS_MALFORMED	/* not an answer of such a service */
} GlueCredentialReplyStatus;

/* The problem of an answer, to follow the words "the answer". */
#define GLUE_CREDENTIAL_REASON_SIZE	400

/* AWS STS's description of a caller. */
typedef struct GlueCallerIdentity
{
	char		account[GLUE_ACCOUNT_ID_SIZE];
	char		arn[GLUE_ARN_SIZE];
	char		user_id[GLUE_USER_ID_SIZE];
} GlueCallerIdentity;

extern GlueCredentialReplyStatus glue_credential_reply_json(const char *body,
															size_t len,
															long long now,
															GlueTemporaryCredentials *credentials,
															char reason[GLUE_CREDENTIAL_REASON_SIZE]);
extern GlueCredentialReplyStatus glue_credential_reply_xml(const char *body,
														   size_t len,
														   long long now,
														   GlueTemporaryCredentials *credentials,
														   char reason[GLUE_CREDENTIAL_REASON_SIZE]);
extern void glue_temporary_credentials_cleanse(GlueTemporaryCredentials *credentials);
extern bool glue_caller_identity_xml(const char *body, size_t len,
									 GlueCallerIdentity *identity);

#endif							/* GLUE_AWS_CREDENTIAL_REPLY_H */

/*-------------------------------------------------------------------------
 *
 * credentials.h
 *	  The AWS credentials that requests are signed with.
 *
 * IDENTIFICATION
 *	  src/credentials.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CREDENTIALS_H
#define GLUE_CREDENTIALS_H

typedef struct GlueCredentials
{
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token;	/* of temporary credentials, or NULL */
} GlueCredentials;

extern void glue_credentials_find(GlueCredentials *credentials);

#endif							/* GLUE_CREDENTIALS_H */

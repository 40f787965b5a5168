/*-------------------------------------------------------------------------
 *
 * identity.h
 *	  Who signs: access keys and roles of AWS, and what they look like.
 *
 * IDENTIFICATION
 *	  src/aws/identity.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_IDENTITY_H
#define GLUE_IDENTITY_H

#include <stdbool.h>

typedef struct GlueCredentials
{
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token;	/* of temporary credentials, or NULL */
} GlueCredentials;

extern const char *glue_credential_problem(const char *part);
extern const char *glue_role_arn_problem(const char *arn);
extern const char *glue_external_id_problem(const char *external_id);

#endif							/* GLUE_IDENTITY_H */

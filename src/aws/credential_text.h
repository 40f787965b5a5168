/*-------------------------------------------------------------------------
 *
 * credential_text.h
 *	  Who signs: access keys and roles of AWS, and what they look like.
 *
 * IDENTIFICATION
 *	  src/aws/credential_text.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_AWS_CREDENTIAL_TEXT_H
#define GLUE_AWS_CREDENTIAL_TEXT_H

#include <stdbool.h>

typedef struct GlueCredentials
{
	const char *access_key_id;
	const char *secret_access_key;
	const char *session_token;	/* of temporary credentials, or NULL */
	const char *account_id;		/* that they belong to, as far as their source
								 * says; or NULL */
	long long	expires_at;		/* seconds since 1970, by our clock; 0: never,
								 * as far as is known */
} GlueCredentials;

extern const char *glue_credential_problem(const char *part);
extern const char *glue_role_arn_problem(const char *arn);
extern const char *glue_external_id_problem(const char *external_id);
extern const char *glue_account_id_problem(const char *account_id);
extern const char *glue_catalog_id_problem(const char *catalog_id);

#endif							/* GLUE_AWS_CREDENTIAL_TEXT_H */

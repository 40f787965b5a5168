/*-------------------------------------------------------------------------
 *
 * credential_text.h
 *	  Validation of AWS's access keys and roles.
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
	const char *account_id;		/* account of the credentials, according to
								 * their source; or NULL */
	long long	expires_at;		/* seconds since 1970, by our clock; 0: never,
								 * or unknown */
} GlueCredentials;

extern const char *glue_credential_problem(const char *part);
extern const char *glue_role_arn_problem(const char *arn);
extern const char *glue_external_id_problem(const char *external_id);
extern const char *glue_account_id_problem(const char *account_id);
extern const char *glue_catalog_id_problem(const char *catalog_id);

#endif							/* GLUE_AWS_CREDENTIAL_TEXT_H */

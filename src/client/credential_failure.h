/*-------------------------------------------------------------------------
 *
 * credential_failure.h
 *	  Failures to get credentials, or to determine their account.
 *
 * IDENTIFICATION
 *	  src/client/credential_failure.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CREDENTIAL_FAILURE_H
#define GLUE_CLIENT_CREDENTIAL_FAILURE_H

#include "client/failure.h"

/*
 * The code of a failure because the request's target has changed.
 */
#define GLUE_CODE_TARGET_CHANGED "target changed"
#define GLUE_CODE_NO_CREDENTIALS "no credentials"
#define GLUE_CODE_NO_ACCOUNT "no account"

extern GlueFailure *glue_failure_no_credentials(const char *source,
												const char *reason);
extern GlueFailure *glue_failure_nothing_found(const char *profile,
											   const char *reason,
											   const char *files);
extern GlueFailure *glue_failure_target_changed(const char *wanted_account,
												const char *account);
extern GlueFailure *glue_failure_owned_elsewhere(const char *connection_name,
												 const char *endpoint,
												 const char *catalog,
												 const char *found_catalog);
extern GlueFailure *glue_failure_no_account(const GlueFailure *cause);
extern GlueFailure *glue_failure_just_failed(const char *other);
extern bool glue_failure_lacks_credentials(const GlueFailure *failure);

#endif							/* GLUE_CLIENT_CREDENTIAL_FAILURE_H */

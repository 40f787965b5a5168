/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  Failures, as values and as PostgreSQL errors.
 *
 * IDENTIFICATION
 *	  src/client/failure.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_FAILURE_H
#define GLUE_CLIENT_FAILURE_H

/*
 * A failure.  The strings are UTF-8 and live in the memory context that was
 * current when the failure was made; none holds a secret.
 */
typedef struct GlueFailure
{
	int			sqlstate;
	const char *code;			/* name of the exception, or our own code */
	const char *message;
	const char *detail;
	const char *hint;			/* in the server's encoding, or NULL */
	const char *request_id;		/* AWS's, or NULL */
	bool		transient;		/* a retry may succeed */
	bool		ambiguous;		/* the request may have been carried out */
	bool		of_credentials; /* there were no valid credentials for the
								 * call */
} GlueFailure;

/* The code of a failure because the row does not own the connection. */
#define GLUE_CODE_NOT_OURS "NotOurs"

/* The code of a failure because the request's target has changed. */
#define GLUE_CODE_TARGET_CHANGED "target changed"
#define GLUE_CODE_NO_CREDENTIALS "no credentials"
#define GLUE_CODE_NO_ACCOUNT "no account"

extern GlueFailure *glue_failure_new(int sqlstate, const char *code,
									 const char *message, const char *detail,
									 const char *hint);
extern GlueFailure *glue_failure_taken(const char *connection_name,
									   const char *differences);
extern GlueFailure *glue_failure_not_ours(const char *connection_name,
										  const char *detail);
extern GlueFailure *glue_failure_wipes_credentials(const char *connection_name,
												   const char *losses);
extern GlueFailure *glue_failure_target_changed(const char *wanted_account,
												const char *account);
extern GlueFailure *glue_failure_owned_elsewhere(const char *connection_name,
												 const char *endpoint,
												 const char *catalog,
												 const char *found_catalog);
extern GlueFailure *glue_failure_no_account(const GlueFailure *cause);
extern bool glue_failure_lacks_credentials(const GlueFailure *failure);
extern GlueFailure *glue_failure_from_error(const ErrorData *error);
extern GlueFailure *glue_failure_copy(const GlueFailure *failure);
extern void glue_failure_add_detail(GlueFailure *failure, const char *detail);
extern void glue_failure_raise(int elevel, const GlueFailure *failure);

#endif							/* GLUE_CLIENT_FAILURE_H */

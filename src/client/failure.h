/*-------------------------------------------------------------------------
 *
 * failure.h
 *	  Failures of calls to AWS, as values and as PostgreSQL errors.
 *
 * IDENTIFICATION
 *	  src/client/failure.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_FAILURE_H
#define GLUE_CLIENT_FAILURE_H

#include "aws/reply.h"
#include "aws/retry.h"
#include "http/http.h"

/*
 * A failed call, worded.  The strings are UTF-8 and live in the memory
 * context that was current when the failure was made; none holds a secret.
 */
typedef struct GlueFailure
{
	int			sqlstate;
	const char *code;			/* the exception's name, or our own */
	const char *message;
	const char *detail;
	const char *hint;			/* in the server's encoding, or NULL */
	const char *request_id;		/* AWS's, or NULL */
	bool		transient;		/* the same may succeed another time */
	bool		ambiguous;		/* it may have been carried out */
	bool		of_credentials; /* none could be got to make the call with */
} GlueFailure;

/* The code of a failure because a connection is not the row's. */
#define GLUE_CODE_NOT_OURS "NotOurs"

/* The code of an answer that is larger than we accept. */
#define GLUE_CODE_TOO_LARGE "answer too large"

/* What a failure happened to. */
typedef struct GlueFailedCall
{
	const char *service;		/* "AWS Glue" */
	const char *operation;		/* "CreateConnection" */
	const char *connection_name;	/* or NULL */
	const char *endpoint;		/* URL */
	int			attempts;		/* made so far, this one included */
	const char *mapping;		/* the user mapping that gave its keys, or
								 * NULL */
} GlueFailedCall;

extern GlueFailure *glue_failure_from_reply(const GlueFailedCall *call,
											const GlueReply *reply,
											const char *message,
											int http_status, bool throttled,
											const char *request_id);
extern GlueFailure *glue_failure_from_transfer(const GlueFailedCall *call,
											   const GlueHttpTransfer *transfer,
											   int connect_timeout_ms,
											   int request_timeout_ms);
extern GlueFailure *glue_failure_no_turn(const GlueFailedCall *call);
extern GlueFailure *glue_failure_unknown_outcome(const GlueFailedCall *call,
												 const GlueFailure *sent,
												 const char *read_back);
extern GlueFailure *glue_failure_maybe_done(const GlueFailedCall *call,
											const GlueFailure *last);
extern GlueFailure *glue_failure_already_exists(const GlueFailedCall *call,
												const char *differences);
extern GlueFailure *glue_failure_taken(const char *connection_name,
									   const char *differences);
extern GlueFailure *glue_failure_not_ours(const char *connection_name,
										  const char *detail);
extern GlueFailure *glue_failure_wipes_credentials(const char *connection_name,
												   const char *losses);
extern GlueFailure *glue_failure_from_error(const ErrorData *error);
extern GlueFailure *glue_failure_copy(const GlueFailure *failure);
extern int	glue_failure_sqlstate_of(const char *code);
extern void glue_failure_add_detail(GlueFailure *failure, const char *detail);
extern void glue_failure_raise(int elevel, const GlueFailure *failure);

#endif							/* GLUE_CLIENT_FAILURE_H */

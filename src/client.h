/*-------------------------------------------------------------------------
 *
 * client.h
 *	  One call of AWS Glue, as a value.
 *
 * IDENTIFICATION
 *	  src/client.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_H
#define GLUE_CLIENT_H

#include "errors.h"
#include "shared_state.h"
#include "signed_request.h"
#include "target.h"

/*
 * Gets other credentials once AWS calls these expired, or returns NULL if
 * there are no others.  May make calls, and may raise errors.
 */
typedef const GlueCredentials *(*GlueRenewCredentials) (const GlueTarget *target,
														const GlueCredentials *expired);

typedef struct GlueCall
{
	/* what to do; all of it stays the caller's */
	GlueService service;
	const char *operation;		/* "CreateConnection" */
	const char *connection_name;	/* for messages, or NULL */
	const GlueTarget *target;
	const GlueEndpoint *endpoint;	/* of the service */
	const GlueCredentials *credentials; /* NULL: the request is not signed */
	json_object *request;		/* the operation's input shape */
	GlueRenewCredentials renew_credentials; /* may be NULL */

	/*
	 * How it ended.  Either failure is set or an answer is; both live in the
	 * memory context in which glue_client_run() was called.
	 */
	GlueFailure *failure;
	json_object *answer;		/* the operation's output shape */
	char	   *answer_xml;		/* instead of it, of a Query service */
	int			attempts;
	bool		maybe_done;		/* by an attempt whose answer was lost */
	char		request_id[GLUE_REPLY_HEADER_MAX + 1];

	/*
	 * Of a create whose answer was lost: the connection, as GetConnection
	 * returned it and proved to be the one that was sent.  answer is NULL
	 * then.
	 */
	json_object *read_back;
} GlueCall;

extern GlueSharedPart glue_retry_quota_part;

extern void glue_client_prepare(GlueCall *call, const char *operation,
								const GlueTarget *target,
								const GlueCredentials *credentials,
								const char *connection_name);
extern void glue_client_prepare_get(GlueCall *call, const GlueTarget *target,
									const GlueCredentials *credentials,
									const char *name);
extern GlueFailure *glue_client_malformed_answer(const GlueCall *call,
												 const char *why);
extern void glue_client_run(GlueCall *calls, int ncalls);
extern long long glue_client_clock_skew(void);

#endif							/* GLUE_CLIENT_H */

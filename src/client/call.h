/*-------------------------------------------------------------------------
 *
 * call.h
 *	  One call of AWS, as a value.
 *
 * IDENTIFICATION
 *	  src/client/call.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CALL_H
#define GLUE_CLIENT_CALL_H

#include <json-c/json.h>

#include "aws/rate_limit.h"
#include "aws/reply.h"
#include "client/failure.h"
#include "client/target.h"
#include "utils/timestamp.h"

/*
 * Gets other credentials once AWS calls these expired.  Sets *renewed, to NULL
 * if there are no others, or returns why none can be got.  May make calls.
 * What it gets becomes that of the call, for as long as its results.
 */
typedef GlueFailure *(*GlueRenewCredentials) (const GlueTarget *target,
											  const GlueCredentials *expired,
											  const GlueCredentials **renewed);

/*
 * What changes something is waited for so long at most, whatever the setting
 * says: not before that can it be told that nothing will come of it.
 */
#define GLUE_LONGEST_CHANGE_MS	(5 * 60 * 1000)

typedef enum GlueService
{
	GLUE_SERVICE_GLUE,			/* speaks JSON 1.1 */
	GLUE_SERVICE_STS			/* speaks AWS Query and XML */
} GlueService;

typedef struct GlueCall
{
	/* what to do; all of it stays the caller's */
	GlueService service;
	const char *operation;		/* "CreateConnection" */
	const char *connection_name;	/* for messages, or NULL */
	const GlueTarget *target;
	const GlueEndpoint *endpoint;	/* of the service */
	const GlueCredentials *credentials; /* NULL: the request is not signed */
	json_object *arguments;		/* the operation's input shape */
	GlueRenewCredentials renew_credentials; /* may be NULL */
	GlueRateClass rate_class;	/* how urgent it is */
	int64		for_request;	/* the request that it is made for; 0: none */

	/*
	 * What to do when the first attempt is ready to be sent, its turn
	 * included, and before it is, or NULL.  An error that it raises means
	 * that nothing was sent.
	 */
	void		(*before_sending) (void *arg);
	void	   *before_sending_arg;

	/*
	 * What to do while the answer is awaited, or NULL.  It is called once,
	 * when the first attempt is under way.  An error that it raises leaves
	 * the call behind, so whatever can fail for a reason belongs before the
	 * call.
	 */
	void		(*meanwhile) (void *arg);
	void	   *meanwhile_arg;

	/*
	 * How it ended.  Either failure is set or an answer is; both live in the
	 * memory context that the run says.
	 */
	GlueFailure *failure;
	json_object *answer;		/* the operation's output shape */
	char	   *answer_xml;		/* instead of it, of a Query service */
	int			attempts;
	bool		answer_lost;	/* to some attempt, which may yet arrive */
	bool		maybe_done;		/* by such an attempt, unless it was a create,
								 * which was read back */
	char		request_id[GLUE_REPLY_HEADER_MAX + 1];
	char		date[GLUE_REPLY_HEADER_MAX + 1];	/* by AWS's clock */

	/*
	 * Of a create whose answer was lost: the connection, as GetConnection
	 * returned it and proved to be the one that was sent.  answer is NULL
	 * then.
	 */
	json_object *read_back;
} GlueCall;

extern void glue_call_init(GlueCall *call, GlueService service,
						   const char *operation, const GlueTarget *target,
						   const GlueCredentials *credentials);
extern void glue_call_prepare(GlueCall *call, const char *operation,
							  const GlueTarget *target,
							  const GlueCredentials *credentials,
							  const char *connection_name);
extern void glue_call_prepare_get(GlueCall *call, const GlueTarget *target,
								  const GlueCredentials *credentials,
								  const char *name);
extern void glue_call_clear_results(GlueCall *call);
extern bool glue_call_failed_with(const GlueCall *call, const char *code);
extern bool glue_call_changes_something(const GlueCall *call);
extern int	glue_change_timeout_ms(const GlueTarget *target);
extern int	glue_call_timeout_ms(const GlueCall *call);
extern TimestampTz glue_call_aws_time(const GlueCall *call);
extern TimestampTz glue_call_over_by(const GlueCall *call);

#endif							/* GLUE_CLIENT_CALL_H */

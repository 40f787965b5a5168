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

#include "aws/profile_chain.h"
#include "aws/rate_limit.h"
#include "aws/reply.h"
#include "client/failure.h"
#include "client/target.h"
#include "utils/timestamp.h"

/*
 * Upper limit for an attempt at a call that changes something, whatever the
 * setting is.  After it, an unanswered attempt can be declared to have no
 * effect any more.
 */
#define GLUE_LONGEST_CHANGE_MS	(5 * 60 * 1000)

typedef enum GlueService
{
	GLUE_SERVICE_GLUE,			/* speaks JSON 1.1 */
	GLUE_SERVICE_STS			/* speaks AWS Query and XML */
} GlueService;

typedef struct GlueCall
{
	/* input; the caller owns all of it */
	GlueService service;
	const char *operation;		/* "CreateConnection"; NULL: the call only
								 * gets credentials, by plan */
	const char *connection_name;	/* for messages, or NULL */
	const GlueTarget *target;
	const GlueEndpoint *endpoint;	/* of the service */
	const GlueCredentialPlan *plan; /* or NULL */

	/*
	 * NULL: the request is not signed.  If they have expired, the call gets
	 * others, which live as long as its results.
	 */
	const GlueCredentials *credentials;
	bool		keeps_credentials;	/* the call gets no others */
	json_object *arguments;		/* the operation's input shape */
	GlueRateClass rate_class;	/* urgency */
	int64		for_request;	/* ID of the glue_request row it is made for;
								 * 0: none */

	/*
	 * Callback for the moment before an attempt is sent, after it got its
	 * turn, or NULL: the first attempt, and those after attempts that were
	 * certainly not carried out.  If it raises an error, the attempt was not
	 * sent.
	 *
	 * And a callback after an attempt that was certainly not carried out, if
	 * there will be another one; or NULL.  It must not raise errors.
	 */
	void		(*before_sending) (void *arg);
	void		(*after_refusal) (void *arg);
	void	   *sending_arg;	/* of both */

	/*
	 * Callback for the time while the answer is awaited, or NULL.  It is
	 * called once, after the first attempt was sent.  An error that it raises
	 * abandons the call, so checks that can fail belong before the call.
	 */
	void		(*meanwhile) (void *arg);
	void	   *meanwhile_arg;

	/*
	 * Results, from here to the end, which each run of the call resets.
	 * Either failure or an answer is set; both live in the memory context
	 * that the run names.
	 */
	GlueFailure *failure;
	json_object *answer;		/* the operation's output shape */
	char	   *answer_xml;		/* instead of answer, for a Query service */
	int			attempts;
	bool		answer_lost;	/* of some attempt, which may still take
								 * effect */
	bool		maybe_done;		/* by such an attempt; not set for a create,
								 * which was read back */
	char		request_id[GLUE_REPLY_HEADER_MAX + 1];
	char		date[GLUE_REPLY_HEADER_MAX + 1];	/* by AWS's clock */

	/*
	 * For a create whose answer was lost: the connection that GetConnection
	 * returned, if it is the one that was sent.  answer is NULL then.
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
extern void glue_call_prepare_credentials(GlueCall *call,
										  const GlueTarget *target,
										  const GlueCredentialPlan *plan);
extern bool glue_call_failed_with(const GlueCall *call, const char *code);
extern bool glue_call_changes_something(const GlueCall *call);
extern int	glue_change_timeout_ms(const GlueTarget *target);
extern int	glue_call_timeout_ms(const GlueCall *call);
extern TimestampTz glue_call_aws_time(const GlueCall *call);
extern TimestampTz glue_call_over_by(const GlueCall *call);

#endif							/* GLUE_CLIENT_CALL_H */

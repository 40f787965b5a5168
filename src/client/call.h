/*-------------------------------------------------------------------------
 *
 * call.h
 *	  One call of AWS, as a value, and how far it has got.
 *
 * IDENTIFICATION
 *	  src/client/call.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CALL_H
#define GLUE_CLIENT_CALL_H

#include "aws/clock_skew.h"
#include "aws/invocation_id.h"
#include "client/failure.h"
#include "client/signed_request.h"
#include "client/target.h"
#include "server/shared_state.h"

/*
 * Gets other credentials once AWS calls these expired.  Sets *renewed, to NULL
 * if there are no others, or returns why none can be got.  May make calls.
 * What it gets becomes that of the call, for as long as its results.
 */
typedef GlueFailure *(*GlueRenewCredentials) (const GlueTarget *target,
											  const GlueCredentials *expired,
											  const GlueCredentials **renewed);

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
	 * What to do when the first attempt is ready to be sent, and before it
	 * is, or NULL.  An error that it raises means that nothing was sent.
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

typedef enum GlueCallStep
{
	GLUE_CALL_SENDING,
	GLUE_CALL_IN_FLIGHT,
	GLUE_CALL_PAUSING,
	GLUE_CALL_READING_BACK,
	GLUE_CALL_DONE
} GlueCallStep;

/* A call under way.  Lives in the memory context where it was begun. */
typedef struct GlueCallState
{
	GlueCall   *call;
	MemoryContext result_context;	/* for the failure and the answer */
	GlueCallStep step;
	char	   *body;
	Size		body_len;
	TimestampTz began_at;		/* of the first attempt */
	char		invocation_id[GLUE_INVOCATION_ID_SIZE];

	/* the attempt under way */
	GlueClockSkew signed_with;
	GlueHttpRequest request;
	GlueHttpTransfer *transfer;
	GlueReplyHeaders headers;

	bool		renewed;		/* the credentials were, once */

	/* how the last attempt failed */
	GlueFailure *failure;
	GlueRetryKind retry_kind;
	int			retry_cost;		/* of the last retry; 0 if there was none */
	int64		pause_until;	/* by glue_monotonic_us() */

	/* a create that may have been carried out */
	bool		maybe_created;
	struct GlueCallState *reader;	/* the GetConnection that will tell */

	/*
	 * Told when a transfer has ended, from where no error may be raised and
	 * nothing allocated by palloc.
	 */
	void		(*on_news) (void *arg);
	void	   *on_news_arg;
} GlueCallState;

extern GlueSharedPart glue_retry_quota_part;

extern GlueCallState *glue_call_begin(GlueCall *call,
									  MemoryContext result_context,
									  void (*on_news) (void *arg),
									  void *on_news_arg);
extern void glue_call_advance(GlueCallState *state);
extern const GlueCallState *glue_call_pausing(const GlueCallState *state);

extern void glue_client_prepare(GlueCall *call, const char *operation,
								const GlueTarget *target,
								const GlueCredentials *credentials,
								const char *connection_name);
extern void glue_client_prepare_get(GlueCall *call, const GlueTarget *target,
									const GlueCredentials *credentials,
									const char *name);
extern GlueFailure *glue_client_malformed_answer(const GlueCall *call,
												 const char *why);
extern long long glue_client_clock_skew(void);
extern TimestampTz glue_call_aws_time(const GlueCall *call);

#endif							/* GLUE_CLIENT_CALL_H */

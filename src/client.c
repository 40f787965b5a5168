/*-------------------------------------------------------------------------
 *
 * client.c
 *	  One call of AWS Glue, as a value.
 *
 * A call goes through attempts, each signed anew, and pauses between them;
 * several calls can be under way at once.  So a call is a small state machine
 * that never waits, and glue_client_run() advances all of them until nothing
 * but waiting is left to do.
 *
 *		   sending <------------ pausing
 *			  |						^
 *			  v						| worth another attempt
 *		  in flight ----------------+----------> done
 *			  |						|
 *			  | may have been		| no such connection
 *			  v carried out			|
 *		reading back ---------------+----------> done
 *
 * Lost answers.  When the answer to a create does not come, or says that the
 * service broke down in the middle, the connection may exist or not, and the
 * API has no token that would make sending again harmless.  The connection is
 * then read back by name.  If it is the one that was sent, created since we
 * began, it is ours.  If there is none, it is worth another attempt.  If it
 * is another one, the create has failed.  And if reading back fails too, or
 * does not tell enough, the outcome is unknown, and that is what the caller
 * is told.  All other
 * operations can simply be repeated.
 *
 * The result is a value: nothing here raises an error for what the network or
 * the service does.
 *
 * IDENTIFICATION
 *	  src/client.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "client.h"
#include "common/pg_prng.h"
#include "compare.h"
#include "json_tree.h"
#include "jsonb_tree.h"
#include "redact.h"
#include "retry.h"
#include "secret_memory.h"
#include "utils/memutils.h"

/*
 * A connection that is found after its create was lost is ours only if it is
 * not older than the call.  Both ages are measured by one clock each, so
 * clocks need not agree; but the service's clock is seen through the Date
 * header, which has whole seconds, once at each end.
 */
#define AGE_TOLERANCE_MS	2000

/* Room for what is said of a connection that was read back, in bytes. */
#define MAX_FINDINGS	2048

/* Longest wait of the loop while only answers are waited for. */
#define LONG_WAIT_MS	(60 * 1000)

typedef enum CallStep
{
	STEP_SENDING,
	STEP_IN_FLIGHT,
	STEP_PAUSING,
	STEP_READING_BACK,
	STEP_DONE
} CallStep;

/* Who made a connection that was read back after a lost create. */
typedef enum Ownership
{
	OURS,
	SOMEBODY_ELSES,
	CANNOT_TELL
} Ownership;

/* A call under way.  Lives in the memory context of glue_client_run(). */
typedef struct CallState
{
	GlueCall   *call;
	MemoryContext result_context;	/* for the failure and the answer */
	CallStep	step;
	char	   *body;
	Size		body_len;
	TimestampTz began_at;		/* of the first attempt */

	/* the attempt under way */
	GlueHttpRequest request;
	GlueHttpTransfer *transfer;
	GlueReplyHeaders headers;

	/* how the last attempt failed */
	GlueFailure *failure;
	GlueRetryKind retry_kind;
	int			retry_cost;		/* of the last retry; 0 if there was none */
	TimestampTz pause_until;

	/* a create that may have been carried out */
	bool		maybe_created;
	struct CallState *reader;	/* the GetConnection that will tell */
} CallState;

/* prototypes of private functions */
static void init_retry_quota(void *quota);
static int	take_retry_cost(GlueRetryKind kind);
static void refund_retry_cost(int last_cost);
static CallState *begin_call(GlueCall *call, MemoryContext result_context);
static void write_body(CallState *state);
static void advance(CallState *state);
static long wait_time(const CallState *state, TimestampTz now);
static void send_request(CallState *state);
static void note_header(void *arg, const char *line, size_t len);
static void judge_attempt(CallState *state);
static void read_reply(CallState *state, bool *ambiguous);
static void scrub(const GlueCall *call, const char *text, char *buffer,
				  Size size);
static void try_again_or_fail(CallState *state);
static void begin_read_back(CallState *state);
static void settle_read_back(CallState *state);
static Ownership whose(const CallState *state, json_object *connection,
					   char *found);
static void note_difference(void *arg, const char *path, const char *message);
static bool find_age(const CallState *state, json_object *connection,
					 double *age_ms);
static void finish(CallState *state, GlueFailure *failure);
static GlueFailedCall failed_call(const CallState *state);

GlueSharedPart glue_retry_quota_part = {
	.name = "glue_conn retry quota",
	.size = sizeof(GlueRetryQuota),
	.initialize = init_retry_quota,
};

/*
 * Make calls, side by side, and wait for all of them.
 *
 * Interrupts are served while waiting.  If one of them ends the wait, what
 * was under way is left, and whether it was carried out is not known.
 */
void
glue_client_run(GlueCall *calls, int ncalls)
{
	MemoryContext result_context = CurrentMemoryContext;
	MemoryContext context;
	CallState **states;

	context = AllocSetContextCreate(CurrentMemoryContext,
									"glue_conn calls",
									ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(context);

	PG_TRY();
	{
		int			ndone;

		states = palloc(ncalls * sizeof(CallState *));
		for (int i = 0; i < ncalls; i++)
			states[i] = begin_call(&calls[i], result_context);

		do
		{
			TimestampTz now;
			long		timeout_ms = LONG_WAIT_MS;

			ndone = 0;
			for (int i = 0; i < ncalls; i++)
			{
				advance(states[i]);
				if (states[i]->step == STEP_DONE)
					ndone++;
			}
			now = GetCurrentTimestamp();
			for (int i = 0; i < ncalls; i++)
				timeout_ms = Min(timeout_ms, wait_time(states[i], now));
			if (ndone < ncalls)
				glue_http_wait(timeout_ms);
		} while (ndone < ncalls);
	}
	PG_FINALLY();
	{
		MemoryContextSwitchTo(result_context);
		MemoryContextDelete(context);
	}
	PG_END_TRY();
}

/*
 * Fill in a call that reads a connection, without its passwords.
 *
 * name is UTF-8.  The request belongs to the current memory context.
 */
void
glue_client_prepare_get(GlueCall *call, const GlueTarget *target,
						const GlueCredentials *credentials, const char *name)
{
	memset(call, 0, sizeof(GlueCall));
	call->operation = "GetConnection";
	call->connection_name = name;
	call->target = target;
	call->endpoint = &target->endpoint;
	call->credentials = credentials;
	call->request = glue_tree_new_object();
	if (target->catalog_id != NULL)
		glue_tree_add(call->request, "CatalogId",
					  json_object_new_string(target->catalog_id));
	glue_tree_add(call->request, "HidePassword", json_object_new_boolean(1));
	glue_tree_add(call->request, "Name", json_object_new_string(name));
}

/*
 * The retry quota is shared by all backends if the library is preloaded, so
 * that all of them together are kind to a service in trouble.
 */
static void
init_retry_quota(void *quota)
{
	glue_retry_quota_init(quota);
}

/* Take the cost of a retry from the quota; -1 if too little is left. */
static int
take_retry_cost(GlueRetryKind kind)
{
	GlueRetryQuota *quota = glue_shared_attach(&glue_retry_quota_part);
	int			cost;

	glue_shared_lock(LW_EXCLUSIVE);
	cost = glue_retry_quota_take(quota, kind);
	glue_shared_unlock();
	return cost;
}

/* Give back what the last retry of a successful call cost. */
static void
refund_retry_cost(int last_cost)
{
	GlueRetryQuota *quota = glue_shared_attach(&glue_retry_quota_part);

	glue_shared_lock(LW_EXCLUSIVE);
	glue_retry_quota_refund(quota, last_cost);
	glue_shared_unlock();
}

static CallState *
begin_call(GlueCall *call, MemoryContext result_context)
{
	CallState  *state = palloc0(sizeof(CallState));

	call->failure = NULL;
	call->answer = NULL;
	call->answer_xml = NULL;
	call->read_back = NULL;
	call->attempts = 0;
	call->request_id[0] = '\0';

	state->call = call;
	state->result_context = result_context;
	write_body(state);
	state->began_at = GetCurrentTimestamp();
	return state;
}

/* Write the request's parameters as its service wants them. */
static void
write_body(CallState *state)
{
	json_object *request = state->call->request;
	Size		size = glue_json_tree_write(request, NULL, 0) + 1;

	state->body = glue_secret_alloc(size);
	state->body_len = glue_json_tree_write(request, state->body, size);
}

/* Take a call as far as it gets without waiting. */
static void
advance(CallState *state)
{
	CallStep	before;

	do
	{
		before = state->step;
		switch (state->step)
		{
			case STEP_SENDING:
				send_request(state);
				break;
			case STEP_IN_FLIGHT:
				if (state->transfer->outcome != GLUE_HTTP_PENDING)
					judge_attempt(state);
				break;
			case STEP_PAUSING:
				if (GetCurrentTimestamp() >= state->pause_until)
					state->step = STEP_SENDING;
				break;
			case STEP_READING_BACK:
				advance(state->reader);
				if (state->reader->step == STEP_DONE)
					settle_read_back(state);
				break;
			case STEP_DONE:
				break;
		}
	} while (state->step != before);
}

/* How long a call can be left alone, unless its transfer has news. */
static long
wait_time(const CallState *state, TimestampTz now)
{
	if (state->step == STEP_READING_BACK)
		return wait_time(state->reader, now);
	if (state->step == STEP_PAUSING)
		return TimestampDifferenceMilliseconds(now, state->pause_until);
	return LONG_WAIT_MS;
}

/* ----------------------------------------------------------------
 * Sending
 * ----------------------------------------------------------------
 */

/* Start an attempt. */
static void
send_request(CallState *state)
{
	GlueCall   *call = state->call;
	const GlueTarget *target = call->target;
	GlueHttpRequest *request = &state->request;
	GlueSignedRequest signed_request = {
		.service = call->service,
		.operation = call->operation,
		.endpoint = call->endpoint,
		.credentials = call->credentials,
		.body = state->body,
		.body_len = state->body_len,
		.time = time(NULL),
	};
	const char **lines = palloc(GLUE_MAX_HEADER_LINES * sizeof(char *));

	memset(&state->headers, 0, sizeof(state->headers));
	memset(request, 0, sizeof(GlueHttpRequest));
	request->method = GLUE_HTTP_POST;
	request->url = call->endpoint->url;
	request->headers = lines;
	request->nheaders = glue_signed_header_lines(&signed_request, lines);
	request->body = state->body;
	request->body_len = state->body_len;
	request->ca_file = target->ca_file;
	request->proxy = target->proxy;
	request->connect_timeout_ms = target->connect_timeout_ms;
	request->request_timeout_ms = target->request_timeout_ms;
	request->on_header = note_header;
	request->on_header_arg = &state->headers;

	call->attempts++;
	state->transfer = glue_http_start(request);
	state->step = STEP_IN_FLIGHT;
}

static void
note_header(void *arg, const char *line, size_t len)
{
	glue_reply_header(arg, line, len);
}

/* ----------------------------------------------------------------
 * Judging
 * ----------------------------------------------------------------
 */

/* An attempt has ended: decide how the call goes on. */
static void
judge_attempt(CallState *state)
{
	GlueCall   *call = state->call;
	const GlueHttpTransfer *transfer = state->transfer;
	GlueFailedCall failed = failed_call(state);
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	bool		ambiguous = false;

	if (transfer->outcome == GLUE_HTTP_ANSWERED)
		read_reply(state, &ambiguous);
	else
	{
		ambiguous = transfer->outcome == GLUE_HTTP_LOST;
		state->retry_kind = transfer->permanent ? GLUE_RETRY_NONE :
			GLUE_RETRY_TRANSIENT;
		state->failure =
			glue_failure_from_transfer(&failed, transfer,
									   call->target->connect_timeout_ms,
									   call->target->request_timeout_ms);
	}
	MemoryContextSwitchTo(old_context);
	glue_http_release(state->transfer);

	if (strcmp(call->operation, "CreateConnection") != 0)
		ambiguous = false;
	if (call->answer != NULL || call->answer_xml != NULL)
	{
		refund_retry_cost(state->retry_cost);
		finish(state, NULL);
	}
	else if (ambiguous ||
			 (state->maybe_created &&
			  strcmp(state->failure->code, "AlreadyExistsException") == 0))
	{
		state->maybe_created = true;
		begin_read_back(state);
	}
	else
		try_again_or_fail(state);
}

/*
 * Decode an answer into call->answer, or state->failure and its kind.
 *
 * *ambiguous is set if a create may have been carried out all the same.
 */
static void
read_reply(CallState *state, bool *ambiguous)
{
	GlueCall   *call = state->call;
	const GlueHttpTransfer *transfer = state->transfer;
	GlueFailedCall failed = failed_call(state);
	GlueReply	reply;
	char		message[GLUE_REPLY_MESSAGE_MAX + 1];

	strlcpy(call->request_id, state->headers.request_id,
			sizeof(call->request_id));
	if (call->service == GLUE_SERVICE_STS && transfer->status == 200)
	{
		call->answer_xml = glue_secret_alloc(transfer->body_len + 1);
		memcpy(call->answer_xml, transfer->body, transfer->body_len);
		call->answer_xml[transfer->body_len] = '\0';
		return;
	}

	glue_reply_decode(&reply, transfer->status, &state->headers,
					  transfer->body, transfer->body_len);
	if (reply.kind == GLUE_REPLY_SUCCESS)
	{
		call->answer = glue_secret_tree(reply.tree);
		return;
	}

	state->retry_kind = reply.kind == GLUE_REPLY_MALFORMED ? GLUE_RETRY_NONE :
		glue_retry_classify(transfer->status, reply.code);
	*ambiguous = reply.kind == GLUE_REPLY_MALFORMED ||
		state->retry_kind == GLUE_RETRY_TRANSIENT ||
		strcmp(reply.code, "OperationTimeoutException") == 0;

	scrub(call, reply.message, message, sizeof(message));
	state->failure = glue_failure_from_reply(&failed, &reply, message,
											 transfer->status,
											 call->request_id);
	glue_reply_clear(&reply);
}

/*
 * Copy text that came from outside, without the secrets of the request and
 * of its signature, which it may quote.
 */
static void
scrub(const GlueCall *call, const char *text, char *buffer, Size size)
{
	json_object *secrets = glue_tree_new_object();
	const GlueCredentials *used = call->credentials;

	if (used != NULL)
		glue_tree_add(secrets, "SecretAccessKey",
					  json_object_new_string(used->secret_access_key));
	if (used != NULL && used->session_token != NULL)
		glue_tree_add(secrets, "SessionToken",
					  json_object_new_string(used->session_token));
	glue_tree_add(secrets, "Request", json_object_get(call->request));
	glue_redact_text(secrets, text, buffer, size);

	/* the request is still needed, and must not be cleansed with the rest */
	json_object_object_del(secrets, "Request");
}

/* Pause for another attempt, if that is worth it and allowed. */
static void
try_again_or_fail(CallState *state)
{
	int			cost = -1;
	int			delay_ms;

	if (state->retry_kind != GLUE_RETRY_NONE &&
		state->call->attempts < state->call->target->max_attempts)
		cost = take_retry_cost(state->retry_kind);
	if (cost < 0)
	{
		finish(state, state->failure);
		return;
	}
	state->retry_cost = cost;
	delay_ms = glue_retry_delay_ms(state->retry_kind, state->call->attempts,
								   pg_prng_double(&pg_global_prng_state),
								   state->headers.retry_after);
	state->pause_until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 delay_ms);
	state->step = STEP_PAUSING;
}

/* ----------------------------------------------------------------
 * Reading back
 * ----------------------------------------------------------------
 */

static void
begin_read_back(CallState *state)
{
	const GlueCall *call = state->call;
	GlueCall   *reading = palloc0(sizeof(GlueCall));

	glue_client_prepare_get(reading, call->target, call->credentials,
							call->connection_name);
	state->reader = begin_call(reading, state->result_context);
	state->step = STEP_READING_BACK;
}

/* The connection was read back, or was not: see the head of this file. */
static void
settle_read_back(CallState *state)
{
	GlueCall   *reading = state->reader->call;
	GlueFailedCall failed = failed_call(state);
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	json_object *connection = NULL;
	char		found[MAX_FINDINGS] = "";

	if (reading->answer != NULL)
		connection = json_object_object_get(reading->answer, "Connection");

	if (reading->failure != NULL &&
		strcmp(reading->failure->code, "EntityNotFoundException") == 0 &&
		strcmp(state->failure->code, "AlreadyExistsException") != 0)
	{
		glue_failure_add_detail(state->failure,
								"Reading back found no connection of that name.");
		try_again_or_fail(state);
	}
	else if (reading->failure != NULL)
		finish(state, glue_failure_unknown_outcome(&failed, state->failure,
												   reading->failure->detail));
	else
	{
		switch (whose(state, connection, found))
		{
			case OURS:
				state->call->read_back = connection;
				finish(state, NULL);
				break;
			case SOMEBODY_ELSES:
				finish(state, glue_failure_already_exists(&failed, found));
				break;
			case CANNOT_TELL:
				finish(state, glue_failure_unknown_outcome(&failed,
														   state->failure,
														   found));
				break;
		}
	}
	MemoryContextSwitchTo(old_context);
}

/*
 * Whose is a connection that was read back?  Unless it is ours, says in whole
 * sentences why.
 */
static Ownership
whose(const CallState *state, json_object *connection, char *found)
{
	json_object *sent = json_object_object_get(state->call->request,
											   "ConnectionInput");
	double		age_ms;

	if (!json_object_is_type(connection, json_type_object) ||
		!find_age(state, connection, &age_ms))
	{
		strlcpy(found, "The answer does not say when the connection was created.",
				MAX_FINDINGS);
		return CANNOT_TELL;
	}
	if (age_ms > AGE_TOLERANCE_MS +
		TimestampDifferenceMilliseconds(state->began_at,
										GetCurrentTimestamp()))
	{
		strlcpy(found, "It was created before the request was sent.",
				MAX_FINDINGS);
		return SOMEBODY_ELSES;
	}
	return glue_compare_definitions(sent, connection, note_difference, found) ?
		OURS : SOMEBODY_ELSES;
}

/* A GlueDifferenceSink, which may not raise an error; what is too long is cut. */
static void
note_difference(void *arg, const char *path, const char *message)
{
	char	   *found = arg;

	strlcat(found, found[0] == '\0' ? "" : " ", MAX_FINDINGS);
	strlcat(found, path, MAX_FINDINGS);
	strlcat(found, " ", MAX_FINDINGS);
	if (strlcat(found, message, MAX_FINDINGS) >= MAX_FINDINGS)
		found[glue_utf8_clip(found, MAX_FINDINGS - 1, MAX_FINDINGS - 2)] = '\0';
}

/*
 * How long ago was a connection created, by the service's own clock?  False
 * if the answer does not tell.
 */
static bool
find_age(const CallState *state, json_object *connection, double *age_ms)
{
	json_object *creation_time = json_object_object_get(connection,
														"CreationTime");
	long long	service_now;

	if ((!json_object_is_type(creation_time, json_type_double) &&
		 !json_object_is_type(creation_time, json_type_int)) ||
		!glue_reply_parse_date(state->reader->headers.date, &service_now))
		return false;
	*age_ms = (service_now - json_object_get_double(creation_time)) * 1000.0;
	return true;
}

/* End a call; failure is NULL if it succeeded. */
static void
finish(CallState *state, GlueFailure *failure)
{
	state->call->failure = failure;
	state->step = STEP_DONE;
}

static GlueFailedCall
failed_call(const CallState *state)
{
	GlueFailedCall failed = {
		.service = state->call->service == GLUE_SERVICE_STS ?
		"AWS STS" : "AWS Glue",
		.operation = state->call->operation,
		.connection_name = state->call->connection_name,
		.endpoint = state->call->endpoint->url,
		.attempts = state->call->attempts,
	};

	return failed;
}

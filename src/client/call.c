/*-------------------------------------------------------------------------
 *
 * call.c
 *	  One call of AWS, as a value, and how far it has got.
 *
 * A call goes through attempts, each signed anew, and pauses between them;
 * several calls can be under way at once.  So a call is a small state machine
 * that never waits: client.c advances it whenever there is news.
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
 * is told.
 *
 * All other operations can simply be repeated.  If one that changes something
 * fails in the end, although an earlier attempt may have been carried out, the
 * outcome is unknown as well.
 *
 * The result is a value: nothing here raises an error for what the network or
 * the service does.
 *
 * IDENTIFICATION
 *	  src/client/call.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "aws/retry.h"
#include "client/call.h"
#include "common/pg_prng.h"
#include "glue/answer.h"
#include "glue/model.h"
#include "glue/ownership.h"
#include "glue/redact_text.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"
#include "text/json.h"
#include "text/json_reader.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void init_retry_quota(void *quota);
static int	take_retry_cost(GlueRetryKind kind);
static void refund_retry_cost(int last_cost);
static void write_invocation_id(GlueCallState *state);
static void send_request(GlueCallState *state);
static void note_header(void *arg, const char *line, size_t len);
static void judge_attempt(GlueCallState *state);
static bool renew_credentials(GlueCallState *state);
static void read_reply(GlueCallState *state, bool *ambiguous);
static void scrub(GlueCallState *state, const char *text, char *buffer,
				  Size size);
static void try_again_or_fail(GlueCallState *state);
static void give_up(GlueCallState *state);
static bool changes_something(const GlueCall *call);
static void begin_read_back(GlueCallState *state);
static void settle_read_back(GlueCallState *state);
static void finish(GlueCallState *state, GlueFailure *failure);
static long long epoch_ms(TimestampTz time);
static GlueFailedCall failed_call(const GlueCall *call);

/* What AWS's clock says, compared with ours. */
static GlueClockSkew clock_skew;

GlueSharedPart glue_retry_quota_part = {
	.name = "glue_conn retry quota",
	.size = sizeof(GlueRetryQuota),
	.initialize = init_retry_quota,
};

/*
 * Begin a call, as far as it gets without waiting.
 *
 * Its state belongs to the current memory context, its results to
 * result_context.  on_news is called with its argument when it is worth
 * advancing the call, unless it pauses.
 */
GlueCallState *
glue_call_begin(GlueCall *call, MemoryContext result_context,
				void (*on_news) (void *arg), void *on_news_arg)
{
	GlueCallState *state = palloc0(sizeof(GlueCallState));

	call->failure = NULL;
	call->answer = NULL;
	call->answer_xml = NULL;
	call->read_back = NULL;
	call->attempts = 0;
	call->answer_lost = false;
	call->maybe_done = false;
	call->request_id[0] = '\0';
	call->date[0] = '\0';

	state->call = call;
	state->result_context = result_context;
	state->on_news = on_news;
	state->on_news_arg = on_news_arg;
	state->body = glue_request_body(call->service, call->operation,
									call->request, &state->body_len);
	write_invocation_id(state);

	send_request(state);
	return state;
}

/* Take a call as far as it gets without waiting. */
void
glue_call_advance(GlueCallState *state)
{
	GlueCallStep before;

	do
	{
		before = state->step;
		switch (state->step)
		{
			case GLUE_CALL_SENDING:
				send_request(state);
				break;
			case GLUE_CALL_IN_FLIGHT:
				if (state->transfer->outcome != GLUE_HTTP_PENDING)
					judge_attempt(state);
				break;
			case GLUE_CALL_PAUSING:
				if (glue_monotonic_us() >= state->pause_until)
					state->step = GLUE_CALL_SENDING;
				break;
			case GLUE_CALL_READING_BACK:
				glue_call_advance(state->reader);
				if (state->reader->step == GLUE_CALL_DONE)
					settle_read_back(state);
				break;
			case GLUE_CALL_DONE:
				break;
		}
	} while (state->step != before);
}

/* The state that waits for the end of a pause, or NULL. */
const GlueCallState *
glue_call_pausing(const GlueCallState *state)
{
	if (state->step == GLUE_CALL_READING_BACK)
		return glue_call_pausing(state->reader);
	return state->step == GLUE_CALL_PAUSING ? state : NULL;
}

/*
 * Fill in a call of AWS Glue, whose request has the catalog as its only
 * member so far, if the operation has it at all.
 *
 * connection_name is UTF-8, or NULL.  The request belongs to the current
 * memory context.
 */
void
glue_client_prepare(GlueCall *call, const char *operation,
					const GlueTarget *target,
					const GlueCredentials *credentials,
					const char *connection_name)
{
	memset(call, 0, sizeof(GlueCall));
	call->operation = operation;
	call->connection_name = connection_name;
	call->target = target;
	call->endpoint = &target->endpoint;
	call->credentials = credentials;
	call->request = glue_tree_new_object();
	if (target->catalog_id != NULL &&
		glue_model_member(glue_model_operation(operation)->input,
						  "CatalogId") != NULL)
		glue_tree_add(call->request, "CatalogId",
					  json_object_new_string(target->catalog_id));
}

/* Fill in a call that reads a connection, without its passwords. */
void
glue_client_prepare_get(GlueCall *call, const GlueTarget *target,
						const GlueCredentials *credentials, const char *name)
{
	glue_client_prepare(call, "GetConnection", target, credentials, name);
	glue_tree_add(call->request, "HidePassword", json_object_new_boolean(1));
	glue_tree_add(call->request, "Name", json_object_new_string(name));
}

/*
 * Word an answer that was a success, but lacks what the caller needs of it.
 */
GlueFailure *
glue_client_malformed_answer(const GlueCall *call, const char *why)
{
	GlueFailedCall failed = failed_call(call);
	GlueReply	reply = {.kind = GLUE_REPLY_MALFORMED};

	return glue_failure_from_reply(&failed, &reply, why, 200,
								   call->request_id);
}

/*
 * How many seconds AWS's clock is ahead of ours, as far as its answers to this
 * backend have told.
 */
long long
glue_client_clock_skew(void)
{
	return clock_skew.seconds;
}

/*
 * When AWS answered a call, by its clock and in whole seconds; 0 if that is not
 * known.
 */
TimestampTz
glue_call_aws_time(const GlueCall *call)
{
	long long	seconds;

	return glue_reply_parse_date(call->date, &seconds) ?
		time_t_to_timestamptz(seconds) : 0;
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

/* Make the name that all attempts at a call have in common. */
static void
write_invocation_id(GlueCallState *state)
{
	unsigned char random[GLUE_INVOCATION_RANDOM_LEN];

	for (int i = 0; i < GLUE_INVOCATION_RANDOM_LEN; i++)
		random[i] = pg_prng_uint32(&pg_global_prng_state) & 0xff;
	glue_invocation_id(random, state->invocation_id);
}

/* ----------------------------------------------------------------
 * Sending
 * ----------------------------------------------------------------
 */

/* Start an attempt. */
static void
send_request(GlueCallState *state)
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
		.invocation_id = state->invocation_id,
		.attempt = call->attempts + 1,
		.max_attempts = target->max_attempts,
	};
	const char **lines = palloc(GLUE_MAX_HEADER_LINES * sizeof(char *));

	state->signed_with = clock_skew;
	signed_request.time =
		glue_clock_skew_signing_time(clock_skew,
									 epoch_ms(GetCurrentTimestamp())) / 1000;

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
	request->on_end = state->on_news;
	request->on_end_arg = state->on_news_arg;

	if (call->attempts++ == 0)
	{
		if (call->before_sending != NULL)
			call->before_sending(call->before_sending_arg);
		state->began_at = GetCurrentTimestamp();
	}
	state->transfer = glue_http_start(request);
	state->step = GLUE_CALL_IN_FLIGHT;
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
judge_attempt(GlueCallState *state)
{
	GlueCall   *call = state->call;
	const GlueHttpTransfer *transfer = state->transfer;
	GlueFailedCall failed = failed_call(state->call);
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

	call->answer_lost |= ambiguous;
	if (strcmp(call->operation, "CreateConnection") != 0)
	{
		call->maybe_done |= ambiguous && changes_something(call);
		ambiguous = false;
	}
	if (call->answer != NULL || call->answer_xml != NULL)
	{
		refund_retry_cost(state->retry_cost);
		finish(state, NULL);
	}
	else if (renew_credentials(state))
		state->step = GLUE_CALL_SENDING;
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
 * If AWS says that the credentials have expired, get others for one more
 * attempt; false if that is not so, or there are none.  Why none can be got is
 * why the call has failed then.
 */
static bool
renew_credentials(GlueCallState *state)
{
	GlueCall   *call = state->call;
	const char *code = state->failure->code;
	const GlueCredentials *renewed = NULL;
	GlueFailure *failure;
	MemoryContext old_context;

	if (state->renewed || call->renew_credentials == NULL ||
		call->credentials == NULL ||
		(strcmp(code, "ExpiredTokenException") != 0 &&
		 strcmp(code, "ExpiredToken") != 0))
		return false;
	state->renewed = true;
	old_context = MemoryContextSwitchTo(state->result_context);
	failure = call->renew_credentials(call->target, call->credentials,
									  &renewed);
	if (failure != NULL)
		state->failure = glue_failure_copy(failure);
	MemoryContextSwitchTo(old_context);
	if (renewed == NULL)
		return false;
	call->credentials = renewed;
	return true;
}

/*
 * Decode an answer into call->answer, or state->failure and its kind.
 *
 * *ambiguous is set if a create may have been carried out all the same.
 */
static void
read_reply(GlueCallState *state, bool *ambiguous)
{
	GlueCall   *call = state->call;
	const GlueHttpTransfer *transfer = state->transfer;
	GlueFailedCall failed = failed_call(state->call);
	GlueReply	reply;
	char		message[GLUE_REPLY_MESSAGE_MAX + 1];

	strlcpy(call->request_id, state->headers.request_id,
			sizeof(call->request_id));
	strlcpy(call->date, state->headers.date, sizeof(call->date));
	glue_clock_skew_observe(&clock_skew, state->headers.date,
							state->headers.has_age,
							epoch_ms(transfer->started_at),
							epoch_ms(transfer->ended_at));
	if (call->service == GLUE_SERVICE_STS && transfer->status == 200)
	{
		call->answer_xml = glue_secret_alloc(transfer->body_len + 1);
		if (transfer->body_len > 0)
			memcpy(call->answer_xml, transfer->body, transfer->body_len);
		call->answer_xml[transfer->body_len] = '\0';
		return;
	}

	glue_reply_decode(&reply, transfer->status, &state->headers,
					  transfer->body, transfer->body_len);
	if (reply.kind == GLUE_REPLY_SUCCESS)
		glue_answer_check(&reply, call->operation);
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

	/* a signature that was off by the clock is worth another one */
	if (state->retry_kind == GLUE_RETRY_NONE &&
		glue_clock_skew_retry(state->signed_with, clock_skew, reply.code))
		state->retry_kind = GLUE_RETRY_TRANSIENT;

	scrub(state, reply.message, message, sizeof(message));
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
scrub(GlueCallState *state, const char *text, char *buffer, Size size)
{
	json_object *secrets = glue_tree_new_object();
	const GlueCredentials *used = state->call->credentials;

	if (used != NULL)
		glue_tree_add(secrets, "SecretAccessKey",
					  json_object_new_string(used->secret_access_key));
	if (used != NULL && used->session_token != NULL)
		glue_tree_add(secrets, "SessionToken",
					  json_object_new_string(used->session_token));
	glue_tree_add(secrets, "Request", json_object_get(state->call->request));
	glue_redact_text(secrets, text, buffer, size);

	/* the request is still needed, and must not be cleansed with the rest */
	json_object_object_del(secrets, "Request");
}

/* Pause for another attempt, if that is worth it and allowed. */
static void
try_again_or_fail(GlueCallState *state)
{
	int			cost = -1;
	int			delay_ms;

	if (state->retry_kind != GLUE_RETRY_NONE &&
		state->call->attempts < state->call->target->max_attempts)
		cost = take_retry_cost(state->retry_kind);
	if (cost < 0)
	{
		give_up(state);
		return;
	}
	state->retry_cost = cost;
	delay_ms = glue_retry_delay_ms(state->retry_kind, state->call->attempts,
								   pg_prng_double(&pg_global_prng_state),
								   state->headers.retry_after);
	state->pause_until = glue_monotonic_us() + (int64) delay_ms * 1000;
	state->step = GLUE_CALL_PAUSING;
}

/*
 * End a call that has failed.
 *
 * That there is no such connection is a fact, whatever an earlier attempt
 * did.
 */
static void
give_up(GlueCallState *state)
{
	GlueFailedCall failed = failed_call(state->call);
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	GlueFailure *failure = state->failure;

	failure->transient = state->retry_kind != GLUE_RETRY_NONE;
	if (state->call->maybe_done &&
		strcmp(failure->code, "EntityNotFoundException") != 0)
		failure = glue_failure_maybe_done(&failed, failure);
	finish(state, failure);
	MemoryContextSwitchTo(old_context);
}

/* Would it be wrong to say of this call that nothing has happened? */
static bool
changes_something(const GlueCall *call)
{
	static const char *const operations[] = {
		"BatchDeleteConnection", "DeleteConnection", "TagResource",
		"UntagResource", "UpdateConnection"
	};

	for (int i = 0; i < lengthof(operations); i++)
	{
		if (strcmp(call->operation, operations[i]) == 0)
			return true;
	}
	return false;
}

/* ----------------------------------------------------------------
 * Reading back
 * ----------------------------------------------------------------
 */

static void
begin_read_back(GlueCallState *state)
{
	const GlueCall *call = state->call;
	GlueCall   *reading = palloc0(sizeof(GlueCall));

	glue_client_prepare_get(reading, call->target, call->credentials,
							call->connection_name);
	reading->renew_credentials = call->renew_credentials;
	state->reader = glue_call_begin(reading, state->result_context,
									state->on_news, state->on_news_arg);
	state->step = GLUE_CALL_READING_BACK;
}

/* The connection was read back, or was not: see the head of this file. */
static void
settle_read_back(GlueCallState *state)
{
	GlueCall   *reading = state->reader->call;
	GlueFailedCall failed = failed_call(state->call);
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	json_object *connection = NULL;
	char		findings[GLUE_FINDINGS_SIZE];

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
		json_object *sent = json_object_object_get(state->call->request,
												   "ConnectionInput");
		long		elapsed_ms =
			TimestampDifferenceMilliseconds(state->began_at,
											GetCurrentTimestamp());

		switch (glue_ownership(sent, connection, state->reader->headers.date,
							   elapsed_ms, findings))
		{
			case GLUE_OURS:
				state->call->read_back = connection;
				strlcpy(state->call->date, state->reader->headers.date,
						sizeof(state->call->date));
				finish(state, NULL);
				break;
			case GLUE_SOMEBODY_ELSES:
				finish(state, glue_failure_already_exists(&failed, findings));
				break;
			case GLUE_CANNOT_TELL:
				finish(state, glue_failure_unknown_outcome(&failed,
														   state->failure,
														   findings));
				break;
		}
	}
	MemoryContextSwitchTo(old_context);
}

/* End a call; failure is NULL if it succeeded. */
static void
finish(GlueCallState *state, GlueFailure *failure)
{
	state->call->failure = failure;
	state->step = GLUE_CALL_DONE;
}

/* Milliseconds since 1970. */
static long long
epoch_ms(TimestampTz time)
{
	const int64 days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;

	return time / 1000 + days * SECS_PER_DAY * 1000;
}

static GlueFailedCall
failed_call(const GlueCall *call)
{
	const GlueTarget *target = call->target;
	GlueFailedCall failed = {
		.service = call->service == GLUE_SERVICE_STS ? "AWS STS" : "AWS Glue",
		.operation = call->operation,
		.connection_name = call->connection_name,
		.endpoint = call->endpoint->url,
		.attempts = call->attempts,
	};

	if (call->credentials != NULL && target->given.access_key_id != NULL &&
		strcmp(call->credentials->access_key_id,
			   target->given.access_key_id) == 0)
		failed.mapping = target->mapping;
	return failed;
}

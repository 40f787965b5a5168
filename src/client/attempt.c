/*-------------------------------------------------------------------------
 *
 * attempt.c
 *	  One attempt at a call: signature, transfer and answer.
 *
 * Every attempt has its own signature and time.  Its answer is classified
 * by itself: success or failure, retryable or not, ambiguous or not.
 * call_state.c decides the consequences for the call.
 *
 * IDENTIFICATION
 *	  src/client/attempt.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "aws/exception_name.h"
#include "aws/retry.h"
#include "client/attempt.h"
#include "client/aws_clock.h"
#include "client/call_failure.h"
#include "client/signed_message.h"
#include "common/pg_prng.h"
#include "glue/answer.h"
#include "glue/model.h"
#include "glue/redact.h"
#include "server/jsonb_tree.h"
#include "server/secret_memory.h"

/* prototypes of private functions */
static void note_header(void *arg, const char *line, size_t len);
static void classify_transfer(GlueAttempt *attempt);
static void note_headers(GlueAttempt *attempt);
static bool keep_answer(GlueAttempt *attempt, GlueReply *reply);
static void classify_refusal(GlueAttempt *attempt, const GlueReply *reply);
static void scrub(GlueAttempt *attempt, const char *text, char *buffer,
				  Size size);

/* Difference between AWS's clock and ours. */
static GlueClockSkew clock_skew;

/*
 * Initialize the state that all attempts at a call share.
 *
 * It belongs to the current memory context.  on_news is called when an attempt
 * has ended, in a place where no error may be raised and palloc is not allowed.
 */
void
glue_attempt_init(GlueAttempt *attempt, GlueCall *call, GlueCallback on_news)
{
	const GlueTarget *target = call->target;
	Size		body_len;
	const char *body = glue_message_body(call, &body_len);
	unsigned char random[GLUE_INVOCATION_RANDOM_LEN];

	memset(attempt, 0, sizeof(GlueAttempt));
	attempt->call = call;
	for (int i = 0; i < GLUE_INVOCATION_RANDOM_LEN; i++)
		random[i] = pg_prng_uint32(&pg_global_prng_state) & 0xff;
	glue_invocation_id(random, attempt->invocation_id);
	attempt->message = (GlueHttpMessage)
	{
		.method = GLUE_HTTP_POST,
			.url = call->endpoint->url,
			.body = body,
			.body_len = body_len,
			.ca_file = target->ca_file,
			.proxy = target->proxy,
			.connect_timeout_ms = target->connect_timeout_ms,
			.request_timeout_ms = glue_call_timeout_ms(call),
			.on_header = note_header,
			.on_header_arg = &attempt->headers,
			.on_end = on_news,
	};
}

/* Sign another attempt, with the current time of AWS's clock. */
void
glue_attempt_sign(GlueAttempt *attempt)
{
	GlueCall   *call = attempt->call;
	const char **lines = palloc(GLUE_MAX_HEADER_LINES * sizeof(char *));
	int64		now = glue_clock_skew_signing_time(clock_skew,
												   glue_epoch_ms(GetCurrentTimestamp()));

	attempt->signed_with = clock_skew;
	attempt->message.headers = lines;
	attempt->message.nheaders =
		glue_signed_header_lines(call, attempt->message.body,
								 attempt->message.body_len,
								 attempt->invocation_id, now / 1000, lines);
	call->attempts++;
}

void
glue_attempt_send(GlueAttempt *attempt)
{
	memset(&attempt->headers, 0, sizeof(attempt->headers));
	attempt->sent_ms = glue_boot_ms();
	attempt->transfer = glue_http_start(&attempt->message);
}

static void
note_header(void *arg, const char *line, size_t len)
{
	glue_reply_header(arg, line, len);
}

/*
 * An attempt has ended: set the answer of the call, or the attempt's failure.
 *
 * Both belong to the current memory context.
 */
void
glue_attempt_finish(GlueAttempt *attempt)
{
	GlueReply	reply;

	Assert(attempt->transfer->outcome != GLUE_HTTP_PENDING);
	attempt->ambiguous = false;
	if (attempt->transfer->outcome != GLUE_HTTP_ANSWERED)
		classify_transfer(attempt);
	else
	{
		note_headers(attempt);
		if (!keep_answer(attempt, &reply))
		{
			classify_refusal(attempt, &reply);
			glue_reply_clear(&reply);
		}
	}
	glue_http_release(attempt->transfer);
}

/*
 * Seconds that AWS's clock is ahead of ours, according to the answers that
 * this backend has received.
 */
long long
glue_attempt_clock_skew(void)
{
	return clock_skew.seconds;
}

/* No answer came. */
static void
classify_transfer(GlueAttempt *attempt)
{
	const GlueHttpTransfer *transfer = attempt->transfer;

	attempt->ambiguous = transfer->outcome == GLUE_HTTP_LOST;
	attempt->retry_kind = transfer->permanent ? GLUE_RETRY_NONE :
		GLUE_RETRY_TRANSIENT;
	attempt->failure = glue_failure_from_transfer(attempt->call, transfer);
}

/* Keep the request ID, the date and the clock skew of any answer. */
static void
note_headers(GlueAttempt *attempt)
{
	GlueCall   *call = attempt->call;
	const GlueReplyHeaders *headers = &attempt->headers;

	strlcpy(call->request_id, headers->request_id, sizeof(call->request_id));
	strlcpy(call->date, headers->date, sizeof(call->date));
	glue_clock_skew_observe(&clock_skew, headers->date, headers->has_age,
							glue_epoch_ms(attempt->transfer->started_at),
							glue_epoch_ms(attempt->transfer->ended_at));
	glue_aws_clock_observe(call->endpoint->url, headers, attempt->sent_ms,
						   glue_boot_ms());
}

/*
 * Keep the answer of a success; return false, and set reply, if it is
 * malformed.
 */
static bool
keep_answer(GlueAttempt *attempt, GlueReply *reply)
{
	GlueCall   *call = attempt->call;
	const GlueHttpTransfer *transfer = attempt->transfer;

	if (call->service == GLUE_SERVICE_STS && transfer->status == 200)
	{
		call->answer_xml = glue_secret_copy(transfer->body,
											transfer->body_len);
		return true;
	}
	glue_reply_decode(reply, transfer->status, &attempt->headers,
					  transfer->body, transfer->body_len);
	if (reply->kind == GLUE_REPLY_SUCCESS)
		glue_answer_check(reply, call->operation);
	if (reply->kind != GLUE_REPLY_SUCCESS)
		return false;
	call->answer = glue_secret_tree(reply->tree);
	return true;
}

/* The answer is no success. */
static void
classify_refusal(GlueAttempt *attempt, const GlueReply *reply)
{
	int			status = attempt->transfer->status;
	char		message[GLUE_REPLY_MESSAGE_MAX + 1];

	attempt->retry_kind = reply->kind == GLUE_REPLY_MALFORMED ?
		GLUE_RETRY_NONE :
		glue_retry_classify(status, reply->code,
							glue_model_has_error(attempt->call->operation,
												 reply->code));
	attempt->ambiguous = reply->kind == GLUE_REPLY_MALFORMED ||
		attempt->retry_kind == GLUE_RETRY_TRANSIENT ||
		strcmp(reply->code, GLUE_EXCEPTION_OPERATION_TIMEOUT) == 0;

	/* a signature with a wrong time is worth another attempt */
	if (attempt->retry_kind == GLUE_RETRY_NONE &&
		glue_clock_skew_retry(attempt->signed_with, clock_skew, reply->code))
		attempt->retry_kind = GLUE_RETRY_TRANSIENT;

	scrub(attempt, reply->message, message, sizeof(message));
	attempt->failure = glue_failure_from_reply(attempt->call, reply, message,
											   status,
											   attempt->retry_kind == GLUE_RETRY_THROTTLING);
}

/*
 * Copy text of AWS without the secrets of the request and of its signature,
 * which it may quote.
 */
static void
scrub(GlueAttempt *attempt, const char *text, char *buffer, Size size)
{
	json_object *secrets = glue_tree_new_object();
	const GlueCredentials *used = attempt->call->credentials;

	if (used != NULL)
	{
		glue_tree_add_text(secrets, "SecretAccessKey", used->secret_access_key);
		glue_tree_add_text(secrets, "SessionToken", used->session_token);
	}
	glue_tree_add(secrets, "Request", json_object_get(attempt->call->arguments));
	glue_redact_text(secrets, text, buffer, size);

	/* the request is still needed, and must not be cleansed with the rest */
	json_object_object_del(secrets, "Request");
}

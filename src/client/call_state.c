/*-------------------------------------------------------------------------
 *
 * call_state.c
 *	  The state machine of a call.
 *
 * A call goes through attempts, each with its signature, and pauses between them;
 * several calls can be under way at once.  So a call is a state machine that
 * never blocks: client.c advances it at every event.
 *
 *		   waiting <------------ pausing
 *			  |  ^					^
 *	 its turn |	 | throttled		|
 *			  v	 |					|
 *		   sending	 |				| worth another attempt
 *			  |	 |					|
 *			  v	 |					|
 *		  in flight ----------------+----------> done
 *			  |						|
 *			  | may have been		| no such connection
 *			  v carried out			|
 *		reading back ---------------+----------> done
 *
 * A call whose credentials have expired gets others: when AWS calls them expired,
 * and before it is sent.  See credential_fetch.c.  Some calls only get
 * credentials.
 *
 * Every attempt waits for its turn: see client/turn.c.  If the service
 * throttles the request anyway, the call waits again, as the first of its
 * line, and the attempt is not counted; the call fails if all other calls are
 * throttled, too.
 *
 * A create whose answer was lost is read back: see read_back.c.  All other
 * operations are idempotent.  If one that changes something fails finally, but
 * an earlier attempt may have been carried out, its outcome is unknown as
 * well.
 *
 * The result is a value: a failure of the network or the service raises no
 * error.
 *
 * IDENTIFICATION
 *	  src/client/call_state.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "aws/exception_name.h"
#include "aws/retry.h"
#include "client/call_failure.h"
#include "client/call_state.h"
#include "client/read_back.h"
#include "client/shared_quota.h"
#include "common/pg_prng.h"
#include "glue/operation_name.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void init_attempts(GlueCallState *state);
static void show(GlueCallState *state);
static void end_activity(void *arg);
static GlueActivityWait wait_of(const GlueCallState *state);
static void wait_for_turn(GlueCallState *state);
static void give_up_waiting(GlueCallState *state);
static void send_attempt(GlueCallState *state);
static void finish_attempt(GlueCallState *state);
static bool has_answer(const GlueCall *call);
static void give_turn_back(GlueCallState *state);
static void choose_next_step(GlueCallState *state);
static bool is_refused_as_expired(const GlueCallState *state);
static bool will_expire(const GlueCredentials *credentials);
static void begin_fetch(GlueCallState *state);
static void fetch_credentials(GlueCallState *state);
static void end_fetch(GlueCallState *state);
static void try_again_or_fail(GlueCallState *state);
static void give_up(GlueCallState *state);
static void start_part(GlueCallState *state, GlueCall *call,
					   MemoryContext result_context);
static bool part_has_ended(GlueCallState *state);
static void begin_read_back(GlueCallState *state);
static void end_read_back(GlueCallState *state);
static void finish(GlueCallState *state, const GlueFailure *failure);

/*
 * Begin a call, and advance it as far as it gets without waiting.
 *
 * Its state belongs to the current memory context, its results to
 * result_context.  on_news is called when the call should be advanced.  It is
 * not called at the end of a pause, or of a wait for the turn.
 */
GlueCallState *
glue_call_state_start(GlueCall *call, MemoryContext result_context,
					  GlueCallback on_news)
{
	GlueCallState *state = palloc0(sizeof(GlueCallState));

	Assert(call->target != NULL && result_context != NULL);
	memset(&call->failure, 0, sizeof(GlueCall) - offsetof(GlueCall, failure));
	state->call = call;
	state->result_context = result_context;
	state->on_news = on_news;
	if (call->operation == NULL)
		begin_fetch(state);
	else
		init_attempts(state);
	glue_call_state_advance(state);
	if (state->step != GLUE_CALL_DONE)
		show(state);
	return state;
}

/* Prepare the attempts of a call, or end it if it has no endpoint. */
static void
init_attempts(GlueCallState *state)
{
	GlueCall   *call = state->call;

	Assert(call->endpoint != NULL && call->arguments != NULL);
	if (call->endpoint == &call->target->sts_endpoint &&
		call->target->sts_problem != NULL)
	{
		finish(state, glue_failure_no_sts(call->target));
		return;
	}
	state->may_expire = call->credentials != NULL &&
		!call->keeps_credentials &&
		will_expire(call->credentials);
	glue_attempt_init(&state->attempt, call, state->on_news);
	glue_turn_init(&state->turn, call, state->on_news);
	glue_stat_begin(&state->counted, call, &state->turn.key);
	state->step = GLUE_CALL_WAITING;
}

/* Show this call in glue_activity. */
static void
show(GlueCallState *state)
{
	const GlueCall *call = state->call;
	GlueActivitySubject subject = {
		.request = call->for_request,
		.operation = call->operation,
		.name = call->connection_name,
		.server = call->target->server,
		.region = call->target->endpoint.region,
		.catalog_id = call->target->catalog_id,
	};

	state->end_activity.func = end_activity;
	state->end_activity.arg = &state->activity;
	MemoryContextRegisterResetCallback(CurrentMemoryContext,
									   &state->end_activity);
	glue_activity_begin(&state->activity, wait_of(state), &subject);
	glue_activity_wait(&state->activity, wait_of(state), call->attempts);
}

/* A MemoryContextCallbackFunction */
static void
end_activity(void *arg)
{
	glue_activity_end(arg);
}

/* The wait event that glue_activity shows. */
static GlueActivityWait
wait_of(const GlueCallState *state)
{
	switch (state->step)
	{
		case GLUE_CALL_WAITING:
			return GLUE_WAITS_FOR_RATE_LIMIT;
		case GLUE_CALL_PAUSING:
			return GLUE_WAITS_FOR_RETRY;
		case GLUE_CALL_FETCHING:
			return GLUE_WAITS_FOR_CREDENTIALS;
		case GLUE_CALL_READING_BACK:
			return wait_of(state->part);
		default:
			return GLUE_WAITS_FOR_ANSWER;
	}
}

/* Advance a call as far as it gets without waiting. */
void
glue_call_state_advance(GlueCallState *state)
{
	GlueCallStep before;

	do
	{
		before = state->step;
		switch (state->step)
		{
			case GLUE_CALL_FETCHING:
				fetch_credentials(state);
				break;
			case GLUE_CALL_WAITING:
				wait_for_turn(state);
				break;
			case GLUE_CALL_SENDING:
				send_attempt(state);
				break;
			case GLUE_CALL_IN_FLIGHT:
				if (state->attempt.transfer->outcome != GLUE_HTTP_PENDING)
					finish_attempt(state);
				break;
			case GLUE_CALL_PAUSING:
				if (glue_monotonic_us() >= state->pause_until)
					state->step = GLUE_CALL_WAITING;
				break;
			case GLUE_CALL_READING_BACK:
				if (part_has_ended(state))
					end_read_back(state);
				break;
			case GLUE_CALL_DONE:
				break;
		}
	} while (state->step != before);
	if (state->step == GLUE_CALL_DONE)
		glue_activity_end(&state->activity);
	else
		glue_activity_wait(&state->activity, wait_of(state),
						   state->call->attempts);
}

/*
 * The state whose pause_until ends the wait, or NULL if no pause is under way.
 */
const GlueCallState *
glue_call_state_pausing(const GlueCallState *state)
{
	if (state->part != NULL)
		return glue_call_state_pausing(state->part);
	return state->step == GLUE_CALL_PAUSING ||
		state->step == GLUE_CALL_WAITING ||
		(state->step == GLUE_CALL_FETCHING && state->pause_until != 0) ?
		state : NULL;
}

/*
 * Take the turn of the call, if it has come.  If it cannot come, the call
 * fails.
 */
static void
wait_for_turn(GlueCallState *state)
{
	if (glue_turn_take(&state->turn))
	{
		state->step = GLUE_CALL_SENDING;

		/*
		 * Credentials that had expired when they were obtained are sent,
		 * because our clock may be wrong.
		 */
		if (state->may_expire && !will_expire(state->call->credentials))
			begin_fetch(state);
	}
	else if (glue_turn_is_hopeless(&state->turn))
	{
		glue_turn_leave(&state->turn);
		give_up_waiting(state);
	}
	else
		state->pause_until = state->turn.ask_at;
}

/*
 * Start an attempt.
 *
 * Credentials, signature time and before_sending are fresh for every attempt,
 * because all waits come before this function.
 */
static void
send_attempt(GlueCallState *state)
{
	GlueCall   *call = state->call;

	glue_attempt_sign(&state->attempt);
	if (!call->answer_lost)
	{
		if (call->before_sending != NULL)
			call->before_sending(call->sending_arg);
		state->began_ms = glue_boot_ms();
	}
	glue_stat_sent(&state->counted);
	glue_attempt_send(&state->attempt);
	state->step = GLUE_CALL_IN_FLIGHT;
}

/* An attempt has ended: determine the next step. */
static void
finish_attempt(GlueCallState *state)
{
	GlueCall   *call = state->call;
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);

	glue_attempt_finish(&state->attempt);
	give_turn_back(state);
	MemoryContextSwitchTo(old_context);

	call->answer_lost |= state->attempt.ambiguous;
	call->maybe_done |= state->attempt.ambiguous &&
		glue_call_changes_something(call);
	if (has_answer(call))
	{
		glue_shared_quota_refund(state->retry_cost);
		finish(state, NULL);
	}
	else
	{
		choose_next_step(state);
		if (state->step != GLUE_CALL_DONE && !call->answer_lost &&
			call->after_refusal != NULL)
			call->after_refusal(call->sending_arg);
	}
}

static bool
has_answer(const GlueCall *call)
{
	return call->answer != NULL || call->answer_xml != NULL;
}

/* Report the end of an attempt to the rate limit. */
static void
give_turn_back(GlueCallState *state)
{
	const GlueAttempt *attempt = &state->attempt;
	bool		answered = attempt->transfer->outcome == GLUE_HTTP_ANSWERED;
	bool		throttled = answered && !has_answer(state->call) &&
		attempt->retry_kind == GLUE_RETRY_THROTTLING;
	int			pause_ms = !throttled ? 0 :
		glue_retry_delay_ms(GLUE_RETRY_THROTTLING, 1, 0.0,
							attempt->headers.retry_after);

	glue_turn_give(&state->turn,
				   glue_rate_classify(answered ? attempt->transfer->status : 0,
									  throttled),
				   (int64) pause_ms * 1000);
	state->nthrottled += throttled;
	glue_stat_answered(&state->counted, throttled, attempt->ambiguous);
}

/* An attempt has failed: determine the next step. */
static void
choose_next_step(GlueCallState *state)
{
	bool		is_create = strcmp(state->call->operation,
								   GLUE_CREATE_CONNECTION) == 0;

	if (is_refused_as_expired(state))
	{
		state->renewed = true;
		begin_fetch(state);
	}
	else if ((is_create && state->attempt.ambiguous) ||
			 (state->maybe_created &&
			  strcmp(state->attempt.failure->code,
					 GLUE_EXCEPTION_ALREADY_EXISTS) == 0))
	{
		state->maybe_created = true;
		begin_read_back(state);
	}
	else
		try_again_or_fail(state);
}

/* ----------------------------------------------------------------
 * Credentials
 * ----------------------------------------------------------------
 */

/* Does AWS call the credentials expired?  A call gets others once. */
static bool
is_refused_as_expired(const GlueCallState *state)
{
	const char *code = state->attempt.failure->code;

	return !state->renewed && !state->call->keeps_credentials &&
		state->call->credentials != NULL &&
		(strcmp(code, GLUE_EXCEPTION_EXPIRED_TOKEN) == 0 ||
		 strcmp(code, GLUE_EXCEPTION_EXPIRED_TOKEN_STS) == 0);
}

/* Will credentials expire, and have not yet by our clock? */
static bool
will_expire(const GlueCredentials *credentials)
{
	return credentials->expires_at > time(NULL);
}

static void
begin_fetch(GlueCallState *state)
{
	state->fetch = glue_credential_fetch_start(state->call, state->on_news);
	state->step = GLUE_CALL_FETCHING;
}

/* Continue to get credentials, and make the calls that this takes. */
static void
fetch_credentials(GlueCallState *state)
{
	GlueCredentialFetch *fetch = state->fetch;

	while (!fetch->ended && part_has_ended(state))
	{
		state->part = NULL;
		glue_credential_fetch_advance(fetch);
		state->pause_until = fetch->pause_until;
		if (fetch->call == NULL)
			break;
		start_part(state, fetch->call, CurrentMemoryContext);
	}
	if (fetch->ended)
		end_fetch(state);
}

/*
 * There are credentials, or a failure.  If the call has its turn, it is sent with
 * others, or else with its own, and AWS's answer becomes its result.
 */
static void
end_fetch(GlueCallState *state)
{
	const GlueCredentials *before = state->call->credentials;
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	GlueFailure *failure = glue_credential_fetch_take(state->fetch);

	MemoryContextSwitchTo(old_context);
	state->may_expire = state->call->credentials != before &&
		will_expire(state->call->credentials);
	if (state->call->operation == NULL)
		finish(state, failure);
	else if (state->turn.state == GLUE_TURN_TAKEN)
		state->step = GLUE_CALL_SENDING;
	else if (state->call->credentials != before)
		state->step = GLUE_CALL_WAITING;
	else
	{
		if (failure != NULL)
			state->attempt.failure = failure;
		choose_next_step(state);
	}
}

/* ----------------------------------------------------------------
 * After a failure
 * ----------------------------------------------------------------
 */

/*
 * Pause before another attempt, if the failure is retryable and the quota
 * allows it.  A throttled call waits for its turn instead.
 */
static void
try_again_or_fail(GlueCallState *state)
{
	int			attempts = state->call->attempts - state->nthrottled;
	int			cost = -1;
	int			delay_ms;

	if (state->attempt.retry_kind == GLUE_RETRY_THROTTLING)
	{
		state->step = GLUE_CALL_WAITING;
		return;
	}
	if (state->attempt.retry_kind != GLUE_RETRY_NONE &&
		attempts < state->call->target->max_attempts)
		cost = glue_shared_quota_take(state->attempt.retry_kind);
	if (cost < 0)
	{
		give_up(state);
		return;
	}
	state->retry_cost = cost;
	delay_ms = glue_retry_delay_ms(state->attempt.retry_kind, attempts,
								   pg_prng_double(&pg_global_prng_state),
								   state->attempt.headers.retry_after);
	state->pause_until = glue_monotonic_us() + (int64) delay_ms * 1000;
	state->step = GLUE_CALL_PAUSING;
}

/*
 * End a call that has failed.
 *
 * EntityNotFoundException is a final answer, whatever an earlier attempt did.
 */
static void
give_up(GlueCallState *state)
{
	GlueFailure *failure = state->attempt.failure;

	failure->transient = state->attempt.retry_kind != GLUE_RETRY_NONE;
	if (state->call->maybe_done &&
		strcmp(failure->code, GLUE_EXCEPTION_ENTITY_NOT_FOUND) != 0)
		failure = glue_failure_maybe_done(state->call, failure);
	finish(state, failure);
}

/* End a call that does not get its turn. */
static void
give_up_waiting(GlueCallState *state)
{
	if (state->attempt.failure == NULL ||
		state->attempt.retry_kind != GLUE_RETRY_THROTTLING)
	{
		state->attempt.failure = glue_failure_no_turn(state->call);
		state->attempt.retry_kind = GLUE_RETRY_THROTTLING;
	}
	give_up(state);
}

/* ----------------------------------------------------------------
 * Calls that are a part of a call
 * ----------------------------------------------------------------
 */

/* Start one.  glue_activity shows the call that it is a part of. */
static void
start_part(GlueCallState *state, GlueCall *call, MemoryContext result_context)
{
	state->part = glue_call_state_start(call, result_context, state->on_news);
	glue_activity_end(&state->part->activity);
}

/* Has it ended, or is there none? */
static bool
part_has_ended(GlueCallState *state)
{
	if (state->part != NULL)
		glue_call_state_advance(state->part);
	return state->part == NULL || state->part->step == GLUE_CALL_DONE;
}

static void
begin_read_back(GlueCallState *state)
{
	const GlueCall *create = state->call;
	GlueCall   *reading = palloc(sizeof(GlueCall));

	glue_call_prepare_get(reading, create->target, create->credentials,
						  create->connection_name);
	reading->rate_class = GLUE_RATE_UNDO;
	start_part(state, reading, state->result_context);
	state->step = GLUE_CALL_READING_BACK;
}

/* The GetConnection that reads a create back has ended. */
static void
end_read_back(GlueCallState *state)
{
	GlueFailure *failure;
	bool		ended = glue_read_back_answer(state->call, state->part->call,
											  state->attempt.failure,
											  state->began_ms, &failure);

	glue_stat_read_back(&state->counted, failure);
	state->part = NULL;
	if (ended)
		finish(state, failure);
	else
	{
		glue_failure_add_detail(state->attempt.failure,
								"Reading back found no connection of that name.");
		try_again_or_fail(state);
	}
}

/* End a call; failure, which is copied, is NULL if it succeeded. */
static void
finish(GlueCallState *state, const GlueFailure *failure)
{
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);

	state->call->failure = failure != NULL ? glue_failure_copy(failure) : NULL;
	MemoryContextSwitchTo(old_context);
	state->step = GLUE_CALL_DONE;
	if (state->attempt.call != NULL)
		glue_stat_end(&state->counted, failure);
}

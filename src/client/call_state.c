/*-------------------------------------------------------------------------
 *
 * call_state.c
 *	  The state machine of a call.
 *
 * A call goes through attempts, each signed anew, and pauses between them;
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
static bool renew_credentials(GlueCallState *state);
static bool will_expire(const GlueCredentials *credentials);
static void replace_expired(GlueCallState *state);
static bool get_others(GlueCallState *state, GlueFailure **failure);
static void try_again_or_fail(GlueCallState *state);
static void give_up(GlueCallState *state);
static void begin_read_back(GlueCallState *state);
static void end_read_back(GlueCallState *state);
static void finish(GlueCallState *state, GlueFailure *failure);

/*
 * Begin a call, and advance it as far as it gets without waiting.
 *
 * Its state belongs to the current memory context, its results to
 * result_context.  on_news is called with its argument when the call should be
 * advanced.  It is not called at the end of a pause, or of a wait for the
 * turn.
 */
GlueCallState *
glue_call_state_start(GlueCall *call, MemoryContext result_context,
					  void (*on_news) (void *arg), void *on_news_arg)
{
	GlueCallState *state = palloc0(sizeof(GlueCallState));

	Assert(call->target != NULL && call->endpoint != NULL);
	Assert(call->arguments != NULL && result_context != NULL);
	glue_call_clear_results(call);
	state->call = call;
	state->result_context = result_context;
	state->may_expire = call->credentials != NULL &&
		will_expire(call->credentials);
	glue_attempt_init(&state->attempt, call, on_news, on_news_arg);
	glue_turn_init(&state->turn, call, on_news, on_news_arg);
	glue_stat_begin(&state->counted, call, &state->turn.key);

	state->step = GLUE_CALL_WAITING;
	glue_call_state_advance(state);
	if (state->step != GLUE_CALL_DONE)
		show(state);
	return state;
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
		case GLUE_CALL_READING_BACK:
			return wait_of(state->reader);
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
				glue_call_state_advance(state->reader);
				if (state->reader->step == GLUE_CALL_DONE)
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
	if (state->step == GLUE_CALL_READING_BACK)
		return glue_call_state_pausing(state->reader);
	return state->step == GLUE_CALL_PAUSING ||
		state->step == GLUE_CALL_WAITING ? state : NULL;
}

/*
 * Take the turn of the call, if it has come.  If it cannot come, the call
 * fails.
 */
static void
wait_for_turn(GlueCallState *state)
{
	if (glue_turn_take(&state->turn))
		state->step = GLUE_CALL_SENDING;
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

	replace_expired(state);
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

	if (renew_credentials(state))
		state->step = GLUE_CALL_WAITING;
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

/*
 * If AWS calls the credentials expired, get others for one more attempt;
 * return false if it does not, or if there are none.  A failure to get others
 * becomes the failure of the call.
 */
static bool
renew_credentials(GlueCallState *state)
{
	const char *code = state->attempt.failure->code;
	GlueFailure *failure;

	if (state->renewed ||
		(strcmp(code, GLUE_EXCEPTION_EXPIRED_TOKEN) != 0 &&
		 strcmp(code, GLUE_EXCEPTION_EXPIRED_TOKEN_STS) != 0))
		return false;
	state->renewed = true;
	if (get_others(state, &failure))
		return true;
	if (failure != NULL)
		state->attempt.failure = failure;
	return false;
}

/* Will credentials expire, and have not yet by our clock? */
static bool
will_expire(const GlueCredentials *credentials)
{
	return credentials->expires_at > time(NULL);
}

/*
 * Credentials may have expired while the call waited for its turn.  If there
 * are no others, the call is sent anyway, and AWS's answer becomes its result.
 * Credentials that had expired when they were obtained are sent as well,
 * because our clock may be wrong.
 */
static void
replace_expired(GlueCallState *state)
{
	GlueFailure *failure;

	if (!state->may_expire || will_expire(state->call->credentials))
		return;
	state->may_expire = false;
	(void) get_others(state, &failure);
}

/*
 * Get other credentials for a call; false if there are none, perhaps with a
 * failure.
 */
static bool
get_others(GlueCallState *state, GlueFailure **failure)
{
	GlueCall   *call = state->call;
	const GlueCredentials *others = NULL;
	MemoryContext old_context;

	*failure = NULL;
	if (call->renew_credentials == NULL || call->credentials == NULL)
		return false;
	old_context = MemoryContextSwitchTo(state->result_context);
	*failure = call->renew_credentials(call->target, call->credentials, &others);
	if (*failure != NULL)
		*failure = glue_failure_copy(*failure);
	MemoryContextSwitchTo(old_context);
	if (others == NULL)
		return false;
	call->credentials = others;
	state->may_expire = will_expire(others);
	return true;
}

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
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	GlueFailure *failure = state->attempt.failure;

	failure->transient = state->attempt.retry_kind != GLUE_RETRY_NONE;
	if (state->call->maybe_done &&
		strcmp(failure->code, GLUE_EXCEPTION_ENTITY_NOT_FOUND) != 0)
		failure = glue_failure_maybe_done(state->call, failure);
	finish(state, failure);
	MemoryContextSwitchTo(old_context);
}

/* End a call that does not get its turn. */
static void
give_up_waiting(GlueCallState *state)
{
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);

	if (state->attempt.failure == NULL ||
		state->attempt.retry_kind != GLUE_RETRY_THROTTLING)
	{
		state->attempt.failure = glue_failure_no_turn(state->call);
		state->attempt.retry_kind = GLUE_RETRY_THROTTLING;
	}
	MemoryContextSwitchTo(old_context);
	give_up(state);
}

static void
begin_read_back(GlueCallState *state)
{
	GlueCall   *reading = palloc0(sizeof(GlueCall));

	glue_read_back_prepare(reading, state->call);
	reading->rate_class = GLUE_RATE_UNDO;
	state->reader =
		glue_call_state_start(reading, state->result_context,
							  state->attempt.message.on_end,
							  state->attempt.message.on_end_arg);
	/* the reader is a part of this call, which is shown already */
	glue_activity_end(&state->reader->activity);
	state->step = GLUE_CALL_READING_BACK;
}

/* The GetConnection that reads a create back has ended. */
static void
end_read_back(GlueCallState *state)
{
	MemoryContext old_context = MemoryContextSwitchTo(state->result_context);
	GlueFailure *failure = NULL;
	GlueReadBack found;

	found = glue_read_back_classify(state->call, state->reader->call,
									state->attempt.failure, state->began_ms,
									&failure);
	glue_stat_read_back(&state->counted, failure);
	if (found != GLUE_READ_BACK_NOTHING)
		finish(state, failure);
	else
	{
		glue_failure_add_detail(state->attempt.failure,
								"Reading back found no connection of that name.");
		try_again_or_fail(state);
	}
	MemoryContextSwitchTo(old_context);
}

/* End a call; failure is NULL if it succeeded. */
static void
finish(GlueCallState *state, GlueFailure *failure)
{
	state->call->failure = failure;
	state->step = GLUE_CALL_DONE;
	glue_stat_end(&state->counted, failure);
}

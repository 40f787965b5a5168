/*-------------------------------------------------------------------------
 *
 * target_state.c
 *	  What is remembered of targets from one transaction to the next.
 *
 * A target is blocked if there are no credentials for it, or if AWS refuses
 * them.  All its requests would fail in the same way, so they are left alone:
 * longer and longer, until one of them succeeds.
 *
 * IDENTIFICATION
 *	  src/queue/target_state.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "queue/target_state.h"

/* How long a request, or a blocked target, is left alone. */
#define FIRST_BACKOFF_MS		2000
#define LONGEST_BACKOFF_MS		(10 * 60 * 1000)

/* prototypes of private functions */
static bool is_key(const GlueBlockedTarget *key, const GlueRequest *request);

/*
 * What is remembered of the target of a request, in a list.  If that is nothing
 * yet, it is added, and lives in context as the list does.
 */
GlueTargetState *
glue_target_state_find(List **states, const GlueRequest *request,
					   MemoryContext context)
{
	MemoryContext old_context;
	ListCell   *cell;
	GlueTargetState *state;

	foreach(cell, *states)
	{
		state = lfirst(cell);
		if (is_key(&state->target, request))
			return state;
	}
	old_context = MemoryContextSwitchTo(context);
	state = palloc0(sizeof(GlueTargetState));
	state->target.cluster = request->cluster;
	state->target.server_oid = request->server_oid;
	state->target.role = request->role;
	state->target.settings = pstrdup(request->settings_text);
	memcpy(state->target.fingerprint, request->fingerprint,
		   GLUE_FINGERPRINT_LEN);
	*states = lappend(*states, state);
	MemoryContextSwitchTo(old_context);
	return state;
}

/* Is a target known by what a request says of its own? */
static bool
is_key(const GlueBlockedTarget *key, const GlueRequest *request)
{
	return key->cluster == request->cluster &&
		key->server_oid == request->server_oid &&
		key->role == request->role &&
		strcmp(key->settings, request->settings_text) == 0 &&
		memcmp(key->fingerprint, request->fingerprint,
			   GLUE_FINGERPRINT_LEN) == 0;
}

/* Leave a target alone for a while; returns until when. */
TimestampTz
glue_target_state_block(GlueTargetState *state)
{
	if (state->blocked_until <= GetCurrentTimestamp())
		state->blocked_until = glue_work_backoff(++state->failures);
	return state->blocked_until;
}

/* When to try again after so many failures in a row. */
TimestampTz
glue_work_backoff(int failures)
{
	double		ms = FIRST_BACKOFF_MS;

	for (int i = 1; i < failures && ms < LONGEST_BACKOFF_MS; i++)
		ms *= 2;
	ms = Min(ms, LONGEST_BACKOFF_MS) *
		(0.5 + pg_prng_double(&pg_global_prng_state) / 2);
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) ms);
}

/*-------------------------------------------------------------------------
 *
 * target_state.c
 *	  The state of targets that outlives a transaction.
 *
 * A target is blocked if there are no credentials for it, or if AWS refuses
 * them.  All its requests would fail in the same way, so none is claimed for a
 * while.  The delay grows until one request succeeds.
 *
 * IDENTIFICATION
 *	  src/queue/target_state.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/pg_prng.h"
#include "queue/target_state.h"

/* First delay of a request, or of a blocked target. */
#define FIRST_BACKOFF_MS		2000
#define LONGEST_BACKOFF_MS		(10 * 60 * 1000)

/* prototypes of private functions */
static bool is_key(const GlueBlockedTarget *key, const GlueClaim *request);

/*
 * The state of the target of a request, in a list.  If there is none yet, it
 * is added, in the memory context of the list.
 */
GlueTargetState *
glue_target_state_find(List **states, const GlueClaim *request,
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
	state->target.cluster = request->what.cluster;
	state->target.server_oid = request->what.server_oid;
	state->target.role = request->what.role;
	state->target.settings = pstrdup(request->settings_text);
	memcpy(state->target.fingerprint, request->what.fingerprint,
		   GLUE_FINGERPRINT_LEN);
	*states = lappend(*states, state);
	MemoryContextSwitchTo(old_context);
	return state;
}

/* Does a state belong to the target of this request? */
static bool
is_key(const GlueBlockedTarget *key, const GlueClaim *request)
{
	return key->cluster == request->what.cluster &&
		key->server_oid == request->what.server_oid &&
		key->role == request->what.role &&
		strcmp(key->settings, request->settings_text) == 0 &&
		memcmp(key->fingerprint, request->what.fingerprint,
			   GLUE_FINGERPRINT_LEN) == 0;
}

/* Block a target for a while; returns the end of that time. */
TimestampTz
glue_target_state_block(GlueTargetState *state)
{
	if (state->blocked_until <= GetCurrentTimestamp())
		state->blocked_until = glue_work_backoff(++state->failures);
	return state->blocked_until;
}

/* Delay before the next attempt, after so many consecutive failures. */
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

/*-------------------------------------------------------------------------
 *
 * call_state.h
 *	  The state machine of a call.
 *
 * IDENTIFICATION
 *	  src/client/call_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CALL_STATE_H
#define GLUE_CLIENT_CALL_STATE_H

#include "client/attempt.h"
#include "client/credential_fetch.h"
#include "client/stat_calls.h"
#include "client/turn.h"
#include "server/activity.h"

typedef enum GlueCallStep
{
	GLUE_CALL_FETCHING,			/* credentials */
	GLUE_CALL_WAITING,			/* waits for its turn */
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
	GlueCallback on_news;
	GlueAttempt attempt;		/* the last one; none of a call without an
								 * operation */
	GlueTurn	turn;			/* its turn to send an attempt */
	int			nthrottled;		/* throttled attempts, which are not counted */
	GlueCountedCall counted;	/* for glue_stat_calls */
	int64		began_ms;		/* begin of the first attempt that may have
								 * been carried out, by glue_boot_ms() */
	bool		renewed;		/* the credentials were renewed, once */
	bool		may_expire;		/* the credentials had not expired when they
								 * were obtained */

	/* retries */
	int			retry_cost;		/* of the last retry; 0 if there was none */

	/* while it pauses, or waits for its turn; by glue_monotonic_us() */
	int64		pause_until;

	/* while it gets credentials, or reads back */
	GlueCredentialFetch *fetch;
	struct GlueCallState *part; /* a call that this takes, or NULL */

	/* for glue_activity */
	GlueActivity activity;
	MemoryContextCallback end_activity; /* at the end of the context */

	bool		maybe_created;	/* by a create whose answer was lost */
} GlueCallState;

extern GlueCallState *glue_call_state_start(GlueCall *call,
											MemoryContext result_context,
											GlueCallback on_news);
extern void glue_call_state_advance(GlueCallState *state);
extern const GlueCallState *glue_call_state_pausing(const GlueCallState *state);

#endif							/* GLUE_CLIENT_CALL_STATE_H */

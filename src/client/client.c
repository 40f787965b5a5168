/*-------------------------------------------------------------------------
 *
 * client.c
 *	  Calls of AWS, one or many side by side.
 *
 * A call never waits (see call_state.c); all waits happen here.  Only calls
 * with events are advanced, however many are under way: the end of a transfer
 * puts its call into a list, and calls that pause or wait for their turn are
 * in a heap, ordered by the end of their pause.
 *
 * There is a slot for each call.  The caller's processing of an ended call
 * takes about as long as the start of another call, which should be under way
 * by then.  So slots with an ended call are set aside until no slot has an
 * event; the callbacks for the time of waiting come after that.  Then the
 * slot's memory is reset, and it takes another call.
 *
 * IDENTIFICATION
 *	  src/client/client.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/call_state.h"
#include "client/client.h"
#include "lib/ilist.h"
#include "lib/pairingheap.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "utils/memutils.h"

/* Longest wait if no pause ends earlier. */
#define LONG_WAIT_MS	(60 * 1000)

/* A slot for a call under way. */
typedef struct CallSlot
{
	struct CallRun *run;
	MemoryContext context;		/* of the state, and reset with it */
	GlueCall   *call;			/* unless the slot is free */
	GlueCallState *state;
	dlist_node	node;			/* in free, again, ended or, if listed, ready */
	bool		listed;			/* member of ready */
	bool		has_work;		/* member of work */
	bool		had_work;		/* member of work, now or earlier */
	dlist_node	work_node;
	bool		pausing;		/* member of pauses... */
	GlueCallStep pausing_at;	/* ... because of that */
	pairingheap_node pause_node;	/* in pauses */
} CallSlot;

typedef struct CallRun
{
	const GlueCallStream *stream;
	MemoryContext context;		/* parent of the slots' contexts */
	int			width;
	int			nactive;		/* calls under way */
	int			nfetching;		/* of these, that are for credentials alone */
	int			npausing[GLUE_CALL_DONE];	/* of these, by their step */
	int			nended;			/* length of ended */
	dlist_head	free;			/* slots without a call */
	dlist_head	again;			/* slots with another call of an earlier one */
	dlist_head	ready;			/* slots with an event */
	dlist_head	ended;			/* slots with a call that has ended */
	dlist_head	work;			/* slots whose meanwhile is to be called */
	pairingheap pauses;			/* slots with a call that pauses or waits */
} CallRun;

/* The calls of glue_client_run(). */
typedef struct CallArray
{
	GlueCall   *calls;
	int			ncalls;
	int			nstarted;
} CallArray;

/* prototypes of private functions */
static GlueCall *next_of_array(void *arg);
static void run_calls(CallRun *run);
static void wait_for_news(const CallRun *run, long timeout_ms);
static void start_calls(CallRun *run);
static CallSlot *next_slot(CallRun *run);
static bool do_some_work(CallRun *run);
static void do_meanwhile(CallSlot *slot);
static void end_call(CallSlot *slot);
static void note_news(void *arg);
static void advance_ready(CallRun *run);
static void place_slot(CallSlot *slot);
static void begin_pause(CallSlot *slot);
static void end_pause(CallSlot *slot);
static void end_pauses(CallRun *run);
static long wait_time(CallRun *run);
static int64 pause_end(const pairingheap_node *node);
static int	compare_pauses(const pairingheap_node *a,
						   const pairingheap_node *b, void *arg);

/*
 * Make calls, side by side, and wait for all of them.
 *
 * The results live in the current memory context.  Interrupts are processed
 * during the wait.  If one of them raises an error, calls under way are
 * abandoned, and their outcome is unknown.
 */
void
glue_client_run(GlueCall *calls, int ncalls)
{
	CallArray	array = {.calls = calls, .ncalls = ncalls};
	GlueCallStream stream = {
		.next = next_of_array,
		.arg = &array,
		.result_context = CurrentMemoryContext,
	};

	glue_client_run_stream(&stream, ncalls);
}

static GlueCall *
next_of_array(void *arg)
{
	CallArray  *array = arg;

	return array->nstarted < array->ncalls ?
		&array->calls[array->nstarted++] : NULL;
}

/*
 * Make all calls of a stream, at most width of them side by side.
 *
 * Interrupts as above; an error of the stream's own functions has the same
 * effect.
 */
void
glue_client_run_stream(const GlueCallStream *stream, int width)
{
	MemoryContext old_context = CurrentMemoryContext;
	CallRun		run = {
		.stream = stream,
		.width = width,
		.pauses.ph_compare = compare_pauses,
	};

	run.context = AllocSetContextCreate(CurrentMemoryContext,
										"glue_conn calls",
										ALLOCSET_DEFAULT_SIZES);
	glue_credential_fetch_runs++;
	PG_TRY();
	{
		glue_http_expect(width);
		run_calls(&run);
	}
	PG_FINALLY();
	{
		glue_credential_fetch_runs--;
		MemoryContextSwitchTo(old_context);
		MemoryContextDelete(run.context);
	}
	PG_END_TRY();
}

static void
run_calls(CallRun *run)
{
	for (;;)
	{
		bool		more_work;

		start_calls(run);
		if (run->nactive == 0 && run->nended == 0)
			break;
		more_work = do_some_work(run);
		CHECK_FOR_INTERRUPTS();
		if (run->nactive > 0 && dlist_is_empty(&run->ready))
			wait_for_news(run, more_work ? 0 : wait_time(run));
		end_pauses(run);
		advance_ready(run);
	}
}

/*
 * Wait, with a wait event of its own if all calls wait for their turn, or for the
 * next look for credentials.
 */
static void
wait_for_news(const CallRun *run, long timeout_ms)
{
	static uint32 turn_event = 0;
	static uint32 fetch_event = 0;

	if (run->npausing[GLUE_CALL_WAITING] == run->nactive)
		glue_http_wait_as(timeout_ms,
						  GLUE_WAIT_EVENT(turn_event, "GlueConnRateLimit"));
	else if (run->npausing[GLUE_CALL_FETCHING] == run->nactive)
		glue_http_wait_as(timeout_ms,
						  GLUE_WAIT_EVENT(fetch_event, "GlueConnCredentials"));
	else
		glue_http_wait(timeout_ms);
}

/*
 * Start calls while there are calls and free slots, and while not too many
 * ended calls wait to be processed.  A call that only gets credentials takes no
 * slot of the width: it can be slow, and there are few.
 *
 * Without enough file descriptors, fewer calls are made side by side.  Only if
 * none is left for the first call, that is an error.
 */
static void
start_calls(CallRun *run)
{
	while (run->nactive - run->nfetching < run->width &&
		   run->nended <= run->width &&
		   (run->nactive == 0 ||
			glue_http_has_room(run->npausing[GLUE_CALL_WAITING] +
							   run->nfetching + 1)))
	{
		MemoryContext old_context = CurrentMemoryContext;
		CallSlot   *slot = next_slot(run);
		GlueCallback on_news = {.func = note_news, .arg = slot};

		if (slot == NULL)
			break;
		run->nactive++;
		run->nfetching += slot->call->operation == NULL;
		MemoryContextSwitchTo(slot->context);
		slot->state = glue_call_state_start(slot->call,
											run->stream->result_context ?
											run->stream->result_context :
											slot->context, on_news);
		MemoryContextSwitchTo(old_context);
		place_slot(slot);
	}
}

/* A slot with the next call; NULL if there is none. */
static CallSlot *
next_slot(CallRun *run)
{
	GlueCall   *call;
	CallSlot   *slot;

	if (!dlist_is_empty(&run->again))
		return dlist_container(CallSlot, node, dlist_pop_head_node(&run->again));
	call = run->stream->next(run->stream->arg);
	if (call == NULL)
		return NULL;
	if (!dlist_is_empty(&run->free))
		slot = dlist_container(CallSlot, node, dlist_pop_head_node(&run->free));
	else
	{
		slot = MemoryContextAllocZero(run->context, sizeof(CallSlot));
		slot->run = run;
		slot->context = AllocSetContextCreate(run->context, "glue_conn call",
											  ALLOCSET_DEFAULT_SIZES);
	}
	slot->call = call;
	return slot;
}

/*
 * Do one piece of deferred work: end a call, or call the meanwhile of another.
 * Returns whether there is more.
 */
static bool
do_some_work(CallRun *run)
{
	if (!dlist_is_empty(&run->ended))
	{
		end_call(dlist_container(CallSlot, node,
								 dlist_pop_head_node(&run->ended)));
		start_calls(run);
	}
	else if (!dlist_is_empty(&run->work))
		do_meanwhile(dlist_container(CallSlot, work_node,
									 dlist_head_node(&run->work)));
	return !dlist_is_empty(&run->ended) || !dlist_is_empty(&run->work);
}

static void
do_meanwhile(CallSlot *slot)
{
	slot->has_work = false;
	dlist_delete(&slot->work_node);
	slot->call->meanwhile(slot->call->meanwhile_arg);
}

/* Pass an ended call to the caller, and reset its slot. */
static void
end_call(CallSlot *slot)
{
	CallRun    *run = slot->run;
	bool		again;

	if (slot->has_work)
		do_meanwhile(slot);
	again = run->stream->done != NULL &&
		run->stream->done(run->stream->arg, slot->call);
	MemoryContextReset(slot->context);
	slot->had_work = false;
	run->nended--;
	if (again)
		dlist_push_tail(&run->again, &slot->node);
	else
		dlist_push_head(&run->free, &slot->node);
}

/*
 * A call has an event.  libcurl calls this, so it must neither raise an error
 * nor use palloc.
 */
static void
note_news(void *arg)
{
	CallSlot   *slot = arg;

	if (!slot->listed)
		dlist_push_tail(&slot->run->ready, &slot->node);
	slot->listed = true;
}

/* Advance all calls with events, and start others in free slots. */
static void
advance_ready(CallRun *run)
{
	while (!dlist_is_empty(&run->ready))
	{
		CallSlot   *slot = dlist_container(CallSlot, node,
										   dlist_pop_head_node(&run->ready));
		MemoryContext old_context = MemoryContextSwitchTo(slot->context);

		slot->listed = false;
		end_pause(slot);
		glue_call_state_advance(slot->state);
		MemoryContextSwitchTo(old_context);
		place_slot(slot);
		start_calls(run);
	}
}

/* A call was advanced: put its slot into the list of its new state. */
static void
place_slot(CallSlot *slot)
{
	CallRun    *run = slot->run;

	if (!slot->had_work && slot->call->meanwhile != NULL &&
		slot->call->attempts > 0)
	{
		slot->has_work = slot->had_work = true;
		dlist_push_tail(&run->work, &slot->work_node);
	}
	if (slot->state->step == GLUE_CALL_DONE)
	{
		/* the last transfer may have ended during its start */
		if (slot->listed)
			dlist_delete(&slot->node);
		slot->listed = false;
		run->nactive--;
		run->nfetching -= slot->call->operation == NULL;
		run->nended++;
		dlist_push_tail(&run->ended, &slot->node);
	}
	else if (!slot->listed)
		begin_pause(slot);
}

/* If a call pauses or waits for its turn, put it into the heap. */
static void
begin_pause(CallSlot *slot)
{
	CallRun    *run = slot->run;
	const GlueCallState *pausing = glue_call_state_pausing(slot->state);

	if (pausing == NULL)
		return;
	slot->pausing = true;
	slot->pausing_at = pausing->step;
	run->npausing[slot->pausing_at]++;
	pairingheap_add(&run->pauses, &slot->pause_node);
}

/* A call continues: remove it from the heap. */
static void
end_pause(CallSlot *slot)
{
	if (!slot->pausing)
		return;
	pairingheap_remove(&slot->run->pauses, &slot->pause_node);
	slot->run->npausing[slot->pausing_at]--;
	slot->pausing = false;
}

/* Advance the calls whose pause has ended. */
static void
end_pauses(CallRun *run)
{
	int64		now;

	if (pairingheap_is_empty(&run->pauses))
		return;
	glue_turns_tell();
	now = glue_monotonic_us();
	while (!pairingheap_is_empty(&run->pauses) &&
		   pause_end(pairingheap_first(&run->pauses)) <= now)
	{
		CallSlot   *slot = pairingheap_container(CallSlot, pause_node,
												 pairingheap_first(&run->pauses));

		end_pause(slot);
		note_news(slot);
	}
}

/* Milliseconds until the next pause ends. */
static long
wait_time(CallRun *run)
{
	long		longest_ms = run->stream->max_wait_ms > 0 ?
		run->stream->max_wait_ms : LONG_WAIT_MS;

	if (pairingheap_is_empty(&run->pauses))
		return longest_ms;
	return Min(longest_ms,
			   glue_ms_until(pause_end(pairingheap_first(&run->pauses))));
}

static int64
pause_end(const pairingheap_node *node)
{
	const CallSlot *slot = pairingheap_const_container(CallSlot, pause_node,
													   node);

	return glue_call_state_pausing(slot->state)->pause_until;
}

/*
 * The heap has the largest on top, so the earliest end compares as the
 * largest.
 */
static int
compare_pauses(const pairingheap_node *a, const pairingheap_node *b, void *arg)
{
	int64		a_end = pause_end(a);
	int64		b_end = pause_end(b);

	return a_end < b_end ? 1 : a_end > b_end ? -1 : 0;
}

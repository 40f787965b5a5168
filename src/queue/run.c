/*-------------------------------------------------------------------------
 *
 * run.c
 *	  Working the queue: many requests side by side.
 *
 * A request goes through three stages.  In a transaction, it is claimed and
 * prepared.  Then its calls are made, outside of any transaction and
 * concurrently with the calls of other requests.  Another transaction records
 * its outcome.  queue/job.h describes this for one request, queue/stages.c has
 * the lists of jobs in each stage, and queue/batch.c has the transactions.
 * This file decides when to make a call, and when to begin a transaction.
 *
 * Each request acts as the role that made it: with the user mapping of that
 * role, and only as long as the role has USAGE on the foreign server.  A
 * target is looked up once in each transaction that claims requests for it.
 *
 * The credentials of a target are fetched by a call in the stream.
 *
 * IDENTIFICATION
 *	  src/queue/run.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "queue/batch.h"
#include "server/news.h"
#include "server/progress.h"
#include "server/settings.h"
#include "utils/memutils.h"

/*
 * Requests that are recorded at once.  A transaction flushes the WAL once, for
 * any number of requests.
 */
#define RECORD_BATCH			128

/* Minimum time of a run if other databases wait for a worker slot. */
#define SLICE_MS				1000

/* prototypes of private functions */
static bool is_over(GlueRun *run);
static void wait_for_locks(GlueRun *run);
static GlueCall *next_call(void *arg);
static long longest_wait_ms(const GlueRun *run);
static bool note_done(void *arg, GlueCall *call);
static bool wants_transaction(GlueRun *run);
static void take_news(GlueRun *run);
static void mind_clock(GlueRun *run, TimestampTz now);

/*
 * Work the queue of the extension in this schema until nothing is due, or
 * max_requests were claimed (0: no limit), or other databases wait for a
 * worker slot.  Returns the number of claimed requests.
 *
 * If only_undo is set, only calls of transactions that were rolled back are
 * undone.
 *
 * *next_due is set to the time of the next run, or to 0 if the queue is empty.
 * No transaction may be open but that of process.
 */
uint64
glue_queue_run(const GlueQueueProcess *process, uint64 max_requests,
			   bool only_undo, TimestampTz *next_due)
{
	MemoryContext old_context = CurrentMemoryContext;
	GlueRun		run = {
		.process = process,
		.max_requests = max_requests,
		.only_undo = only_undo,
		.began_at = GetCurrentTimestamp(),
		.width = glue_setting_max_concurrent_requests,
	};

	Assert(OidIsValid(process->schema) && process->claimant != 0);
	run.context = AllocSetContextCreate(TopMemoryContext, "glue_conn queue",
										ALLOCSET_DEFAULT_SIZES);
	glue_progress_begin("process");
	glue_progress_phase("carrying out", max_requests > 0 ? (int64) max_requests : -1);
	PG_TRY();
	{
		MemoryContextSwitchTo(run.context);
		run.batch_context = AllocSetContextCreate(run.context,
												  "glue_conn batch",
												  ALLOCSET_DEFAULT_SIZES);
		glue_work_targets_init(&run.targets, process);
		run.stream.next = next_call;
		run.stream.done = note_done;
		run.stream.arg = &run;
		for (;;)
		{
			glue_client_run_stream(&run.stream, run.width);
			if (is_over(&run))
				break;
			wait_for_locks(&run);
		}

		/* the search takes long if many requests are put off */
		*next_due = run.claim_at == DT_NOEND ? GetCurrentTimestamp() :
			glue_run_next_due(&run);
	}
	PG_FINALLY();
	{
		glue_progress_end();
		MemoryContextSwitchTo(old_context);
		MemoryContextDelete(run.context);
	}
	PG_END_TRY();
	return run.nclaimed;
}

/* Is there nothing left to wait for? */
static bool
is_over(GlueRun *run)
{
	return dlist_is_empty(&run->stages.waiting) &&
		dlist_is_empty(&run->stages.locked) &&
		(!run->look_again || run->claim_at == DT_NOEND);
}

/* Another session holds a lock that we need: wait. */
static void
wait_for_locks(GlueRun *run)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz until = TimestampTzPlusMilliseconds(now,
													run->stream.max_wait_ms);

	for (; now < until && !glue_news_exist(); now = GetCurrentTimestamp())
		glue_http_wait(TimestampDifferenceMilliseconds(now, until) + 1);
}

/* ----------------------------------------------------------------
 * The stream of calls
 * ----------------------------------------------------------------
 */

/*
 * The next call that can be made; NULL if there is none at present.
 */
static GlueCall *
next_call(void *arg)
{
	GlueRun    *run = arg;
	GlueCall   *call;

	do
	{
		if (wants_transaction(run))
			glue_run_transaction(run);
		call = glue_work_targets_fetch(&run->targets);
		if (call == NULL)
			call = glue_stages_start(&run->stages);
	} while (call == NULL && wants_transaction(run));
	run->stream.max_wait_ms = longest_wait_ms(run);
	return call;
}

/* Time until we must be asked again for a next call. */
static long
longest_wait_ms(const GlueRun *run)
{
	TimestampTz now = GetCurrentTimestamp();
	long		wait_ms = run->stages.nended > 0 ? GLUE_RECORD_DELAY_MS :
		GLUE_IDLE_LOOK_MS;

	if (run->look_again)
		wait_ms = Min(wait_ms,
					  TimestampDifferenceMilliseconds(now,
													  run->rest_until) + 1);
	return wait_ms;
}

/* A call has ended: returns whether its job has another one. */
static bool
note_done(void *arg, GlueCall *call)
{
	GlueRun    *run = arg;

	if (call->operation != NULL)
		return glue_stages_call_ended(&run->stages, call);
	glue_work_targets_fetched(call);
	glue_stages_unpark(&run->stages);
	return false;
}

/* ----------------------------------------------------------------
 * The time for a transaction
 * ----------------------------------------------------------------
 */

/*
 * Is it time for a transaction?  Yes, if enough jobs have ended, if an outcome
 * has waited long enough, if there is room for calls and no job for it, or if
 * there is nothing else to wait for.
 */
static bool
wants_transaction(GlueRun *run)
{
	TimestampTz now;

	if (run->stages.nended >= RECORD_BATCH)
		return true;
	take_news(run);
	now = GetCurrentTimestamp();
	mind_clock(run, now);
	if (glue_stages_due(&run->stages, now) ||
		glue_run_wants_look(run, now))
		return true;
	return dlist_is_empty(&run->stages.waiting) &&
		((run->stages.nended > 0 && run->stages.nactive == 0) ||
		 now >= run->claim_at);
}

/*
 * If another session has queued a request or rolled back a call since the last
 * look, look again.
 */
static void
take_news(GlueRun *run)
{
	if (!glue_news_exist() || run->claim_at == DT_NOEND)
		return;
	glue_news_take(NULL, 0, NULL);
	run->claim_at = 0;
	glue_run_look_soon(run);
}

/*
 * Stop claiming after a while if other workers wait for a slot.  And if the
 * clock was set back, recompute all times.
 */
static void
mind_clock(GlueRun *run, TimestampTz now)
{
	if (now < run->now && run->claim_at != DT_NOEND)
	{
		run->began_at = now;
		run->claim_at = run->look_at = run->rest_until = 0;
	}
	run->now = now;
	if (glue_news_is_crowded() &&
		TimestampDifferenceExceeds(run->began_at, now, SLICE_MS))
	{
		run->claim_at = DT_NOEND;
		glue_stages_put_back(&run->stages);
	}
}

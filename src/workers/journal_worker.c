/*-------------------------------------------------------------------------
 *
 * journal_worker.c
 *	  The background worker that records calls of one database before they are
 *	  made.
 *
 * The intent of a call that acts at once must not depend on the transaction of
 * the call.  So another process must commit it: this one.  It does nothing
 * else, and never waits for the network, because sessions wait for it.
 * Intents that arrive during a commit are committed together next.
 *
 * The order matters.  First the worker takes the intents, whose callers have
 * their transaction IDs by then; then it gets a transaction ID of its own.
 * That ID is later than theirs, and the commit makes it durable: so after a
 * crash, their IDs are not assigned again, and no unrelated transaction
 * decides about the intents.
 *
 * An intent that cannot be recorded must not block the others.  So if a batch
 * fails, its intents are tried one by one.
 *
 * IDENTIFICATION
 *	  src/workers/journal_worker.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "journal/intent.h"
#include "journal/mailbox.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "queue/transaction.h"
#include "server/compat.h"
#include "server/crash_point.h"
#include "server/news.h"
#include "storage/ipc.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "workers/workers.h"

/* Minimum time of work if other databases wait for a worker slot. */
#define SLICE_MS			1000

/* The wait for a lock, which is shorter than the wait of a caller. */
#define LOCK_TIMEOUT		"2s"

/* The boxes that were taken, and the number of answered ones. */
static GlueBox *taken[GLUE_NUM_BOXES];
static int	ntaken = 0;
static int	nanswered = 0;

/* The number of unanswered boxes that may have been recorded. */
static int	committing = 0;

/* Lasts as long as a batch. */
static MemoryContext batch_context;

/* prototypes of private functions */
static void prepare(void);
static void give_back_at_exit(int code, Datum arg);
static bool serve(TimestampTz *due, bool *stay);
static void record_and_answer(int nboxes);
static void fail(int nboxes, const ErrorData *error);
static void answer(int nboxes);
static ErrorData *record(GlueBox *const *boxes, int nboxes);
static void begin(void);
static void record_boxes(GlueBox *const *boxes, int nboxes);
static void record_message(GlueBox *box, const char *tuples);
static MinimalTuple next_tuple(const char **place);
static void commit(int nboxes);
static void at_end_of_transaction(XactEvent event, void *arg);

static const GlueWork journal_work = {
	.kind = GLUE_WORK_JOURNAL,
	.wait_event = "GlueConnJournalIdle",
	.slice_ms = SLICE_MS,
	.prepare = prepare,
	.work = serve,
};

/* The main function of a worker. */
void
glue_journal_worker_main(Datum database)
{
	glue_worker_run(DatumGetObjectId(database), &journal_work);
}

static void
prepare(void)
{
	SetConfigOption("lock_timeout", LOCK_TIMEOUT,
					PGC_USERSET, PGC_S_OVERRIDE);
	batch_context = AllocSetContextCreate(TopMemoryContext,
										  "glue_conn journal",
										  ALLOCSET_DEFAULT_SIZES);
	before_shmem_exit(give_back_at_exit, (Datum) 0);
	RegisterXactCallback(at_end_of_transaction, NULL);
}

/*
 * A before_shmem_exit callback.  Intents that were not recorded are left for
 * the next worker.
 */
static void
give_back_at_exit(int code, Datum arg)
{
	ErrorData	error = {
		.sqlerrcode = ERRCODE_OPERATOR_INTERVENTION,
		.message = "the background worker that records calls has ended",
	};

	(void) glue_news_unlisten();
	if (nanswered == ntaken)
		return;
	if (committing > 0)
		fail(ntaken - nanswered, &error);
	else
	{
		(void) glue_boxes_hand_over(taken + nanswered, ntaken - nanswered,
									GLUE_BOX_FILLED);
		glue_news_wake(GLUE_WORK_JOURNAL);
	}
}

/* Record filled boxes, and answer.  Only news announces boxes. */
static bool
serve(TimestampTz *due, bool *stay)
{
	*stay = true;
	ntaken = glue_boxes_take(taken);
	nanswered = 0;
	if (ntaken == 0)
		return true;
	pgstat_report_activity(STATE_RUNNING, "recording calls of glue_conn");
	record_and_answer(ntaken);
	while (nanswered < ntaken)
		record_and_answer(1);
	MemoryContextReset(batch_context);
	pgstat_report_activity(STATE_IDLE, NULL);
	(void) pgstat_report_stat(false);
	return true;
}

/*
 * Record and answer the next boxes, or leave them unanswered if they fail and
 * might succeed one by one.
 */
static void
record_and_answer(int nboxes)
{
	ErrorData  *error;

	Assert(nboxes > 0 && nanswered + nboxes <= ntaken);
	error = record(taken + nanswered, nboxes);

	/* after a lock timeout, each of them would wait again */
	if (error != NULL &&
		(nboxes == 1 || error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE))
		fail(nboxes, error);
}

/* Answer the next boxes, all with an error. */
static void
fail(int nboxes, const ErrorData *error)
{
	for (int i = 0; i < nboxes; i++)
		glue_mailbox_answer(taken[nanswered + i], 0, error);
	answer(nboxes);
}

/*
 * Answer the next boxes.  If a caller left before its intent was recorded, the
 * end of its transaction could not resolve the intent, so the queue is woken.
 * Raises no error.
 */
static void
answer(int nboxes)
{
	if (!glue_boxes_hand_over(taken + nanswered, nboxes, GLUE_BOX_ANSWERED))
		glue_news_wake(GLUE_WORK_QUEUE);
	nanswered += nboxes;
	committing = 0;
}

/*
 * Record the intents of some boxes in one transaction; returns the error if
 * none is recorded.
 */
static ErrorData *
record(GlueBox *const *boxes, int nboxes)
{
	ErrorData  *volatile error = NULL;

	PG_TRY();
	{
		begin();
		record_boxes(boxes, nboxes);
		GLUE_CRASH_POINT("journal before commit");
		commit(nboxes);
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(batch_context);
		error = CopyErrorData();
		FlushErrorState();
		AbortCurrentTransaction();
		committing = 0;
		RESUME_INTERRUPTS();
	}
	PG_END_TRY();
	return error;
}

/*
 * The snapshot must be later than the lock, and the transaction ID later than
 * the boxes.
 */
static void
begin(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	glue_transaction_keep();
	glue_intents_lock(ExclusiveLock);
	(void) GetTopTransactionId();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
record_boxes(GlueBox *const *boxes, int nboxes)
{
	for (int i = 0; i < nboxes; i++)
	{
		dsm_segment *segment;
		const char *tuples;

		CHECK_FOR_INTERRUPTS();
		tuples = glue_mailbox_open(boxes[i], &segment);
		if (tuples == NULL)
			continue;
		record_message(boxes[i], tuples);
		if (segment != NULL)
			dsm_detach(segment);
	}
}

/* All intents of a message are recorded, or none. */
static void
record_message(GlueBox *box, const char *tuples)
{
	GlueRequestQueue queue;
	const char *place = tuples;
	int64		blocked_by = 0;

	glue_intent_rows_open_table(&queue, box->table);
	for (int i = 0; i < box->ntuples && blocked_by == 0; i++)
		blocked_by = glue_intent_blocked_by(&queue, next_tuple(&place));
	place = tuples;
	for (int i = 0; i < box->ntuples && blocked_by == 0; i++)
		glue_intent_row_insert(&queue, next_tuple(&place));
	glue_mailbox_answer(box, blocked_by, NULL);
}

static MinimalTuple
next_tuple(const char **place)
{
	MinimalTuple tuple = (MinimalTuple) unconstify(char *, *place);

	*place += MAXALIGN(tuple->t_len);
	return tuple;
}

static void
commit(int nboxes)
{
	PopActiveSnapshot();
	committing = nboxes;
	CommitTransactionCommand();
}

/*
 * A XactCallback.  Callers need not wait for the cleanup of the transaction:
 * the intents are on disk, and visible.
 */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_COMMIT || committing == 0)
		return;
	GLUE_CRASH_POINT("journal after commit");
	answer(committing);
}

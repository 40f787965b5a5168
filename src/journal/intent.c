/*-------------------------------------------------------------------------
 *
 * intent.c
 *	  What is written down of a call before it is made.
 *
 * A call that acts at once may be carried out by AWS Glue although nobody here
 * lives to know it, or although its transaction is rolled back.  So before the
 * request leaves, a row of glue_request says what is about to be done, and in
 * which transaction.  It is committed at once by another process, which gets
 * the whole row from us (see journal/mailbox.c): what this transaction writes by
 * itself would be gone with it.
 *
 * When the call has returned, its own transaction updates the row to how it
 * ended.  If the transaction commits, so does the update, and that is all.  If
 * not, the row is as it was when it was written down: open.  An open row of a
 * transaction that has ended is thus one of a transaction that was rolled back
 * or died, and those who work the queue resolve it (see journal/resolve.c).
 *
 * The order of transaction IDs matters.  After a crash, PostgreSQL may hand
 * out an ID once more that nothing on disk tells of; then what becomes of
 * somebody else's transaction would decide about our call.  Our ID is assigned
 * before we hand the row over, and so is older than that of the transaction
 * which commits it; what is on disk then tells of both.
 *
 * What was rolled back and is about to be deleted again must not be adopted
 * meanwhile.  So as long as what a rolled back call did to a connection is not
 * resolved, no other call about it is written down, and its caller waits.
 *
 * A lock orders the journal and the end of transactions.  The writer of intents
 * holds it alone, from before it looks which transactions have ended until its
 * own has committed.  A process that is about to undo what a transaction did waits for it
 * once it knows that the transaction has ended.  So each intent was either written
 * by someone who saw that, and was refused, or is there to be seen before
 * anything is undone.
 *
 * What the table looks like is known to store/intent_row.c.
 *
 * IDENTIFICATION
 *	  src/journal/intent.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "http/http.h"
#include "journal/intent.h"
#include "journal/mailbox.h"
#include "journal/outcomes.h"
#include "miscadmin.h"
#include "server/activity.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/service.h"
#include "server/xact_status.h"
#include "storage/lock.h"
#include "utils/memutils.h"

/*
 * How often to ask whether a connection is resolved, and for how long.  To
 * undo something takes two calls, which can fail and be made again.
 */
#define SHORTEST_BLOCKED_MS		5
#define LONGEST_BLOCKED_MS		250
#define MAX_BLOCKED_MS			30000

/* What the journal's lock has where pg_advisory_lock() has 1 or 2. */
#define JOURNAL_LOCK_CLASS		5

struct GlueIntentBatch
{
	MemoryContext context;
	const GlueRequestQueue *queue;	/* stays the caller's */
	const char *operation;		/* of the first one */
	char	   *name;			/* of its connection, UTF-8 */
	int			nintents;
	char	   *tuples;
	Size		len;
	GlueConnectionLock *locks;
};

/* prototypes of private functions */
static void await(GlueIntentBatch *batch, GlueActivity *activity);
pg_noreturn static void raise_blocked(const GlueIntentBatch *batch,
									  int64 blocked_by);
static void explain_wait(void *arg);

/*
 * Begin to write down what the current transaction is about to do, which takes
 * until glue_intent_batch_await() returns; glue_mailbox_leave() must be called if an
 * error gets in between.
 *
 * The table must stay open until the end of the transaction.  The intents have
 * their IDs already, and their names are locked: the locks belong to the
 * batch.
 */
GlueIntentBatch *
glue_intent_batch_post(const GlueRequestQueue *queue,
					   const GlueRequest *requests, int nrequests,
					   const int64 *ids, const GlueConnectionLock *locks)
{
	GlueIntentBatch *batch;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn intents",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	batch = palloc(sizeof(GlueIntentBatch));
	batch->context = context;
	batch->queue = queue;
	batch->operation = requests[0].operation;
	batch->name = pstrdup(requests[0].name);
	batch->nintents = nrequests;
	batch->tuples = glue_intent_rows_form(queue, requests, nrequests, ids,
										  &batch->len);
	batch->locks = palloc(nrequests * sizeof(GlueConnectionLock));
	memcpy(batch->locks, locks, nrequests * sizeof(GlueConnectionLock));
	MemoryContextSwitchTo(old_context);
	glue_mailbox_post(queue->oid, batch->tuples, batch->len,
					  nrequests);
	glue_intent_row_prepare_close(queue);
	return batch;
}

/*
 * Wait until the intents are on disk, and on that of a synchronous standby; the
 * batch is freed.
 *
 * The process that resolves what has to be resolved before needs the locks for that.
 *
 * An error means that nothing may be sent, but it may be written down all the
 * same.
 */
void
glue_intent_batch_await(GlueIntentBatch *batch)
{
	const GlueTarget *target = batch->locks[0].target;
	GlueActivity activity = {0};
	GlueActivitySubject subject = {
		.operation = batch->operation,
		.name = batch->name,
		.server = target->server,
		.region = target->endpoint.region,
		.catalog_id = target->catalog_id,
	};

	glue_activity_begin(&activity, GLUE_WAITS_FOR_WORKER, &subject);
	PG_TRY();
	{
		await(batch, &activity);
	}
	PG_FINALLY();
	{
		glue_activity_end(&activity);
	}
	PG_END_TRY();
	MemoryContextDelete(batch->context);
}

static void
await(GlueIntentBatch *batch, GlueActivity *activity)
{
	long		pause_ms = SHORTEST_BLOCKED_MS;
	long		waited_ms = 0;
	int64		blocked_by = 0;
	ErrorContextCallback explaining = {
		.previous = error_context_stack,
		.callback = explain_wait,
		.arg = &blocked_by,
	};

	error_context_stack = &explaining;
	while ((blocked_by = glue_mailbox_await()) != 0)
	{
		if (waited_ms >= MAX_BLOCKED_MS)
			raise_blocked(batch, blocked_by);
		glue_activity_wait(activity, GLUE_WAITS_FOR_REQUEST, 0);
		glue_connection_lock_release(batch->locks, batch->nintents);
		glue_http_sleep(pause_ms);
		glue_connection_lock_take(batch->locks, batch->nintents);
		waited_ms += pause_ms;
		pause_ms = Min(pause_ms * 2, LONGEST_BLOCKED_MS);
		glue_mailbox_post(batch->queue->oid, batch->tuples,
						  batch->len, batch->nintents);
	}
	error_context_stack = explaining.previous;
}

/*
 * The request may be another role's, so how it fails is said by the name of that
 * alone.
 */
static void
raise_blocked(const GlueIntentBatch *batch, int64 blocked_by)
{
	GlueRequestState blocking;
	const char *failing = "";

	if (glue_request_find(batch->queue, blocked_by, &blocking) &&
		blocking.error_code != NULL)
		failing = psprintf(" The last attempt to do that has failed with %s.",
						   blocking.error_code);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("AWS Glue connection \"%s\" is not resolved yet",
					glue_server_from_utf8(batch->name)),
			 errdetail("Request %lld about it was rolled back, and what it did has not been undone or recorded yet.%s Nothing was sent.",
					   (long long) blocked_by, failing),
			 errhint("Table \"glue_request\" tells how far that has got.")));
}

/* An ErrorContextCallback: what is waited for, if that is known. */
static void
explain_wait(void *arg)
{
	const int64 *blocked_by = arg;

	if (*blocked_by != 0)
		errcontext("waiting until what request %lld did is undone or recorded",
				   (long long) *blocked_by);
}

/* ----------------------------------------------------------------
 * The journal
 * ----------------------------------------------------------------
 */

/*
 * The request that must be resolved before an intent may be inserted; 0 if
 * there is none.
 *
 * That is one about the same connection whose transaction has ended, and which
 * may have done something that is not undone, or not recorded, yet: what may have
 * been created is deleted again, and what cannot have been, but was not answered,
 * may yet arrive.  What changed something that existed, and was answered, is only
 * to be recorded, which nobody needs to wait for.
 *
 * A transaction that has a call about the connection itself is waited for by
 * those who resolve the calls of others, so it must not wait for them; nor by those
 * who resolve its own, but for creations that were answered, which are undone at
 * once.  And whatever it has, what it has rolled back to a savepoint and cannot
 * be undone is recorded after its end.
 */
int64
glue_intent_blocked_by(const GlueRequestQueue *queue, MinimalTuple intent)
{
	List	   *open = glue_intent_rows_find_open(queue, intent);
	int64		blocked_by = 0;
	int64		blocked_anyway_by = 0;
	bool		takes_part = false;
	ListCell   *cell;

	foreach(cell, open)
	{
		const GlueOpenIntent *other = lfirst(cell);
		GlueOutcomeNote noted;
		bool		may_be_deleted;
		bool		answered;

		if (!glue_caller_ended(other->caller_xid))
		{
			takes_part |= other->own;
			continue;
		}
		glue_outcome_find(other->id, &noted);
		may_be_deleted = other->may_have_made &&
			noted.outcome != GLUE_OUTCOME_CHANGED;
		answered = other->answered || noted.answered_at != 0;
		if (noted.outcome == GLUE_OUTCOME_NOTHING ||
			(!may_be_deleted && (answered || other->own)))
			continue;
		if (other->own && answered)
			blocked_anyway_by = other->id;
		else
			blocked_by = other->id;
	}
	list_free_deep(open);
	return blocked_anyway_by != 0 || takes_part ? blocked_anyway_by :
		blocked_by;
}

/*
 * ExclusiveLock: take the lock until the end of the transaction.  ShareLock:
 * wait for its holder, and let go of it at once.
 */
void
glue_intents_lock(LOCKMODE mode)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, JOURNAL_LOCK_CLASS);
	(void) LockAcquire(&tag, mode, false, false);
	if (mode == ShareLock)
		LockRelease(&tag, mode, false);
}

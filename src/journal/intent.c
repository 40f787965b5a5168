/*-------------------------------------------------------------------------
 *
 * intent.c
 *	  The intent of a call, committed before the call is made.
 *
 * AWS Glue may carry out a call that acts at once although this process dies,
 * or although its transaction is rolled back.  So before the message is sent,
 * a row of glue_request describes the call and its transaction.  Another
 * process gets the whole row from us and commits it at once (see
 * journal/mailbox.c), because a row of this transaction would be rolled back
 * with it.
 *
 * When the call has returned, its own transaction updates the row with the
 * result.  If the transaction commits, so does the update.  If not, the row
 * stays open.  So an open row of a transaction that has ended belongs to a
 * transaction that was rolled back or has crashed, and a queue worker resolves
 * it (see journal/resolve.c).
 *
 * The order of transaction IDs matters.  After a crash, PostgreSQL may assign
 * an ID again that is not in the WAL; then the outcome of an unrelated
 * transaction would decide about our call.  Our ID is assigned before we hand
 * the row over, so it is older than that of the transaction that commits the
 * row.  Once that commit is on disk, neither ID is assigned again.
 *
 * A connection of a call that was rolled back will be deleted, so it must not
 * be adopted meanwhile.  While a call that was rolled back is not resolved, no
 * intent for the same connection is inserted, and the caller waits.
 *
 * A lock orders the journal and the ends of transactions.  The writer of
 * intents holds it exclusively, from before it checks which transactions have
 * ended until its own has committed.  A process that is about to undo the
 * calls of a transaction waits for the lock, after it has seen that the
 * transaction has ended.  So the writer of an intent has either seen the end
 * of that transaction, and has refused the intent, or the intent is visible
 * before anything is undone.
 *
 * store/intent_row.c accesses the table.
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
 * First and last interval between two checks whether a connection is resolved.
 * An undo takes two calls, which can fail and be retried.
 */
#define SHORTEST_BLOCKED_MS		5
#define LONGEST_BLOCKED_MS		250
#define MAX_BLOCKED_MS			30000

/*
 * The objsubid of the journal's lock; those of pg_advisory_lock() have 1 or 2.
 */
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
 * Begin to commit the intents of the current transaction, which takes until
 * glue_intent_batch_await() returns; glue_mailbox_leave() must be called after an
 * error in between.
 *
 * The table must stay open until the end of the transaction.  The intents have
 * their IDs already, and their names are locked: the locks belong to the
 * batch.
 */
GlueIntentBatch *
glue_intent_batch_post(const GlueRequestQueue *queue,
					   const GlueRequest *requests, int nrequests,
					   const GlueConnectionLock *locks)
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
	batch->tuples = glue_intent_rows_form(queue, requests, nrequests,
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
 * The locks are released during the wait if a process needs them to resolve an
 * earlier call.
 *
 * After an error, nothing may be sent, although the intents may have been
 * committed.
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
 * The blocking request may be another role's, so the error names only its ID.
 */
static void
raise_blocked(const GlueIntentBatch *batch, int64 blocked_by)
{
	GlueRequestState blocking;
	const char *failing = "";

	if (glue_request_find(batch->queue, blocked_by, &blocking) &&
		blocking.error_code != NULL)
		failing = psprintf(" The last attempt at that has failed with %s.",
						   blocking.error_code);
	ereport(ERROR,
			(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
			 errmsg("AWS Glue connection \"%s\" is not resolved yet",
					glue_server_from_utf8(batch->name)),
			 errdetail("Request %lld for it was rolled back, and its effect has not been undone or recorded yet.%s Nothing was sent.",
					   (long long) blocked_by, failing),
			 errhint("See its row in table \"glue_request\".")));
}

/*
 * An ErrorContextCallback that names the request that is waited for, if known.
 */
static void
explain_wait(void *arg)
{
	const int64 *blocked_by = arg;

	if (*blocked_by != 0)
		errcontext("waiting until the effect of request %lld is undone or recorded",
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
 * That is a request for the same connection whose transaction has ended, and
 * whose call may have had an effect that is not undone, or not recorded, yet.  An
 * answered call that has changed an existing connection is only to be recorded, and
 * no session needs to wait for that.
 *
 * A transaction that has a call for the connection itself must not wait for
 * the calls of others, because their undos wait for its end.  Nor must it wait
 * for its own calls, except for creations that were answered: those are undone
 * at once.  A call that it has rolled back to a savepoint, and that cannot be
 * undone, is recorded after its end.
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

		if (glue_caller_status(other->caller_xid) == GLUE_CALLER_IN_PROGRESS)
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
 * wait for its holder, and release the lock at once.
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

/*-------------------------------------------------------------------------
 *
 * resolve.c
 *	  Calls that acted at once, and whose transaction has ended without them.
 *
 * Before a call acts at once, what it is about to do (its intent) is committed
 * to the journal, in the name of the caller's transaction.  The caller closes
 * the row in that transaction.  So what is open in the journal belongs to a
 * transaction that is in progress, or to one that was rolled back: by ROLLBACK,
 * by an error, or because its process or the whole server is gone.  Or else the
 * call has failed, nobody knows whether it was carried out all the same, and the
 * transaction has committed without it.  Here, those that have ended are found
 * and put into the queue, to be undone; unless it is known that nothing was
 * done.
 *
 * A row whose transaction is in progress is never touched, for nobody must wait
 * for that.  Another process that looks for the same rows is not waited for either.
 *
 * That a transaction has ended is not enough to undo what it did: somebody else
 * may have found the connection a moment ago, and be about to use it.  That
 * session has written an intent.  See intent.c for how it is made sure that
 * this intent is either seen by whoever claims the undo, in a later snapshot, or
 * was refused.
 *
 * IDENTIFICATION
 *	  src/journal/resolve.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/intent.h"
#include "journal/outcomes.h"
#include "journal/resolve.h"
#include "server/subtransaction.h"
#include "store/intent_ending.h"

/* Calls that are dealt with at once, so that nobody waits long for that. */
#define RESOLVE_BATCH	256

/* What of them is written at once. */
typedef struct Writing
{
	const GlueClaims *queue;
	const GlueIntentEnding *endings;
	int			nendings;
	int64	   *written;		/* IDs of those that are written, */
	int			nwritten;		/* so many */
} Writing;

/* prototypes of private functions */
static bool wait_for_intents(void);
static void lock_intents(void *arg);
static void resolve_call(GlueIntentEnding *ending, int64 id);
static void write_endings(const GlueClaims *queue,
						  const GlueIntentEnding *endings,
						  GlueResolution *resolution);
static void write_some(void *arg);

/*
 * Find the calls whose transaction has ended without them, and put them into
 * the queue, to be undone.  glue_intents_resolved() is to follow once that has
 * committed.
 *
 * What is found belongs to the current memory context.
 */
void
glue_intents_resolve(const GlueClaims *queue, GlueResolution *resolution)
{
	GlueIntentEnding *endings;

	memset(resolution, 0, sizeof(GlueResolution));
	resolution->resolved = palloc(RESOLVE_BATCH * sizeof(int64));
	resolution->nresolved = glue_intent_rows_find_ended(queue,
														resolution->resolved,
														RESOLVE_BATCH,
														&resolution->incomplete);
	if (resolution->nresolved == 0)
		return;
	if (!wait_for_intents())
	{
		resolution->nresolved = 0;
		resolution->incomplete = true;
		return;
	}
	endings = palloc0(resolution->nresolved * sizeof(GlueIntentEnding));
	for (int i = 0; i < resolution->nresolved; i++)
		resolve_call(&endings[i], resolution->resolved[i]);
	write_endings(queue, endings, resolution);
}

/* What was known of them is in the table now. */
void
glue_intents_resolved(const GlueResolution *resolution)
{
	for (int i = 0; i < resolution->nresolved; i++)
		glue_outcome_forget(resolution->resolved[i]);
}

/*
 * Wait until intents that are being written are committed; false if that takes
 * too long.
 */
static bool
wait_for_intents(void)
{
	ErrorData  *error = glue_subtransaction_try(lock_intents, NULL);

	if (error != NULL && error->sqlerrcode != ERRCODE_LOCK_NOT_AVAILABLE)
		ReThrowError(error);
	return error == NULL;
}

static void
lock_intents(void *arg)
{
	glue_intents_lock(ShareLock);
}

/*
 * Decide what becomes of a call, as far as its outcome is known: if it was
 * refused, that is all; if not, it is to be undone.
 */
static void
resolve_call(GlueIntentEnding *ending, int64 id)
{
	GlueOutcomeNote noted;

	glue_outcome_find(id, &noted);
	ending->id = id;
	ending->state = GLUE_STATE_QUEUED;
	if (noted.outcome == GLUE_OUTCOME_NOTHING && noted.code[0] == '\0')
		ending->state = GLUE_STATE_ROLLED_BACK;
	else if (noted.outcome == GLUE_OUTCOME_NOTHING)
	{
		ending->state = GLUE_STATE_FAILED;
		ending->code = pstrdup(noted.code);
		ending->message = pstrdup(noted.message);
	}
	if (noted.request_id[0] != '\0')
		ending->aws_request_id = pstrdup(noted.request_id);
	ending->answered_at = noted.answered_at;
	ending->aws_ended_at = noted.aws_ended_at;
	ending->not_made = noted.outcome == GLUE_OUTCOME_CHANGED;
}

/*
 * Write down what becomes of the calls, of those that were still open: of all of
 * them, or, if one of them keeps that from being done, of each other one.
 */
static void
write_endings(const GlueClaims *queue, const GlueIntentEnding *endings,
			  GlueResolution *resolution)
{
	int			nendings = resolution->nresolved;
	Writing		writing = {queue, endings, nendings, resolution->resolved, 0};

	resolution->nresolved = 0;
	if (glue_subtransaction_try(write_some, &writing) == NULL)
	{
		resolution->nresolved = writing.nwritten;
		return;
	}
	writing.nendings = 1;
	for (int i = 0; i < nendings; i++)
	{
		ErrorData  *error;

		writing.endings = &endings[i];
		writing.written = &resolution->resolved[resolution->nresolved];
		error = glue_subtransaction_try(write_some, &writing);
		if (error == NULL)
			resolution->nresolved += writing.nwritten;
		else
			ereport(LOG,
					(errcode(error->sqlerrcode),
					 errmsg("could not record that the transaction of call %lld has ended: %s",
							(long long) endings[i].id, error->message)));
	}
}

static void
write_some(void *arg)
{
	Writing    *writing = arg;

	writing->nwritten = glue_intent_rows_end(writing->queue, writing->endings,
											 writing->nendings, writing->written);
	glue_check_deferred();
}

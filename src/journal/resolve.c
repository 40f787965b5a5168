/*-------------------------------------------------------------------------
 *
 * resolve.c
 *	  Resolving calls whose transaction has ended without closing them.
 *
 * Before a call acts at once, its intent is committed, with the ID of the
 * caller's transaction.  The caller closes the row in that transaction.  So an
 * open intent belongs to a transaction that is in progress, or to one that was
 * rolled back: by ROLLBACK, by an error, or by a crash of its process or of
 * the server.  Or the call has failed, it is not known whether AWS has carried
 * it out nevertheless, and the transaction has committed without it.  This
 * file finds the open intents of transactions that have ended and puts them
 * into the queue, to be undone; unless it is known that the call had no
 * effect.
 *
 * A row whose transaction is in progress is never locked, so that no process
 * waits for that transaction.  Rows that another process resolves are skipped,
 * too.
 *
 * The end of a transaction is not enough for an undo: another session may have
 * found the connection a moment ago, and be about to use it.  That session has
 * an intent.  intent.c describes why this intent is either visible to the
 * process that claims the undo, in a later snapshot, or was refused.
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

/*
 * Calls that are resolved at once; a small number, so that their locks are
 * short.
 */
#define RESOLVE_BATCH	256

/* Some of them, which are written at once. */
typedef struct Writing
{
	const GlueJobQueue *queue;
	const GlueRequestOutcome *endings;
	int			nendings;
	GlueResolution *resolution;
	int			nwritten;
} Writing;

/* prototypes of private functions */
static bool wait_for_intents(void);
static void lock_intents(void *arg);
static void resolve_call(GlueRequestOutcome *ending, int64 id);
static void write_endings(Writing *writing);
static void write_some(void *arg);

/*
 * Find the calls whose transaction has ended without closing them, and put
 * them into the queue, to be undone.  glue_intents_resolved() must follow
 * after the commit.
 *
 * The result belongs to the current memory context.
 */
void
glue_intents_resolve(const GlueJobQueue *queue, GlueResolution *resolution)
{
	GlueRequestOutcome *endings;
	Writing		writing = {.queue = queue, .resolution = resolution};

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
	writing.endings = endings =
		palloc0(resolution->nresolved * sizeof(GlueRequestOutcome));
	for (int i = 0; i < resolution->nresolved; i++)
		resolve_call(&endings[i], resolution->resolved[i]);
	writing.nendings = resolution->nresolved;
	resolution->nresolved = 0;
	write_endings(&writing);
}

/* Forget the outcomes of resolved calls, which are in the table now. */
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
 * Decide the end of a call by its outcome, as far as it is known: it ends if
 * it had no effect; otherwise it is to be undone.
 */
static void
resolve_call(GlueRequestOutcome *ending, int64 id)
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
		ending->error_code = pstrdup(noted.code);
		ending->error_message = pstrdup(noted.message);
	}
	if (noted.request_id[0] != '\0')
		ending->aws_request_id = pstrdup(noted.request_id);
	ending->answered_at = noted.answered_at;
	ending->aws_ended_at = noted.aws_ended_at;
	ending->not_made = noted.outcome == GLUE_OUTCOME_CHANGED;
}

/*
 * Write the ends of the calls that are still open: of all of them, or, if one
 * of them fails, one by one.
 */
static void
write_endings(Writing *writing)
{
	const GlueRequestOutcome *endings = writing->endings;
	int			nendings = writing->nendings;
	ErrorData  *error = glue_subtransaction_try(write_some, writing);

	if (error == NULL)
		writing->resolution->nresolved += writing->nwritten;
	else if (nendings == 1)
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("could not record that the transaction of call %lld has ended: %s",
						(long long) endings->id, error->message)));
	else
	{
		writing->nendings = 1;
		for (int i = 0; i < nendings; i++)
		{
			writing->endings = &endings[i];
			write_endings(writing);
		}
	}
}

static void
write_some(void *arg)
{
	Writing    *writing = arg;
	GlueResolution *resolution = writing->resolution;

	writing->nwritten =
		glue_intent_rows_end(writing->queue, writing->endings, writing->nendings,
							 resolution->resolved + resolution->nresolved);
	glue_check_deferred();
}

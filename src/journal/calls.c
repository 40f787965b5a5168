/*-------------------------------------------------------------------------
 *
 * calls.c
 *	  Calls that act at once, as part of a transaction.
 *
 * AWS Glue knows no transactions: what a call has done there stays, whatever
 * becomes of the transaction that made it.  So every transaction remembers
 * what it has done, as long as it lasts:
 *
 *	- if it is rolled back, in whole or to a savepoint, and the call was written
 *	  down before it was made (see intent.c), others undo it, and are woken here
 *	- what cannot be undone, and what was not written down because there is
 *	  nobody to do so, the user is told of
 *	- it cannot be prepared for a two-phase commit: its end would come when
 *	  nobody remembers
 *
 * Each call goes through these steps:
 *
 *		post			the name is locked, so that nobody else acts on the
 *						connection until the end of the transaction, and it is
 *						written down; nothing was sent yet
 *		sending			from now on, nobody knows what has become of it...
 *		done, failed	... until AWS has answered
 *		close			how it ended is written down, in this transaction
 *
 * What is known of it is shared with other processes at each step, because
 * those who undo it can do so at once if they need not find out.  A process
 * that dies takes this along, and then it is found out.
 *
 * IDENTIFICATION
 *	  src/journal/calls.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "client/aws_clock.h"
#include "client/client.h"
#include "client/open_lists.h"
#include "glue/operation_name.h"
#include "journal/calls.h"
#include "journal/mailbox.h"
#include "lib/ilist.h"
#include "lib/stringinfo.h"
#include "server/crash_point.h"
#include "server/encoding.h"
#include "server/news.h"
#include "server/redacted.h"
#include "server/service.h"
#include "server/settings.h"
#include "store/request_row.h"
#include "utils/memutils.h"

/* Connections that a warning names. */
#define MAX_NAMED		100

struct GlueIntent
{
	dlist_node	node;
	SubTransactionId subtransaction;	/* that made it */
	int64		request;		/* its ID; 0: none was written down */
	GlueOutcome outcome;
	bool		done;			/* whatever it was */
	const char *operation;
	char	   *name;			/* of the connection, in server encoding */
	char	   *url;			/* of the endpoint */
	bool		kept;			/* if the transaction is rolled back */
	GlueIntentBatch *batch;		/* that is under way, of this call and those
								 * after it, or NULL */
};

/* Those of the current transaction, in their order, in its memory. */
static dlist_head own_intents = DLIST_STATIC_INIT(own_intents);
static int	nown_intents = 0;

/* What was rolled back to a savepoint may wait for the end of the transaction. */
static bool others_wait = false;

/* prototypes of private functions */
static void register_callbacks(void);
static void lock_names(const GlueIntents *intents,
					   const GlueRequest *requests, int nrequests,
					   GlueConnectionLock *locks);
static bool is_plain_creation(const GlueRequest *request);
static void complete_request(const GlueIntents *intents,
							 GlueRequest *request);
static GlueIntent *remember_intent(const GlueIntents *intents,
								   const GlueRequest *request);
static void learn_time(const GlueIntents *intents, const char *name);
static void set_outcome(GlueIntent *intent, GlueOutcome outcome,
						bool answered, TimestampTz aws_ended_at,
						const GlueFailure *failure);
static void at_end_of_transaction(XactEvent event, void *arg);
static void at_end_of_subtransaction(SubXactEvent event,
									 SubTransactionId subtransaction,
									 SubTransactionId parent, void *arg);
static void refuse_prepare(void);
static void pass_on(SubTransactionId subtransaction, SubTransactionId parent);
static void take_back(SubTransactionId subtransaction);
static bool stays(const GlueIntent *intent);
static void append_intent(StringInfo lines, const GlueIntent *intent);
static void warn(const StringInfoData *lines, bool written);
static void forget(GlueIntent *intent);

/*
 * Get ready to make calls that act at once, before the first of them is
 * written down.  Lists that this backend is reading must not show what they do.
 */
void
glue_intents_prepare(GlueIntents *intents, GlueAccess *access)
{
	glue_open_lists_read(&access->target);
	register_callbacks();
	intents->access = access;

	/* only if there is a worker that does it */
	intents->written = glue_service_expected();
	if (intents->written)
		glue_request_queue_open(&intents->queue, access->schema,
								RowExclusiveLock);
}

/*
 * Say what is about to be done, together: if it is to be written down, then
 * all of it is on disk when this returns.
 *
 * Of the requests there must be what is asked for; the target is filled in.
 * posted has room for as many calls; they are valid until the end of the
 * (sub)transaction.
 */
void
glue_intents_write(const GlueIntents *intents, GlueRequest *requests,
				   int nrequests, GlueIntent **posted)
{
	glue_intent_post(intents, requests, nrequests, posted);
	glue_intent_await(posted[0]);
}

/*
 * Begin to do that: nothing may be sent before glue_intent_await() returns for
 * the first of the calls.
 */
void
glue_intent_post(const GlueIntents *intents, GlueRequest *requests,
				 int nrequests, GlueIntent **posted)
{
	int64	   *ids = palloc(nrequests * sizeof(int64));
	GlueConnectionLock *locks = palloc(nrequests * sizeof(GlueConnectionLock));

	if (intents->written)
		learn_time(intents, requests[0].name);
	lock_names(intents, requests, nrequests, locks);
	GLUE_CRASH_POINT("caller before intent");
	for (int i = 0; i < nrequests; i++)
	{
		complete_request(intents, &requests[i]);
		posted[i] = remember_intent(intents, &requests[i]);
		if (intents->written)
			posted[i]->request = glue_request_next_id(&intents->queue);
		ids[i] = posted[i]->request;
		set_outcome(posted[i], GLUE_OUTCOME_NOTHING, true, 0, NULL);
	}
	if (intents->written)
		posted[0]->batch = glue_intent_batch_post(&intents->queue,
												  requests, nrequests,
												  ids, locks);
	pfree(locks);
	pfree(ids);
}

/*
 * If there was no answer yet, ask for the time by AWS's clock: what is written
 * down of a call says when it was sent, by which its connection is known again.
 * Any answer tells, so a connection is read, whether there is one or not.  If
 * there is none, the time is not known.
 */
static void
learn_time(const GlueIntents *intents, const char *name)
{
	const GlueAccess *access = intents->access;
	GlueTarget	target = access->target;
	GlueCall	call;

	if (glue_aws_clock_answered(target.endpoint.url))
		return;
	target.max_attempts = 1;
	glue_call_prepare_get(&call, &target, &access->credentials, name);
	glue_client_run(&call, 1);
}

/* Lock the names of connections that calls are about to be made for. */
static void
lock_names(const GlueIntents *intents, const GlueRequest *requests,
		   int nrequests, GlueConnectionLock *locks)
{
	for (int i = 0; i < nrequests; i++)
		glue_connection_lock_name(&locks[i], &intents->access->target,
								  requests[i].operation, requests[i].name,
								  is_plain_creation(&requests[i]) ?
								  ShareLock : ExclusiveLock, nown_intents + i);
	glue_connection_lock_sort(locks, nrequests);
	glue_connection_lock_take(locks, nrequests);
}

/* Is a connection to be created that must not exist? */
static bool
is_plain_creation(const GlueRequest *request)
{
	return strcmp(request->operation, GLUE_CREATE_CONNECTION) == 0 &&
		strcmp(request->on_conflict, "error") == 0;
}

/* Wait until what was posted is written down, if that is not so already. */
void
glue_intent_await(GlueIntent *intent)
{
	if (intent->batch == NULL)
		return;
	glue_intent_batch_await(intent->batch);
	intent->batch = NULL;
	GLUE_CRASH_POINT("caller after intent");
}

/* The request that a call is written down as; 0: it is not. */
int64
glue_intent_request(const GlueIntent *intent)
{
	return intent->request;
}

/* The target of a request, and what may be shown of it. */
static void
complete_request(const GlueIntents *intents, GlueRequest *request)
{
	const GlueTarget *target = &intents->access->target;

	glue_request_set_target(request, target);
	request->call_timeout_ms = glue_change_timeout_ms(target);
	request->aws_sent_at =
		glue_aws_clock_now(target->endpoint.url).earliest;
	if (strcmp(request->operation, GLUE_CREATE_CONNECTION) == 0)
		request->on_rollback =
			glue_setting_on_rollback == GLUE_ON_ROLLBACK_KEEP ?
			"keep" : "delete";
	if (intents->written && request->shown == NULL)
		request->shown = glue_without_secrets(request->input);
}

/* What will be needed when the transaction ends, when nothing may fail. */
static GlueIntent *
remember_intent(const GlueIntents *intents, const GlueRequest *request)
{
	MemoryContext old_context = MemoryContextSwitchTo(TopTransactionContext);
	GlueIntent *intent = palloc0(sizeof(GlueIntent));

	intent->subtransaction = GetCurrentSubTransactionId();
	intent->operation = request->operation;
	intent->name = pstrdup(glue_server_from_utf8(request->name));
	intent->url = pstrdup(intents->access->target.endpoint.url);
	intent->kept = request->on_rollback != NULL &&
		strcmp(request->on_rollback, "keep") == 0;
	dlist_push_tail(&own_intents, &intent->node);
	nown_intents++;
	MemoryContextSwitchTo(old_context);
	return intent;
}

/*
 * A request is about to leave.  at_worst is UNKNOWN, or CHANGED if it cannot
 * create anything.
 */
void
glue_intent_sending(GlueIntent *intent, GlueOutcome at_worst)
{
	Assert(intent->batch == NULL);	/* it is on disk */
	Assert(at_worst == GLUE_OUTCOME_UNKNOWN || at_worst == GLUE_OUTCOME_CHANGED);
	set_outcome(intent, at_worst, false, 0, NULL);
}

/*
 * AWS Glue has done what was asked for.  If it was asked more than once, because
 * an answer was lost, it may yet do it once more.
 */
void
glue_intent_done(GlueIntent *intent, const GlueCall *done,
				 GlueOutcome outcome)
{
	GLUE_CRASH_POINT("caller after reply");
	set_outcome(intent, outcome, !done->answer_lost, glue_call_over_by(done), NULL);
	intent->done = true;
}

/*
 * The call has failed.  Unless it may have been carried out all the same,
 * nothing has changed.
 */
void
glue_intent_failed(GlueIntent *intent, const GlueCall *failed)
{
	GLUE_CRASH_POINT("caller after reply");
	if (!failed->failure->ambiguous && !failed->answer_lost)
		set_outcome(intent, GLUE_OUTCOME_NOTHING, true, 0, failed->failure);
}

/*
 * What was asked for was not done, be it that AWS Glue has refused it or we have.
 * If something else was, nothing changes.  failure is NULL if that is as it should
 * be: what would be created exists.
 */
void
glue_intent_refused(GlueIntent *intent, const GlueFailure *failure)
{
	if (intent->outcome == GLUE_OUTCOME_NOTHING)
		set_outcome(intent, GLUE_OUTCOME_NOTHING, true, 0, failure);
}

static void
set_outcome(GlueIntent *intent, GlueOutcome outcome, bool answered,
			TimestampTz aws_ended_at, const GlueFailure *failure)
{
	if (outcome == GLUE_OUTCOME_CREATED && !answered)
		outcome = GLUE_OUTCOME_UNKNOWN;
	intent->outcome = outcome;
	if (intent->request != 0)
		glue_outcome_note(intent->request, outcome, answered,
						  aws_ended_at, failure);
}

/*
 * A call has returned to its caller as it should: write that down.  status is
 * that of the connection, in UTF-8; both texts may be NULL.
 */
void
glue_intent_finish(const GlueIntents *intents, GlueIntent *intent,
				   const char *status, const char *request_id)
{
	GlueIntentOutcome outcome = {
		.state = GLUE_STATE_SUCCEEDED,
		.status = status,
		.aws_request_id = request_id,
		.aws_ended_at = glue_aws_clock_now(intent->url).earliest,
	};

	if (intent->request != 0)
		glue_intent_row_close(&intents->queue, intent->request, &outcome);
}

/*
 * A call has failed, and its transaction goes on: write that down.  Texts are
 * UTF-8; request_id may be NULL.
 *
 * If it may have been carried out all the same, it is as if it alone was rolled
 * back: those who work the queue find out, and undo it.  Its row stays open for
 * them.
 */
void
glue_intent_finish_failed(const GlueIntents *intents,
						  GlueIntent *intent, const char *code,
						  const char *message, const char *request_id)
{
	GlueIntentOutcome outcome = {
		.state = intent->outcome == GLUE_OUTCOME_NOTHING ? GLUE_STATE_FAILED : NULL,
		.error_code = code,
		.error_message = message,
		.aws_request_id = request_id,
		.aws_ended_at = glue_aws_clock_now(intent->url).earliest,
	};

	if (intent->request == 0)
		return;
	glue_intent_row_close(&intents->queue, intent->request, &outcome);
	others_wait |= intent->outcome != GLUE_OUTCOME_NOTHING;
}

/* ----------------------------------------------------------------
 * The end of a transaction
 * ----------------------------------------------------------------
 */

static void
register_callbacks(void)
{
	static bool registered = false;

	if (registered)
		return;
	RegisterXactCallback(at_end_of_transaction, NULL);
	RegisterSubXactCallback(at_end_of_subtransaction, NULL);
	registered = true;
}

/* A XactCallback */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	dlist_mutable_iter iter;

	if (dlist_is_empty(&own_intents))
	{
		others_wait = false;
		return;
	}
	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			refuse_prepare();
			break;
		case XACT_EVENT_PRE_COMMIT:
			GLUE_CRASH_POINT("caller before commit");
			break;
		case XACT_EVENT_COMMIT:
			GLUE_CRASH_POINT("caller after commit");
			if (others_wait)
				glue_news_wake_queue();
			others_wait = false;
			dlist_foreach_modify(iter, &own_intents)
				forget(dlist_container(GlueIntent, node, iter.cur));
			break;
		case XACT_EVENT_ABORT:
			take_back(InvalidSubTransactionId);
			others_wait = false;
			GLUE_CRASH_POINT("caller after abort");
			break;
		default:
			break;
	}
}

/* A SubXactCallback */
static void
at_end_of_subtransaction(SubXactEvent event, SubTransactionId subtransaction,
						 SubTransactionId parent, void *arg)
{
	if (dlist_is_empty(&own_intents))
		return;
	switch (event)
	{
		case SUBXACT_EVENT_COMMIT_SUB:
			pass_on(subtransaction, parent);
			break;
		case SUBXACT_EVENT_ABORT_SUB:
			take_back(subtransaction);
			break;
		default:
			break;
	}
}

static void
refuse_prepare(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot PREPARE a transaction that has called AWS Glue to change something"),
			 errhint("Use COMMIT, or the functions that enqueue a request.")));
}

/* A subtransaction was released: its calls are those of its parent. */
static void
pass_on(SubTransactionId subtransaction, SubTransactionId parent)
{
	dlist_iter	iter;

	/* those of the innermost one are the last */
	dlist_reverse_foreach(iter, &own_intents)
	{
		GlueIntent *intent = dlist_container(GlueIntent, node,
											 iter.cur);

		if (intent->subtransaction != subtransaction)
			break;
		intent->subtransaction = parent;
	}
}

/*
 * A subtransaction was rolled back, or the whole transaction, which is
 * InvalidSubTransactionId: have its calls undone, and tell the user of those
 * that are not.
 *
 * The server keeps memory for what is said here, and nothing else takes any.
 */
static void
take_back(SubTransactionId subtransaction)
{
	StringInfoData lines;
	int			nstay = 0;
	bool		written = false;
	dlist_mutable_iter iter;

	glue_mailbox_leave();
	initStringInfo(&lines);
	dlist_foreach_modify(iter, &own_intents)
	{
		GlueIntent *intent = dlist_container(GlueIntent, node,
											 iter.cur);

		if (subtransaction != InvalidSubTransactionId &&
			intent->subtransaction != subtransaction)
			continue;
		written |= intent->request != 0;
		if (stays(intent) && ++nstay <= MAX_NAMED)
			append_intent(&lines, intent);
		dlist_delete(&intent->node);
		nown_intents--;
	}
	if (nstay > MAX_NAMED)
		appendStringInfo(&lines, "\nThere are %d more.", nstay - MAX_NAMED);
	others_wait |= written;
	if (written)
		glue_news_wake_queue();
	if (nstay > 0)
		warn(&lines, written);
	pfree(lines.data);
}

/* Is what a call has done there to stay, as far as can be known here? */
static bool
stays(const GlueIntent *intent)
{
	if (intent->outcome == GLUE_OUTCOME_NOTHING)
		return false;
	return intent->request == 0 || intent->kept ||
		intent->outcome == GLUE_OUTCOME_CHANGED;
}

static void
append_intent(StringInfo lines, const GlueIntent *intent)
{
	const char *done = "changed";

	if (lines->len > 0)
		appendStringInfoChar(lines, '\n');
	if (strcmp(intent->operation, GLUE_CREATE_CONNECTION) == 0 &&
		intent->outcome != GLUE_OUTCOME_CHANGED)
		done = "created";
	else if (strcmp(intent->operation, GLUE_DELETE_CONNECTION) == 0)
		done = "deleted";
	appendStringInfo(lines, intent->done ?
					 "Connection \"%s\" was %s." :
					 "Connection \"%s\" may have been %s.", intent->name, done);
}

static void
warn(const StringInfoData *lines, bool written)
{
	ereport(WARNING,
			(errcode(ERRCODE_WARNING),
			 errmsg("AWS Glue keeps what was done in a transaction that was rolled back"),
			 errdetail_internal("%s", lines->data),
			 written ?
			 errhint("Table \"glue_connection\" will show what there is in a moment, and \"glue_request\" tells about each call.") :
			 errhint("Call glue_delete_connection() for each connection that was created and is not wanted, and glue_sync_connections() to record what there is. With glue_conn in \"shared_preload_libraries\", what was created is deleted again.")));
}

static void
forget(GlueIntent *intent)
{
	if (intent->request != 0)
		glue_outcome_forget(intent->request);
	dlist_delete(&intent->node);
	nown_intents--;
}

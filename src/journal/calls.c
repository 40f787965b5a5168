/*-------------------------------------------------------------------------
 *
 * calls.c
 *	  Calls that act at once, as part of a transaction.
 *
 * AWS Glue knows no transactions: a call is permanent there, even if its
 * transaction is rolled back.  So every transaction remembers its calls until
 * its end:
 *
 *	- if the transaction is rolled back, in whole or to a savepoint, and the
 *	  call has an intent (see intent.c), a queue worker undoes the call, and is
 *	  woken here
 *	- the user gets a warning about calls that cannot be undone, and about
 *	  calls without an intent, because there is no journal worker
 *	- the transaction cannot be prepared for a two-phase commit, because its
 *	  calls would be forgotten before its end
 *
 * Each call goes through these steps:
 *
 *		post			the name is locked, so that no other session acts on the
 *						connection until the end of the transaction, and the
 *						intent is committed; nothing was sent yet
 *		sending			from now on, the result is not known...
 *		not yet			... unless it was refused, and is to be sent again...
 *		done, failed	... until AWS has answered
 *		close			the end of the call is recorded in this transaction
 *
 * Each step is published in shared memory, so that an undo can begin without
 * finding out the result of the call.  After a crash of the server, the undo
 * finds it out from AWS Glue.
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
	SubTransactionId subtransaction;	/* that made the call */
	int64		request;		/* the ID of its intent; 0: none */
	GlueOutcome outcome;
	bool		changed;		/* something was changed before the last
								 * request */
	bool		done;			/* AWS Glue has carried it out */
	const char *operation;
	char	   *name;			/* of the connection, in server encoding */
	char	   *url;			/* of the endpoint */
	bool		kept;			/* the user wants to keep it on rollback */
	GlueIntentBatch *batch;		/* in progress, also of later calls */

	/* of its next message */
	GlueOutcome at_worst;		/* if the answer is lost */
	GlueIntent *next;			/* which the same message carries out, or NULL */
};

/* The calls of the current transaction, in their order, in its memory. */
static dlist_head own_intents = DLIST_STATIC_INIT(own_intents);
static int	nown_intents = 0;

/* An undo after a rollback to a savepoint may wait for the end. */
static bool others_wait = false;

/* prototypes of private functions */
static void lock_names(const GlueIntents *intents,
					   const GlueRequest *requests, int nrequests,
					   GlueConnectionLock *locks);
static void complete_request(const GlueIntents *intents,
							 GlueRequest *request);
static GlueIntent *remember_intent(const GlueIntents *intents,
								   const GlueRequest *request);
static void learn_time(const GlueIntents *intents, const char *name);
static void note_sending(void *arg);
static void note_refusal(void *arg);
static void set_outcome(GlueIntent *intent, GlueOutcome outcome,
						bool answered, TimestampTz aws_ended_at,
						const GlueFailure *failure);
static void at_end_of_transaction(XactEvent event, void *arg);
static void at_end_of_subtransaction(SubXactEvent event,
									 SubTransactionId subtransaction,
									 SubTransactionId parent, void *arg);
static void pass_on(SubTransactionId subtransaction, SubTransactionId parent);
static void take_back(SubTransactionId subtransaction);
static bool stays(const GlueIntent *intent);
static void append_intent(StringInfo lines, const GlueIntent *intent);
static void warn(const StringInfoData *lines, bool written);

/*
 * Prepare to make calls that act at once, before the first intent is
 * posted.  A list that this backend is reading must not show their effects.
 */
void
glue_intents_prepare(GlueIntents *intents, GlueAccess *access)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(at_end_of_transaction, NULL);
		RegisterSubXactCallback(at_end_of_subtransaction, NULL);
	}
	registered = true;
	glue_open_lists_read(&access->target);
	intents->access = access;

	/* only if there can be a worker that commits them */
	intents->written = glue_service_expected();
	if (intents->written)
		glue_request_queue_open(&intents->queue, access->schema,
								RowExclusiveLock);
}

/*
 * Write the intents of calls together: if intents are used, all of them are on
 * disk when this returns.
 *
 * The caller has set the operations of the requests and their arguments; the
 * target is filled in.  The array posted must have room for all intents; they are
 * valid until the end of the (sub)transaction.
 */
void
glue_intents_write(const GlueIntents *intents, GlueRequest *requests,
				   int nrequests, GlueIntent **posted)
{
	glue_intent_post(intents, requests, nrequests, posted);
	glue_intent_await(posted[0]);
}

/*
 * Post the intents of calls: no message may be sent before glue_intent_await()
 * returns for the first one.
 */
void
glue_intent_post(const GlueIntents *intents, GlueRequest *requests,
				 int nrequests, GlueIntent **posted)
{
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
			requests[i].id = glue_request_next_id(&intents->queue);
		posted[i]->request = requests[i].id;
		set_outcome(posted[i], GLUE_OUTCOME_NOTHING, true, 0, NULL);
	}
	if (intents->written)
		posted[0]->batch = glue_intent_batch_post(&intents->queue,
												  requests, nrequests,
												  locks);
	pfree(locks);
}

/*
 * If there was no answer yet, ask for the time by AWS's clock: the intent of a
 * call has the time when it was sent, which identifies its connection later.
 * Every answer has the time, so a connection is read, whether it exists or
 * not.  Without an answer, the time is not known.
 */
static void
learn_time(const GlueIntents *intents, const char *name)
{
	const GlueAccess *access = intents->access;
	GlueTarget	target = access->target;
	GlueCall	call;

	if (glue_aws_clock_now(target.endpoint.url).answered)
		return;
	target.max_attempts = 1;
	glue_call_prepare_get(&call, &target, &access->credentials, name);
	call.keeps_credentials = true;
	glue_client_run(&call, 1);
}

/* Lock the names of the connections, before the calls are made. */
static void
lock_names(const GlueIntents *intents, const GlueRequest *requests,
		   int nrequests, GlueConnectionLock *locks)
{
	for (int i = 0; i < nrequests; i++)
	{
		const GlueRequest *request = &requests[i];
		bool		creates_only =
			strcmp(request->operation, GLUE_CREATE_CONNECTION) == 0 &&
			strcmp(request->on_conflict, "error") == 0;

		glue_connection_lock_name(&locks[i], &intents->access->target,
								  request->operation, request->name,
								  creates_only ? ShareLock : ExclusiveLock,
								  nown_intents + i);
	}
	glue_connection_lock_sort(locks, nrequests);
	glue_connection_lock_take(locks, nrequests);
}

/* Wait until the intents that were posted are committed. */
void
glue_intent_await(GlueIntent *intent)
{
	if (intent->batch == NULL)
		return;
	glue_intent_batch_await(intent->batch);
	intent->batch = NULL;
	GLUE_CRASH_POINT("caller after intent");
}

/* The ID of the intent of a call; 0: it has none. */
int64
glue_intent_request(const GlueIntent *intent)
{
	return intent->request;
}

/* Set the target of a request, and its redacted input. */
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

/* Remember the data for the end of the transaction, which must not fail. */
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
 * Prepare to send a message that carries out these calls.  It is sent after
 * their intents are on disk, and that is noted.
 */
void
glue_intents_attach(GlueIntent *const *intents, int nintents, GlueCall *call)
{
	for (int i = 0; i < nintents; i++)
	{
		intents[i]->at_worst =
			strcmp(call->operation, GLUE_CREATE_CONNECTION) == 0 ?
			GLUE_OUTCOME_UNKNOWN : GLUE_OUTCOME_CHANGED;
		intents[i]->next = i + 1 < nintents ? intents[i + 1] : NULL;
	}
	call->before_sending = note_sending;
	call->after_refusal = note_refusal;
	call->sending_arg = intents[0];
	GLUE_CRASH_POINT_MEANWHILE(call, "caller after send");
}

/* Its before_sending callback. */
static void
note_sending(void *arg)
{
	glue_intent_await(arg);
	for (GlueIntent *intent = arg; intent != NULL; intent = intent->next)
	{
		Assert(intent->batch == NULL);	/* the intent is on disk */
		intent->changed = intent->outcome != GLUE_OUTCOME_NOTHING;
		set_outcome(intent, intent->at_worst, false, 0, NULL);
	}
}

/* Its after_refusal callback. */
static void
note_refusal(void *arg)
{
	for (GlueIntent *intent = arg; intent != NULL; intent = intent->next)
	{
		if (!intent->changed)
			set_outcome(intent, GLUE_OUTCOME_NOTHING, true, 0, NULL);
	}
}

/*
 * AWS Glue has carried out the call.  If it was sent more than once, because
 * an answer was lost, AWS Glue may carry it out once more.
 */
void
glue_intent_done(GlueIntent *intent, const GlueCall *done,
				 GlueOutcome outcome)
{
	GLUE_CRASH_POINT("caller after reply");
	set_outcome(intent, outcome, !done->answer_lost, glue_call_over_by(done), NULL);
	intent->done = true;
}

/* The call has failed.  Nothing has changed, unless that is not certain. */
void
glue_intent_failed(GlueIntent *intent, const GlueCall *failed)
{
	GLUE_CRASH_POINT("caller after reply");
	if (!failed->failure->ambiguous && !failed->answer_lost)
		set_outcome(intent, GLUE_OUTCOME_NOTHING, true, 0, failed->failure);
}

/*
 * The call was refused, by AWS Glue or by us; or its connection existed and was
 * adopted, with NULL for failure.  If an earlier step has changed something, the
 * outcome stays.
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
 * A call has succeeded: record that.  status is the status of the connection,
 * in UTF-8; both texts may be NULL.
 */
void
glue_intent_finish(const GlueIntents *intents, GlueIntent *intent,
				   const char *status, const char *request_id)
{
	GlueRequestOutcome outcome = {
		.state = GLUE_STATE_SUCCEEDED,
		.status = status,
		.aws_request_id = request_id,
		.aws_ended_at = glue_aws_clock_now(intent->url).earliest,
	};

	if (intent->request != 0)
		glue_intent_row_close(&intents->queue, intent->request, &outcome);
}

/*
 * A call has failed, and its transaction continues: record that.  Texts are
 * UTF-8; request_id may be NULL.
 *
 * If AWS may have carried it out nevertheless, it is treated like a call that
 * was rolled back: its intent stays open, and a queue worker undoes it.
 */
void
glue_intent_finish_failed(const GlueIntents *intents,
						  GlueIntent *intent, const char *code,
						  const char *message, const char *request_id)
{
	GlueRequestOutcome outcome = {
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

/* A XactCallback */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	dlist_iter	iter;

	if (dlist_is_empty(&own_intents))
	{
		others_wait = false;
		return;
	}
	switch (event)
	{
		case XACT_EVENT_PRE_PREPARE:
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has made changes in AWS Glue"),
					 errhint("Use COMMIT, or the functions that enqueue a request.")));
			break;
		case XACT_EVENT_PRE_COMMIT:
			GLUE_CRASH_POINT("caller before commit");
			break;
		case XACT_EVENT_COMMIT:
			GLUE_CRASH_POINT("caller after commit");
			if (others_wait)
				glue_news_wake(GLUE_WORK_QUEUE);
			others_wait = false;
			dlist_foreach(iter, &own_intents)
				glue_outcome_forget(dlist_container(GlueIntent, node,
													iter.cur)->request);
			dlist_init(&own_intents);
			nown_intents = 0;
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

/* A subtransaction has committed: its calls become those of its parent. */
static void
pass_on(SubTransactionId subtransaction, SubTransactionId parent)
{
	dlist_iter	iter;

	/* the calls of the innermost subtransaction are the last */
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
 * A subtransaction was rolled back, or the whole transaction
 * (InvalidSubTransactionId): have its calls undone, and warn the user about
 * those that are not.
 *
 * Only the message needs memory here, for which the server has a reserve.
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
		glue_news_wake(GLUE_WORK_QUEUE);
	if (nstay > 0)
		warn(&lines, written);
	pfree(lines.data);
}

/* Is the effect of a call permanent, as far as this process knows? */
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
			 errmsg("AWS Glue keeps the changes of a transaction that was rolled back"),
			 errdetail_internal("%s", lines->data),
			 written ?
			 errhint("Table \"glue_connection\" will soon show the state in AWS Glue, and \"glue_request\" shows each call.") :
			 errhint("Call glue_delete_connection() for each connection that was created and is not wanted, and glue_sync_connections() to record the present state. With glue_conn in \"shared_preload_libraries\", connections that were created are deleted again.")));
}

/*-------------------------------------------------------------------------
 *
 * queue_run.c
 *	  Working the queue: many requests side by side.
 *
 * A request goes through three stages.  In a transaction, it is claimed, and
 * all that the database knows about it is looked up.  Then its calls are made,
 * outside of any transaction, while those of others are under way.  In another
 * transaction its outcome is recorded, together with what it has changed in
 * glue_connection.  One transaction records and claims for many requests, so
 * that a commit costs each of them little.
 *
 * Each request acts as the role that asked for it: with that role's user
 * mapping, and only as long as it may use the foreign server.  What a target
 * needs is looked up once in each transaction that claims requests for it.
 *
 * A request that cannot be prepared fails alone.  One whose outcome cannot be
 * recorded because somebody has locked the connection's row is recorded later,
 * and nobody waits for it.
 *
 * IDENTIFICATION
 *	  src/queue_run.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "account.h"
#include "builtins.h"
#include "commands/async.h"
#include "encoding.h"
#include "jsonb_tree.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "operation.h"
#include "queue_run.h"
#include "queue_wake.h"
#include "request_claim.h"
#include "request_seal.h"
#include "secret_key.h"
#include "settings.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "work_target.h"

/*
 * Requests that are claimed ahead of time, and recorded at once.  A transaction
 * waits for the disk once, however many they are; a claim, too, costs little
 * more for many than for one.
 */
#define CLAIM_AHEAD				256
#define RECORD_BATCH			128

/* How long an outcome waits for others to be recorded with it. */
#define RECORD_DELAY_MS			40

/* How long to wait for somebody who has locked a connection's row. */
#define LOCK_TIMEOUT			"100ms"
#define LOCKED_RETRY_MS			1000

/* How often to look for requests while there are none to begin with. */
#define IDLE_LOOK_MS			1000

/* How long a request whose key is missing is left alone. */
#define NO_KEY_RETRY_MS			30000

/* How often a connection that is IN_PROGRESS is looked at. */
#define SHORTEST_POLL_MS		1000
#define LONGEST_POLL_MS			30000
#define MAX_PROGRESS_MS			(60 * 60 * 1000)

/* A request that is worked on. */
typedef struct Job
{
	dlist_node	node;			/* in one of the lists of QueueRun */
	MemoryContext context;
	struct QueueRun *run;
	GlueClaim  *request;
	GlueWorkTarget *target;
	GlueOperation operation;
	GlueMirrorKnown known;
	GlueClaimOutcome outcome;
	TimestampTz record_at;		/* not before */
	bool		has_operation;	/* there is something in AWS to record */
	GlueUnsealOutcome sealing;
	GlueFailure *failure;		/* its secrets cannot be opened */
	bool		is_void;		/* there is nothing to be done */
	bool		is_tagged;		/* tags may be compared or changed */
} Job;

typedef struct QueueRun
{
	Oid			schema;
	int64		claimant;
	const GlueTransactions *transactions;
	uint64		max_requests;	/* 0: no limit */
	uint64		nclaimed;
	int			width;
	int			nactive;		/* jobs with a call under way */
	MemoryContext context;
	MemoryContext batch_context;	/* of one transaction */
	dlist_head	waiting;		/* jobs that can begin */
	int			nwaiting;
	dlist_head	further;		/* jobs whose next call can be made */
	dlist_head	ended;			/* jobs to be recorded */
	int			nended;
	dlist_head	locked;			/* jobs to be recorded later */
	GlueWorkTargets targets;
	TimestampTz turn_at;		/* when a target is next that has to wait */
	TimestampTz claim_at;		/* not before: there was nothing to claim */
	GlueCallStream stream;
} QueueRun;

/*
 * Settings of the transactions that claim and record.
 *
 * Statements run with the rights of a table's owner, so names must not be
 * looked up where anybody else can put something.  And what the planner thinks
 * of a queue is out of date as soon as it was learnt: a table that was empty a
 * moment ago has a million rows.  The few statements that there are have one
 * good plan each, along an index.
 */
typedef struct LocalSetting
{
	const char *name;
	const char *value;
} LocalSetting;

static const LocalSetting local_settings[] = {
	{"search_path", "pg_catalog, pg_temp"},
	{"lock_timeout", LOCK_TIMEOUT},
	{"plan_cache_mode", "force_generic_plan"},
	{"enable_seqscan", "off"},
	{"enable_bitmapscan", "off"},
	{"enable_hashjoin", "off"},
	{"enable_mergejoin", "off"},
	{"enable_sort", "off"},
	{"jit", "off"},
};

/* prototypes of private functions */
static void begin_transaction(const GlueTransactions *transactions);
static TimestampTz find_next_due(QueueRun *run);
static void with_claims(Oid schema, int64 claimant,
						const GlueTransactions *transactions,
						void (*function) (const GlueClaims *claims));
static GlueCall *next_call(void *arg);
static GlueCall *begin_waiting(QueueRun *run);
static GlueCall *begin_job(Job *job);
static void note_done(void *arg, GlueCall *call);
static bool wants_transaction(QueueRun *run);
static bool take_news(QueueRun *run);
static bool is_due(dlist_head *jobs, TimestampTz now);
static void run_transaction(QueueRun *run);
static void claim(QueueRun *run, GlueClaims *queue, GlueMirror *mirror);
static void prepare_job(QueueRun *run, const GlueMirror *mirror,
						GlueClaim *request);
static void fill_operation(Job *job, const GlueMirror *mirror);
static void heed_row(Job *job);
static void end_job(Job *job, const GlueClaimOutcome *outcome);
static void judge(Job *job);
static void judge_failure(Job *job, const GlueFailure *failure);
static bool is_unknown(const Job *job, const GlueFailure *failure);
static void judge_sealing(Job *job);
static void judge_progress(Job *job);
static long progress_ms(const Job *job);
static void put_off(Job *job, const GlueFailure *failure);
static void fail(Job *job, const GlueFailure *failure);
static void record_ended(QueueRun *run, GlueClaims *queue,
						 GlueMirror *mirror);
static void settle_record(Job *job, bool recorded);
static bool record_jobs(Job **jobs, int njobs, GlueClaims *queue,
						GlueMirror *mirror);
static void record_connection(Job *job, GlueMirror *mirror);
static void record_requests(Job **jobs, int njobs, GlueClaims *queue);
static void notify(const Job *job);

/*
 * Work the queue of the extension in this schema until nothing is due, or so
 * many requests were claimed (0: any number).  Returns how many were claimed.
 *
 * *next_due is when to come back, or 0 if there is nothing left.  No
 * transaction may be open that transactions does not know of.
 */
uint64
glue_queue_run(Oid schema, int64 claimant,
			   const GlueTransactions *transactions, uint64 max_requests,
			   TimestampTz *next_due)
{
	MemoryContext old_context = CurrentMemoryContext;
	QueueRun	run = {
		.schema = schema,
		.claimant = claimant,
		.transactions = transactions,
		.max_requests = max_requests,
		.width = glue_setting_max_concurrent_requests,
	};

	run.context = AllocSetContextCreate(TopMemoryContext, "glue_conn queue",
										ALLOCSET_DEFAULT_SIZES);
	PG_TRY();
	{
		MemoryContextSwitchTo(run.context);
		run.batch_context = AllocSetContextCreate(run.context,
												  "glue_conn batch",
												  ALLOCSET_DEFAULT_SIZES);
		dlist_init(&run.waiting);
		dlist_init(&run.further);
		dlist_init(&run.ended);
		dlist_init(&run.locked);
		glue_work_targets_init(&run.targets, schema, transactions);
		run.stream.next = next_call;
		run.stream.done = note_done;
		run.stream.arg = &run;
		for (;;)
		{
			glue_client_run_stream(&run.stream, run.width);
			if (dlist_is_empty(&run.waiting))
				break;

			/* it is no target's turn */
			glue_http_sleep(run.stream.max_wait_ms);
		}

		/* what somebody has locked until now */
		while (!dlist_is_empty(&run.locked))
		{
			glue_http_sleep(LOCKED_RETRY_MS);
			run_transaction(&run);
		}

		/* to look for that takes a while, with many that are put off */
		*next_due = run.claim_at == DT_NOEND ? GetCurrentTimestamp() :
			find_next_due(&run);
	}
	PG_FINALLY();
	{
		MemoryContextSwitchTo(old_context);
		MemoryContextDelete(run.context);
	}
	PG_END_TRY();
	return run.nclaimed;
}

/* Begin a transaction with the settings that all of them have. */
static void
begin_transaction(const GlueTransactions *transactions)
{
	transactions->begin(true);
	for (int i = 0; i < lengthof(local_settings); i++)
		set_config_option(local_settings[i].name, local_settings[i].value,
						  PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true,
						  0, false);
}

/* When the next request is due; 0 if there is none. */
static TimestampTz
find_next_due(QueueRun *run)
{
	GlueClaims	claims;
	TimestampTz next_due = 0;
	MemoryContext old_context;

	begin_transaction(run->transactions);
	old_context = MemoryContextSwitchTo(run->batch_context);
	if (glue_claims_open(&claims, run->schema, run->claimant))
		next_due = glue_claims_next_due(&claims);
	run->transactions->commit();
	MemoryContextSwitchTo(old_context);
	return next_due;
}

/*
 * Put what processes that are gone had claimed back into the queue.
 */
void
glue_queue_recover(Oid schema, int64 claimant,
				   const GlueTransactions *transactions)
{
	with_claims(schema, claimant, transactions, glue_claims_release_orphans);
}

/* Stop working the queue: nothing is claimed any more. */
void
glue_queue_leave(Oid schema, int64 claimant,
				 const GlueTransactions *transactions)
{
	with_claims(schema, claimant, transactions, glue_claims_leave);
}

/* Do something in a transaction of its own, if the queue is still there. */
static void
with_claims(Oid schema, int64 claimant, const GlueTransactions *transactions,
			void (*function) (const GlueClaims *claims))
{
	GlueClaims	claims;
	MemoryContext old_context = CurrentMemoryContext;

	begin_transaction(transactions);
	if (glue_claims_open(&claims, schema, claimant))
		function(&claims);
	transactions->commit();
	MemoryContextSwitchTo(old_context);
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
	QueueRun   *run = arg;
	GlueCall   *call;

	if (!dlist_is_empty(&run->further))
	{
		Job		   *job = dlist_container(Job, node,
										  dlist_pop_head_node(&run->further));

		run->nactive++;
		return &job->operation.call;
	}
	do
	{
		if (wants_transaction(run))
			run_transaction(run);
		call = begin_waiting(run);
	} while (call == NULL && wants_transaction(run));
	run->stream.max_wait_ms = run->nended > 0 ? RECORD_DELAY_MS :
		IDLE_LOOK_MS;
	if (run->turn_at != 0)
		run->stream.max_wait_ms =
			Min(run->stream.max_wait_ms,
				TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												run->turn_at) + 1);
	return call;
}

/*
 * Begin the first job that can be.  Others before it have failed, or it is not
 * their target's turn.
 */
static GlueCall *
begin_waiting(QueueRun *run)
{
	dlist_mutable_iter iter;

	run->turn_at = 0;
	dlist_foreach_modify(iter, &run->waiting)
	{
		Job		   *job = dlist_container(Job, node, iter.cur);
		TimestampTz turn_at = glue_work_target_take_turn(job->target);
		MemoryContext old_context;
		GlueCall   *call;

		if (turn_at != 0)
		{
			if (run->turn_at == 0 || turn_at < run->turn_at)
				run->turn_at = turn_at;
			continue;
		}
		dlist_delete(&job->node);
		run->nwaiting--;
		old_context = MemoryContextSwitchTo(job->context);
		call = begin_job(job);
		MemoryContextSwitchTo(old_context);
		if (call != NULL)
			return call;
	}
	return NULL;
}

/* The first call of a job; NULL if it ends without one. */
static GlueCall *
begin_job(Job *job)
{
	static const GlueClaimOutcome nothing_done = {.state = "succeeded"};
	GlueWorkTarget *target = job->target;

	if (target->failure != NULL)
		judge_failure(job, target->failure);
	else if (job->is_void)
		end_job(job, &nothing_done);
	else if (job->failure != NULL)
		judge_sealing(job);
	else if (job->is_tagged && target->no_account != NULL)
		judge_failure(job, target->no_account);
	else
	{
		if (job->is_tagged)
			job->operation.arn =
				glue_target_connection_arn(&target->function.target,
										   target->account,
										   job->operation.name);
		job->run->nactive++;
		return glue_operation_begin(&job->operation);
	}
	return NULL;
}

/* A call has ended: go on with its job. */
static void
note_done(void *arg, GlueCall *call)
{
	QueueRun   *run = arg;
	Job		   *job = (Job *) ((char *) call - offsetof(Job, operation.call));
	MemoryContext old_context = MemoryContextSwitchTo(job->context);
	GlueCall   *next;

	run->nactive--;
	next = glue_operation_next(&job->operation);
	if (next != NULL)
		dlist_push_tail(&run->further, &job->node);
	else
		judge(job);
	MemoryContextSwitchTo(old_context);
}

/*
 * Is it time for a transaction?  Yes, if enough has ended, if calls could be
 * made and none is left, or if an outcome has waited long enough.
 */
static bool
wants_transaction(QueueRun *run)
{
	TimestampTz now;

	if (run->nended >= RECORD_BATCH)
		return true;
	now = GetCurrentTimestamp();
	if (is_due(&run->locked, now) || is_due(&run->ended, now))
		return true;
	return dlist_is_empty(&run->waiting) &&
		(run->nended > 0 || now >= run->claim_at || take_news(run));
}

/* Was somebody's request committed since we looked the last time? */
static bool
take_news(QueueRun *run)
{
	if (!glue_queue_has_news() || run->claim_at == DT_NOEND)
		return false;
	glue_queue_take_news(NULL, 0);
	return true;
}

/* Has the first of these jobs waited long enough to be recorded? */
static bool
is_due(dlist_head *jobs, TimestampTz now)
{
	return !dlist_is_empty(jobs) &&
		dlist_container(Job, node, dlist_head_node(jobs))->record_at <= now;
}

/* Record what has ended, and claim as much as can be begun. */
static void
run_transaction(QueueRun *run)
{
	GlueClaims	queue;
	GlueMirror	mirror;
	MemoryContext old_context;

	begin_transaction(run->transactions);
	old_context = MemoryContextSwitchTo(run->batch_context);
	if (glue_claims_open(&queue, run->schema, run->claimant))
	{
		glue_mirror_open(&mirror, run->schema, GLUE_MIRROR_WRITE);
		record_ended(run, &queue, &mirror);
		claim(run, &queue, &mirror);
	}
	else
		run->claim_at = DT_NOEND;
	MemoryContextSwitchTo(old_context);
	run->transactions->commit();
	MemoryContextReset(run->batch_context);
	glue_work_targets_connect(&run->targets);
	MemoryContextSwitchTo(old_context);
}

/* ----------------------------------------------------------------
 * Claiming
 * ----------------------------------------------------------------
 */

/* Claim requests, as many as can be begun and some more. */
static void
claim(QueueRun *run, GlueClaims *queue, GlueMirror *mirror)
{
	int			limit = run->width - run->nactive + CLAIM_AHEAD -
		run->nwaiting;
	List	   *requests;
	ListCell   *cell;

	/* there is enough for a while, and a claim has its price */
	if (run->nwaiting > CLAIM_AHEAD / 2)
		return;
	glue_work_targets_expire(&run->targets);
	if (run->max_requests > 0)
		limit = Min(limit, run->max_requests - run->nclaimed);
	requests = limit > 0 ?
		glue_claims_take(queue, limit, glue_work_targets_blocked(&run->targets),
						 run->context) : NIL;
	foreach(cell, requests)
		prepare_job(run, mirror, lfirst(cell));
	run->nclaimed += list_length(requests);
	run->claim_at = 0;
	if (requests == NIL)
		run->claim_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													IDLE_LOOK_MS);
	if (run->max_requests > 0 && run->nclaimed >= run->max_requests)
		run->claim_at = DT_NOEND;
}

/*
 * Look up what a request needs.  What goes wrong is a failure of this request
 * alone.
 */
static void
prepare_job(QueueRun *run, const GlueMirror *mirror, GlueClaim *request)
{
	MemoryContext old_context = MemoryContextSwitchTo(request->context);
	Job		   *job = palloc0(sizeof(Job));

	job->context = request->context;
	job->run = run;
	job->request = request;
	job->target = glue_work_target_use(&run->targets, request);
	fill_operation(job, mirror);
	dlist_push_tail(&run->waiting, &job->node);
	run->nwaiting++;
	MemoryContextSwitchTo(old_context);
}

static void
fill_operation(Job *job, const GlueMirror *mirror)
{
	const GlueClaim *request = job->request;
	GlueOperation *operation = &job->operation;
	const char *on_conflict = request->what.on_conflict;

	if (job->target->failure != NULL)
		return;
	operation->function = &job->target->function;
	operation->name = request->what.name;
	operation->tags = request->what.tags;
	operation->uncertain = request->uncertain;
	operation->began_at = request->started_at;
	if (request->what.on_missing != NULL)
	{
		operation->create_missing = strcmp(request->what.on_missing, "create") == 0;
		operation->ignore_missing = strcmp(request->what.on_missing, "ignore") == 0;
	}
	if (on_conflict != NULL && strcmp(on_conflict, "adopt") == 0)
		operation->on_conflict = GLUE_CONFLICT_ADOPT;
	else if (on_conflict != NULL && strcmp(on_conflict, "update") == 0)
		operation->on_conflict = GLUE_CONFLICT_UPDATE;

	if (request->status != NULL && strcmp(request->status, "IN_PROGRESS") == 0)
		operation->kind = GLUE_OPERATION_POLL;
	else if (strcmp(request->what.operation, "DeleteConnection") == 0)
		operation->kind = GLUE_OPERATION_DELETE;
	else if (strcmp(request->what.operation, "UpdateConnection") == 0)
		operation->kind = GLUE_OPERATION_UPDATE;

	if (glue_mirror_find(mirror, &job->target->function.target, request->what.name,
						 &job->known))
		operation->known = &job->known;
	if (request->what.for_row && operation->known == NULL)
		heed_row(job);
	job->is_tagged = operation->tags != NULL &&
		(operation->kind == GLUE_OPERATION_UPDATE ||
		 (operation->kind == GLUE_OPERATION_CREATE &&
		  operation->on_conflict != GLUE_CONFLICT_ERROR));
	if (job->is_tagged)
		job->target->has_tags = true;

	operation->input = request->what.input;
	if (request->sealed != NULL && operation->kind != GLUE_OPERATION_POLL)
		job->sealing = glue_request_unseal(request->id, &request->what,
										   request->sealed,
										   &operation->input, &job->failure);
	if (job->sealing != GLUE_UNSEALED)
		return;
	if (operation->input != NULL)
		operation->digest = glue_digest_secrets(job->run->schema,
												operation->input);
}

/*
 * This database does not know the connection of a row to exist.  If there is
 * one of that name, it is not the row's, and is left alone.
 */
static void
heed_row(Job *job)
{
	if (job->operation.kind == GLUE_OPERATION_UPDATE)
		job->operation.kind = GLUE_OPERATION_CREATE;
	else if (job->operation.kind == GLUE_OPERATION_DELETE)
		job->is_void = true;
}

/* ----------------------------------------------------------------
 * Outcomes
 * ----------------------------------------------------------------
 */

/* Put a job among those that are to be recorded. */
static void
end_job(Job *job, const GlueClaimOutcome *outcome)
{
	QueueRun   *run = job->run;

	job->outcome = *outcome;
	job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 RECORD_DELAY_MS);
	dlist_push_tail(&run->ended, &job->node);
	run->nended++;
}

/* An operation has ended: decide what becomes of its request. */
static void
judge(Job *job)
{
	GlueOperation *operation = &job->operation;
	GlueClaimOutcome outcome = {
		.state = "succeeded",
		.status = operation->status,
		.aws_request_id = operation->request_id,
	};

	if (operation->failure != NULL)
	{
		judge_failure(job, operation->failure);
		return;
	}
	job->target->state->failures = 0;
	job->has_operation = true;
	if (operation->status != NULL &&
		strcmp(operation->status, "IN_PROGRESS") == 0)
	{
		judge_progress(job);
		return;
	}
	if (operation->status != NULL && strcmp(operation->status, "FAILED") == 0)
	{
		const char *reason = glue_observed_text(operation->observed,
												"StatusReason");

		outcome.state = "failed";
		outcome.error_code = "FAILED";
		outcome.error_message = reason != NULL ? reason :
			"AWS Glue gives no reason.";
	}
	end_job(job, &outcome);
}

/* A request has failed, for now or for good. */
static void
judge_failure(Job *job, const GlueFailure *failure)
{
	if (job->target->refused)
		fail(job, failure);
	else if (failure->sqlstate == ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION)
	{
		put_off(job, failure);
		job->outcome.next_attempt_at = glue_work_target_block(job->target);
		job->outcome.free_attempt = true;
	}
	else if (failure->transient &&
			 (job->request->attempts < glue_setting_max_request_attempts ||
			  is_unknown(job, failure)))
	{
		put_off(job, failure);
		job->outcome.next_attempt_at = glue_work_backoff(job->request->attempts);
	}
	else
		fail(job, failure);
}

/*
 * May a request have been carried out?  Then it does not end before that is
 * known: what is asked for after it must not be done in ignorance of it.
 */
static bool
is_unknown(const Job *job, const GlueFailure *failure)
{
	return job->request->uncertain || failure->ambiguous;
}

/*
 * The secrets of a request cannot be opened.  If a key is missing, that is for
 * an administrator to mend, and costs no attempt.
 */
static void
judge_sealing(Job *job)
{
	if (job->sealing == GLUE_UNSEAL_NEVER)
	{
		fail(job, job->failure);
		return;
	}
	put_off(job, job->failure);
	job->outcome.free_attempt = true;
	job->outcome.next_attempt_at =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(), NO_KEY_RETRY_MS);
}

/* A connection is not ready yet: look again, unless it takes for ever. */
static void
judge_progress(Job *job)
{
	long		age_ms = progress_ms(job);
	GlueClaimOutcome outcome = {
		.state = "queued",
		.status = "IN_PROGRESS",
		.free_attempt = true,
		.aws_request_id = job->operation.request_id,
	};

	outcome.next_attempt_at =
		TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
									Min(Max(age_ms / 5, SHORTEST_POLL_MS),
										LONGEST_POLL_MS));
	if (age_ms > MAX_PROGRESS_MS)
	{
		outcome.state = "failed";
		outcome.next_attempt_at = 0;
		outcome.error_code = "IN_PROGRESS";
		outcome.error_message = "The connection is still IN_PROGRESS after an hour.";
	}
	end_job(job, &outcome);
}

/*
 * For how long a connection has been in progress.  The request may have waited
 * long before it was made, and our clock may be wrong.
 */
static long
progress_ms(const Job *job)
{
	TimestampTz now = GetCurrentTimestamp();
	json_object *updated = json_object_object_get(job->operation.observed,
												  "LastUpdatedTime");
	pg_time_t	unix_now = timestamptz_to_time_t(now);
	double		age;

	if (!json_object_is_type(updated, json_type_double) &&
		!json_object_is_type(updated, json_type_int))
		return 0;
	age = Max(unix_now - json_object_get_double(updated), 0) * 1000;
	return Min(age, TimestampDifferenceMilliseconds(job->request->started_at,
													now));
}

/* Back into the queue. */
static void
put_off(Job *job, const GlueFailure *failure)
{
	GlueClaimOutcome outcome = {
		.state = "queued",
		.error_code = MemoryContextStrdup(job->context, failure->code),
		.error_message = MemoryContextStrdup(job->context,
											 psprintf("%s: %s", failure->message,
													  failure->detail)),
		.uncertain = is_unknown(job, failure),
	};

	end_job(job, &outcome);
}

static void
fail(Job *job, const GlueFailure *failure)
{
	GlueClaimOutcome outcome = {
		.state = "failed",
		.error_code = MemoryContextStrdup(job->context, failure->code),
		.error_message = MemoryContextStrdup(job->context,
											 psprintf("%s: %s", failure->message,
													  failure->detail)),
		.uncertain = is_unknown(job, failure),
		.aws_request_id = job->operation.request_id,
	};

	/* that there is no such connection is worth recording */
	job->has_operation = job->operation.gone;
	end_job(job, &outcome);
}

/* ----------------------------------------------------------------
 * Recording
 * ----------------------------------------------------------------
 */

/*
 * Record the outcomes of all jobs that have ended: together, unless somebody
 * has locked what is to be written for one of them.
 */
static void
record_ended(QueueRun *run, GlueClaims *queue, GlueMirror *mirror)
{
	TimestampTz now = GetCurrentTimestamp();
	Job		  **jobs = palloc(run->nended * sizeof(Job *));
	int			njobs = 0;
	bool		recorded;

	while (is_due(&run->locked, now))
	{
		Job		   *job = dlist_container(Job, node,
										  dlist_pop_head_node(&run->locked));

		settle_record(job, record_jobs(&job, 1, queue, mirror));
	}
	while (!dlist_is_empty(&run->ended))
		jobs[njobs++] = dlist_container(Job, node,
										dlist_pop_head_node(&run->ended));
	run->nended = 0;
	recorded = record_jobs(jobs, njobs, queue, mirror);
	for (int i = 0; i < njobs; i++)
		settle_record(jobs[i], recorded ||
					  record_jobs(&jobs[i], 1, queue, mirror));
}

/* Take leave of a job that was recorded, or keep it for later. */
static void
settle_record(Job *job, bool recorded)
{
	if (recorded)
	{
		glue_work_target_release(job->target);
		MemoryContextDelete(job->context);
		return;
	}
	job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 LOCKED_RETRY_MS);
	dlist_push_tail(&job->run->locked, &job->node);
}

/*
 * Record some jobs, or none of them: false if somebody has locked what is to
 * be written.
 */
static bool
record_jobs(Job **jobs, int njobs, GlueClaims *queue, GlueMirror *mirror)
{
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context = CurrentMemoryContext;
	volatile bool locked = false;

	if (njobs == 0)
		return true;
	BeginInternalSubTransaction(NULL);
	PG_TRY();
	{
		for (int i = 0; i < njobs; i++)
		{
			MemoryContextSwitchTo(jobs[i]->context);
			record_connection(jobs[i], mirror);
		}
		MemoryContextSwitchTo(context);
		record_requests(jobs, njobs, queue);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		locked = geterrcode() == ERRCODE_LOCK_NOT_AVAILABLE;
		if (!locked)
			PG_RE_THROW();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return !locked;
}

/* Record what a job has done in AWS Glue, in the name of who asked for it. */
static void
record_connection(Job *job, GlueMirror *mirror)
{
	Oid			user;
	int			security_context;

	if (!job->has_operation)
		return;
	GetUserIdAndSecContext(&user, &security_context);
	(void) glue_work_as_role(job->target->role, &user, &security_context);
	glue_operation_record(&job->operation, mirror);
	SetUserIdAndSecContext(user, security_context);
}

/* Record what has become of the requests of some jobs, and tell. */
static void
record_requests(Job **jobs, int njobs, GlueClaims *queue)
{
	GlueEndedClaim *ended = palloc0(njobs * sizeof(GlueEndedClaim));

	for (int i = 0; i < njobs; i++)
	{
		ended[i].request = jobs[i]->request;
		ended[i].outcome = &jobs[i]->outcome;
	}
	glue_claims_record(queue, ended, njobs);
	for (int i = 0; i < njobs; i++)
	{
		if (ended[i].recorded)
			notify(jobs[i]);
	}
}

/* Tell whoever listens. */
static void
notify(const Job *job)
{
	const GlueClaim *request = job->request;
	const GlueClaimOutcome *outcome = &job->outcome;
	StringInfoData payload;

	initStringInfo(&payload);
	appendStringInfo(&payload, "{\"id\": " INT64_FORMAT ", \"operation\": \"%s\", \"name\": ",
					 request->id, request->what.operation);
	escape_json(&payload, glue_server_from_utf8(request->what.name));
	appendStringInfo(&payload, ", \"state\": \"%s\", \"status\": ",
					 outcome->state);
	if (outcome->status != NULL)
		escape_json(&payload, glue_server_from_utf8(outcome->status));
	else
		appendStringInfoString(&payload, "null");
	appendStringInfoChar(&payload, '}');
	Async_Notify("glue_connection", payload.data);
}

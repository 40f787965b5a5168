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
 * Targets in trouble.  If there are no credentials, or AWS refuses them, all
 * requests for the target would fail in the same way.  They go back into the
 * queue, the attempt does not count, and the target is left alone for a while.
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
#include "common/pg_prng.h"
#include "credential_chain.h"
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
#include "utils/syscache.h"

/* Requests that are claimed ahead of time, and recorded at once. */
#define BATCH_SIZE				32

/* How long an outcome waits for others to be recorded with it. */
#define RECORD_DELAY_MS			10

/* How long to wait for somebody who has locked a connection's row. */
#define LOCK_TIMEOUT			"100ms"
#define LOCKED_RETRY_MS			1000

/* How often to look for requests while there are none to begin with. */
#define IDLE_LOOK_MS			1000

/* How long a request, or a target in trouble, is left alone. */
#define FIRST_BACKOFF_MS		2000
#define LONGEST_BACKOFF_MS		(10 * 60 * 1000)

/* How long a request whose key is missing is left alone. */
#define NO_KEY_RETRY_MS			30000

/* How often a connection that is IN_PROGRESS is looked at. */
#define SHORTEST_POLL_MS		1000
#define LONGEST_POLL_MS			30000
#define MAX_PROGRESS_MS			(60 * 60 * 1000)

/* A target, as it was found in one transaction. */
typedef struct WorkTarget
{
	dlist_node	node;			/* in QueueRun.targets */
	MemoryContext context;		/* of the target */
	GlueFunction function;
	const char *server;			/* or NULL */
	const char *region;
	const char *catalog_id;		/* or NULL */
	Oid			role;
	int			njobs;			/* that use it */
	bool		current;		/* found in the latest transaction */
	bool		connected;		/* credentials were found */
	GlueFailure *failure;		/* there are none, or the target is not to be
								 * used */
	bool		refused;		/* the latter: its requests fail */
	bool		has_tags;		/* some request has, and wants the account */
	const char *account;		/* then, or why it is not known */
	GlueFailure *no_account;
} WorkTarget;

/* A target that is left alone. */
typedef struct Trouble
{
	GlueBlockedTarget target;
	TimestampTz until;
	int			times;			/* in a row */
} Trouble;

/* A request that is worked on. */
typedef struct Job
{
	dlist_node	node;			/* in one of the lists of QueueRun */
	MemoryContext context;
	struct QueueRun *run;
	GlueClaim  *request;
	WorkTarget *target;
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
	dlist_head	further;		/* jobs whose next call can be made */
	dlist_head	ended;			/* jobs to be recorded */
	int			nended;
	dlist_head	locked;			/* jobs to be recorded later */
	dlist_head	targets;
	List	   *troubles;
	TimestampTz next_due;
	TimestampTz claim_at;		/* not before: there was nothing to claim */
	GlueCallStream stream;
} QueueRun;

/* prototypes of private functions */
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
static WorkTarget *find_target(QueueRun *run, const GlueClaim *request);
static void resolve_target(WorkTarget *target, Oid schema);
static void connect_targets(QueueRun *run);
static void connect_target(WorkTarget *target);
static void release_target(QueueRun *run, WorkTarget *target);
static void end_job(Job *job, const GlueClaimOutcome *outcome);
static void judge(Job *job);
static void judge_failure(Job *job, const GlueFailure *failure);
static void judge_sealing(Job *job);
static void judge_progress(Job *job);
static long progress_ms(const Job *job);
static void put_off(Job *job, const GlueFailure *failure);
static void fail(Job *job, const GlueFailure *failure);
static TimestampTz backoff(int times);
static Trouble *find_trouble(QueueRun *run, const WorkTarget *target,
							 bool make);
static List *blocked_targets(QueueRun *run);
static void record_ended(QueueRun *run, GlueClaims *queue,
						 GlueMirror *mirror);
static void record_first(QueueRun *run, dlist_head *jobs,
						 GlueClaims *queue, GlueMirror *mirror);
static bool record_job(Job *job, GlueClaims *queue, GlueMirror *mirror);
static void notify(const Job *job);
static GlueFailure *failure_from_error(const ErrorData *error);
static char *utf8_copy(const char *text);
static bool become_role(Oid role, Oid *user, int *security_context);

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
		dlist_init(&run.targets);
		run.stream.next = next_call;
		run.stream.done = note_done;
		run.stream.arg = &run;
		glue_client_run_stream(&run.stream, run.width);

		/* what somebody has locked until now */
		while (!dlist_is_empty(&run.locked))
		{
			glue_http_sleep(LOCKED_RETRY_MS);
			run_transaction(&run);
		}
		*next_due = run.next_due;
	}
	PG_FINALLY();
	{
		MemoryContextSwitchTo(old_context);
		MemoryContextDelete(run.context);
	}
	PG_END_TRY();
	return run.nclaimed;
}

/*
 * Put what processes that are gone had claimed back into the queue.
 */
void
glue_queue_recover(Oid schema, int64 claimant,
				   const GlueTransactions *transactions)
{
	GlueClaims	claims;
	MemoryContext old_context = CurrentMemoryContext;

	transactions->begin(true);
	if (glue_claims_open(&claims, schema, claimant))
		glue_claims_release_orphans(&claims);
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
	return call;
}

/* Begin the first job that can be; the others before it have failed. */
static GlueCall *
begin_waiting(QueueRun *run)
{
	while (!dlist_is_empty(&run->waiting))
	{
		Job		   *job = dlist_container(Job, node,
										  dlist_pop_head_node(&run->waiting));
		MemoryContext old_context = MemoryContextSwitchTo(job->context);
		GlueCall   *call = begin_job(job);

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
	WorkTarget *target = job->target;

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

	if (run->nended >= BATCH_SIZE)
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

	run->transactions->begin(true);
	set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET,
					  PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
	set_config_option("lock_timeout", LOCK_TIMEOUT, PGC_USERSET,
					  PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
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
	connect_targets(run);
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
	int			limit = run->width - run->nactive + BATCH_SIZE;
	dlist_iter	iter;
	List	   *requests;
	ListCell   *cell;

	dlist_foreach(iter, &run->targets)
		dlist_container(WorkTarget, node, iter.cur)->current = false;
	if (run->max_requests > 0)
		limit = Min(limit, run->max_requests - run->nclaimed);
	requests = limit > 0 ?
		glue_claims_take(queue, limit, blocked_targets(run),
						 run->context) : NIL;
	foreach(cell, requests)
		prepare_job(run, mirror, lfirst(cell));
	run->nclaimed += list_length(requests);
	run->claim_at = 0;
	if (requests == NIL)
	{
		run->claim_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													IDLE_LOOK_MS);
		run->next_due = glue_claims_next_due(queue);
	}
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
	job->target = find_target(run, job->request);
	job->target->njobs++;
	fill_operation(job, mirror);
	dlist_push_tail(&run->waiting, &job->node);
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
 * Targets
 * ----------------------------------------------------------------
 */

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The target of a request, as it is now. */
static WorkTarget *
find_target(QueueRun *run, const GlueClaim *request)
{
	dlist_iter	iter;
	MemoryContext context;
	MemoryContext old_context;
	WorkTarget *target;

	dlist_foreach(iter, &run->targets)
	{
		target = dlist_container(WorkTarget, node, iter.cur);
		if (target->current && target->role == request->role &&
			same_text(target->server, request->what.server) &&
			same_text(target->catalog_id, request->what.catalog_id) &&
			strcmp(target->region, request->what.region) == 0)
			return target;
	}

	context = AllocSetContextCreate(run->context, "glue_conn target",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	target = palloc0(sizeof(WorkTarget));
	target->context = context;
	target->role = request->role;
	target->region = pstrdup(request->what.region);
	if (request->what.server != NULL)
		target->server = pstrdup(request->what.server);
	if (request->what.catalog_id != NULL)
		target->catalog_id = pstrdup(request->what.catalog_id);
	target->current = true;
	dlist_push_tail(&run->targets, &target->node);
	resolve_target(target, run->schema);
	MemoryContextSwitchTo(old_context);
	return target;
}

/*
 * Find out where the requests of a role go; sets target->failure if the role
 * is gone or may not.
 */
static void
resolve_target(WorkTarget *target, Oid schema)
{
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context = CurrentMemoryContext;
	Oid			user;
	int			security_context;

	target->function.schema = schema;
	target->function.context = context;
	target->function.caller_context = context;
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		if (!become_role(target->role, &user, &security_context))
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("the role that asked for it does not exist any more")));
		glue_target_resolve_region(&target->function.target, target->server,
								   target->catalog_id, target->region);
		SetUserIdAndSecContext(user, security_context);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		target->failure = failure_from_error(error);
		target->refused = true;
		FreeErrorData(error);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/*
 * Find the credentials of the targets that need some, and their accounts,
 * outside of the transaction that claimed requests for them: this can take
 * calls.
 */
static void
connect_targets(QueueRun *run)
{
	dlist_iter	iter;

	dlist_foreach(iter, &run->targets)
	{
		WorkTarget *target = dlist_container(WorkTarget, node, iter.cur);
		MemoryContext old_context;

		if (target->failure != NULL ||
			(target->connected &&
			 (!target->has_tags || target->account != NULL ||
			  target->no_account != NULL)))
			continue;
		run->transactions->begin(false);
		old_context = MemoryContextSwitchTo(target->context);
		connect_target(target);
		MemoryContextSwitchTo(old_context);
		run->transactions->commit();
		MemoryContextSwitchTo(old_context);
	}
}

static void
connect_target(WorkTarget *target)
{
	GlueFunction *function = &target->function;

	PG_TRY();
	{
		if (!target->connected)
			glue_credentials_find(&function->target, NULL,
								  &function->credentials);
		target->connected = true;
		if (target->has_tags)
			target->no_account = glue_account_find(&function->target,
												   &function->credentials,
												   glue_credentials_renew,
												   &target->account);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(target->context);
		error = CopyErrorData();
		if (error->sqlerrcode == ERRCODE_QUERY_CANCELED ||
			error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN)
			PG_RE_THROW();
		FlushErrorState();
		target->failure = failure_from_error(error);
		FreeErrorData(error);
	}
	PG_END_TRY();
}

/* A job does not need its target any more. */
static void
release_target(QueueRun *run, WorkTarget *target)
{
	if (--target->njobs > 0 || target->current)
		return;
	dlist_delete(&target->node);
	MemoryContextDelete(target->context);
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
	Trouble    *trouble = find_trouble(job->run, job->target, false);

	if (operation->failure != NULL)
	{
		judge_failure(job, operation->failure);
		return;
	}
	if (trouble != NULL)
		trouble->times = 0;
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
		Trouble    *trouble = find_trouble(job->run, job->target, true);

		if (trouble->until <= GetCurrentTimestamp())
			trouble->until = backoff(++trouble->times);
		put_off(job, failure);
		job->outcome.next_attempt_at = trouble->until;
		job->outcome.free_attempt = true;
	}
	else if (failure->transient &&
			 job->request->attempts < glue_setting_max_request_attempts)
	{
		put_off(job, failure);
		job->outcome.next_attempt_at = backoff(job->request->attempts);
	}
	else
		fail(job, failure);
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
		.uncertain = job->request->uncertain || failure->ambiguous,
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
		.uncertain = job->request->uncertain || failure->ambiguous,
		.aws_request_id = job->operation.request_id,
	};

	/* that there is no such connection is worth recording */
	job->has_operation = job->operation.gone;
	end_job(job, &outcome);
}

/* When to try again after so many failures. */
static TimestampTz
backoff(int times)
{
	double		ms = FIRST_BACKOFF_MS;

	for (int i = 1; i < times && ms < LONGEST_BACKOFF_MS; i++)
		ms *= 2;
	ms = Min(ms, LONGEST_BACKOFF_MS) *
		(0.5 + pg_prng_double(&pg_global_prng_state) / 2);
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), (int64) ms);
}

/* What trouble a target is in; NULL if none, unless it is to be made. */
static Trouble *
find_trouble(QueueRun *run, const WorkTarget *target, bool make)
{
	MemoryContext old_context;
	ListCell   *cell;
	Trouble    *trouble;

	foreach(cell, run->troubles)
	{
		trouble = lfirst(cell);
		if (trouble->target.role == target->role &&
			same_text(trouble->target.server, target->server))
			return trouble;
	}
	if (!make)
		return NULL;
	old_context = MemoryContextSwitchTo(run->context);
	trouble = palloc0(sizeof(Trouble));
	trouble->target.role = target->role;
	if (target->server != NULL)
		trouble->target.server = pstrdup(target->server);
	run->troubles = lappend(run->troubles, trouble);
	MemoryContextSwitchTo(old_context);
	return trouble;
}

/* The targets that are left alone at present. */
static List *
blocked_targets(QueueRun *run)
{
	TimestampTz now = GetCurrentTimestamp();
	List	   *blocked = NIL;
	ListCell   *cell;

	foreach(cell, run->troubles)
	{
		Trouble    *trouble = lfirst(cell);

		if (trouble->until > now)
			blocked = lappend(blocked, &trouble->target);
	}
	return blocked;
}

/* ----------------------------------------------------------------
 * Recording
 * ----------------------------------------------------------------
 */

/* Record the outcomes of all jobs that have ended. */
static void
record_ended(QueueRun *run, GlueClaims *queue, GlueMirror *mirror)
{
	TimestampTz now = GetCurrentTimestamp();

	while (is_due(&run->locked, now))
		record_first(run, &run->locked, queue, mirror);
	while (run->nended > 0)
	{
		run->nended--;
		record_first(run, &run->ended, queue, mirror);
	}
}

/* Record the outcome of the first job of a list. */
static void
record_first(QueueRun *run, dlist_head *jobs, GlueClaims *queue,
			 GlueMirror *mirror)
{
	Job		   *job = dlist_container(Job, node, dlist_pop_head_node(jobs));

	if (record_job(job, queue, mirror))
	{
		release_target(run, job->target);
		MemoryContextDelete(job->context);
		return;
	}
	job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 LOCKED_RETRY_MS);
	dlist_push_tail(&run->locked, &job->node);
}

/* Record one; false if somebody has locked what is to be written. */
static bool
record_job(Job *job, GlueClaims *queue, GlueMirror *mirror)
{
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context = CurrentMemoryContext;
	volatile bool locked = false;
	Oid			user;
	int			security_context;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(job->context);
	PG_TRY();
	{
		if (job->has_operation)
		{
			GetUserIdAndSecContext(&user, &security_context);
			(void) become_role(job->target->role, &user, &security_context);
			glue_operation_record(&job->operation, mirror);
			SetUserIdAndSecContext(user, security_context);
		}
		if (glue_claims_record(queue, job->request, &job->outcome))
			notify(job);
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

/* ----------------------------------------------------------------
 * Odds and ends
 * ----------------------------------------------------------------
 */

/* An error that was raised, as the failure of a request. */
static GlueFailure *
failure_from_error(const ErrorData *error)
{
	GlueFailure *failure = palloc0(sizeof(GlueFailure));

	failure->sqlstate = error->sqlerrcode;
	failure->code = pstrdup(unpack_sql_state(error->sqlerrcode));
	failure->message = utf8_copy(error->message);
	failure->detail = utf8_copy(error->detail ? error->detail : "");
	return failure;
}

/* A copy of text of the database in UTF-8. */
static char *
utf8_copy(const char *text)
{
	const char *utf8;
	int			len;

	return glue_utf8_from_server(text, strlen(text), &utf8, &len) ?
		pnstrdup(utf8, len) : pstrdup(text);
}

/* Act as a role from now on; false if there is none. */
static bool
become_role(Oid role, Oid *user, int *security_context)
{
	if (!SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role)))
		return false;
	GetUserIdAndSecContext(user, security_context);
	SetUserIdAndSecContext(role, *security_context |
						   SECURITY_LOCAL_USERID_CHANGE);
	return true;
}

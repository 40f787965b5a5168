/*-------------------------------------------------------------------------
 *
 * run.c
 *	  Working the queue: many requests side by side.
 *
 * A request goes through three stages.  In a transaction, it is claimed and
 * prepared.  Then its calls are made, outside of any transaction, while those
 * of others are under way.  In another transaction its outcome is recorded.
 * What all that means for one request is in queue/job.c; here it is decided
 * which one has its turn.
 *
 * One transaction records and claims for many requests, so that a commit costs
 * each of them little.
 *
 * Each request acts as the role that asked for it: with that role's user
 * mapping, and only as long as it may use the foreign server.  What a target
 * needs is looked up once in each transaction that claims requests for it.
 *
 * Requests whose target has no credentials yet are parked.  While those are
 * waited for, everything else goes on, from within that wait.
 *
 * Calls that acted at once come first.  Those whose transaction was rolled back
 * are looked for when we begin, at news, and now and then: whoever calls for the
 * same connection waits until they are undone.  That costs nothing if there are
 * none.  If there are many, whose transactions take long, it is not done all
 * the time.
 *
 * One bad request keeps no other one waiting.  One that cannot be claimed or
 * prepared is put off alone, and so is one whose outcome cannot be recorded.  One
 * whose connection somebody has locked goes back into the queue; and one whose
 * outcome cannot be recorded because somebody has locked the connection or its row
 * is recorded later.
 *
 * IDENTIFICATION
 *	  src/queue/run.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/client.h"
#include "journal/resolve.h"
#include "lib/ilist.h"
#include "queue/answer.h"
#include "queue/claim.h"
#include "queue/job.h"
#include "queue/outcome.h"
#include "queue/record.h"
#include "queue/run.h"
#include "queue/steps.h"
#include "queue/targets.h"
#include "queue/transaction.h"
#include "server/crash_point.h"
#include "server/news.h"
#include "server/settings.h"
#include "utils/memutils.h"

/*
 * Requests that are claimed ahead of time, and recorded at once.  A transaction
 * waits for the disk once, however many they are; a claim, too, costs little
 * more for many than for one.
 */
#define CLAIM_AHEAD				256
#define RECORD_BATCH			128

/* Claimed requests that may wait for the credentials of their targets. */
#define MAX_PARKED				1024

/* How long an outcome waits for others to be recorded with it. */
#define RECORD_DELAY_MS			40

/* When to try again if somebody has locked a connection, or its row. */
#define LOCKED_RETRY_MS			1000

/* How often to look for requests while there are none to begin with. */
#define IDLE_LOOK_MS			1000

/*
 * To look for what is to be undone takes at most a part of the time, and is
 * done so often at most.
 */
#define LOOK_SHARE				10
#define LOOK_REST_MS			10

/* How long we go on, at least, if others wait for room for their workers. */
#define SLICE_MS				1000

typedef struct QueueRun
{
	Oid			schema;
	int64		claimant;
	const GlueTransactions *transactions;
	uint64		max_requests;	/* 0: no limit */
	bool		only_undo;		/* what was rolled back */
	uint64		nclaimed;
	TimestampTz began_at;
	TimestampTz now;			/* the last time we looked */
	int			width;
	int			nactive;		/* jobs with a call under way */
	MemoryContext context;
	MemoryContext batch_context;	/* of one transaction */
	dlist_head	waiting;		/* jobs that can begin */
	int			nwaiting;
	dlist_head	parked;			/* jobs whose targets have no credentials yet */
	int			nparked;
	dlist_head	further;		/* jobs whose next call can be made */
	dlist_head	ended;			/* jobs to be recorded */
	int			nended;
	dlist_head	locked;			/* jobs to be recorded later */
	dlist_head	recorded;		/* jobs that are, once that is committed */
	GlueWorkTargets targets;
	TimestampTz turn_at;		/* when a target is next that has to wait */
	TimestampTz claim_at;		/* not before: there was nothing to claim */
	TimestampTz look_at;		/* when to look for what is to be undone... */
	TimestampTz rest_until;		/* ... but not before that */
	bool		look_again;		/* somebody waits for that */
	bool		undo_recorded;	/* by the current transaction */
	GlueCallStream stream;
} QueueRun;

/* prototypes of private functions */
static void wait_for_turn(QueueRun *run);
static TimestampTz find_next_due(QueueRun *run);
static TimestampTz next_due_of(const GlueClaims *claims, GlueClaimKind kind,
							   TimestampTz tried_again_at);
static GlueCall *next_call(void *arg);
static GlueCall *begin_waiting(QueueRun *run);
static void connect_targets(QueueRun *run);
static void unpark(QueueRun *run);
static long go_on(void *arg);
static void note_done(void *arg, GlueCall *call);
static bool wants_transaction(QueueRun *run);
static void take_news(QueueRun *run);
static void mind_clock(QueueRun *run, TimestampTz now);
static int	put_back(QueueRun *run, dlist_head *jobs);
static void look_soon(QueueRun *run);
static bool wants_look(const QueueRun *run, TimestampTz now);
static bool is_due(dlist_head *jobs, TimestampTz now);
static void run_transaction(QueueRun *run);
static void look(QueueRun *run, const GlueClaims *queue,
				 GlueResolution *resolution);
static void rest(QueueRun *run, TimestampTz began_at);
static void claim(QueueRun *run, GlueClaims *queue,
				  const GlueMirror *mirror, bool undo);
static int	claim_kind(QueueRun *run, const GlueClaims *queue,
					   const GlueMirror *mirror, GlueClaimKind kind,
					   int limit);
static void end_job(QueueRun *run, GlueJob *job);
static void record_ended(QueueRun *run, GlueClaims *queue,
						 const GlueMirror *mirror);
static void record_alone(QueueRun *run, GlueJob *job, GlueClaims *queue,
						 const GlueMirror *mirror);
static bool is_passing(const ErrorData *error);
static void note_recorded(QueueRun *run, GlueJob *job);
static void release_recorded(QueueRun *run);

/*
 * Work the queue of the extension in this schema until nothing is due, or so
 * many requests were claimed (0: any number), or others wait for room.  Returns
 * how many were claimed.
 *
 * only_undo says that only what was rolled back is to be undone.
 *
 * *next_due is when to come back, or 0 if there is nothing left.  No
 * transaction may be open that transactions does not know of.
 */
uint64
glue_queue_run(Oid schema, int64 claimant,
			   const GlueTransactions *transactions, uint64 max_requests,
			   bool only_undo, TimestampTz *next_due)
{
	MemoryContext old_context = CurrentMemoryContext;
	QueueRun	run = {
		.schema = schema,
		.claimant = claimant,
		.transactions = transactions,
		.max_requests = max_requests,
		.only_undo = only_undo,
		.began_at = GetCurrentTimestamp(),
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
		dlist_init(&run.parked);
		dlist_init(&run.further);
		dlist_init(&run.ended);
		dlist_init(&run.locked);
		dlist_init(&run.recorded);
		glue_work_targets_init(&run.targets, schema, transactions, go_on,
							   &run);
		run.stream.next = next_call;
		run.stream.done = note_done;
		run.stream.arg = &run;
		for (;;)
		{
			glue_client_run_stream(&run.stream, run.width);
			if (dlist_is_empty(&run.waiting) &&
				dlist_is_empty(&run.locked) &&
				(!run.look_again || run.claim_at == DT_NOEND))
				break;
			wait_for_turn(&run);
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

/* It is no target's turn, or somebody has locked what we need. */
static void
wait_for_turn(QueueRun *run)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz until = TimestampTzPlusMilliseconds(now,
													run->stream.max_wait_ms);

	for (; now < until && !glue_queue_has_news(); now = GetCurrentTimestamp())
		glue_http_wait(TimestampDifferenceMilliseconds(now, until) + 1);
}

/* When the next request is due; 0 if there is none. */
static TimestampTz
find_next_due(QueueRun *run)
{
	GlueClaims	claims;
	TimestampTz due = 0;
	TimestampTz undo_due = 0;
	MemoryContext old_context = CurrentMemoryContext;

	glue_queue_begin(run->transactions);
	MemoryContextSwitchTo(run->batch_context);
	if (glue_claims_open(&claims, run->schema, run->claimant))
	{
		if (!run->only_undo)
			due = next_due_of(&claims, GLUE_CLAIM_TO_DO, run->claim_at);
		undo_due = next_due_of(&claims, GLUE_CLAIM_TO_UNDO, run->look_at);
	}
	run->transactions->commit();
	MemoryContextSwitchTo(old_context);
	if (due == 0 || (undo_due != 0 && undo_due < due))
		due = undo_due;
	return due;
}

/*
 * Likewise for one kind.  What was due already when we looked for the last time
 * has to wait for something; we do not look again before tried_again_at.
 */
static TimestampTz
next_due_of(const GlueClaims *claims, GlueClaimKind kind,
			TimestampTz tried_again_at)
{
	TimestampTz due = glue_claims_next_due(claims, kind);
	TimestampTz tried_at = TimestampTzPlusMilliseconds(tried_again_at,
													   -IDLE_LOOK_MS);

	return due != 0 && due < tried_at ? tried_again_at : due;
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
		GlueJob    *job = dlist_container(GlueJob, node,
										  dlist_pop_head_node(&run->further));

		run->nactive++;
		return &job->operation.call;
	}
	do
	{
		if (wants_transaction(run))
			run_transaction(run);
		connect_targets(run);
		call = begin_waiting(run);
	} while (call == NULL && wants_transaction(run));
	run->stream.max_wait_ms = run->nended > 0 ? RECORD_DELAY_MS :
		IDLE_LOOK_MS;
	if (run->turn_at != 0)
		run->stream.max_wait_ms =
			Min(run->stream.max_wait_ms,
				TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												run->turn_at) + 1);
	if (run->look_again)
		run->stream.max_wait_ms =
			Min(run->stream.max_wait_ms,
				TimestampDifferenceMilliseconds(GetCurrentTimestamp(),
												run->rest_until) + 1);
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
		GlueJob    *job = dlist_container(GlueJob, node, iter.cur);
		const GlueTarget *target = &job->target->access.target;
		TimestampTz turn_at =
			glue_target_state_take_turn(job->target->state,
										target->max_requests_per_second);
		GlueCall   *call;

		if (turn_at != 0)
		{
			if (run->turn_at == 0 || turn_at < run->turn_at)
				run->turn_at = turn_at;
			continue;
		}
		dlist_delete(&job->node);
		run->nwaiting--;
		call = glue_job_begin(job);
		if (call != NULL)
		{
			run->nactive++;
			return call;
		}
		end_job(run, job);
	}
	return NULL;
}

/*
 * Find the credentials of all targets.  Where that takes long, jobs of other
 * targets begin and end meanwhile: see go_on().
 */
static void
connect_targets(QueueRun *run)
{
	while (run->nparked > 0 && glue_work_targets_connect(&run->targets))
		unpark(run);
}

/* Let those jobs begin whose targets have their credentials now. */
static void
unpark(QueueRun *run)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &run->parked)
	{
		GlueJob    *job = dlist_container(GlueJob, node, iter.cur);

		if (!glue_work_target_connected(job->target))
			continue;
		dlist_delete(&job->node);
		run->nparked--;
		if (job->request->undo != NULL)
			dlist_push_head(&run->waiting, &job->node);
		else
			dlist_push_tail(&run->waiting, &job->node);
		run->nwaiting++;
	}
}

/* Go on with the stream while credentials are waited for. */
static long
go_on(void *arg)
{
	QueueRun   *run = arg;

	return glue_client_go_on(&run->stream);
}

/* A call has ended: go on with its job. */
static void
note_done(void *arg, GlueCall *call)
{
	QueueRun   *run = arg;
	GlueJob    *job = (GlueJob *) ((char *) call -
								   offsetof(GlueJob, operation.call));

	run->nactive--;
	if (glue_job_next(job) != NULL)
		dlist_push_tail(&run->further, &job->node);
	else
		end_job(run, job);
}

/*
 * Is it time for a transaction?  Yes, if enough has ended, if an outcome has
 * waited long enough, if calls could be made and none is left, or if there is
 * nothing else to wait for.
 */
static bool
wants_transaction(QueueRun *run)
{
	TimestampTz now;

	if (run->nended >= RECORD_BATCH)
		return true;
	take_news(run);
	now = GetCurrentTimestamp();
	mind_clock(run, now);
	if (is_due(&run->locked, now) || is_due(&run->ended, now) ||
		wants_look(run, now))
		return true;
	return dlist_is_empty(&run->waiting) &&
		((run->nended > 0 && run->nactive == 0) || now >= run->claim_at);
}

/*
 * If somebody has queued a request or rolled back a call since we looked the
 * last time, look again.
 */
static void
take_news(QueueRun *run)
{
	if (!glue_queue_has_news() || run->claim_at == DT_NOEND)
		return;
	glue_queue_take_news(NULL, 0);
	run->claim_at = 0;
	look_soon(run);
}

/*
 * Leave off after a while if others wait for room.  And if the clock was set
 * back, forget what was to be done when.
 */
static void
mind_clock(QueueRun *run, TimestampTz now)
{
	if (now < run->now && run->claim_at != DT_NOEND)
	{
		run->began_at = now;
		run->claim_at = run->look_at = run->rest_until = 0;
	}
	run->now = now;
	if (glue_queue_is_crowded() &&
		TimestampDifferenceExceeds(run->began_at, now, SLICE_MS))
	{
		run->claim_at = DT_NOEND;
		run->nwaiting -= put_back(run, &run->waiting);
		/* their target is in use while it is being connected */
		if (!run->targets.connecting)
			run->nparked -= put_back(run, &run->parked);
	}
}

/* Put jobs that have not begun back into the queue, but for undos; how many? */
static int
put_back(QueueRun *run, dlist_head *jobs)
{
	int			n = 0;
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, jobs)
	{
		GlueJob    *job = dlist_container(GlueJob, node, iter.cur);

		if (job->request->undo != NULL)
			continue;
		dlist_delete(&job->node);
		glue_job_put_back(job, 0);
		end_job(run, job);
		n++;
	}
	return n;
}

static void
look_soon(QueueRun *run)
{
	run->look_at = 0;
	run->look_again = true;
}

/* Is it time to look for what is to be undone? */
static bool
wants_look(const QueueRun *run, TimestampTz now)
{
	return run->claim_at != DT_NOEND && now >= run->look_at &&
		now >= run->rest_until;
}

/* Has the first of these jobs waited long enough to be recorded? */
static bool
is_due(dlist_head *jobs, TimestampTz now)
{
	return !dlist_is_empty(jobs) &&
		dlist_container(GlueJob, node, dlist_head_node(jobs))->record_at <= now;
}

/*
 * Record what has ended, and claim as much as can be begun; see before what is
 * to be undone.
 */
static void
run_transaction(QueueRun *run)
{
	GlueClaims	queue;
	GlueMirror	mirror;
	GlueResolution resolution = {0};
	MemoryContext old_context = CurrentMemoryContext;
	TimestampTz began_at = GetCurrentTimestamp();
	bool		undo = wants_look(run, began_at);

	glue_queue_begin(run->transactions);
	MemoryContextSwitchTo(run->batch_context);
	if (glue_claims_open(&queue, run->schema, run->claimant))
	{
		glue_mirror_open(&mirror, run->schema, GLUE_MIRROR_WRITE);
		if (undo)
			look(run, &queue, &resolution);
		record_ended(run, &queue, &mirror);
		claim(run, &queue, &mirror, undo);
		if (undo)
			rest(run, began_at);
	}
	else
		run->claim_at = DT_NOEND;
	MemoryContextSwitchTo(old_context);
	if (resolution.nresolved > 0)
		GLUE_CRASH_POINT("undo before resolve commit");
	if (run->undo_recorded)
		GLUE_CRASH_POINT("undo before record commit");
	run->transactions->commit();
	if (resolution.nresolved > 0)
		GLUE_CRASH_POINT("undo after resolve commit");
	if (run->undo_recorded)
		GLUE_CRASH_POINT("undo after record commit");
	run->undo_recorded = false;
	release_recorded(run);
	glue_intents_resolved(&resolution);
	MemoryContextReset(run->batch_context);
	MemoryContextSwitchTo(old_context);
}

/* ----------------------------------------------------------------
 * Claiming
 * ----------------------------------------------------------------
 */

/* Find calls whose transaction was rolled back, so that they can be undone. */
static void
look(QueueRun *run, const GlueClaims *queue, GlueResolution *resolution)
{
	/* what is put off while we look is put off until later */
	run->look_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
											   IDLE_LOOK_MS);
	run->look_again = false;
	glue_intents_resolve(queue, resolution);
	if (resolution->incomplete)
		look_soon(run);
}

/* How long to leave it at that, after what has taken since began_at. */
static void
rest(QueueRun *run, TimestampTz began_at)
{
	TimestampTz now = GetCurrentTimestamp();
	long		rest_ms = TimestampDifferenceMilliseconds(began_at, now) *
		LOOK_SHARE;

	run->rest_until =
		TimestampTzPlusMilliseconds(now, Min(Max(rest_ms, LOOK_REST_MS),
											 IDLE_LOOK_MS));
}

/* Claim requests, as many as can be begun and some more. */
static void
claim(QueueRun *run, GlueClaims *queue, const GlueMirror *mirror, bool undo)
{
	bool		enough = run->nwaiting > CLAIM_AHEAD / 2 ||
		run->nparked > MAX_PARKED;
	int			claimed = 0;

	/* there is enough for a while, and a claim has its price */
	if ((enough && !undo) || run->claim_at == DT_NOEND)
		return;
	glue_work_targets_expire(&run->targets);
	if (undo)
	{
		claimed = claim_kind(run, queue, mirror, GLUE_CLAIM_TO_UNDO,
							 CLAIM_AHEAD);
		if (claimed == CLAIM_AHEAD)
			look_soon(run);
	}
	if (!enough)
	{
		if (!run->only_undo)
			claimed += claim_kind(run, queue, mirror, GLUE_CLAIM_TO_DO,
								  run->width - run->nactive + CLAIM_AHEAD -
								  run->nwaiting);
		run->claim_at = 0;
		if (claimed == 0)
			run->claim_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														IDLE_LOOK_MS);
	}
	unpark(run);
	if (run->max_requests > 0 && run->nclaimed >= run->max_requests)
		run->claim_at = DT_NOEND;
}

/* Claim requests of one kind; returns how many. */
static int
claim_kind(QueueRun *run, const GlueClaims *queue, const GlueMirror *mirror,
		   GlueClaimKind kind, int limit)
{
	List	   *jobs;
	ListCell   *cell;

	if (run->max_requests > 0)
		limit = Min(limit, run->max_requests - run->nclaimed);
	if (limit <= 0)
		return 0;
	jobs = glue_jobs_claim(queue, mirror, &run->targets, kind, limit,
						   run->context);
	foreach(cell, jobs)
	{
		GlueJob    *job = lfirst(cell);

		/* what is only to be recorded needs no credentials */
		dlist_push_tail(job->is_answered ? &run->waiting : &run->parked,
						&job->node);
		if (job->is_answered)
			run->nwaiting++;
		else
			run->nparked++;
	}
	run->nclaimed += list_length(jobs);
	return list_length(jobs);
}

/* ----------------------------------------------------------------
 * Recording
 * ----------------------------------------------------------------
 */

/* Put a job among those that are to be recorded. */
static void
end_job(QueueRun *run, GlueJob *job)
{
	job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												 RECORD_DELAY_MS);
	dlist_push_tail(&run->ended, &job->node);
	run->nended++;
}

/*
 * Record the outcomes of all jobs that have ended: together, unless one of them
 * cannot be recorded.
 */
static void
record_ended(QueueRun *run, GlueClaims *queue, const GlueMirror *mirror)
{
	TimestampTz now = GetCurrentTimestamp();
	GlueJob   **jobs = palloc(run->nended * sizeof(GlueJob *));
	int			njobs = 0;
	bool		recorded;

	while (is_due(&run->locked, now))
	{
		GlueJob    *job = dlist_container(GlueJob, node,
										  dlist_pop_head_node(&run->locked));

		record_alone(run, job, queue, mirror);
	}
	while (!dlist_is_empty(&run->ended))
		jobs[njobs++] = dlist_container(GlueJob, node,
										dlist_pop_head_node(&run->ended));
	run->nended = 0;
	recorded = glue_jobs_record(jobs, njobs, queue, mirror) == NULL;
	for (int i = 0; i < njobs; i++)
	{
		if (recorded)
			note_recorded(run, jobs[i]);
		else
			record_alone(run, jobs[i], queue, mirror);
	}
}

/*
 * Record the outcome of one job; or, if that cannot be, keep it in the row of the
 * request.  If somebody has locked what is to be written, it is recorded later.
 *
 * If not even the row of the request can be changed, that is left to the process
 * after this one, which finds the request claimed by nobody, and reads what there
 * is.
 */
static void
record_alone(QueueRun *run, GlueJob *job, GlueClaims *queue,
			 const GlueMirror *mirror)
{
	ErrorData  *error = glue_jobs_record(&job, 1, queue, mirror);

	if (error != NULL && !is_passing(error))
	{
		glue_job_keep_answer(job, error);
		error = glue_jobs_record(&job, 1, queue, mirror);
	}
	if (error != NULL && is_passing(error))
	{
		job->record_at = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
													 LOCKED_RETRY_MS);
		dlist_push_tail(&run->locked, &job->node);
		return;
	}
	if (error != NULL)
		ereport(LOG,
				(errcode(error->sqlerrcode),
				 errmsg("could not record what has become of request %lld: %s",
						(long long) job->request->id, error->message)));
	note_recorded(run, job);
}

/* Is an error due to others who are doing something at the moment? */
static bool
is_passing(const ErrorData *error)
{
	return error->sqlerrcode == ERRCODE_LOCK_NOT_AVAILABLE ||
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_TRANSACTION_ROLLBACK;
}

/* A job needs nothing more, once the transaction is committed. */
static void
note_recorded(QueueRun *run, GlueJob *job)
{
	/* nobody else tells us when to go on with an undo */
	if (job->request->undo != NULL)
	{
		run->undo_recorded = true;
		if (job->outcome.next_attempt_at != 0)
			run->look_at = Min(run->look_at, job->outcome.next_attempt_at);
	}
	dlist_push_tail(&run->recorded, &job->node);
}

/* Take leave of the jobs that were recorded: that is committed now. */
static void
release_recorded(QueueRun *run)
{
	while (!dlist_is_empty(&run->recorded))
		glue_job_release(dlist_container(GlueJob, node,
										 dlist_pop_head_node(&run->recorded)));
}

/*-------------------------------------------------------------------------
 *
 * job_claim.c
 *	  The table glue_request, for the processes that work the queue.
 *
 * A request is claimed in one transaction and its outcome is recorded in
 * another one (see job_ending.c); its calls are made in between, outside of
 * any transaction.
 *
 * Order.  Requests for one connection are carried out one after the other, in
 * the order of their IDs: a request is claimed only if no earlier one is open.
 * But a request that an earlier claimant may have sent comes first, even
 * before older ones that were retried by hand.
 *
 * Undos.  The table also holds the intents of calls that acted at once.  If
 * the transaction of a call was rolled back, the call must be undone.  An undo
 * is claimed like a request, but before all requests, because a call for the
 * same connection waits for it.
 *
 * The transaction that made the call may continue, if it was rolled back to a
 * savepoint.  Its other calls, which are not rolled back, do not block the
 * undo of a creation, because the transaction may be waiting for that undo.
 * But if the creation was never answered, such calls decide which one has
 * created the connection, and that is known only when they commit.  So this
 * undo waits for them, and the transaction does not wait for the undo.
 * Requests in the queue wait for such calls as well, so the undo does not wait
 * for those requests.
 *
 * A call that was answered, and needs no undo (any more), is only to be
 * recorded.  That waits for such a transaction, and for all undos of
 * creations, so that no connection is deleted after it was recorded.  So
 * nothing may wait for it.
 *
 * Cost.  While a request is open, its updates change no column that an index
 * has, so they stay in the page.  All indexes that are used here exclude
 * finished requests.
 *
 * IDENTIFICATION
 *	  src/store/job_claim.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/twophase.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/owner_spi.h"
#include "server/settings.h"
#include "store/jobs.h"
#include "store/request_row.h"
#include "store/sql_text.h"

/* Time after which a claim is suspicious. */
#define LEASE_SECONDS			"600"

/* Interval between two looks at calls whose transaction may still run. */
#define OPEN_LOOK_SECONDS		"30"

/*
 * Interval between two looks at prepared transactions, and at other claimants,
 * which may have died.
 */
#define OTHERS_LOOK_SECONDS		15

/* Longest delay of a request: see longest_put_off_ms(). */
#define LONGEST_TO_DO_MS		(2 * 60 * 60 * 1000)
#define LONGEST_TO_UNDO_MS		(15 * 60 * 1000)

/*
 * Is a queued request due?  The clock may have been set back since its time
 * was computed.  So a request is due if it was made in the future and was
 * never tried, or if its delay exceeds the longest possible one: see
 * longest_put_off_ms().
 */
#define IS_DUE(r, longest) \
	"(" r ".next_attempt_at" IS_AT_MOST NOW \
	" OR " IS_DUE_BEFORE_ITS_TIME(r, longest) ")"
#define IS_DUE_BEFORE_ITS_TIME(r, longest) \
	"(" r ".requested_at" IS_AFTER NOW " AND " r ".attempts" EQUALS "0" \
	" AND " r ".started_at IS NULL" \
	" OR " r ".next_attempt_at" IS_AFTER "(" NOW PLUS longest "))"
#define NEXT_ATTEMPT(r, longest) \
	"CASE WHEN " IS_DUE_BEFORE_ITS_TIME(r, longest) " THEN 'epoch'" \
	" ELSE " r ".next_attempt_at END"

/* Is a request a call with a known answer and without need for an undo? */
#define ONLY_RECORDS(r) \
	r ".caller_xid IS NOT NULL AND " r ".on_rollback IS NULL" \
	" AND " r ".answered_at IS NOT NULL"

/*
 * Are two requests about the same connection?  As long as an account is not
 * known, the server and the catalog that were named are compared.
 */
#define SAME_CONNECTION(a, b) \
	a ".connection_name" EQUALS b ".connection_name" \
	" AND " a ".home" EQUALS b ".home" \
	" AND " a ".region" EQUALS b ".region" \
	" AND CASE WHEN " GLUE_CATALOG(a) " IS NOT NULL" \
	" AND " GLUE_CATALOG(b) " IS NOT NULL" \
	" THEN " a ".endpoint" EQUALS b ".endpoint" \
	" AND " GLUE_CATALOG(a) EQUALS GLUE_CATALOG(b) \
	" ELSE " a ".server_oid" EQUALS b ".server_oid" \
	" AND " SAME(a ".catalog_id", b ".catalog_id") " END"

#define PARAMETERS \
	{INT8OID, INT4OID, OIDARRAYOID, OIDARRAYOID, TEXTARRAYOID, BYTEAARRAYOID, \
	INT8ARRAYOID, INT8OID, INT4OID}
#define NUM_PARAMETERS	9
#define COLUMNS \
	.columns = glue_request_columns, .ncolumns = GLUE_NUM_REQUEST_COLUMNS

/*
 * Find requests that can be claimed.  The parameters are the claimant, the
 * members of a GlueJobFilter (limit, blocked as four arrays, excluded and
 * only), and the longest delay of requests of the kind.
 *
 * CASE is true if another open request, e, blocks the request r.  on_rollback
 * is set for calls that may have created the connection.
 */
#define DUE(caller) \
	"SELECT r.id, r.attempts, r.operation, r.connection_name" \
	" FROM @glue_request r" \
	" WHERE r.finished_at IS NULL" \
	" AND r.home" EQUALS "@home" \
	" AND r.caller_xid " caller \
	" AND r.state" EQUALS "'queued'" \
	" AND " IS_DUE("r", MILLISECONDS("$9")) \
	" AND ($8 IS NULL OR r.id" EQUALS "$8)" \
	" AND NOT r.id" EQUALS "ANY ($7)" \
	" AND NOT EXISTS (SELECT FROM @glue_request e" \
	" WHERE e.finished_at IS NULL" \
	" AND " SAME_CONNECTION("e", "r") \
	" AND e.id" DIFFERS_FROM "r.id" \
	" AND e.state" DIFFERS_FROM "'held'" \
	" AND CASE" \
	" WHEN " ONLY_RECORDS("e") " AND e.state" EQUALS "'queued'" \
	" THEN false" \
	" WHEN r.on_rollback IS NOT NULL" \
	" AND e.caller_top_xid" EQUALS "r.caller_top_xid" \
	" AND e.claimed_by IS NULL" \
	" THEN CASE WHEN e.state" EQUALS "'running'" \
	" THEN r.answered_at IS NULL" \
	" ELSE e.on_rollback IS NOT NULL" \
	" AND e.id" IS_BEFORE "r.id END" \
	" WHEN r.on_rollback IS NOT NULL" \
	" AND e.state" EQUALS "'queued'" \
	" AND EXISTS (SELECT FROM @glue_request o" \
	" WHERE o.finished_at IS NULL" \
	" AND " SAME_CONNECTION("o", "r") \
	" AND o.caller_top_xid" EQUALS "r.caller_top_xid" \
	" AND o.state" EQUALS "'running'" \
	" AND o.claimed_by IS NULL" \
	" OFFSET 0) THEN false" \
	" WHEN e.caller_xid IS NULL AND r.caller_xid IS NULL" \
	" AND (e.claimed_by IS NULL)" DIFFERS_FROM \
	"(r.claimed_by IS NULL)" \
	" THEN e.claimed_by IS NOT NULL" \
	" ELSE e.id" IS_BEFORE "r.id" \
	" OR e.state" EQUALS "'running'" \
	" OR (" ONLY_RECORDS("r") \
	" AND e.on_rollback IS NOT NULL) END" \
	" OFFSET 0)" \
	" AND NOT EXISTS (SELECT FROM unnest($3, $4, $5, $6)" \
	" AS b (server, role, settings, fingerprint)" \
	" WHERE b.server" EQUALS "r.server_oid" \
	" AND b.role" EQUALS "r.requested_by" \
	" AND b.settings" EQUALS \
	"coalesce(r.caller_settings::pg_catalog.text, '{}')" \
	" AND b.fingerprint" EQUALS "r.target_fingerprint)" \
	" ORDER BY r.id LIMIT $2"

static GlueStatement find_due[] = {
	[GLUE_JOB_TO_DO] =
	{
		DUE("IS NULL"), PARAMETERS
	},
	[GLUE_JOB_TO_UNDO] =
	{
		DUE("IS NOT NULL"), PARAMETERS
	},
};

/* Claim the requests that were found. */
#define CLAIM(caller) \
	"WITH due AS (" DUE(caller) " FOR UPDATE SKIP LOCKED)" \
	" UPDATE @glue_request r SET state = 'running'," \
	" attempts = r.attempts" PLUS "1," \
	" started_at = coalesce(r.started_at, " NOW ")," \
	" lease_until = " NOW PLUS SECONDS(LEASE_SECONDS) "," \
	" claimed_by = $1" \
	" FROM due, @glue_request old WHERE r.id" EQUALS "due.id" \
	" AND r.home" EQUALS "@home" \
	" AND old.id" EQUALS "r.id" \
	" AND old.home" EQUALS "r.home" \
	" RETURNING " GLUE_READ_COLUMNS("old.claimed_by")

static GlueStatement claim[] = {
	[GLUE_JOB_TO_DO] =
	{
		CLAIM("IS NULL"), PARAMETERS, COLUMNS
	},
	[GLUE_JOB_TO_UNDO] =
	{
		CLAIM("IS NOT NULL"), PARAMETERS, COLUMNS
	},
};

/* Requests of our home, and those of another home that can be taken over. */
#define LOCK(condition) \
	"SELECT " GLUE_READ_COLUMNS("r.claimed_by") \
	" FROM @glue_request r WHERE r.finished_at IS NULL AND " condition \
	" AND ($1 IS NULL OR r.id" EQUALS "ANY ($1)) ORDER BY r.id FOR UPDATE"

static GlueStatement lock_queued = {
	LOCK("r.state" EQUALS "'queued' AND r.home" EQUALS "@home"),
	{INT8ARRAYOID}, COLUMNS
};

static GlueStatement lock_held = {
	LOCK("r.caller_xid IS NULL AND " GLUE_IS_HELD("r", "@home")),
	{INT8ARRAYOID}, COLUMNS
};

static GlueStatement acted_since = {
	"SELECT FROM @glue_request r, @glue_request e"
	" WHERE r.id" EQUALS "$1 AND r.home" EQUALS "@home"
	" AND " SAME_CONNECTION("e", "r")
	" AND e.finished_at" IS_AFTER "$2"
	" AND e.state" EQUALS "ANY ('{succeeded, rolled_back}') LIMIT 1",
	{INT8OID, TIMESTAMPTZOID}
};

/*
 * The time when the next request is due; the parameter is the longest delay.
 */
static GlueStatement next_due[] = {
	[GLUE_JOB_TO_DO] =
	{
		"SELECT pg_catalog.min(" NEXT_ATTEMPT("r", MILLISECONDS("$1")) ")"
		" FROM @glue_request r"
		" WHERE finished_at IS NULL AND caller_xid IS NULL"
		" AND home" EQUALS "@home"
		" AND state" EQUALS "'queued'",
		{INT4OID}
	},
	[GLUE_JOB_TO_UNDO] =
	{
		"SELECT pg_catalog.min(CASE WHEN state" EQUALS "'queued'"
		" THEN " NEXT_ATTEMPT("r", MILLISECONDS("$1"))
		" ELSE " NOW PLUS SECONDS(OPEN_LOOK_SECONDS) " END)"
		" FROM @glue_request r"
		" WHERE finished_at IS NULL AND caller_xid IS NOT NULL"
		" AND home" EQUALS "@home"
		" AND (state" EQUALS "'queued' OR (state"
		EQUALS "'running' AND claimed_by IS NULL))",
		{INT4OID}
	},
};

static GlueStatement find_prepared = {
	"SELECT WHERE CASE WHEN EXISTS (SELECT"
	" FROM pg_catalog.pg_prepared_xact() p"
	" WHERE p.dbid" EQUALS "$1)"
	" THEN EXISTS (SELECT"
	" FROM pg_catalog.pg_lock_status() l"
	" WHERE l.database" EQUALS "$1"
	" AND l.relation" EQUALS "$2"
	" AND l.pid IS NULL) ELSE false END",
	{OIDOID, OIDOID}
};

/* prototypes of private functions */
static void execute_filtered(GlueResult *result, const GlueJobQueue *queue,
							 GlueStatement *statement, GlueJobKind kind,
							 const GlueJobFilter *filter);
static List *lock_requests(const GlueJobQueue *queue, GlueStatement *statement,
						   Datum ids, bool any);
static int	longest_put_off_ms(GlueJobKind kind);
static void blocked_arrays(List *blocked, Datum arrays[4]);
static bool is_prepared(const GlueJobQueue *queue);

/*
 * Claim requests that are due, the oldest first.  glue_job_queue_sign_up() must
 * have been called.
 *
 * Returns a list of GlueRequest * in the current memory context.  Each request
 * has a memory context of its own, a child of parent.
 */
List *
glue_requests_claim(const GlueJobQueue *queue, GlueJobKind kind,
					const GlueJobFilter *filter, MemoryContext parent)
{
	GlueResult	row;
	List	   *requests;

	Assert(queue->claimant != 0);
	execute_filtered(&row, queue, &claim[kind], kind, filter);
	requests = glue_requests_read(&row, kind == GLUE_JOB_TO_UNDO, parent);
	glue_request_secrets_read(&queue->secrets, requests);
	return requests;
}

/*
 * Find requests that could be claimed.  Returns a list of GlueRequest * in the
 * current memory context, with few members set: a bad row cannot be read.
 */
List *
glue_requests_due(const GlueJobQueue *queue, GlueJobKind kind,
				  const GlueJobFilter *filter)
{
	GlueResult	row;
	List	   *due = NIL;

	execute_filtered(&row, queue, &find_due[kind], kind, filter);
	while (glue_result_next(&row))
	{
		GlueRequest *request = palloc0(sizeof(GlueRequest));

		request->id = glue_result_int64(&row, 1);
		request->attempts = glue_result_int32(&row, 2) + 1;
		request->operation = glue_result_text(&row, 3);
		request->name = glue_result_text(&row, 4);
		due = lappend(due, request);
	}
	return due;
}

/* Execute a statement with the parameters of DUE(). */
static void
execute_filtered(GlueResult *result, const GlueJobQueue *queue,
				 GlueStatement *statement, GlueJobKind kind,
				 const GlueJobFilter *filter)
{
	Datum		values[NUM_PARAMETERS];
	char		nulls[NUM_PARAMETERS];
	Datum	   *excluded = palloc(filter->nexcluded * sizeof(Datum));

	Assert(filter->limit > 0);
	values[0] = Int64GetDatum(queue->claimant);
	values[1] = Int32GetDatum(filter->limit);
	blocked_arrays(filter->blocked, &values[2]);
	for (int i = 0; i < filter->nexcluded; i++)
		excluded[i] = Int64GetDatum(filter->excluded[i]);
	values[6] = glue_array_parameter(excluded, NULL, filter->nexcluded, INT8OID);
	values[7] = Int64GetDatum(filter->only);
	values[8] = Int32GetDatum(longest_put_off_ms(kind));
	memset(nulls, ' ', sizeof(nulls));
	if (filter->only == 0)
		nulls[7] = 'n';
	glue_execute(result, statement, &queue->table, values, nulls);
}

/*
 * Read and lock a queued request of our home until the end of the transaction;
 * NULL if there is none.
 */
GlueRequest *
glue_queued_request_lock(const GlueJobQueue *queue, int64 id)
{
	Datum		value = Int64GetDatum(id);
	List	   *requests = lock_requests(queue, &lock_queued,
										 glue_array_parameter(&value, NULL, 1, INT8OID),
										 false);

	return requests == NIL ? NULL : linitial(requests);
}

/*
 * The same for requests of another home that can be taken over: those of the
 * array ids, or all.  The oldest come first, each in a memory context of its
 * own.
 */
List *
glue_held_requests_lock(const GlueJobQueue *queue, Datum ids, bool any)
{
	return lock_requests(queue, &lock_held, ids, any);
}

static List *
lock_requests(const GlueJobQueue *queue, GlueStatement *statement, Datum ids,
			  bool any)
{
	GlueResult	row;
	const char	nulls[] = {any ? 'n' : ' '};
	List	   *requests;

	glue_execute(&row, statement, &queue->table, &ids, nulls);
	requests = glue_requests_read(&row, false, CurrentMemoryContext);
	glue_request_secrets_read(&queue->secrets, requests);
	return requests;
}

/*
 * The longest delay of requests of a kind.  An undo is retried at least about
 * every ten minutes; or when the call is resolved.
 */
static int
longest_put_off_ms(GlueJobKind kind)
{
	return kind == GLUE_JOB_TO_DO ? LONGEST_TO_DO_MS :
		Min(LONGEST_TO_UNDO_MS + (int64) glue_setting_settle_time,
			PG_INT32_MAX);
}

/* Has another request acted on the connection of this one since a time? */
bool
glue_request_acted_since(const GlueJobQueue *queue, int64 id, TimestampTz since)
{
	Datum		values[] = {Int64GetDatum(id), TimestampTzGetDatum(since)};

	return glue_execute_alone(&acted_since, &queue->table, values, NULL) > 0;
}

/*
 * The time when the next request of a kind is due that is not running; 0 if
 * there is none.
 *
 * Calls whose transaction may still run are looked at now and then, because
 * news of its end can get lost.
 *
 * The search for prepared transactions comes first: if one commits meanwhile,
 * either the transaction is found, or its requests are.  The search for other
 * claimants comes last: requests that they claim meanwhile were found to be
 * due.
 */
TimestampTz
glue_requests_next_due(const GlueJobQueue *queue, GlueJobKind kind)
{
	Datum		values[] = {Int32GetDatum(longest_put_off_ms(kind))};
	bool		prepared = kind == GLUE_JOB_TO_DO && is_prepared(queue);
	GlueResult	row;
	TimestampTz due = 0;

	glue_execute(&row, &next_due[kind], &queue->table, values, NULL);
	while (glue_result_next(&row))
		due = glue_result_time(&row, 1);
	if (prepared || glue_job_queue_has_others(queue))
	{
		TimestampTz look_at =
			TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										OTHERS_LOOK_SECONDS * 1000);

		due = due == 0 ? look_at : Min(due, look_at);
	}
	return due;
}

/*
 * Is there a prepared transaction that may have changed the queue?  No news
 * announces its commit.
 */
static bool
is_prepared(const GlueJobQueue *queue)
{
	Datum		values[] = {
		ObjectIdGetDatum(MyDatabaseId), ObjectIdGetDatum(queue->table.oid)
	};

	return max_prepared_xacts > 0 &&
		glue_execute_alone(&find_prepared, &queue->table, values, NULL) > 0;
}

/*
 * The blocked targets as four arrays of the same length: servers, roles, settings
 * and fingerprints.
 */
static void
blocked_arrays(List *blocked, Datum arrays[4])
{
	int			n = list_length(blocked);
	Datum	   *servers = palloc(n * sizeof(Datum));
	Datum	   *roles = palloc(n * sizeof(Datum));
	Datum	   *settings = palloc(n * sizeof(Datum));
	Datum	   *fingerprints = palloc(n * sizeof(Datum));
	ListCell   *cell;
	int			i = 0;

	foreach(cell, blocked)
	{
		const GlueBlockedTarget *target = lfirst(cell);

		servers[i] = ObjectIdGetDatum(target->server_oid);
		roles[i] = ObjectIdGetDatum(target->role);
		settings[i] = CStringGetTextDatum(target->settings);
		fingerprints[i++] =
			PointerGetDatum(cstring_to_text_with_len((const char *) target->fingerprint,
													 GLUE_FINGERPRINT_LEN));
	}
	arrays[0] = glue_array_parameter(servers, NULL, n, OIDOID);
	arrays[1] = glue_array_parameter(roles, NULL, n, OIDOID);
	arrays[2] = glue_array_parameter(settings, NULL, n, TEXTOID);
	arrays[3] = glue_array_parameter(fingerprints, NULL, n, BYTEAOID);
}

/*-------------------------------------------------------------------------
 *
 * claims.c
 *	  The table glue_request, as those who work it see it.
 *
 * A request is claimed in one transaction and its outcome is recorded in
 * another (see claim_ending.c); what is done about it lies in between, where there
 * is none.
 *
 * Order.  Requests for one connection are carried out one after the other, in
 * the order of their ids: one is claimed only if there is none before it that
 * is open.  But one that may have been sent, by who had claimed it before, comes first,
 * whatever is repeated by hand that was asked for earlier.
 *
 * Undos.  The table has a journal of calls that acted at once, too.  What has
 * been rolled back is to be undone, which is claimed like a request, but before
 * all of those: who calls for the same connection waits for it.
 *
 * The transaction that made the call may go on meanwhile, if it was rolled back
 * to a savepoint.  Its own calls that are not rolled back do not keep the undo of
 * a creation waiting, for it may be waiting for that itself.  But if a creation
 * was never answered, and there are such calls, it cannot be told whose the
 * connection is before it is known which of them are committed.  So this undo
 * does wait, and the transaction does not wait for it.  What others have queued
 * waits for such calls as well, and so is not waited for by the undo.
 *
 * What was answered, and has nothing to be undone of (any more), is only to be
 * recorded.  That waits for such a transaction, and for all undos of creations,
 * so that what is recorded is not deleted behind its back.  So nothing may wait
 * for it.
 *
 * Cost.  While a request is open, its updates change no column that an index
 * has, so they stay in the page.  All indexes that are used here leave out
 * what is finished.
 *
 * IDENTIFICATION
 *	  src/store/claims.c
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
#include "store/claims.h"
#include "store/sql_text.h"

/* After which a claim is worth a look. */
#define LEASE_SECONDS			600

/* How often to look at calls whose transaction may not have ended. */
#define OPEN_LOOK_SECONDS		30

/*
 * How often to look for requests of transactions that are prepared, and of those
 * who carry some out, and may die.
 */
#define OTHERS_LOOK_SECONDS		15

/*
 * Has the time of a queued request come?  The clock may have been set back since
 * that was decided.  So what was asked for in the future, and was not tried yet,
 * is due; and so is what is put off for longer than anything ever is: see
 * longest_put_off().
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

/* Is a request a call of which all is known, and nothing to be undone? */
#define ONLY_RECORDS(r) \
	r ".caller_xid IS NOT NULL AND " r ".on_rollback IS NULL" \
	" AND " r ".answered_at IS NOT NULL"

/*
 * Are two requests about the same connection?  As long as it is not known whose
 * it is, that is told by what was named.
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

/* prototypes of private functions */
static uint64 execute_filtered(GlueImpersonation *saved,
							   const GlueClaims *queue, GlueKeptPlan *kept,
							   const char *text,
							   const GlueClaimFilter *filter);
static List *lock_requests(const GlueClaims *queue, bool held, Datum ids,
						   bool any);
static char *claim_text(const GlueClaims *queue, GlueClaimKind kind);
static char *due_text(const GlueClaims *queue, GlueClaimKind kind);
static const char *longest_put_off(GlueClaimKind kind);
static void blocked_arrays(List *blocked, Datum arrays[4]);
static bool is_prepared(const GlueClaims *queue);

/*
 * Claim requests whose time has come, the oldest first.  glue_claims_sign_up()
 * must have been called.
 *
 * Returns a list of GlueClaim * in the current memory context.  Each request is in
 * a context of its own, which is a child of parent.
 */
List *
glue_claims_take(const GlueClaims *queue, GlueClaimKind kind,
				 const GlueClaimFilter *filter, MemoryContext parent)
{
	static GlueKeptPlan kept[GLUE_CLAIM_TO_UNDO + 1];
	GlueImpersonation saved;
	MemoryContext context = CurrentMemoryContext;
	List	   *requests;
	uint64		count;

	count = execute_filtered(&saved, queue, &kept[kind],
							 claim_text(queue, kind), filter);
	MemoryContextSwitchTo(context);
	requests = glue_claims_read(count, kind == GLUE_CLAIM_TO_UNDO, parent);
	glue_execute_end(&saved);
	glue_claims_read_secrets(queue, requests);
	return requests;
}

/*
 * Find what could be claimed.  Returns a list of GlueDueRequest * in the current
 * memory context.
 */
List *
glue_claims_due(const GlueClaims *queue, GlueClaimKind kind,
				const GlueClaimFilter *filter)
{
	static GlueKeptPlan kept[GLUE_CLAIM_TO_UNDO + 1];
	GlueImpersonation saved;
	MemoryContext context = CurrentMemoryContext;
	List	   *due = NIL;
	uint64		count;

	count = execute_filtered(&saved, queue, &kept[kind],
							 due_text(queue, kind), filter);
	MemoryContextSwitchTo(context);
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);
		GlueDueRequest *request = palloc(sizeof(GlueDueRequest));
		bool		is_null;

		request->id = glue_result_int64(&row, 1);
		request->attempts =
			DatumGetInt32(glue_result_datum(&row, 2, &is_null));
		request->operation = glue_result_text(&row, 3);
		request->name = glue_result_text(&row, 4);
		due = lappend(due, request);
	}
	glue_execute_end(&saved);
	return due;
}

/* Execute a statement with the parameters of claim_text(). */
static uint64
execute_filtered(GlueImpersonation *saved, const GlueClaims *queue,
				 GlueKeptPlan *kept, const char *text,
				 const GlueClaimFilter *filter)
{
	static const Oid types[] = {
		INT8OID, INT4OID, OIDARRAYOID, OIDARRAYOID, TEXTARRAYOID,
		BYTEAARRAYOID, INT8ARRAYOID, INT8OID
	};
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types)];
	Datum	   *excluded = palloc(filter->nexcluded * sizeof(Datum));
	SPIPlanPtr	plan;

	plan = glue_kept_plan(kept, queue->owner, text, lengthof(types), types);
	values[0] = Int64GetDatum(queue->claimant);
	values[1] = Int32GetDatum(filter->limit);
	blocked_arrays(filter->blocked, &values[2]);
	for (int i = 0; i < filter->nexcluded; i++)
		excluded[i] = Int64GetDatum(filter->excluded[i]);
	values[6] = glue_array_parameter(excluded, NULL, filter->nexcluded, INT8OID);
	values[7] = Int64GetDatum(filter->only);
	memset(nulls, ' ', sizeof(nulls));
	if (filter->only == 0)
		nulls[7] = 'n';
	return glue_execute_as(saved, queue->owner, plan, values, nulls);
}

/*
 * Look at a request of ours that is queued, and keep others from changing it until
 * the end of the transaction; NULL if there is none.
 */
GlueClaim *
glue_queued_request_lock(const GlueClaims *queue, int64 id)
{
	Datum		value = Int64GetDatum(id);
	List	   *requests = lock_requests(queue, false,
										 glue_array_parameter(&value, NULL, 1, INT8OID),
										 false);

	return requests == NIL ? NULL : linitial(requests);
}

/*
 * Do the same with those of another home that can be taken over; unless any will
 * do, those of the array ids alone.  The oldest come first, each in a context of
 * its own.
 */
List *
glue_held_requests_lock(const GlueClaims *queue, Datum ids, bool any)
{
	return lock_requests(queue, true, ids, any);
}

static List *
lock_requests(const GlueClaims *queue, bool held, Datum ids, bool any)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept[2];
	static const Oid types[] = {INT8ARRAYOID};
	const char	nulls[] = {any ? 'n' : ' '};
	MemoryContext context = CurrentMemoryContext;
	SPIPlanPtr	plan;
	List	   *requests;
	uint64		count;

	plan = glue_kept_plan(&kept[held], queue->owner,
						  psprintf("SELECT " GLUE_CLAIM_COLUMNS("r.claimed_by")
								   " FROM %s r WHERE r.finished_at IS NULL"
								   " AND %s"
								   " AND ($1 IS NULL OR r.id" EQUALS "ANY ($1))"
								   " ORDER BY r.id FOR UPDATE",
								   queue->table,
								   held ?
								   psprintf("r.caller_xid IS NULL AND "
											GLUE_IS_HELD("r", "%s"), queue->own) :
								   psprintf("r.state" EQUALS "'queued'"
											" AND r.home" EQUALS "%s", queue->own)),
						  lengthof(types), types);
	count = glue_execute_as(&saved, queue->owner, plan, &ids, nulls);
	MemoryContextSwitchTo(context);
	requests = glue_claims_read(count, false, context);
	glue_execute_end(&saved);
	glue_claims_read_secrets(queue, requests);
	return requests;
}

/*
 * The statement that claims requests of a kind.  Its parameters are the claimant,
 * and what is in a GlueClaimFilter: limit, blocked (as four arrays), excluded and
 * only.
 */
static char *
claim_text(const GlueClaims *queue, GlueClaimKind kind)
{
	return psprintf("WITH due AS (%s FOR UPDATE SKIP LOCKED)"
					" UPDATE %s r SET state = 'running',"
					" attempts = r.attempts" PLUS "1,"
					" started_at = coalesce(r.started_at, " NOW "),"
					" lease_until = " NOW PLUS SECONDS("%d") ","
					" claimed_by = $1"
					" FROM due, %s old WHERE r.id" EQUALS "due.id"
					" AND r.home" EQUALS "%s"
					" AND old.id" EQUALS "r.id"
					" AND old.home" EQUALS "r.home"
					" RETURNING " GLUE_CLAIM_COLUMNS("old.claimed_by"),
					due_text(queue, kind), queue->table, LEASE_SECONDS,
					queue->table, queue->own);
}

/*
 * The statement that finds what can be claimed, with the same parameters.
 *
 * CASE says whether another open request, e, keeps one, r, waiting.  Those that
 * may have created the connection have something in on_rollback.
 */
static char *
due_text(const GlueClaims *queue, GlueClaimKind kind)
{
	return psprintf("SELECT r.id, r.attempts, r.operation, r.connection_name"
					" FROM %s r"
					" WHERE r.finished_at IS NULL"
					" AND r.home" EQUALS "%s"
					" AND r.caller_xid %s"
					" AND r.state" EQUALS "'queued'"
					" AND " IS_DUE("r", "%s")
					" AND ($8 IS NULL OR r.id" EQUALS "$8)"
					" AND NOT r.id" EQUALS "ANY ($7)"
					" AND NOT EXISTS (SELECT FROM %s e"
					" WHERE e.finished_at IS NULL"
					" AND " SAME_CONNECTION("e", "r")
					" AND e.id" DIFFERS_FROM "r.id"
					" AND e.state" DIFFERS_FROM "'held'"
					" AND CASE"
					" WHEN " ONLY_RECORDS("e") " AND e.state" EQUALS "'queued'"
					" THEN false"
					" WHEN r.on_rollback IS NOT NULL"
					" AND e.caller_top_xid" EQUALS "r.caller_top_xid"
					" AND e.claimed_by IS NULL"
					" THEN CASE WHEN e.state" EQUALS "'running'"
					" THEN r.answered_at IS NULL"
					" ELSE e.on_rollback IS NOT NULL"
					" AND e.id" IS_BEFORE "r.id END"
					" WHEN r.on_rollback IS NOT NULL"
					" AND e.state" EQUALS "'queued'"
					" AND EXISTS (SELECT FROM %s o"
					" WHERE o.finished_at IS NULL"
					" AND " SAME_CONNECTION("o", "r")
					" AND o.caller_top_xid" EQUALS "r.caller_top_xid"
					" AND o.state" EQUALS "'running'"
					" AND o.claimed_by IS NULL"
					" OFFSET 0) THEN false"
					" WHEN e.caller_xid IS NULL AND r.caller_xid IS NULL"
					" AND (e.claimed_by IS NULL)" DIFFERS_FROM
					"(r.claimed_by IS NULL)"
					" THEN e.claimed_by IS NOT NULL"
					" ELSE e.id" IS_BEFORE "r.id"
					" OR e.state" EQUALS "'running'"
					" OR (" ONLY_RECORDS("r")
					" AND e.on_rollback IS NOT NULL) END"
					" OFFSET 0)"
					" AND NOT EXISTS (SELECT FROM unnest($3, $4, $5, $6)"
					" AS b (server, role, settings, fingerprint)"
					" WHERE b.server" EQUALS "r.server_oid"
					" AND b.role" EQUALS "r.requested_by"
					" AND b.settings" EQUALS
					"coalesce(r.caller_settings::pg_catalog.text, '{}')"
					" AND b.fingerprint" EQUALS "r.target_fingerprint)"
					" ORDER BY r.id LIMIT $2",
					queue->table, queue->own,
					kind == GLUE_CLAIM_TO_UNDO ? "IS NOT NULL" : "IS NULL",
					longest_put_off(kind), queue->table, queue->table);
}

/*
 * For how long requests of a kind are put off at most.  An undo is tried every ten
 * minutes or so; or when it is settled.
 */
static const char *
longest_put_off(GlueClaimKind kind)
{
	return kind == GLUE_CLAIM_TO_DO ? "interval '2 h'" :
		psprintf("interval '15 min'" PLUS MILLISECONDS("%d"),
				 glue_setting_settle_time);
}

/*
 * Has anybody else acted on the connection of a request since a moment?
 */
bool
glue_claims_acted_since(const GlueClaims *queue, int64 id, TimestampTz since)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[] = {Int64GetDatum(id), TimestampTzGetDatum(since)};
	SPIPlanPtr	plan;
	bool		acted;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("SELECT FROM %s r, %s e"
								   " WHERE r.id" EQUALS "$1 AND r.home" EQUALS "%s"
								   " AND " SAME_CONNECTION("e", "r")
								   " AND e.finished_at" IS_AFTER "$2"
								   " AND e.state" EQUALS
								   "ANY ('{succeeded, rolled_back}') LIMIT 1",
								   queue->table, queue->table, queue->own),
						  lengthof(types), types);
	acted = glue_execute_as(&saved, queue->owner, plan, values, NULL) > 0;
	glue_execute_end(&saved);
	return acted;
}

/*
 * When the next request of a kind is due, of those that are not running; 0 if
 * there is none.
 *
 * Calls whose transaction may not have ended are worth a look now and then:
 * news of their end can get lost.
 *
 * Prepared transactions are looked for first: one that commits meanwhile is
 * either found then, or has its requests seen.  Other claimants are looked for
 * last: what they claim meanwhile was seen to be due.
 */
TimestampTz
glue_claims_next_due(const GlueClaims *queue, GlueClaimKind kind)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept[GLUE_CLAIM_TO_UNDO + 1];
	bool		prepared = kind == GLUE_CLAIM_TO_DO && is_prepared(queue);
	SPIPlanPtr	plan;
	GlueResultRow row;
	TimestampTz due;
	char	   *text;

	if (kind == GLUE_CLAIM_TO_DO)
		text = psprintf("SELECT pg_catalog.min(" NEXT_ATTEMPT("r", "%s") ")"
						" FROM %s r"
						" WHERE finished_at IS NULL AND caller_xid IS NULL"
						" AND home" EQUALS "%s"
						" AND state" EQUALS "'queued'",
						longest_put_off(kind), queue->table, queue->own);
	else
		text = psprintf("SELECT pg_catalog.min(CASE WHEN state" EQUALS "'queued'"
						" THEN " NEXT_ATTEMPT("r", "%s")
						" ELSE " NOW PLUS SECONDS("%d") " END) FROM %s r"
						" WHERE finished_at IS NULL AND caller_xid IS NOT NULL"
						" AND home" EQUALS "%s"
						" AND (state" EQUALS "'queued' OR (state"
						EQUALS "'running' AND claimed_by IS NULL))",
						longest_put_off(kind), OPEN_LOOK_SECONDS, queue->table,
						queue->own);
	plan = glue_kept_plan(&kept[kind], queue->owner, text, 0, NULL);
	glue_execute_as(&saved, queue->owner, plan, NULL, NULL);
	row = glue_result_row(0);
	due = glue_result_time(&row, 1);
	glue_execute_end(&saved);
	if (prepared || glue_claims_have_others(queue))
	{
		TimestampTz look_at =
			TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
										OTHERS_LOOK_SECONDS * 1000);

		due = due == 0 ? look_at : Min(due, look_at);
	}
	return due;
}

/*
 * Is there a prepared transaction that may have changed the queue?  Nobody is
 * told when it commits.
 */
static bool
is_prepared(const GlueClaims *queue)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {OIDOID, OIDOID};
	Datum		values[] = {
		ObjectIdGetDatum(MyDatabaseId), ObjectIdGetDatum(queue->oid)
	};
	SPIPlanPtr	plan;
	GlueResultRow row;
	bool		prepared;

	if (max_prepared_xacts == 0)
		return false;
	plan = glue_kept_plan(&kept, queue->owner,
						  "SELECT CASE WHEN EXISTS (SELECT"
						  " FROM pg_catalog.pg_prepared_xact() p"
						  " WHERE p.dbid" EQUALS "$1)"
						  " THEN EXISTS (SELECT"
						  " FROM pg_catalog.pg_lock_status() l"
						  " WHERE l.database" EQUALS "$1"
						  " AND l.relation" EQUALS "$2"
						  " AND l.pid IS NULL) ELSE false END",
						  lengthof(types), types);
	glue_execute_as(&saved, queue->owner, plan, values, NULL);
	row = glue_result_row(0);
	prepared = glue_result_bool(&row, 1);
	glue_execute_end(&saved);
	return prepared;
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

/*-------------------------------------------------------------------------
 *
 * claims.c
 *	  The table glue_request, as those who work it see it.
 *
 * A request is claimed in one transaction and its outcome is recorded in
 * another; what is done about it lies in between, where there is none.
 *
 * Order.  Requests for one connection are carried out one after the other, in
 * the order of their ids: one is claimed only if there is none before it that
 * is open.
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
#include "server/encoding.h"
#include "server/home.h"
#include "server/jsonb_tree.h"
#include "server/owner_spi.h"
#include "server/result_row.h"
#include "server/xact_status.h"
#include "store/claims.h"
#include "store/sql_text.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

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
 * is due; and so is what is put off for longer than anything ever is.
 */
#define LONGEST_PUT_OFF		"interval '2 h'"
#define IS_DUE(r) \
	"(" r ".next_attempt_at" IS_AT_MOST NOW \
	" OR " IS_DUE_BEFORE_ITS_TIME(r) ")"
#define IS_DUE_BEFORE_ITS_TIME(r) \
	"(" r ".requested_at" IS_AFTER NOW " AND " r ".attempts" EQUALS "0" \
	" AND " r ".started_at IS NULL" \
	" OR " r ".next_attempt_at" IS_AFTER "(" NOW PLUS LONGEST_PUT_OFF "))"
#define NEXT_ATTEMPT(r) \
	"CASE WHEN " IS_DUE_BEFORE_ITS_TIME(r) " THEN 'epoch'" \
	" ELSE " r ".next_attempt_at END"

/* Is a request a call of which all is known, and nothing to be undone? */
#define ONLY_RECORDS(r) \
	r ".caller_xid IS NOT NULL AND " r ".on_rollback IS NULL" \
	" AND " r ".answered_at IS NOT NULL"

/* Are two requests about the same connection? */
#define SAME_CONNECTION(a, b) \
	a ".connection_name" EQUALS b ".connection_name" \
	" AND " a ".home" EQUALS b ".home" \
	" AND " a ".region" EQUALS b ".region" \
	" AND " a ".server_oid" EQUALS b ".server_oid" \
	" AND " SAME(a ".catalog_id", b ".catalog_id")

/* The columns that a claim returns, in their order. */
typedef enum ClaimColumn
{
	CLAIM_ID = 1,
	CLAIM_OPERATION,
	CLAIM_NAME,
	CLAIM_SERVER,
	CLAIM_REGION,
	CLAIM_CATALOG_ID,
	CLAIM_INPUT,
	CLAIM_TAGS,
	CLAIM_ON_CONFLICT,
	CLAIM_STATUS,
	CLAIM_ATTEMPTS,
	CLAIM_UNCERTAIN,
	CLAIM_ROLE,
	CLAIM_REQUESTED_AT,
	CLAIM_STARTED_AT,
	CLAIM_ON_MISSING,
	CLAIM_FOR_ROW,
	CLAIM_CALLER_SETTINGS,
	CLAIM_ON_ROLLBACK,
	CLAIM_ANSWERED_AT,
	CLAIM_CALLER_XID,
	CLAIM_UNDONE_AT,
	CLAIM_ERROR_CODE,
	CLAIM_ERROR_MESSAGE,
	CLAIM_CLUSTER,
	CLAIM_SERVER_OID,
	CLAIM_SERVER_OWNER,
	CLAIM_FINGERPRINT,
	CLAIM_HOME,
	CLAIM_HAS_SECRETS,
	CLAIM_ANSWER
} ClaimColumn;

/* The same of the row r.  claimed_by is who has had it before. */
#define CLAIM_COLUMNS(claimed_by) \
	"r.id, r.operation, r.connection_name, r.server::pg_catalog.text," \
	" r.region, r.catalog_id, r.input, r.tags," \
	" r.on_conflict, r.status, r.attempts, " \
	claimed_by " IS NOT NULL, r.requested_by::pg_catalog.oid," \
	" r.requested_at, r.started_at, r.on_missing, r.for_row," \
	" r.caller_settings, r.on_rollback, r.answered_at, r.caller_xid," \
	" r.undone_at, r.error_code, r.error_message, r.cluster, r.server_oid," \
	" r.server_owner, r.target_fingerprint, r.home, r.has_secrets," \
	" r.answer"

/* prototypes of private functions */
static uint64 execute_filtered(GlueImpersonation *saved,
							   const GlueClaims *queue, GlueKeptPlan *kept,
							   const char *text,
							   const GlueClaimFilter *filter);
static char *claim_text(const GlueClaims *queue, GlueClaimKind kind);
static char *due_text(const GlueClaims *queue, GlueClaimKind kind);
static List *read_requests(uint64 count, bool undo, MemoryContext parent);
static void read_secrets(const GlueClaims *queue, List *requests);
static void read_sealed(const GlueClaims *queue, GlueClaim *request);
static GlueClaim *read_request(const GlueResultRow *row);
static void read_identity(GlueRequest *request, const GlueResultRow *row);
static const char *answer_text(const GlueClaim *request, const char *member);
static GlueUndo *read_undo(const GlueClaim *request,
						   const GlueResultRow *row);
static void blocked_arrays(List *blocked, Datum arrays[4]);
static void set_text(Datum *values, bool *nulls, int at, const char *utf8);
static Datum ended_column(const GlueEndedClaim *ended, int nended,
						  int column);
static void erase_secrets(const GlueClaims *queue,
						  const GlueEndedClaim *ended, int nended);
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
	requests = read_requests(count, kind == GLUE_CLAIM_TO_UNDO, parent);
	glue_execute_end(&saved);
	read_secrets(queue, requests);
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
	SPIPlanPtr	plan;

	plan = glue_kept_plan(kept, queue->owner, text, lengthof(types), types);
	values[0] = Int64GetDatum(queue->claimant);
	values[1] = Int32GetDatum(filter->limit);
	blocked_arrays(filter->blocked, &values[2]);
	values[6] = filter->excluded;
	values[7] = Int64GetDatum(filter->only);
	memset(nulls, ' ', sizeof(nulls));
	if (filter->only == 0)
		nulls[7] = 'n';
	return glue_execute_as(saved, queue->owner, plan, values, nulls);
}

/*
 * Put off a request that cannot be claimed, and say why; unless it is a call that
 * acted at once, whose row says something else.
 */
void
glue_claims_put_off(const GlueClaims *queue, int64 id, TimestampTz until,
					const char *code, const char *message)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		Int64GetDatum(id), TimestampTzGetDatum(until),
		CStringGetTextDatum(glue_server_from_utf8(code)),
		CStringGetTextDatum(glue_server_from_utf8(message))
	};
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("UPDATE %s SET next_attempt_at = $2,"
								   " attempts = attempts" PLUS "1,"
								   " error_code = CASE WHEN caller_xid IS NULL"
								   " THEN $3 ELSE error_code END,"
								   " error_message = CASE WHEN caller_xid IS NULL"
								   " THEN $4 ELSE error_message END"
								   " WHERE id" EQUALS "$1 AND home" EQUALS "%s"
								   " AND state" EQUALS "'queued'",
								   queue->table, queue->own),
						  lengthof(types), types);
	glue_execute_as(&saved, queue->owner, plan, values, NULL);
	glue_execute_end(&saved);
}

/*
 * Look at open requests, and keep others from changing them until the end of the
 * transaction: at those of another home that can be taken over, or at ours that
 * are queued; unless any will do, at those of the array ids alone.  The oldest come first, each in a context of its own.
 */
List *
glue_requests_lock(const GlueClaims *queue, bool held, Datum ids, bool any)
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
						  psprintf("SELECT " CLAIM_COLUMNS("r.claimed_by")
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
	requests = read_requests(count, false, context);
	glue_execute_end(&saved);
	read_secrets(queue, requests);
	return requests;
}

/*
 * Read the requests that a statement has returned, as a list in the current
 * memory context.  Each is in a context of its own, which is a child of parent.
 */
static List *
read_requests(uint64 count, bool undo, MemoryContext parent)
{
	List	   *requests = NIL;

	for (uint64 i = 0; i < count; i++)
	{
		MemoryContext own = AllocSetContextCreate(parent, "glue_conn request",
												  ALLOCSET_START_SMALL_SIZES);
		MemoryContext old_context = MemoryContextSwitchTo(own);
		GlueResultRow row = glue_result_row(i);
		GlueClaim  *request = read_request(&row);

		request->context = own;
		if (undo && request->answer != NULL)
		{
			request->error_code = answer_text(request, "error_code");
			request->error_message = answer_text(request, "error_message");
		}
		if (undo)
			request->undo = read_undo(request, &row);
		MemoryContextSwitchTo(old_context);
		requests = lappend(requests, request);
	}
	return requests;
}

/*
 * Read the sealed secrets of requests that nobody else can change any more.
 *
 * The statement that has locked them may not do that.  It sees a request as
 * somebody has changed it meanwhile, but of other tables what there was when it
 * began; and secrets that are those of an older version do not open.
 */
static void
read_secrets(const GlueClaims *queue, List *requests)
{
	ListCell   *cell;

	foreach(cell, requests)
	{
		GlueClaim  *request = lfirst(cell);

		if (request->what.has_secrets && request->undo == NULL)
			read_sealed(queue, request);
	}
}

/* The same of one of them. */
static void
read_sealed(const GlueClaims *queue, GlueClaim *request)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, INT8OID};
	Datum		values[] = {
		Int64GetDatum(request->id), Int64GetDatum(request->what.home)
	};
	GlueImpersonation saved;
	SPIPlanPtr	plan;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("SELECT sealed, role FROM %s WHERE request"
								   EQUALS "$1 AND home" EQUALS "$2",
								   queue->secrets.table),
						  lengthof(types), types);
	if (glue_execute_as(&saved, queue->owner, plan, values, NULL) > 0)
	{
		GlueResultRow row = glue_result_row(0);
		MemoryContext spi_context = MemoryContextSwitchTo(request->context);
		bool		is_null;

		request->sealed =
			DatumGetByteaPCopy(glue_result_datum(&row, 1, &is_null));
		request->sealed_for =
			DatumGetObjectId(glue_result_datum(&row, 2, &is_null));
		MemoryContextSwitchTo(spi_context);
	}
	glue_execute_end(&saved);
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
					" RETURNING " CLAIM_COLUMNS("old.claimed_by"),
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
	return psprintf("SELECT r.id, r.attempts FROM %s r"
					" WHERE r.finished_at IS NULL"
					" AND r.home" EQUALS "%s"
					" AND r.caller_xid %s"
					" AND r.state" EQUALS "'queued'"
					" AND " IS_DUE("r")
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
					queue->table, queue->table);
}

/*
 * Record how attempts have ended, and which of the requests were still ours.
 *
 * As long as a request is open, it has the name that its server had when it was
 * made, under which its connection may be recorded.
 *
 * The sealed secrets of a request that has ended are erased.  What is undone, but
 * has not ended, is only to be recorded.
 */
void
glue_claims_record(const GlueClaims *queue, GlueEndedClaim *ended, int nended)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {
		INT8OID, INT8ARRAYOID, INT4ARRAYOID, TEXTARRAYOID,
		TIMESTAMPTZARRAYOID, INT4ARRAYOID, TEXTARRAYOID, TEXTARRAYOID,
		TEXTARRAYOID, TEXTARRAYOID, BOOLARRAYOID, BOOLARRAYOID, JSONBARRAYOID
	};
	Datum		values[lengthof(types)];
	SPIPlanPtr	plan;
	uint64		count;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("UPDATE %s r SET state = o.state,"
								   " next_attempt_at = coalesce(o.next_attempt_at, r.next_attempt_at),"
								   " finished_at = CASE WHEN o.state" DIFFERS_FROM "'queued'"
								   " THEN " NOW " END,"
								   " server = CASE WHEN o.state" DIFFERS_FROM "'queued'"
								   " THEN coalesce((SELECT f.srvname"
								   " FROM pg_catalog.pg_foreign_server f"
								   " WHERE f.oid" EQUALS "r.server_oid"
								   " AND r.cluster" EQUALS "bigint '" INT64_FORMAT "'),"
								   " r.server) ELSE r.server END,"
								   " attempts = r.attempts" MINUS "o.free,"
								   " lease_until = NULL,"
								   " claimed_by = CASE WHEN o.uncertain THEN r.claimed_by END,"
								   " status = coalesce(o.status, r.status),"
								   " error_code = o.error_code,"
								   " error_message = o.error_message,"
								   " aws_request_id = coalesce(o.aws_request_id, r.aws_request_id),"
								   " on_rollback = CASE WHEN NOT o.undone THEN r.on_rollback END,"
								   " answered_at = CASE WHEN o.undone"
								   " THEN coalesce(r.answered_at, " NOW ")"
								   " ELSE r.answered_at END,"
								   " undone_at = CASE WHEN o.undone THEN " NOW
								   " ELSE r.undone_at END,"
								   " answer = o.answer"
								   " FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
								   " AS o (id, attempts, state, next_attempt_at, free, status,"
								   " error_code, error_message, aws_request_id, uncertain, undone, answer)"
								   " WHERE r.id" EQUALS "o.id"
								   " AND r.home" EQUALS "%s"
								   " AND r.claimed_by" EQUALS "$1"
								   " AND r.attempts" EQUALS "o.attempts"
								   " AND r.state" EQUALS "'running'"
								   " RETURNING r.id",
								   queue->table, glue_cluster(), queue->own),
						  lengthof(types), types);
	values[0] = Int64GetDatum(queue->claimant);
	for (int column = 1; column < lengthof(types); column++)
		values[column] = ended_column(ended, nended, column);
	count = glue_execute_as(&saved, queue->owner, plan, values, NULL);
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);
		int64		id = glue_result_int64(&row, 1);

		for (int j = 0; j < nended; j++)
			ended[j].recorded |= ended[j].request->id == id;
	}
	glue_execute_end(&saved);
	erase_secrets(queue, ended, nended);
}

/* Erase the sealed secrets of requests that have ended for good. */
static void
erase_secrets(const GlueClaims *queue, const GlueEndedClaim *ended,
			  int nended)
{
	int64	   *ids = palloc(nended * sizeof(int64));
	int			nids = 0;

	for (int i = 0; i < nended; i++)
	{
		if (ended[i].recorded && ended[i].request->sealed != NULL &&
			strcmp(ended[i].outcome->state, "queued") != 0)
			ids[nids++] = ended[i].request->id;
	}
	if (nids > 0)
		glue_request_secrets_erase(&queue->secrets, ids, nids);
}

/* One parameter of that statement, which has a value for each request. */
static Datum
ended_column(const GlueEndedClaim *ended, int nended, int column)
{
	Datum	   *values = palloc(nended * sizeof(Datum));
	bool	   *nulls = palloc0(nended * sizeof(bool));

	for (int i = 0; i < nended; i++)
	{
		const GlueClaim *request = ended[i].request;
		const GlueClaimOutcome *outcome = ended[i].outcome;

		switch (column)
		{
			case 1:
				values[i] = Int64GetDatum(request->id);
				break;
			case 2:
				values[i] = Int32GetDatum(request->attempts);
				break;
			case 3:
				set_text(values, nulls, i, outcome->state);
				break;
			case 4:
				values[i] = TimestampTzGetDatum(outcome->next_attempt_at);
				nulls[i] = outcome->next_attempt_at == 0;
				break;
			case 5:
				values[i] = Int32GetDatum(outcome->free_attempt ? 1 : 0);
				break;
			case 6:
				set_text(values, nulls, i, outcome->status);
				break;
			case 7:
				set_text(values, nulls, i, outcome->error_code);
				break;
			case 8:
				set_text(values, nulls, i, outcome->error_message);
				break;
			case 9:
				set_text(values, nulls, i, outcome->aws_request_id);
				break;
			case 10:
				values[i] = BoolGetDatum(outcome->uncertain);
				break;
			case 11:
				values[i] = BoolGetDatum(outcome->undone);
				break;
			case 12:
				nulls[i] = outcome->answer == NULL;
				if (!nulls[i])
					values[i] = JsonbPGetDatum(glue_jsonb_from_tree(outcome->answer));
				break;
		}
	}
	switch (column)
	{
		case 1:
			return glue_array_parameter(values, nulls, nended, INT8OID);
		case 2:
		case 5:
			return glue_array_parameter(values, nulls, nended, INT4OID);
		case 4:
			return glue_array_parameter(values, nulls, nended, TIMESTAMPTZOID);
		case 10:
		case 11:
			return glue_array_parameter(values, nulls, nended, BOOLOID);
		case 12:
			return glue_array_parameter(values, nulls, nended, JSONBOID);
		default:
			return glue_array_parameter(values, nulls, nended, TEXTOID);
	}
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
		text = psprintf("SELECT pg_catalog.min(" NEXT_ATTEMPT("r") ")"
						" FROM %s r"
						" WHERE finished_at IS NULL AND caller_xid IS NULL"
						" AND home" EQUALS "%s"
						" AND state" EQUALS "'queued'", queue->table,
						queue->own);
	else
		text = psprintf("SELECT pg_catalog.min(CASE WHEN state" EQUALS "'queued'"
						" THEN " NEXT_ATTEMPT("r")
						" ELSE " NOW PLUS SECONDS("%d") " END) FROM %s r"
						" WHERE finished_at IS NULL AND caller_xid IS NOT NULL"
						" AND home" EQUALS "%s"
						" AND (state" EQUALS "'queued' OR (state"
						EQUALS "'running' AND claimed_by IS NULL))",
						OPEN_LOOK_SECONDS, queue->table, queue->own);
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
 * Delete requests that ended before a moment, at most limit, wherever they come
 * from; returns how many were deleted.
 *
 * As long as something may have to be undone about a connection, what others
 * have done about it is evidence.
 */
uint64
glue_claims_purge(const GlueClaims *queue, TimestampTz finished_before,
				  int limit)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	static const Oid types[] = {TIMESTAMPTZOID, INT4OID};
	Datum		values[] = {
		TimestampTzGetDatum(finished_before), Int32GetDatum(limit)
	};
	SPIPlanPtr	plan;
	uint64		count;

	plan = glue_kept_plan(&kept, queue->owner,
						  psprintf("DELETE FROM %s WHERE ctid" EQUALS "ANY (ARRAY("
								   "SELECT r.ctid FROM %s r WHERE r.finished_at" IS_BEFORE "$1"
								   " AND NOT EXISTS (SELECT FROM %s e"
								   " WHERE e.finished_at IS NULL"
								   " AND e.connection_name" EQUALS "r.connection_name"
								   " AND e.home" EQUALS "r.home"
								   " AND e.caller_xid IS NOT NULL)"
								   " ORDER BY r.finished_at LIMIT $2"
								   " FOR UPDATE OF r SKIP LOCKED))",
								   queue->table, queue->table, queue->table),
						  lengthof(types), types);
	count = glue_execute_as(&saved, queue->owner, plan, values, NULL);
	glue_execute_end(&saved);
	return count;
}

/* ----------------------------------------------------------------
 * Rows
 * ----------------------------------------------------------------
 */

static GlueClaim *
read_request(const GlueResultRow *row)
{
	GlueClaim  *request = palloc0(sizeof(GlueClaim));
	Datum		settings;
	bool		is_null;

	request->id = glue_result_int64(row, CLAIM_ID);
	request->what.operation = glue_result_text(row, CLAIM_OPERATION);
	request->what.name = glue_result_text(row, CLAIM_NAME);
	request->what.server = glue_result_text(row, CLAIM_SERVER);
	request->what.region = glue_result_text(row, CLAIM_REGION);
	request->what.catalog_id = glue_result_text(row, CLAIM_CATALOG_ID);
	request->what.input = glue_result_tree(row, CLAIM_INPUT);
	request->what.tags = glue_result_tree(row, CLAIM_TAGS);
	request->what.on_conflict = glue_result_text(row, CLAIM_ON_CONFLICT);
	request->what.on_missing = glue_result_text(row, CLAIM_ON_MISSING);
	request->what.for_row = glue_result_bool(row, CLAIM_FOR_ROW);
	request->what.has_secrets = glue_result_bool(row, CLAIM_HAS_SECRETS);
	read_identity(&request->what, row);
	request->status = glue_result_text(row, CLAIM_STATUS);
	request->attempts = DatumGetInt32(glue_result_datum(row, CLAIM_ATTEMPTS, &is_null));
	request->uncertain = glue_result_bool(row, CLAIM_UNCERTAIN);
	request->settings_text = "{}";
	settings = glue_result_datum(row, CLAIM_CALLER_SETTINGS, &is_null);
	if (!is_null)
	{
		request->settings = DatumGetJsonbPCopy(settings);
		request->settings_text = JsonbToCString(NULL, &request->settings->root,
												VARSIZE(request->settings));
	}
	request->requested_at = glue_result_time(row, CLAIM_REQUESTED_AT);
	request->started_at = glue_result_time(row, CLAIM_STARTED_AT);
	request->error_code = glue_result_text(row, CLAIM_ERROR_CODE);
	request->error_message = glue_result_text(row, CLAIM_ERROR_MESSAGE);
	request->answer = glue_result_tree(row, CLAIM_ANSWER);
	return request;
}

/* Whose a request is, and where it goes. */
static void
read_identity(GlueRequest *request, const GlueResultRow *row)
{
	bool		is_null;
	Datum		owner;
	bytea	   *fingerprint;

	request->home = glue_result_int64(row, CLAIM_HOME);
	request->role =
		DatumGetObjectId(glue_result_datum(row, CLAIM_ROLE, &is_null));
	request->cluster = glue_result_int64(row, CLAIM_CLUSTER);
	request->server_oid =
		DatumGetObjectId(glue_result_datum(row, CLAIM_SERVER_OID, &is_null));
	owner = glue_result_datum(row, CLAIM_SERVER_OWNER, &is_null);
	request->server_owner = is_null ? InvalidOid : DatumGetObjectId(owner);
	fingerprint =
		DatumGetByteaPP(glue_result_datum(row, CLAIM_FINGERPRINT, &is_null));
	memcpy(request->fingerprint, VARDATA_ANY(fingerprint),
		   Min(VARSIZE_ANY_EXHDR(fingerprint), GLUE_FINGERPRINT_LEN));
}

/* How an undo will end that could not be recorded: see queue/answer.c. */
static const char *
answer_text(const GlueClaim *request, const char *member)
{
	json_object *text = json_object_object_get(request->answer, member);

	return text != NULL ? json_object_get_string(text) : NULL;
}

/*
 * What an undo needs beside that.  on_rollback is said of calls that may have
 * created the connection, and of no others.
 */
static GlueUndo *
read_undo(const GlueClaim *request, const GlueResultRow *row)
{
	GlueUndo   *undo = palloc0(sizeof(GlueUndo));
	const char *on_rollback = glue_result_text(row, CLAIM_ON_ROLLBACK);

	undo->may_have_made = on_rollback != NULL;
	undo->undone = glue_result_time(row, CLAIM_UNDONE_AT) != 0;
	undo->keep = undo->undone ?
		request->error_code != NULL &&
		strcmp(request->error_code, "Kept") == 0 :
		undo->may_have_made && strcmp(on_rollback, "keep") == 0;
	undo->answered_at = glue_result_time(row, CLAIM_ANSWERED_AT);
	undo->committed =
		glue_caller_status((uint64) glue_result_int64(row, CLAIM_CALLER_XID)) ==
		GLUE_CALLER_COMMITTED;
	return undo;
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

static void
set_text(Datum *values, bool *nulls, int at, const char *utf8)
{
	if (utf8 == NULL)
		nulls[at] = true;
	else
		values[at] = CStringGetTextDatum(glue_server_from_utf8(utf8));
}

/*-------------------------------------------------------------------------
 *
 * request_home.c
 *	  Requests that come from elsewhere, and where requests belong.
 *
 * What was asked for in another database is held: it is shown so, and neither
 * sent nor undone, until somebody says what is to become of it.
 *
 *	- take it over: it is ours from then on.  It gets our home, and another ID if
 *	  its own means, or would come to mean, another request here
 *	- drop it
 *
 * Calls that acted at once can only be dropped.  They belong to a transaction,
 * by an ID that is another transaction's here.
 *
 * A request belongs to one target as well.  If that has become another one, the
 * request can be redirected, by those who are entitled to.
 *
 * The secrets of a request are sealed for just this request, so in all of these
 * cases they are opened as those of the old one and sealed as those of the new.
 *
 * IDENTIFICATION
 *	  src/store/request_home.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/credential_failure.h"
#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/owner_spi.h"
#include "store/request_home.h"
#include "store/request_row.h"
#include "store/sealed_input.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"

/* prototypes of private functions */
static uint64 execute(const GlueClaims *queue, GlueKeptPlan *kept,
					  const char *text, int nparameters, const Oid *types,
					  Datum *values, const char *nulls);
static void reseal(const GlueClaims *queue, const GlueClaim *request,
				   int64 id, const GlueRequest *as);
static char *copy_text(const GlueClaims *queue);

/*
 * Show what comes from elsewhere as held.
 */
void
glue_claims_hold(const GlueClaims *queue)
{
	static GlueKeptPlan kept;
	char	   *begin = psprintf("SELECT ctid FROM (SELECT ctid FROM %s"
								 " WHERE finished_at IS NULL"
								 " AND state" DIFFERS_FROM "'held'"
								 " AND caller_xid", queue->table);
	char	   *end = psprintf("%s FOR UPDATE SKIP LOCKED) AS t", queue->own);
	uint64		held;

	/*
	 * Each of these has an index, which is as small as the work is.  What
	 * somebody else is about to change is shown as held the next time.
	 */
	held = execute(queue, &kept,
				   psprintf("UPDATE %s SET state = 'held', lease_until = NULL"
							" WHERE ctid" EQUALS "ANY (ARRAY("
							"%s IS NULL AND home" IS_BEFORE "%s"
							" UNION ALL %s IS NULL AND home" IS_AFTER "%s"
							" UNION ALL %s IS NOT NULL AND home" IS_BEFORE "%s"
							" UNION ALL %s IS NOT NULL AND home" IS_AFTER "%s))",
							queue->table, begin, end, begin, end, begin, end,
							begin, end),
				   0, NULL, NULL, NULL);
	if (held > 0)
		ereport(LOG,
				(errmsg("%llu requests to AWS Glue are held in database \"%s\"",
						(unsigned long long) held,
						get_database_name(MyDatabaseId)),
				 errdetail("They were made in another database, of which this one is a copy, or before this server was restored to a point in time."),
				 errhint("Call glue_take_over_requests() if they are to be carried out here, or glue_drop_held_requests().")));
}

/*
 * Is there an open request of another cluster, such as that before pg_upgrade?
 * IDs go on there, so the oldest one tells.
 */
bool
glue_claims_have_old_cluster(const GlueClaims *queue)
{
	static GlueKeptPlan kept;
	char	   *oldest = psprintf("(SELECT cluster FROM %s"
								  " WHERE finished_at IS NULL"
								  " AND home" EQUALS "%s"
								  " AND caller_xid", queue->table, queue->own);

	return execute(queue, &kept,
				   psprintf("SELECT FROM (%s IS NULL ORDER BY id LIMIT 1)"
							" UNION ALL %s IS NOT NULL ORDER BY id LIMIT 1)) AS o"
							" WHERE o.cluster" DIFFERS_FROM "bigint '" INT64_FORMAT "'",
							oldest, oldest, glue_cluster()),
				   0, NULL, NULL, NULL) > 0;
}

/*
 * Learn the OIDs that foreign servers of open requests have in this cluster, if
 * the requests were made in another one, such as that before pg_upgrade.  What is
 * not found waits; what somebody else is about to change is for the next time.
 */
void
glue_claims_enter_cluster(const GlueClaims *queue)
{
	static GlueKeptPlan kept;
	char	   *begin = psprintf("SELECT ctid FROM (SELECT ctid FROM %s"
								 " WHERE finished_at IS NULL"
								 " AND home" EQUALS "%s"
								 " AND cluster" DIFFERS_FROM "bigint '" INT64_FORMAT "'"
								 " AND caller_xid",
								 queue->table, queue->own, glue_cluster());
	const char *end = " FOR UPDATE SKIP LOCKED) AS t";

	(void) execute(queue, &kept,
				   psprintf("UPDATE %s r SET cluster = f.cluster,"
							" server_oid = f.oid"
							" FROM (SELECT srvname, srvowner, oid,"
							" bigint '" INT64_FORMAT "' AS cluster"
							" FROM pg_catalog.pg_foreign_server"
							" UNION ALL SELECT NULL, NULL, 0,"
							" bigint '" INT64_FORMAT "') AS f"
							" WHERE r.ctid" EQUALS "ANY (ARRAY(%s IS NULL%s"
							" UNION ALL %s IS NOT NULL%s))"
							" AND " SAME("f.srvname", "r.server")
							" AND " SAME("f.srvowner",
										 "r.server_owner::pg_catalog.oid"),
							queue->table, glue_cluster(), glue_cluster(),
							begin, end, begin, end),
				   0, NULL, NULL, NULL);
}

/* Make a request that was held one of this database, under an ID. */
void
glue_request_take_over(const GlueClaims *queue, const GlueClaim *request,
					   int64 id)
{
	static GlueKeptPlan kept_copy;
	static GlueKeptPlan kept_delete;
	static const Oid types[] = {INT8OID, INT8OID, INT8OID, INT8OID};
	Datum		values[] = {
		Int64GetDatum(request->id), Int64GetDatum(request->what.home),
		Int64GetDatum(id), Int64GetDatum(queue->secrets.home)
	};
	GlueRequest as = request->what;

	as.home = queue->secrets.home;
	reseal(queue, request, id, &as);
	(void) execute(queue, &kept_copy, copy_text(queue), 4, types, values, NULL);
	(void) execute(queue, &kept_delete,
				   psprintf("DELETE FROM %s WHERE id" EQUALS "$1"
							" AND home" EQUALS "$2", queue->table),
				   2, types, values, NULL);
}

/*
 * The statement that makes another row of one, with another ID and home; for the
 * ID cannot be updated.
 */
static char *
copy_text(const GlueClaims *queue)
{
	StringInfoData names;
	StringInfoData columns;

	initStringInfo(&names);
	initStringInfo(&columns);
	for (int column = 0; column < GLUE_NUM_REQUEST_COLUMNS; column++)
	{
		const char *name = glue_request_column_name(column);
		const char *comma = column > 0 ? ", " : "";
		const char *source = name;

		if (column == GLUE_REQUEST_ID)
			source = "$3";
		else if (column == GLUE_REQUEST_HOME)
			source = "$4";
		else if (column == GLUE_REQUEST_STATE)
			source = "'queued'";
		else if (column == GLUE_REQUEST_NEXT_ATTEMPT_AT)
			source = NOW;
		appendStringInfo(&names, "%s%s", comma, name);
		appendStringInfo(&columns, "%s%s", comma, source);
	}
	return psprintf("INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %s"
					" FROM %s WHERE id" EQUALS "$1 AND home" EQUALS "$2",
					queue->table, names.data, columns.data, queue->table);
}

/*
 * Can a request that was held keep its ID?  Not if this database has another one
 * with it, or will have, because the sequence has not got there yet.  Nor if one
 * of ours about the same connection has a later one: perhaps it came before, and
 * had to be given a new one.
 */
bool
glue_request_keeps_id(const GlueClaims *queue, const GlueClaim *request,
					  Oid sequence)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, TEXTOID, REGCLASSOID};
	Datum		values[] = {
		Int64GetDatum(request->id),
		CStringGetTextDatum(glue_server_from_utf8(request->what.name)),
		ObjectIdGetDatum(sequence)
	};

	return execute(queue, &kept,
				   psprintf("SELECT WHERE $1" IS_AT_MOST
							"pg_catalog.pg_sequence_last_value($3)"
							" AND NOT EXISTS (SELECT FROM %s WHERE id" EQUALS "$1"
							" AND home" EQUALS "%s)"
							" AND NOT EXISTS (SELECT FROM %s"
							" WHERE finished_at IS NULL"
							" AND state" DIFFERS_FROM "'held'"
							" AND connection_name" EQUALS "$2"
							" AND home" EQUALS "%s AND id" IS_AFTER "$1)",
							queue->table, queue->own, queue->table, queue->own),
				   lengthof(types), types, values, NULL) > 0;
}

/*
 * Let a request of ours go to where its target is now, as soon as possible.  What
 * a call that acted at once has done in one account is not undone in another.  And
 * where nothing was sent to yet, nothing can be there that the request has made.
 */
void
glue_request_redirect(const GlueClaims *queue, const GlueClaim *request,
					  const GlueTarget *target)
{
	static GlueKeptPlan plan;
	static const Oid types[] = {
		INT8OID, NAMEOID, OIDOID, OIDOID, INT8OID, BYTEAOID, TEXTOID, TEXTOID
	};
	const char *kept = "error_code" DIFFERS_FROM "'" GLUE_CODE_TARGET_CHANGED "'";

	/* what the old target has answered says nothing of the new one */
	const char *not_answered = "answer IS NULL OR caller_xid IS NOT NULL";

	/* if it is not known whose the credentials are, the next claim compares */
	const char *same_place = "caller_xid IS NOT NULL"
		" OR (endpoint" EQUALS "$7 AND coalesce(account_id" EQUALS "$8, true))";
	GlueRequest as = request->what;
	GlueRequestRow row;
	Datum		values[lengthof(types)];
	char		nulls[lengthof(types)];

	glue_request_set_target(&as, target);
	as.cluster = glue_cluster();
	reseal(queue, request, request->id, &as);

	glue_request_row_fill(&row, request->id, &as);
	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(request->id);
	values[1] = row.values[GLUE_REQUEST_SERVER];
	nulls[1] = row.nulls[GLUE_REQUEST_SERVER];
	values[2] = row.values[GLUE_REQUEST_SERVER_OID];
	values[3] = row.values[GLUE_REQUEST_SERVER_OWNER];
	values[4] = row.values[GLUE_REQUEST_CLUSTER];
	values[5] = row.values[GLUE_REQUEST_TARGET_FINGERPRINT];
	values[6] = row.values[GLUE_REQUEST_ENDPOINT];
	values[7] = row.values[GLUE_REQUEST_ACCOUNT_ID];
	nulls[7] = row.nulls[GLUE_REQUEST_ACCOUNT_ID];
	(void) execute(queue, &plan,
				   psprintf("UPDATE %s SET server = $2, server_oid = $3,"
							" server_owner = $4::pg_catalog.regrole,"
							" cluster = $5, target_fingerprint = $6,"
							" endpoint = $7,"
							" account_id = CASE WHEN %s THEN coalesce(account_id,"
							" CASE WHEN caller_xid IS NULL THEN $8 END) ELSE $8 END,"
							" next_attempt_at = " NOW ","
							" answer = CASE WHEN %s THEN answer END,"
							" started_at = CASE WHEN %s THEN started_at END,"
							" claimed_by = CASE WHEN NOT (%s) THEN NULL"
							" WHEN %s THEN claimed_by ELSE 0 END,"
							" error_code = CASE WHEN %s THEN error_code END,"
							" error_message = CASE WHEN %s THEN error_message END"
							" WHERE id" EQUALS "$1 AND home" EQUALS "%s",
							queue->table, same_place, not_answered, same_place,
							same_place, not_answered, kept, kept, queue->own),
				   lengthof(types), types, values, nulls);
}

/*
 * Seal the secrets of a request, if it has any, anew: as those of what it is to
 * become.
 *
 * They were sealed for a role by its OID.  What comes from another cluster is of
 * the role of that name here, which whoever takes it over says is the right one.
 */
static void
reseal(const GlueClaims *queue, const GlueClaim *request, int64 id,
	   const GlueRequest *as)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {
		INT8OID, INT8OID, INT8OID, INT8OID, BYTEAOID, OIDOID
	};
	GlueRequest was = request->what;
	GlueRequest sealed = *as;
	GlueFailure *failure;
	Datum		values[lengthof(types)];

	if (request->sealed == NULL)
		return;
	if (was.home != queue->secrets.home)
		was.role = request->sealed_for;
	if (glue_request_unseal(request->id, &was, request->sealed,
							&sealed.input, &failure) != GLUE_UNSEALED)
		glue_failure_raise(ERROR, failure);
	values[0] = Int64GetDatum(request->id);
	values[1] = Int64GetDatum(request->what.home);
	values[2] = Int64GetDatum(id);
	values[3] = Int64GetDatum(sealed.home);
	values[4] = PointerGetDatum(glue_request_seal(id, &sealed));
	values[5] = ObjectIdGetDatum(sealed.role);
	(void) execute(queue, &kept,
				   psprintf("UPDATE %s SET request = $3, home = $4, sealed = $5,"
							" role = $6"
							" WHERE request" EQUALS "$1 AND home" EQUALS "$2",
							queue->secrets.table),
				   lengthof(types), types, values, NULL);
}

/*
 * Drop what is held: if ids is an array, those requests alone; and unless the
 * current user is a superuser, those alone of roles whose privileges it has.
 * Returns how many there were.
 */
int64
glue_requests_drop_held(const GlueClaims *queue, Datum ids, bool any)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8ARRAYOID, OIDOID};
	Datum		values[] = {ids, ObjectIdGetDatum(GetUserId())};
	const char	nulls[] = {any ? 'n' : ' ', ' '};

	return execute(queue, &kept,
				   psprintf("WITH dropped AS (DELETE FROM %s r"
							" WHERE r.finished_at IS NULL"
							" AND " GLUE_IS_HELD("r", "%s")
							" AND ($1 IS NULL OR r.id" EQUALS "ANY ($1))"
							" AND pg_catalog.pg_has_role($2,"
							" r.requested_by::pg_catalog.oid, 'USAGE')"
							" RETURNING r.id, r.home),"
							" erased AS (DELETE FROM %s s USING dropped d"
							" WHERE s.request" EQUALS "d.id"
							" AND s.home" EQUALS "d.home)"
							" SELECT FROM dropped",
							queue->table, queue->own, queue->secrets.table),
				   lengthof(types), types, values, nulls);
}

/*
 * Execute a statement, of which nothing but the number of rows is wanted.
 * nulls may be NULL.
 */
static uint64
execute(const GlueClaims *queue, GlueKeptPlan *kept, const char *text,
		int nparameters, const Oid *types, Datum *values, const char *nulls)
{
	GlueImpersonation saved;
	SPIPlanPtr	plan = glue_kept_plan(kept, queue->owner, text, nparameters,
									  types);
	uint64		count = glue_execute_as(&saved, queue->owner, plan, values,
										nulls);

	glue_execute_end(&saved);
	return count;
}

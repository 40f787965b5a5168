/*-------------------------------------------------------------------------
 *
 * request_home.c
 *	  The home of requests: the database that they were made in.
 *
 * A request that was made in another database is held: its state says so, and
 * it is neither sent nor undone, until an administrator decides:
 *
 *	- take it over: it gets our home, and another ID if its own belongs, or
 *	  will belong, to another request here
 *	- drop it
 *
 * Calls that acted at once can only be dropped.  They belong to a transaction,
 * and its ID means another transaction here.
 *
 * A request is also bound to one target.  If the target has changed, an
 * entitled role can redirect the request.
 *
 * The secrets of a request are sealed for this request alone, so in all of
 * these cases they are opened as those of the old request and sealed as those
 * of the new one.
 *
 * IDENTIFICATION
 *	  src/store/request_home.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "server/home.h"
#include "server/owner_spi.h"
#include "store/jobs.h"
#include "store/own_table.h"
#include "store/request_row.h"
#include "store/sealed_input.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"

/*
 * Mark requests of other homes as held.  Each part uses an index that holds
 * only such rows.  Rows that another session has locked are marked the next
 * time.
 */
#define FIND_FOREIGN(caller, differs) \
	"SELECT ctid FROM (SELECT ctid FROM @glue_request" \
	" WHERE finished_at IS NULL AND state" DIFFERS_FROM "'held'" \
	" AND caller_xid " caller " AND home" differs "@home" \
	" FOR UPDATE SKIP LOCKED) AS t"

static GlueStatement hold = {
	"UPDATE @glue_request SET state = 'held', lease_until = NULL"
	" WHERE ctid" EQUALS "ANY (ARRAY("
	FIND_FOREIGN("IS NULL", IS_BEFORE)
	" UNION ALL " FIND_FOREIGN("IS NULL", IS_AFTER)
	" UNION ALL " FIND_FOREIGN("IS NOT NULL", IS_BEFORE)
	" UNION ALL " FIND_FOREIGN("IS NOT NULL", IS_AFTER) "))"
};

/*
 * Open requests of another cluster; IDs increase across clusters, so the
 * oldest request decides.
 */
#define FIND_OLDEST(caller) \
	"(SELECT cluster FROM @glue_request WHERE finished_at IS NULL" \
	" AND home" EQUALS "@home AND caller_xid " caller " ORDER BY id LIMIT 1)"

static GlueStatement find_old_cluster = {
	"SELECT FROM (" FIND_OLDEST("IS NULL")
	" UNION ALL " FIND_OLDEST("IS NOT NULL") ") AS o"
	" WHERE o.cluster" DIFFERS_FROM "$1",
	{INT8OID}
};

#define FIND_OLD(caller) \
	"SELECT ctid FROM (SELECT ctid FROM @glue_request" \
	" WHERE finished_at IS NULL AND home" EQUALS "@home" \
	" AND cluster" DIFFERS_FROM "$1 AND caller_xid " caller \
	" FOR UPDATE SKIP LOCKED) AS t"

static GlueStatement enter_cluster = {
	"UPDATE @glue_request r SET cluster = $1, server_oid = f.oid"
	" FROM (SELECT srvname, srvowner, oid FROM pg_catalog.pg_foreign_server"
	" UNION ALL SELECT NULL, NULL, 0) AS f"
	" WHERE r.ctid" EQUALS "ANY (ARRAY(" FIND_OLD("IS NULL")
	" UNION ALL " FIND_OLD("IS NOT NULL") "))"
	" AND " SAME("f.srvname", "r.server")
	" AND " SAME("f.srvowner", "r.server_owner::pg_catalog.oid"),
	{INT8OID}
};

/*
 * Copy a row, with another ID and home, because the ID cannot be updated.  The
 * ownership of a row is not copied: no entry has the ID -1.
 */
static GlueStatement copy = {
	"INSERT INTO @glue_request OVERRIDING SYSTEM VALUE"
	" SELECT n.* FROM @glue_request r,"
	" LATERAL pg_catalog.jsonb_populate_record(r,"
	" pg_catalog.jsonb_build_object('id', $3, 'home', $4, 'state', 'queued',"
	" 'next_attempt_at', " NOW ", 'provision_id',"
	" CASE WHEN r.provision_id IS NOT NULL THEN -1 END)) AS n"
	" WHERE r.id" EQUALS "$1 AND r.home" EQUALS "$2",
	{INT8OID, INT8OID, INT8OID, INT8OID}
};

static GlueStatement delete = {
	"DELETE FROM @glue_request WHERE id" EQUALS "$1 AND home" EQUALS "$2",
	{INT8OID, INT8OID}
};

static GlueStatement find_keepable = {
	"SELECT WHERE $1" IS_AT_MOST
	"pg_catalog.pg_sequence_last_value($3)"
	" AND NOT EXISTS (SELECT FROM @glue_request WHERE id" EQUALS "$1"
	" AND home" EQUALS "@home)"
	" AND NOT EXISTS (SELECT FROM @glue_request"
	" WHERE finished_at IS NULL"
	" AND state" DIFFERS_FROM "'held'"
	" AND connection_name" EQUALS "$2"
	" AND home" EQUALS "@home AND id" IS_AFTER "$1)",
	{INT8OID, TEXTOID, REGCLASSOID}
};

/* an answer of the old target does not describe the new one */
#define NOT_ANSWERED	"answer IS NULL OR caller_xid IS NOT NULL"

/* if the account is not known, the next claim compares it */
#define SAME_PLACE \
	"caller_xid IS NOT NULL" \
	" OR (endpoint" EQUALS "$7 AND coalesce(account_id" EQUALS "$8, true))"
#define KEPT	"error_code" DIFFERS_FROM "'" GLUE_CODE_TARGET_CHANGED "'"

static GlueStatement redirect = {
	"UPDATE @glue_request SET server = $2, server_oid = $3,"
	" server_owner = $4::pg_catalog.regrole,"
	" cluster = $5, target_fingerprint = $6,"
	" endpoint = $7,"
	" account_id = CASE WHEN " SAME_PLACE " THEN coalesce(account_id,"
	" CASE WHEN caller_xid IS NULL THEN $8 END) ELSE $8 END,"
	" next_attempt_at = " NOW ","
	" answer = CASE WHEN " NOT_ANSWERED " THEN answer END,"
	" started_at = CASE WHEN " SAME_PLACE " THEN started_at END,"
	" claimed_by = CASE WHEN NOT (" SAME_PLACE ") THEN NULL"
	" WHEN " NOT_ANSWERED " THEN claimed_by ELSE 0 END,"
	" error_code = CASE WHEN " KEPT " THEN error_code END,"
	" error_message = CASE WHEN " KEPT " THEN error_message END"
	" WHERE id" EQUALS "$1 AND home" EQUALS "@home",
	{INT8OID, NAMEOID, OIDOID, OIDOID, INT8OID, BYTEAOID, TEXTOID, TEXTOID}
};

static GlueStatement replace_secrets = {
	"UPDATE @glue_request_secret SET request = $3, home = $4, sealed = $5,"
	" role = $6"
	" WHERE request" EQUALS "$1 AND home" EQUALS "$2",
	{INT8OID, INT8OID, INT8OID, INT8OID, BYTEAOID, OIDOID}
};

static GlueStatement drop_held = {
	"WITH dropped AS (DELETE FROM @glue_request r"
	" WHERE r.finished_at IS NULL"
	" AND " GLUE_IS_HELD("r", "@home")
	" AND ($1 IS NULL OR r.id" EQUALS "ANY ($1))"
	" AND pg_catalog.pg_has_role($2,"
	" r.requested_by::pg_catalog.oid, 'USAGE')"
	" RETURNING r.id, r.home),"
	" erased AS (DELETE FROM @glue_request_secret s USING dropped d"
	" WHERE s.request" EQUALS "d.id"
	" AND s.home" EQUALS "d.home)"
	" SELECT FROM dropped",
	{INT8ARRAYOID, OIDOID}
};

/* prototypes of private functions */
static void reseal(const GlueJobQueue *queue, const GlueRequest *request,
				   const GlueRequest *as);

/* Mark requests of other homes as held. */
void
glue_requests_hold(const GlueJobQueue *queue)
{
	uint64		held = glue_execute_alone(&hold, &queue->table, NULL, NULL);

	if (held > 0)
		ereport(LOG,
				(errmsg("%llu requests to AWS Glue are held in database \"%s\"",
						(unsigned long long) held,
						get_database_name(MyDatabaseId)),
				 errdetail("They were made in another database, of which this one is a copy, or before this server was restored to a point in time."),
				 errhint("Call glue_take_over_requests() to have them carried out here, or glue_drop_held_requests() to drop them.")));
}

/*
 * Is there an open request of another cluster, such as the one before
 * pg_upgrade?
 */
bool
glue_requests_have_old_cluster(const GlueJobQueue *queue)
{
	Datum		values[] = {Int64GetDatum(glue_cluster())};

	return glue_execute_alone(&find_old_cluster, &queue->table, values,
							  NULL) > 0;
}

/*
 * Look up the OIDs of foreign servers in this cluster, for open requests that
 * were made in another one, such as the one before pg_upgrade.  A request
 * whose server is not found waits; rows that another session has locked are
 * left for the next time.
 */
void
glue_requests_enter_cluster(const GlueJobQueue *queue)
{
	Datum		values[] = {Int64GetDatum(glue_cluster())};

	(void) glue_execute_alone(&enter_cluster, &queue->table, values, NULL);
}

/* Make a held request one of this database, under an ID. */
void
glue_request_take_over(const GlueJobQueue *queue, const GlueRequest *request,
					   int64 id)
{
	Datum		values[] = {
		Int64GetDatum(request->id), Int64GetDatum(request->home),
		Int64GetDatum(id), Int64GetDatum(queue->table.home)
	};
	GlueRequest as = *request;

	as.id = id;
	as.home = queue->table.home;
	reseal(queue, request, &as);
	(void) glue_execute_alone(&copy, &queue->table, values, NULL);
	(void) glue_execute_alone(&delete, &queue->table, values, NULL);
}

/*
 * Can a held request keep its ID?  Not if this database has another request
 * with that ID, or will have, because the sequence has not reached it yet.
 * Nor if one of our requests for the same connection has a later ID: perhaps
 * that one was older, and had to be given a new ID.
 */
bool
glue_request_keeps_id(const GlueJobQueue *queue, const GlueRequest *request)
{
	Datum		values[] = {
		Int64GetDatum(request->id),
		CStringGetTextDatum(glue_server_from_utf8(request->name)),
		ObjectIdGetDatum(glue_own_sequence(queue->table.schema,
										   "glue_request_id_seq"))
	};

	return glue_execute_alone(&find_keepable, &queue->table, values, NULL) > 0;
}

/*
 * Redirect a request of our home to its current target, and make it due.  A
 * call that acted at once in one account is not undone in another one.  And
 * nothing was sent to the new target yet, so the request cannot have created a
 * connection there.
 */
void
glue_request_redirect(const GlueJobQueue *queue, const GlueRequest *request,
					  const GlueTarget *target)
{
	static const GlueRequestColumn columns[] = {
		GLUE_REQUEST_ID, GLUE_REQUEST_SERVER, GLUE_REQUEST_SERVER_OID,
		GLUE_REQUEST_SERVER_OWNER, GLUE_REQUEST_CLUSTER,
		GLUE_REQUEST_TARGET_FINGERPRINT, GLUE_REQUEST_ENDPOINT,
		GLUE_REQUEST_ACCOUNT_ID
	};
	GlueRequest as = *request;
	GlueRow		row;
	GlueRow		parameters;

	glue_request_set_target(&as, target);
	as.cluster = glue_cluster();
	reseal(queue, request, &as);

	glue_request_row_fill(&row, &as);
	for (int i = 0; i < lengthof(columns); i++)
	{
		parameters.values[i] = row.values[columns[i]];
		parameters.nulls[i] = row.nulls[columns[i]];
	}
	(void) glue_execute_alone(&redirect, &queue->table, parameters.values,
							  parameters.nulls);
}

/*
 * Seal the secrets of a request again, if it has any, for its new form.
 *
 * They were sealed for a role by its OID.  A request of another cluster goes
 * to the role of the same name here, which the take-over confirms.
 */
static void
reseal(const GlueJobQueue *queue, const GlueRequest *request,
	   const GlueRequest *as)
{
	GlueRequest was = *request;
	GlueRequest sealed = *as;
	GlueFailure *failure;
	Datum		values[6];

	if (request->sealed == NULL)
		return;
	if (was.home != queue->table.home)
		was.role = request->sealed_for;
	if (glue_request_unseal(&was, &sealed.input, &failure) != GLUE_UNSEALED)
		glue_failure_raise(ERROR, failure);
	values[0] = Int64GetDatum(request->id);
	values[1] = Int64GetDatum(request->home);
	values[2] = Int64GetDatum(sealed.id);
	values[3] = Int64GetDatum(sealed.home);
	values[4] = PointerGetDatum(glue_request_seal(&sealed));
	values[5] = ObjectIdGetDatum(sealed.role);
	(void) glue_execute_alone(&replace_secrets, &queue->secrets, values, NULL);
}

/*
 * Drop held requests: if ids is an array, only those requests; and unless the
 * current user is a superuser, only those of roles whose privileges it has.
 * Returns their number.
 */
int64
glue_requests_drop_held(const GlueJobQueue *queue, Datum ids, bool any)
{
	Datum		values[] = {ids, ObjectIdGetDatum(GetUserId())};
	const char	nulls[] = {any ? 'n' : ' ', ' '};

	return glue_execute_alone(&drop_held, &queue->table, values, nulls);
}

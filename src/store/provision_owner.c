/*-------------------------------------------------------------------------
 *
 * provision_owner.c
 *	  The connections that rows of provisioning tables own.
 *
 * A row owns the connection that was created or adopted for it, in its life at
 * that time.  The transaction that records the end of the request writes this
 * to the entry of glue_provision, even if the row does not hold the name any
 * more: then a request to delete the connection follows.  A connection of the
 * same name that was created at another time does not belong to the row.
 *
 * A connection is identified here by its place, as in glue_connection, and not
 * by the server that the trigger names: two servers may lead to one account.
 * A connection that a row owns, and whose name that row still holds, cannot be
 * owned by another row.  But if the connection was created again, or at
 * another time, the old owner loses it; and a released connection, or one of a
 * dropped table, can be adopted.
 *
 * IDENTIFICATION
 *	  src/store/provision_owner.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/owner_spi.h"
#include "store/provision.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"

#define WHERE_ID	" WHERE p.id" EQUALS "$1 AND p.home" EQUALS "$2"
#define IS_CONNECTION(p) \
	p ".name" EQUALS "$6 AND " p ".home" EQUALS "$2" \
	" AND " p ".endpoint" EQUALS "$3 AND " p ".account" EQUALS "$4" \
	" AND " p ".region" EQUALS "$5"
#define IS_OTHERS(p) \
	IS_CONNECTION(p) " AND " p ".owned AND " p ".id" DIFFERS_FROM "$1"
#define MAY_BE_OTHERS(p) \
	IS_CONNECTION(p) " AND " p ".id" DIFFERS_FROM "$1" \
	" AND (" p ".owned OR " p ".made_until" EQUALS "'infinity')"

/* Does a row hold the name, as far as the catalogs show? */
#define IS_HELD(p) \
	"(NOT " p ".released AND EXISTS (SELECT FROM pg_catalog.pg_class c" \
	" WHERE c.oid" EQUALS p ".relation))"

/* The parameters of all statements. */
#define PARAMETERS \
	{INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, \
	TIMESTAMPTZOID, BOOLOID}, .by_key = true, .latest = true

static GlueStatement look = {
	"SELECT p.owned, " IS_CONNECTION("p") ","
	" p.made_from, p.made_until,"
	" CASE WHEN o.id IS NOT NULL THEN"
	" coalesce(o.relation::pg_catalog.regclass"
	"::pg_catalog.text, '') END,"
	" o.made_from, o.made_until, p.endpoint, p.account,"
	" CASE WHEN $9 THEN EXISTS (SELECT FROM @glue_request r"
	" WHERE r.connection_name" EQUALS "p.name"
	" AND r.home" EQUALS "p.home"
	" AND r.provision_id" EQUALS "p.id"
	" AND r.finished_at IS NOT NULL"
	" AND r.aws_settled_at" EQUALS "'infinity') END"
	" FROM @glue_provision p"
	" LEFT JOIN @glue_provision o ON " MAY_BE_OTHERS("o")
	" AND " IS_HELD("o") WHERE_ID
	" ORDER BY o.made_until DESC LIMIT 1",
	PARAMETERS
};

static GlueStatement lock = {
	"SELECT FROM @glue_provision p" WHERE_ID " FOR UPDATE NOWAIT",
	PARAMETERS
};

/* unless another entry owns it */
static GlueStatement own = {
	"UPDATE @glue_provision p SET owned = true, endpoint = $3,"
	" account = $4, made_from = $7, made_until = $8"
	WHERE_ID " AND NOT EXISTS (SELECT FROM @glue_provision o"
	" WHERE " IS_OTHERS("o") ")",
	PARAMETERS
};

/* from the entry that owned it, and has lost the right to it */
static GlueStatement take = {
	"UPDATE @glue_provision o SET owned = false WHERE "
	IS_OTHERS("o") " AND ($9 OR NOT " IS_HELD("o")
	" OR o.made_until" IS_BEFORE "$7"
	" OR o.made_from" IS_AFTER "$8)",
	PARAMETERS
};

static GlueStatement doubt = {
	"UPDATE @glue_provision p SET made_from = '-infinity',"
	" made_until = 'infinity', endpoint = $3, account = $4"
	WHERE_ID " AND NOT p.owned",
	PARAMETERS
};

static GlueStatement lost = {
	"UPDATE @glue_provision p SET owned = false, made_from = NULL,"
	" made_until = NULL" WHERE_ID,
	PARAMETERS
};

static GlueStatement unclaim = {
	"DELETE FROM @glue_provision p" WHERE_ID,
	PARAMETERS
};

static GlueStatement drop = {
	"DELETE FROM @glue_provision p" WHERE_ID " AND p.released",
	PARAMETERS
};

static GlueStatement gone = {
	"UPDATE @glue_provision SET owned = false WHERE ctid" EQUALS
	"ANY (ARRAY(SELECT p.ctid FROM @glue_provision p WHERE "
	IS_CONNECTION("p") " AND p.owned"
	" FOR UPDATE SKIP LOCKED))",
	PARAMETERS
};

/* prototypes of private functions */
static uint64 execute(const GlueProvisions *provisions,
					  GlueStatement *statement, int64 id,
					  const GlueTarget *target, const char *name,
					  const GlueLife *life, bool is_new);
static void fill_parameters(GlueRow *row, const GlueProvisions *provisions,
							int64 id, const GlueTarget *target,
							const char *name, const GlueLife *life, bool flag);
static void read_owned(const GlueResult *row, GlueOwned *owned);

/*
 * Read the ownership of an entry for the connection of a name (UTF-8) at a
 * target, perhaps in order to delete it; false if the entry does not exist any
 * more.
 *
 * The catalog of the target must be known.  The result belongs to the current
 * memory context.
 */
bool
glue_provision_look(const GlueProvisions *provisions, int64 id,
					const GlueTarget *target, const char *name,
					bool to_delete, GlueOwned *owned)
{
	GlueRow		parameters;
	GlueResult	row;

	memset(owned, 0, sizeof(GlueOwned));
	fill_parameters(&parameters, provisions, id, target, name, NULL, to_delete);
	glue_execute(&row, &look, provisions, parameters.values, parameters.nulls);
	while (glue_result_next(&row))
		read_owned(&row, owned);
	return row.count > 0;
}

static void
read_owned(const GlueResult *row, GlueOwned *owned)
{
	owned->owned = glue_result_bool(row, 1);
	owned->elsewhere = owned->owned && !glue_result_bool(row, 2);
	owned->life.from = glue_result_time(row, 3);
	owned->life.until = glue_result_time(row, 4);
	owned->doubtful = !owned->owned && owned->life.until == DT_NOEND;
	owned->rival = glue_result_text(row, 5);
	owned->rival_life.from = glue_result_time(row, 6);
	owned->rival_life.until = glue_result_time(row, 7);
	owned->endpoint = glue_result_text(row, 8);
	owned->account = glue_result_text(row, 9);
	owned->maybe_late = glue_result_bool(row, 10);
}

/*
 * Lock an entry; raises an error if another session has locked it.
 *
 * A session that deletes a row has locked its entry.  It may then make a call
 * that acts at once for the connection, which waits for a claimant with a
 * request for it.  So the claimant must not wait for the session.
 */
void
glue_provision_lock(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &lock, id, NULL, NULL, NULL, false);
}

/*
 * Make an entry the owner of a connection, in this life; is_new is set if it
 * was created for the entry.
 */
void
glue_provision_own(const GlueProvisions *provisions, int64 id,
				   const GlueTarget *target, const char *name,
				   const GlueLife *life, bool is_new)
{
	if (execute(provisions, &own, id, target, name, life,
				is_new) > 0)
		return;
	if (execute(provisions, &take, id, target, name, life,
				is_new) > 0)
		execute(provisions, &own, id, target, name, life, is_new);
}

/*
 * It is not known whether a connection was created for an entry, and it will
 * not be determined.  A life of any time marks this, and no other entry takes
 * the connection.
 */
void
glue_provision_doubt(const GlueProvisions *provisions, int64 id,
					 const GlueTarget *target, const char *name)
{
	execute(provisions, &doubt, id, target, name, NULL, false);
}

/*
 * An entry has lost its connection: it is gone, or belongs to another entry.
 */
void
glue_provision_lost(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &lost, id, NULL, NULL, NULL, false);
}

/* Delete the entry of a name that the current row has claimed and gives up. */
void
glue_provision_unclaim(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &unclaim, id, NULL, NULL, NULL, false);
}

/* Delete an entry, unless a row has come to hold it again. */
void
glue_provision_drop(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &drop, id, NULL, NULL, NULL, false);
}

/*
 * A connection does not exist any more, so no entry owns it.  An entry that
 * another session has locked is skipped; its next user finds out.
 */
void
glue_provision_gone(const GlueProvisions *provisions,
					const GlueTarget *target, const char *name)
{
	execute(provisions, &gone, 0, target, name, NULL, false);
}

/* Plan that statement before a connection is deleted. */
void
glue_provision_plan_gone(const GlueProvisions *provisions)
{
	glue_statement_plan(&gone, provisions);
}

static uint64
execute(const GlueProvisions *provisions, GlueStatement *statement, int64 id,
		const GlueTarget *target, const char *name, const GlueLife *life,
		bool is_new)
{
	GlueRow		row;

	fill_parameters(&row, provisions, id, target, name, life, is_new);
	return glue_execute_alone(statement, provisions, row.values, row.nulls);
}

/* Those that a statement does not use may be NULL. */
static void
fill_parameters(GlueRow *row, const GlueProvisions *provisions, int64 id,
				const GlueTarget *target, const char *name,
				const GlueLife *life, bool flag)
{
	glue_row_clear(row);
	glue_row_set(row, 0, Int64GetDatum(id));
	glue_row_set(row, 1, Int64GetDatum(provisions->home));
	if (target != NULL)
	{
		glue_row_set_text(row, 2, target->endpoint.origin);
		glue_row_set_text(row, 3, target->catalog);
		glue_row_set_text(row, 4, target->endpoint.region);
	}
	glue_row_set_text(row, 5, name);
	if (life != NULL && life->until != 0)
	{
		glue_row_set_time(row, 6, life->from);
		glue_row_set_time(row, 7, life->until);
	}
	glue_row_set(row, 8, BoolGetDatum(flag));
}

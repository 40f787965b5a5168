/*-------------------------------------------------------------------------
 *
 * provision_owner.c
 *	  What the rows of provisioning tables own.
 *
 * A row owns what was created or adopted for it, in the life that it had then.
 * That is written into its entry of glue_provision by the transaction that records
 * how the request has ended, whether the row still holds the name or not: if not,
 * a request to delete it follows.  What is found under the name later, and was
 * created at another time, is somebody else's.
 *
 * A connection is known here by where it is, as in glue_connection, and no more by
 * what the trigger names: two servers may lead to one account.  Nobody owns what
 * another row owns that still holds its name; but what was created anew, or at
 * another time, is nobody else's, and what was released, or is of a table that was
 * dropped, is for who adopts it.
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
#include "store/provision_owner.h"
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

/* Is there a row that holds the name, as far as can be told without looking? */
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

/* unless another entry does */
static GlueStatement own = {
	"UPDATE @glue_provision p SET owned = true, endpoint = $3,"
	" account = $4, made_from = $7, made_until = $8"
	WHERE_ID " AND NOT EXISTS (SELECT FROM @glue_provision o"
	" WHERE " IS_OTHERS("o") ")",
	PARAMETERS
};

/* from the entry that does, and cannot any more */
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
static uint64 execute_with_result(const GlueProvisions *provisions,
								  GlueImpersonation *saved,
								  GlueStatement *statement, int64 id,
								  const GlueTarget *target, const char *name,
								  const GlueLife *life, bool is_new);
static void read_owned(const GlueResultRow *row, GlueOwned *owned);

/*
 * Look what an entry owns, of the connection of a name (UTF-8) at a target, perhaps to
 * delete it; false if there is no such entry any more.
 *
 * The target must be known as far as its catalog.  What is found belongs to the
 * current memory context.
 */
bool
glue_provision_look(const GlueProvisions *provisions, int64 id,
					const GlueTarget *target, const char *name,
					bool to_delete, GlueOwned *owned)
{
	GlueImpersonation saved;
	bool		found;

	memset(owned, 0, sizeof(GlueOwned));
	found = execute_with_result(provisions, &saved, &look, id, target,
								name, NULL, to_delete) > 0;
	if (found)
	{
		GlueResultRow row = glue_result_row(0);

		read_owned(&row, owned);
	}
	glue_execute_end(&saved);
	return found;
}

static void
read_owned(const GlueResultRow *row, GlueOwned *owned)
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
 * Keep others from changing an entry, or raise an error if somebody is about to.
 *
 * A session that deletes a row has locked its entry, and may act on its connection at
 * once, which waits for a claimant with a request about it; so that one must not wait.
 */
void
glue_provision_lock(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &lock, id, NULL, NULL, NULL, false);
}

/*
 * An entry comes to own a connection, in this life; is_new says that it was created
 * for it.
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
 * It is not known whether a connection was created for an entry, and nobody is going
 * to find out.  That it may be of any time says so; and nobody else takes it.
 */
void
glue_provision_doubt(const GlueProvisions *provisions, int64 id,
					 const GlueTarget *target, const char *name)
{
	execute(provisions, &doubt, id, target, name, NULL, false);
}

/* What an entry owned is gone, or is another one's now. */
void
glue_provision_lost(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &lost, id, NULL, NULL, NULL, false);
}

/* A row that has claimed a name gives it up at once, as if it had not. */
void
glue_provision_unclaim(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &unclaim, id, NULL, NULL, NULL, false);
}

/* An entry is of no use any more, unless its row has come to hold it again. */
void
glue_provision_drop(const GlueProvisions *provisions, int64 id)
{
	execute(provisions, &drop, id, NULL, NULL, NULL, false);
}

/*
 * A connection is not there any more, so nobody owns it.  If somebody is about to
 * change the entry, the next one to need it finds out.
 */
void
glue_provision_gone(const GlueProvisions *provisions,
					const GlueTarget *target, const char *name)
{
	execute(provisions, &gone, 0, target, name, NULL, false);
}

/* Plan that statement before anything is deleted. */
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
	GlueImpersonation saved;
	uint64		count = execute_with_result(provisions, &saved, statement, id,
											target, name, life, is_new);

	glue_execute_end(&saved);
	return count;
}

/* Execute a statement; what it does not need may be NULL. */
static uint64
execute_with_result(const GlueProvisions *provisions,
					GlueImpersonation *saved, GlueStatement *statement,
					int64 id, const GlueTarget *target, const char *name,
					const GlueLife *life, bool is_new)
{
	GlueRow		row;

	glue_row_clear(&row);
	glue_row_set(&row, 0, Int64GetDatum(id));
	glue_row_set(&row, 1, Int64GetDatum(provisions->home));
	if (target != NULL)
	{
		glue_row_set_text(&row, 2, target->endpoint.origin);
		glue_row_set_text(&row, 3, target->catalog);
		glue_row_set_text(&row, 4, target->endpoint.region);
	}
	glue_row_set_text(&row, 5, name);
	if (life != NULL && life->until != 0)
	{
		glue_row_set_time(&row, 6, life->from);
		glue_row_set_time(&row, 7, life->until);
	}
	glue_row_set(&row, 8, BoolGetDatum(is_new));
	return glue_execute(statement, provisions, saved, row.values, row.nulls);
}

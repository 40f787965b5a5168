/*-------------------------------------------------------------------------
 *
 * claimant.c
 *	  Who carries out requests of the table glue_request.
 *
 * Whoever works the queue has a number, and holds a lock on it as long as it
 * lives.  So a claim needs no clock: if the lock of a claimant is free, the
 * process is gone, and what became of its requests is not known.  They go back
 * into the queue with that number, by which the next claimant knows to look
 * first.  A list of claimants says whose locks to look at, so that nobody has to
 * search the queue for claims.  lease_until says when a claim would be
 * suspicious; it is for people.
 *
 * IDENTIFICATION
 *	  src/store/claimant.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "server/builtins.h"
#include "server/home.h"
#include "server/owner_spi.h"
#include "server/settings.h"
#include "storage/lock.h"
#include "store/claimant.h"
#include "store/own_table.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* What our locks have where pg_advisory_lock() has 1 or 2. */
#define CLAIMANT_LOCK_CLASS		4

/* prototypes of private functions */
static void open_with(GlueClaims *queue, Relation relation, Oid schema,
					  int64 claimant);
static void claimant_tag(int64 claimant, LOCKTAG *tag);
static bool is_alive(int64 claimant);
static void strike_off(const GlueClaims *queue, int64 claimant);
static uint64 execute_for(GlueImpersonation *saved, const GlueClaims *queue,
						  GlueKeptPlan *kept, const char *text,
						  int64 claimant);

/*
 * Become a claimant, until glue_claimant_end() or the end of the process.
 */
int64
glue_claimant_begin(void)
{
	int64		claimant;
	LOCKTAG		tag;

	do
	{
		claimant = (int64) (pg_prng_uint64(&pg_global_prng_state) >> 1);
		claimant_tag(claimant, &tag);
	} while (LockAcquire(&tag, ExclusiveLock, true, true) !=
			 LOCKACQUIRE_OK);
	return claimant;
}

void
glue_claimant_end(int64 claimant)
{
	LOCKTAG		tag;

	claimant_tag(claimant, &tag);
	LockRelease(&tag, ExclusiveLock, true);
}

static void
claimant_tag(int64 claimant, LOCKTAG *tag)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (claimant >> 32),
						 (uint32) claimant, CLAIMANT_LOCK_CLASS);
}

/* Does anybody hold the lock of a claimant? */
static bool
is_alive(int64 claimant)
{
	LOCKTAG		tag;

	claimant_tag(claimant, &tag);
	if (LockAcquire(&tag, ExclusiveLock, true, true) == LOCKACQUIRE_NOT_AVAIL)
		return true;
	LockRelease(&tag, ExclusiveLock, true);
	return false;
}

/*
 * Get ready to work the queue of the extension in this schema; false if there
 * is none.  Its tables are locked until the end of the transaction.
 */
bool
glue_claims_open(GlueClaims *queue, Oid schema, int64 claimant)
{
	Relation	relation = glue_own_table_try("glue_request", schema,
											  RowExclusiveLock,
											  GLUE_TABLE_PRIVATE);

	if (relation == NULL)
		return false;
	open_with(queue, relation, schema, claimant);
	return true;
}

/* Do the same for who claims nothing; an error if there is none. */
void
glue_claims_open_or_fail(GlueClaims *queue, Oid schema)
{
	open_with(queue,
			  glue_own_table_find("glue_request", schema, RowExclusiveLock,
								  GLUE_TABLE_PRIVATE),
			  schema, 0);
}

static void
open_with(GlueClaims *queue, Relation relation, Oid schema, int64 claimant)
{
	queue->oid = RelationGetRelid(relation);
	queue->owner = relation->rd_rel->relowner;
	queue->table = glue_own_table_name(relation);
	table_close(relation, NoLock);
	relation = glue_own_table_find("glue_claimant", schema, RowExclusiveLock,
								   GLUE_TABLE_PRIVATE);
	queue->claimants = glue_own_table_name(relation);
	table_close(relation, NoLock);
	glue_request_secrets_open(&queue->secrets, schema, glue_home(schema));
	queue->own = psprintf("bigint '" INT64_FORMAT "'", queue->secrets.home);
	queue->claimant = claimant;
}

/*
 * Put the requests of claimants that are gone back into the queue.
 *
 * What one of them has sent may still be on its way: see operation/late.c.  The undo of
 * a call takes that into account as well, and begins from the start.
 */
void
glue_claims_release_orphans(const GlueClaims *queue)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept_find;
	static GlueKeptPlan kept_release;
	MemoryContext context = CurrentMemoryContext;
	List	   *claimants = NIL;
	ListCell   *cell;
	uint64		count;

	count = execute_for(&saved, queue, &kept_find,
						psprintf("SELECT claimant FROM %s WHERE claimant" DIFFERS_FROM "$1",
								 queue->claimants), queue->claimant);
	for (uint64 i = 0; i < count; i++)
	{
		GlueResultRow row = glue_result_row(i);
		MemoryContext old_context = MemoryContextSwitchTo(context);
		int64	   *claimant = palloc(sizeof(int64));

		*claimant = glue_result_int64(&row, 1);
		claimants = lappend(claimants, claimant);
		MemoryContextSwitchTo(old_context);
	}
	glue_execute_end(&saved);

	foreach(cell, claimants)
	{
		int64		claimant = *(int64 *) lfirst(cell);

		if (is_alive(claimant))
			continue;
		execute_for(&saved, queue, &kept_release,
					psprintf("UPDATE %s SET state = 'queued', lease_until = NULL,"
							 " next_attempt_at = " NOW ","
							 " aws_settled_at = CASE WHEN on_rollback IS NOT NULL"
							 " OR caller_xid IS NULL"
							 " THEN timestamp with time zone 'infinity'"
							 " ELSE aws_settled_at END,"
							 " claimed_by = CASE WHEN caller_xid IS NULL"
							 " THEN claimed_by END"
							 " WHERE finished_at IS NULL"
							 " AND state" EQUALS "'running'"
							 " AND claimed_by" EQUALS "$1"
							 " AND home" EQUALS "%s", queue->table,
							 queue->own), claimant);
		glue_execute_end(&saved);
		strike_off(queue, claimant);
	}
}

/* May anybody else have claims?  Nobody tells if they die with them. */
bool
glue_claims_have_others(const GlueClaims *queue)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;
	bool		any = execute_for(&saved, queue, &kept,
								  psprintf("SELECT FROM %s WHERE claimant"
										   DIFFERS_FROM "$1 LIMIT 1",
										   queue->claimants),
								  queue->claimant) > 0;

	glue_execute_end(&saved);
	return any;
}

/* We have no claims any more. */
void
glue_claims_leave(const GlueClaims *queue)
{
	strike_off(queue, queue->claimant);
}

/* Put ourselves on the list of claimants, before there are claims of ours. */
void
glue_claims_sign_up(const GlueClaims *queue)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;

	execute_for(&saved, queue, &kept,
				psprintf("INSERT INTO %s (claimant) VALUES ($1)"
						 " ON CONFLICT DO NOTHING", queue->claimants),
				queue->claimant);
	glue_execute_end(&saved);
}

static void
strike_off(const GlueClaims *queue, int64 claimant)
{
	GlueImpersonation saved;
	static GlueKeptPlan kept;

	execute_for(&saved, queue, &kept,
				psprintf("DELETE FROM %s WHERE claimant" EQUALS "$1",
						 queue->claimants), claimant);
	glue_execute_end(&saved);
}

/* Execute a statement about a claimant; glue_execute_end() must follow. */
static uint64
execute_for(GlueImpersonation *saved, const GlueClaims *queue,
			GlueKeptPlan *kept, const char *text, int64 claimant)
{
	static const Oid types[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(claimant)};

	return glue_execute_as(saved, queue->owner,
						   glue_kept_plan(kept, queue->owner, text, lengthof(types), types),
						   values, NULL);
}

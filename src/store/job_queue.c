/*-------------------------------------------------------------------------
 *
 * job_queue.c
 *	  The processes that carry out requests of the table glue_request.
 *
 * A process that works the queue, a claimant, has a number, and holds an
 * advisory lock on it until it exits.  So a job needs no clock: if the lock
 * of a claimant is free, the process is gone, and the results of its requests
 * are not known.  They go back into the queue with that number, which makes
 * the next claimant read the connection first.  A table lists the claimants,
 * so that no process has to search the queue for jobs.  lease_until is the
 * time after which a job is suspicious; it is for users.
 *
 * IDENTIFICATION
 *	  src/store/job_queue.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/pg_prng.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/home.h"
#include "server/owner_spi.h"
#include "server/settings.h"
#include "storage/lock.h"
#include "store/jobs.h"
#include "store/own_table.h"
#include "store/sql_text.h"

/* The objsubid of our locks; those of pg_advisory_lock() have 1 or 2. */
#define CLAIMANT_LOCK_CLASS		4

static GlueStatement find_others = {
	"SELECT claimant FROM @glue_claimant WHERE claimant" DIFFERS_FROM "$1",
	{INT8OID}
};

static GlueStatement release = {
	"UPDATE @glue_request SET state = 'queued', lease_until = NULL,"
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
	" AND home" EQUALS "@home",
	{INT8OID}
};

static GlueStatement sign_up = {
	"INSERT INTO @glue_claimant (claimant) VALUES ($1) ON CONFLICT DO NOTHING",
	{INT8OID}
};

static GlueStatement strike_off = {
	"DELETE FROM @glue_claimant WHERE claimant" EQUALS "$1",
	{INT8OID}
};

static void
claimant_tag(int64 claimant, LOCKTAG *tag)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (claimant >> 32),
						 (uint32) claimant, CLAIMANT_LOCK_CLASS);
}

/* Become a claimant until glue_claimant_end() or the exit of the process. */
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

/* Does a process hold the lock of a claimant? */
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
 * Prepare to work the queue of the extension in this schema; false if there is
 * none, or an error for a process that claims nothing, whose claimant is 0.  Its
 * tables are locked until the end of the transaction.
 */
bool
glue_job_queue_open(GlueJobQueue *queue, Oid schema, int64 claimant)
{
	GlueOwnTable claimants;

	if (!glue_own_table_open(&queue->table, "glue_request", schema,
							 RowExclusiveLock, GLUE_TABLE_PRIVATE, NULL,
							 claimant != 0))
		return false;
	glue_own_table_open(&claimants, "glue_claimant", schema, RowExclusiveLock,
						GLUE_TABLE_PRIVATE, NULL, false);
	glue_request_secrets_open(&queue->secrets, schema);
	queue->claimant = claimant;
	return true;
}

static uint64
execute_for(const GlueJobQueue *queue, GlueStatement *statement, int64 claimant)
{
	Datum		values[] = {Int64GetDatum(claimant)};

	return glue_execute_alone(statement, &queue->table, values, NULL);
}

/*
 * Put the requests of claimants that are gone back into the queue.
 *
 * A message of such a process may still arrive: see operation/late.c.  The
 * undo of a call handles that as well, and starts again.
 */
void
glue_job_queue_release_orphans(const GlueJobQueue *queue)
{
	Datum		values[] = {Int64GetDatum(queue->claimant)};
	GlueResult	row;

	glue_execute(&row, &find_others, &queue->table, values, NULL);
	while (glue_result_next(&row))
	{
		int64		claimant = glue_result_int64(&row, 1);

		if (is_alive(claimant))
			continue;
		execute_for(queue, &release, claimant);
		execute_for(queue, &strike_off, claimant);
	}
}

/*
 * May another process have jobs?  No news reports the exit of a process.
 */
bool
glue_job_queue_has_others(const GlueJobQueue *queue)
{
	return execute_for(queue, &find_others, queue->claimant) > 0;
}

/*
 * Remove this process from the list of claimants: it has no jobs any more.
 */
void
glue_job_queue_leave(const GlueJobQueue *queue)
{
	execute_for(queue, &strike_off, queue->claimant);
}

/* Add this process to the list of claimants, before it claims requests. */
void
glue_job_queue_sign_up(const GlueJobQueue *queue)
{
	execute_for(queue, &sign_up, queue->claimant);
}

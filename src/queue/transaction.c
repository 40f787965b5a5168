/*-------------------------------------------------------------------------
 *
 * transaction.c
 *	  Transactions of queue processes.
 *
 * Statements run with the privileges of the table's owner, so the search_path
 * must name no schema in which another role can create objects.  The planner's
 * statistics about a queue are always out of date: a table that was empty a
 * moment ago has a million rows.  Each of the few statements has one good
 * plan, an index scan, and the planner settings enforce it.
 *
 * A commit records calls of AWS Glue and their results, which no crash of this
 * server may lose.  So it waits for the flush of the WAL, even if
 * synchronous_commit is off for the database.
 *
 * IDENTIFICATION
 *	  src/queue/transaction.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "queue/transaction.h"
#include "server/impersonation.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* Value of lock_timeout for the lock of a connection's row. */
#define LOCK_TIMEOUT			"100ms"

/* The settings for all that. */
typedef struct LocalSetting
{
	const char *name;
	const char *value;
} LocalSetting;

static const LocalSetting local_settings[] = {
	{"search_path", GLUE_SEARCH_PATH},
	{"row_security", "on"},
	{"session_replication_role", "origin"},
	{"lock_timeout", LOCK_TIMEOUT},
	{"plan_cache_mode", "force_generic_plan"},
	{"enable_indexscan", "on"},
	{"enable_nestloop", "on"},
	{"enable_seqscan", "off"},
	{"enable_bitmapscan", "off"},
	{"enable_hashjoin", "off"},
	{"enable_mergejoin", "off"},
	{"enable_sort", "off"},
	{"jit", "off"},
};

/*
 * Set a parameter for the current transaction, with the privileges of a
 * superuser.
 */
static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Begin a transaction with the settings above.  Each statement must see the
 * transactions that have committed before it, with any
 * default_transaction_isolation.
 */
void
glue_queue_begin(const GlueQueueProcess *process)
{
	process->begin();
	Assert(IsTransactionState());
	XactIsoLevel = XACT_READ_COMMITTED;
	PushActiveSnapshot(GetTransactionSnapshot());
	for (int i = 0; i < lengthof(local_settings); i++)
		set_local(local_settings[i].name, local_settings[i].value);
	glue_transaction_keep();
}

/*
 * Make the commit of the current transaction wait for the flush of the WAL,
 * unless it waits for more already.
 */
void
glue_transaction_keep(void)
{
	if (synchronous_commit < SYNCHRONOUS_COMMIT_ON)
		set_local("synchronous_commit", "on");
}

/* Call a function in a transaction of its own, if the queue still exists. */
static void
with_queue(const GlueQueueProcess *process,
		   void (*function) (const GlueJobQueue *queue))
{
	GlueJobQueue queue;
	MemoryContext old_context = CurrentMemoryContext;

	glue_queue_begin(process);
	if (glue_job_queue_open(&queue, process->schema, process->claimant))
		function(&queue);
	process->commit();
	MemoryContextSwitchTo(old_context);
}

/* The part of glue_queue_recover() in one transaction. */
static void
recover(const GlueJobQueue *queue)
{
	glue_requests_hold(queue);
	if (glue_requests_have_old_cluster(queue))
		glue_requests_enter_cluster(queue);
	glue_job_queue_release_orphans(queue);
}

/*
 * Put the claims of processes that are gone back into the queue, and hold the
 * requests of other databases.
 */
void
glue_queue_recover(const GlueQueueProcess *process)
{
	with_queue(process, recover);
}

/* Stop working the queue: delete our entry from the list of claimants. */
void
glue_queue_leave(const GlueQueueProcess *process)
{
	with_queue(process, glue_job_queue_leave);
}

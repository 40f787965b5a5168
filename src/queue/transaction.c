/*-------------------------------------------------------------------------
 *
 * transaction.c
 *	  Transactions of processes that work the queue.
 *
 * Statements run with the rights of a table's owner, so names must not be
 * looked up where anybody else can put something.  And what the planner thinks
 * of a queue is out of date as soon as it was learnt: a table that was empty a
 * moment ago has a million rows.  The few statements that there are have one
 * good plan each, along an index.
 *
 * What they commit is about what AWS Glue has been asked for and has answered.
 * So they wait for the disk, whatever the database thinks that is worth: no
 * crash of this server may forget it.
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
#include "store/request_home.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

/* How long to wait for the lock of a connection's row. */
#define LOCK_TIMEOUT			"100ms"

/* The settings that follow from that. */
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

/* prototypes of private functions */
static void recover(const GlueJobQueue *queue);
static void set_local(const char *name, const char *value);
static void with_queue(const GlueQueueProcess *process,
					   void (*function) (const GlueJobQueue *queue));

/*
 * Begin a transaction with the settings that all of them have.  Each statement
 * must see what has committed before it, whatever the default is.
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
 * Have the current transaction wait for the disk when it commits, if nothing
 * has it wait for more.
 */
void
glue_transaction_keep(void)
{
	if (synchronous_commit < SYNCHRONOUS_COMMIT_ON)
		set_local("synchronous_commit", "on");
}

/* Set a parameter for the current transaction, as a superuser could. */
static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_SUSET, PGC_S_SESSION,
							 GUC_ACTION_LOCAL, true, 0, false);
}

/*
 * Put what processes that are gone had claimed back into the queue, and hold what
 * comes from elsewhere.
 */
void
glue_queue_recover(const GlueQueueProcess *process)
{
	with_queue(process, recover);
}

/* What that takes in one transaction. */
static void
recover(const GlueJobQueue *queue)
{
	glue_requests_hold(queue);
	if (glue_requests_have_old_cluster(queue))
		glue_requests_enter_cluster(queue);
	glue_job_queue_release_orphans(queue);
}

/* Stop working the queue: nothing is claimed any more. */
void
glue_queue_leave(const GlueQueueProcess *process)
{
	with_queue(process, glue_job_queue_leave);
}

/* Do something in a transaction of its own, if the queue is still there. */
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

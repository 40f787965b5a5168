/*-------------------------------------------------------------------------
 *
 * queue_wake.c
 *	  Telling those who work the queue that there is something new.
 *
 * A request can be worked once the transaction that enqueued it has
 * committed.  So that is when somebody is woken: the process that listens for
 * the database, or else the one that listens for all databases that nobody
 * else listens for, and starts somebody who does.
 *
 * Who listens does so in this order, so that nothing is missed:
 *
 *		glue_queue_listen(database);	once
 *		for (;;)
 *		{
 *			ResetLatch(MyLatch);
 *			glue_queue_take_news(...);	forgets what is new
 *			look at the queue;
 *			WaitLatch(MyLatch, ...);
 *		}
 *
 * News may still get lost, and nothing depends on them: listeners look at the
 * queue every now and then anyway.  There are none of what COMMIT PREPARED
 * brings, because the session that enqueued it may be gone by then; and more
 * databases may have some than are remembered.
 *
 * Without shared memory, nobody listens, and all of this does nothing.
 *
 * Other processes are known by their number, and not by pointers: it stays
 * valid after they are gone, when at worst somebody else is woken for nothing.
 *
 * IDENTIFICATION
 *	  src/queue_wake.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "compat.h"
#include "miscadmin.h"
#include "queue_wake.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"

/* Processes that listen, and databases that have news for none of them. */
#define MAX_LISTENERS	64
#define MAX_DATABASES	64

typedef struct Listener
{
	bool		used;
	Oid			database;		/* InvalidOid: those of nobody else */
	int			process;		/* number of its PGPROC */
	bool		news;
} Listener;

typedef struct QueueWake
{
	Listener	listeners[MAX_LISTENERS];
	Oid			databases[MAX_DATABASES];	/* of which the listener to all
											 * others does not know yet */
	int			ndatabases;
} QueueWake;

GlueSharedPart glue_queue_wake_part = {
	.name = "glue_conn queue",
	.size = sizeof(QueueWake),
};

/* The listener that this process is; NULL if it is none. */
static Listener *own = NULL;

/* Has this transaction changed the queue? */
static bool wake_at_commit = false;

/* prototypes of private functions */
static void at_end_of_transaction(XactEvent event, void *arg);
static void wake(void);
static Listener *find_listener(QueueWake *state, Oid database);
static Listener *free_listener(QueueWake *state);
static void remember_database(QueueWake *state, Oid database);
static void unlisten_at_exit(int code, Datum arg);

/*
 * Wake whoever works the queue of this database, if and when the current
 * transaction commits.
 */
void
glue_queue_wake_at_commit(void)
{
	static bool registered = false;

	if (!registered)
		RegisterXactCallback(at_end_of_transaction, NULL);
	registered = true;
	wake_at_commit = true;
}

/*
 * A XactCallback.  What is called here must not raise errors: the transaction
 * has committed.
 */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			if (wake_at_commit && glue_shared_is_shared())
				wake();
			wake_at_commit = false;
			break;
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			wake_at_commit = false;
			break;
		default:
			break;
	}
}

static void
wake(void)
{
	QueueWake  *state = glue_shared_attach(&glue_queue_wake_part);
	Listener   *listener;
	int			process = -1;

	glue_shared_lock(LW_EXCLUSIVE);
	listener = find_listener(state, MyDatabaseId);
	if (listener == NULL)
	{
		remember_database(state, MyDatabaseId);
		listener = find_listener(state, InvalidOid);
	}
	if (listener != NULL && !listener->news)
	{
		listener->news = true;
		process = listener->process;
	}
	glue_shared_unlock();
	if (process >= 0)
		SetLatch(&ProcGlobal->allProcs[process].procLatch);
}

/*
 * Have this process woken for a database, or for those that nobody else is
 * woken for.
 *
 * Raises an error if too many listen already.
 */
void
glue_queue_listen(Oid database)
{
	static bool registered = false;
	QueueWake  *state = glue_shared_attach(&glue_queue_wake_part);
	Listener	listener = {
		.used = true,
		.database = database,
		.process = GLUE_PROCESS_NUMBER(MyProc),
		.news = true,
	};

	if (!registered)
		before_shmem_exit(unlisten_at_exit, (Datum) 0);
	registered = true;

	glue_shared_lock(LW_EXCLUSIVE);
	if (own == NULL)
		own = free_listener(state);
	if (own != NULL)
		*own = listener;
	glue_shared_unlock();
	if (own == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("too many processes work queues of glue_conn")));
}

/*
 * Do not have this process woken any more; returns whether there is news that
 * it has not taken, and that nobody else will be told.
 */
bool
glue_queue_unlisten(void)
{
	bool		news;

	if (own == NULL)
		return false;
	glue_shared_lock(LW_EXCLUSIVE);
	news = own->news;
	memset(own, 0, sizeof(Listener));
	glue_shared_unlock();
	own = NULL;
	return news;
}

/* Is there news that this process has not taken yet? */
bool
glue_queue_has_news(void)
{
	return own != NULL && own->news;
}

/* A before_shmem_exit callback */
static void
unlisten_at_exit(int code, Datum arg)
{
	(void) glue_queue_unlisten();
}

/*
 * Find out, and forget, which databases have news that nobody listened for.
 *
 * Returns how many there are.  Those that are more than max stay.
 */
int
glue_queue_take_news(Oid *databases, int max)
{
	QueueWake  *state = glue_shared_attach(&glue_queue_wake_part);
	int			taken = 0;

	glue_shared_lock(LW_EXCLUSIVE);
	if (own != NULL)
		own->news = false;
	while (taken < max && state->ndatabases > 0)
		databases[taken++] = state->databases[--state->ndatabases];
	glue_shared_unlock();
	return taken;
}

static Listener *
find_listener(QueueWake *state, Oid database)
{
	for (int i = 0; i < MAX_LISTENERS; i++)
	{
		if (state->listeners[i].used &&
			state->listeners[i].database == database)
			return &state->listeners[i];
	}
	return NULL;
}

static Listener *
free_listener(QueueWake *state)
{
	for (int i = 0; i < MAX_LISTENERS; i++)
	{
		if (!state->listeners[i].used)
			return &state->listeners[i];
	}
	return NULL;
}

static void
remember_database(QueueWake *state, Oid database)
{
	for (int i = 0; i < state->ndatabases; i++)
	{
		if (state->databases[i] == database)
			return;
	}
	if (state->ndatabases < MAX_DATABASES)
		state->databases[state->ndatabases++] = database;
}

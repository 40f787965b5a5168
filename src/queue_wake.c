/*-------------------------------------------------------------------------
 *
 * queue_wake.c
 *	  Telling those who work that there is something new to do.
 *
 * Somebody is woken then: the process that listens for work of that kind in
 * the database, or else the one that listens for all that nobody else listens
 * for, and starts somebody who does.
 *
 * A request in the queue can be worked once the transaction that enqueued it
 * has committed, so that is when that is told.
 *
 * Who listens does so in this order, so that nothing is missed:
 *
 *		glue_queue_listen(database, kind);	once
 *		for (;;)
 *		{
 *			ResetLatch(MyLatch);
 *			glue_queue_take_news(...);	forgets what is new
 *			look for work;
 *			WaitLatch(MyLatch, ...);
 *		}
 *
 * News may still get lost, and nothing depends on them: listeners look at the
 * queue every now and then anyway, and who waits for a journal's worker tells
 * again.  There are none of what COMMIT PREPARED brings, because the session
 * that enqueued it may be gone by then.  If more databases have some than there
 * is room for, it is only remembered that some had to be left out.
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

/* Processes that listen, and news for none of them. */
#define MAX_LISTENERS	128
#define MAX_NEWS		64

typedef struct Listener
{
	bool		used;
	Oid			database;		/* InvalidOid: what is nobody else's */
	GlueWorkKind kind;
	int			process;		/* number of its PGPROC */
	bool		news;
} Listener;

typedef struct QueueWake
{
	Listener	listeners[MAX_LISTENERS];
	GlueNews	news[MAX_NEWS]; /* which the listener to all others does not
								 * know yet */
	int			nnews;
	bool		lost_news;		/* there were more */
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
static void wake(GlueWorkKind kind);
static Listener *find_listener(QueueWake *state, Oid database,
							   GlueWorkKind kind);
static Listener *free_listener(QueueWake *state);
static void remember_news(QueueWake *state, Oid database, GlueWorkKind kind);
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
			if (wake_at_commit)
				glue_queue_wake();
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

/*
 * Wake whoever works the queue of this database, now.
 *
 * Raises no errors.
 */
void
glue_queue_wake(void)
{
	wake(GLUE_WORK_QUEUE);
}

/*
 * Wake whoever records the calls of this database, now.
 *
 * Raises no errors.
 */
void
glue_journal_wake(void)
{
	wake(GLUE_WORK_JOURNAL);
}

static void
wake(GlueWorkKind kind)
{
	QueueWake  *state;
	Listener   *listener;
	int			process = -1;

	if (!glue_shared_is_shared())
		return;
	state = glue_shared_attach(&glue_queue_wake_part);
	glue_shared_lock(LW_EXCLUSIVE);
	listener = find_listener(state, MyDatabaseId, kind);
	if (listener == NULL)
	{
		remember_news(state, MyDatabaseId, kind);
		listener = find_listener(state, InvalidOid, kind);
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
 * Have this process woken for a kind of work in a database; or, without a
 * database, for work of any kind that nobody else is woken for.
 *
 * Raises an error if too many listen already.
 */
void
glue_queue_listen(Oid database, GlueWorkKind kind)
{
	static bool registered = false;
	QueueWake  *state = glue_shared_attach(&glue_queue_wake_part);
	Listener	listener = {
		.used = true,
		.database = database,
		.kind = kind,
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
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("too many processes work for glue_conn")));
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
 * Was there more news that nobody listened for than is remembered?  Also
 * forgets that.
 */
bool
glue_queue_lost_news(void)
{
	QueueWake  *state = glue_shared_attach(&glue_queue_wake_part);
	bool		lost;

	glue_shared_lock(LW_EXCLUSIVE);
	lost = state->lost_news;
	state->lost_news = false;
	glue_shared_unlock();
	return lost;
}

/*
 * Find out, and forget, the news that nobody listened for, and what is new for
 * this process.
 *
 * Returns how many of the former there are.  Those that are more than max stay.
 */
int
glue_queue_take_news(GlueNews *news, int max)
{
	QueueWake  *state = glue_shared_attach(&glue_queue_wake_part);
	int			taken = 0;

	glue_shared_lock(LW_EXCLUSIVE);
	if (own != NULL)
		own->news = false;
	while (taken < max && state->nnews > 0)
		news[taken++] = state->news[--state->nnews];
	glue_shared_unlock();
	return taken;
}

static Listener *
find_listener(QueueWake *state, Oid database, GlueWorkKind kind)
{
	for (int i = 0; i < MAX_LISTENERS; i++)
	{
		Listener   *listener = &state->listeners[i];

		if (listener->used && listener->database == database &&
			(listener->kind == kind || !OidIsValid(database)))
			return listener;
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
remember_news(QueueWake *state, Oid database, GlueWorkKind kind)
{
	GlueNews	news = {database, kind};

	for (int i = 0; i < state->nnews; i++)
	{
		if (state->news[i].database == database && state->news[i].kind == kind)
			return;
	}
	if (state->nnews < MAX_NEWS)
		state->news[state->nnews++] = news;
	else
		state->lost_news = true;
}

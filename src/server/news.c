/*-------------------------------------------------------------------------
 *
 * news.c
 *	  Telling the workers that there is something new to do.
 *
 * A process is woken then: the one that listens for work of that kind in the
 * database, or else the launcher, which listens for all that no other process
 * listens for, and starts a worker.
 *
 * A request in the queue can be worked once the transaction that enqueued it
 * has committed, so that is when that is told.
 *
 * A listener keeps this order, so that it misses nothing:
 *
 *		glue_news_listen(database, kind);	once
 *		for (;;)
 *		{
 *			ResetLatch(MyLatch);
 *			glue_news_take(...);	forgets what is new
 *			look for work;
 *			WaitLatch(MyLatch, ...);
 *		}
 *
 * News may still get lost, and nothing depends on them: listeners look at the
 * queue every now and then anyway, and a session that waits for a journal's
 * worker tells again.  There are none of COMMIT PREPARED, because the session
 * that enqueued something may be gone by then; so what is prepared is news,
 * and a worker that looks and finds it comes back.
 *
 * There is a note of each database that has news, or may have work left.  It is
 * freed when neither is so, or when the database is gone.  If there is no room
 * for another one, it is only remembered that some news had to be left out.
 *
 * Without shared memory, there are no listeners, and all of this does nothing.
 *
 * Other processes are known by their number, and not by pointers: it stays
 * valid after they are gone, when at worst another process is woken for nothing.
 *
 * IDENTIFICATION
 *	  src/server/news.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "replication/syncrep.h"
#include "server/compat.h"
#include "server/news.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"

/* Databases that have news, or work left. */
#define MAX_NOTES		4096

typedef struct Listener
{
	bool		used;
	Oid			database;		/* InvalidOid: those without a listener */
	GlueWorkKind kind;
	int			process;		/* number of its PGPROC */
	bool		news;
} Listener;

typedef struct DatabaseNote
{
	Oid			database;
	bool		news[GLUE_NUM_WORK_KINDS];	/* which the listener to all
											 * others does not know yet */
	bool		open;			/* it may have requests that have not ended */
} DatabaseNote;

typedef struct QueueWake
{
	DatabaseNote notes[MAX_NOTES];
	int			nnotes;
	bool		lost_news;		/* there were more */
	bool		crowded;		/* others wait for room for their workers */
	Listener	listeners[FLEXIBLE_ARRAY_MEMBER];	/* max_worker_processes */
} QueueWake;

GlueSharedPart glue_news_part = {
	.name = "glue_conn queue",
	.size = offsetof(QueueWake, listeners),
	.size_per_backend = sizeof(Listener),
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
static DatabaseNote *find_note(QueueWake *state, Oid database);
static DatabaseNote *make_note(QueueWake *state, Oid database);
static void free_note_if_empty(QueueWake *state, DatabaseNote *note);
static void unlisten_at_exit(int code, Datum arg);

/*
 * Wake the worker of the queue of this database, if and when the current
 * transaction commits.
 */
void
glue_news_wake_queue_at_commit(void)
{
	static bool registered = false;

	Assert(IsTransactionState());
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
		case XACT_EVENT_PREPARE:
			if (wake_at_commit)
				glue_news_wake_queue();
			wake_at_commit = false;
			break;
		case XACT_EVENT_ABORT:
			wake_at_commit = false;
			break;
		default:
			break;
	}
}

/*
 * Wake the worker of the queue of this database, now.
 *
 * Raises no errors.
 */
void
glue_news_wake_queue(void)
{
	wake(GLUE_WORK_QUEUE);
}

/*
 * Wake the worker of the journal of this database, now.
 *
 * Raises no errors.
 */
void
glue_news_wake_journal(void)
{
	wake(GLUE_WORK_JOURNAL);
}

static void
wake(GlueWorkKind kind)
{
	QueueWake  *state;
	Listener   *listener;
	DatabaseNote *note = NULL;
	int			process = -1;

	if (!glue_shared_is_shared())
		return;
	state = glue_shared_attach(&glue_news_part);
	glue_shared_lock(LW_EXCLUSIVE);
	listener = find_listener(state, MyDatabaseId, kind);
	if (listener == NULL || kind == GLUE_WORK_QUEUE)
		note = make_note(state, MyDatabaseId);
	if (note != NULL && kind == GLUE_WORK_QUEUE)
		note->open = true;
	if (listener == NULL)
	{
		if (note != NULL)
			note->news[kind] = true;
		else
			state->lost_news = true;
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
 * database, for work of any kind that no other process is woken for.
 *
 * Raises an error if too many listen already.
 */
void
glue_news_listen(Oid database, GlueWorkKind kind)
{
	static bool registered = false;
	QueueWake  *state = glue_shared_attach(&glue_news_part);
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
 * it has not taken, and that no other process will be told.
 */
bool
glue_news_unlisten(void)
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
glue_news_exist(void)
{
	return own != NULL && own->news;
}

/* A before_shmem_exit callback */
static void
unlisten_at_exit(int code, Datum arg)
{
	(void) glue_news_unlisten();
}

/*
 * Was there more news without a listener than is remembered?  Also
 * forgets that.
 */
bool
glue_news_lost(void)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	bool		lost;

	glue_shared_lock(LW_EXCLUSIVE);
	lost = state->lost_news;
	state->lost_news = false;
	glue_shared_unlock();
	return lost;
}

/*
 * Find out, and forget, the news without a listener, and what is new for
 * this process.
 *
 * Returns how many of the former there are.  Those that are more than max stay.
 */
int
glue_news_take(GlueNews *news, int max)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	int			taken = 0;

	glue_shared_lock(LW_EXCLUSIVE);
	if (own != NULL)
		own->news = false;
	for (int i = state->nnotes - 1;
		 i >= 0 && taken + GLUE_NUM_WORK_KINDS <= max; i--)
	{
		DatabaseNote *note = &state->notes[i];

		for (int kind = 0; kind < GLUE_NUM_WORK_KINDS; kind++)
		{
			if (!note->news[kind])
				continue;
			news[taken].database = note->database;
			news[taken++].kind = kind;
			note->news[kind] = false;
		}
		free_note_if_empty(state, note);
	}
	glue_shared_unlock();
	return taken;
}

/* ----------------------------------------------------------------
 * Databases with work
 * ----------------------------------------------------------------
 */

/*
 * Note whether this database has requests that have not ended, as far as this
 * process knows: if there is news, it may have.
 */
void
glue_news_note_open(bool open)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	DatabaseNote *note;

	glue_shared_lock(LW_EXCLUSIVE);
	note = open ? make_note(state, MyDatabaseId) :
		find_note(state, MyDatabaseId);
	if (note != NULL && (open || own == NULL || !own->news))
	{
		note->open = open;
		free_note_if_empty(state, note);
	}
	glue_shared_unlock();
}

/*
 * Make news of all databases that may have requests that have not ended, for a
 * launcher that does not know what one before it knew.
 */
void
glue_news_recall(void)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < state->nnotes; i++)
		state->notes[i].news[GLUE_WORK_QUEUE] |= state->notes[i].open;
	glue_shared_unlock();
}

/* May a database have requests that have not ended? */
bool
glue_news_is_open(Oid database)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	DatabaseNote *note;
	bool		open;

	glue_shared_lock(LW_SHARED);
	note = find_note(state, database);
	open = note != NULL && note->open;
	glue_shared_unlock();
	return open;
}

/* A database is gone. */
void
glue_news_forget(Oid database)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	DatabaseNote *note;

	glue_shared_lock(LW_EXCLUSIVE);
	note = find_note(state, database);
	if (note != NULL)
		*note = state->notes[--state->nnotes];
	glue_shared_unlock();
}

/* ----------------------------------------------------------------
 * Room for workers
 * ----------------------------------------------------------------
 */

/* Say whether there are workers that find no room. */
void
glue_news_tell_crowded(bool crowded)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	bool		ask;

	glue_shared_lock(LW_EXCLUSIVE);
	ask = crowded && !state->crowded;
	state->crowded = crowded;
	for (int i = 0; i < max_worker_processes && ask; i++)
	{
		if (state->listeners[i].used)
			SetLatch(&ProcGlobal->allProcs[state->listeners[i].process].procLatch);
	}
	glue_shared_unlock();
}

/* Does a worker wait for this process to exit, if this is a worker? */
bool
glue_news_is_crowded(void)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);

	return own != NULL && state->crowded;
}

/* Why is work of a kind not done for this database? */
GlueObstacle
glue_work_obstacle(GlueWorkKind kind)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	GlueObstacle obstacle = GLUE_OBSTACLE_UNKNOWN;
	Listener   *listener;

	glue_shared_lock(LW_SHARED);
	listener = find_listener(state, MyDatabaseId, kind);
	if (listener != NULL)
		obstacle = ProcGlobal->allProcs[listener->process].syncRepState ==
			SYNC_REP_WAITING ? GLUE_OBSTACLE_STANDBY : GLUE_OBSTACLE_BUSY;
	else if (find_listener(state, InvalidOid, kind) == NULL)
		obstacle = GLUE_OBSTACLE_NO_LAUNCHER;
	else if (state->crowded)
		obstacle = GLUE_OBSTACLE_NO_ROOM;
	glue_shared_unlock();
	return obstacle;
}

static Listener *
find_listener(QueueWake *state, Oid database, GlueWorkKind kind)
{
	for (int i = 0; i < max_worker_processes; i++)
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
	for (int i = 0; i < max_worker_processes; i++)
	{
		if (!state->listeners[i].used)
			return &state->listeners[i];
	}
	return NULL;
}

static DatabaseNote *
find_note(QueueWake *state, Oid database)
{
	for (int i = 0; i < state->nnotes; i++)
	{
		if (state->notes[i].database == database)
			return &state->notes[i];
	}
	return NULL;
}

/* The note of a database, which may be a new one; NULL if there is no room. */
static DatabaseNote *
make_note(QueueWake *state, Oid database)
{
	DatabaseNote *note = find_note(state, database);

	if (note == NULL && state->nnotes < MAX_NOTES)
	{
		note = &state->notes[state->nnotes++];
		memset(note, 0, sizeof(DatabaseNote));
		note->database = database;
	}
	return note;
}

/* Free a note that says nothing; the last one takes its place. */
static void
free_note_if_empty(QueueWake *state, DatabaseNote *note)
{
	bool		empty = !note->open;

	for (int kind = 0; kind < GLUE_NUM_WORK_KINDS; kind++)
		empty = empty && !note->news[kind];
	if (empty)
		*note = state->notes[--state->nnotes];
}

/*
 * Wait until somebody wakes this process, or for a while; true if that is over.  Can
 * be interrupted.
 */
bool
glue_news_await(long timeout_ms, uint32 wait_event)
{
	int			events = WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT |
								   WL_EXIT_ON_PM_DEATH, timeout_ms, wait_event);

	ResetLatch(MyLatch);
	CHECK_FOR_INTERRUPTS();
	return (events & WL_TIMEOUT) != 0;
}

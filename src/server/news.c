/*-------------------------------------------------------------------------
 *
 * news.c
 *	  Wake-ups of the workers when there is new work.
 *
 * The woken process is the one that listens for that kind of work in the
 * database, or else the launcher, which listens for all work without a
 * listener, and starts a worker.
 *
 * A request in the queue can be processed after the commit of the transaction
 * that enqueued it, so the wake-up happens at commit.
 *
 * A listener keeps this order, so that it misses no wake-up:
 *
 *		glue_news_listen(database, kind);	once
 *		for (;;)
 *		{
 *			ResetLatch(MyLatch);
 *			glue_news_take(...);	resets the news
 *			look for work;
 *			WaitLatch(MyLatch, ...);
 *		}
 *
 * News can still get lost, and nothing depends on it: listeners also poll the
 * queue at long intervals, and a session that waits for the journal's worker
 * repeats the wake-up.  COMMIT PREPARED wakes no one, because the session that
 * enqueued the request may have ended.  So PREPARE TRANSACTION wakes the
 * worker, which finds the prepared transaction and polls.
 *
 * Each database with news, or with open requests, has a note.  A note is freed
 * when it has neither, or when the database was dropped.  If all notes are in
 * use, only the fact that news was lost is recorded.
 *
 * Without shared memory there are no listeners, and these functions do
 * nothing.
 *
 * Processes are identified by their number and not by pointers: a number stays
 * valid after the process has ended; at worst, another process is woken
 * without reason.
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

/* Limit of databases with news or open requests. */
#define MAX_NOTES		4096

typedef struct Listener
{
	bool		used;
	Oid			database;		/* InvalidOid: all databases without a
								 * listener */
	GlueWorkKind kind;
	int			process;		/* number of its PGPROC */
	bool		news;
} Listener;

typedef struct DatabaseNote
{
	Oid			database;
	bool		news[GLUE_NUM_WORK_KINDS];	/* news that the listener without
											 * a database has not taken */
	bool		open;			/* the database may have open requests */
} DatabaseNote;

typedef struct QueueWake
{
	DatabaseNote notes[MAX_NOTES];
	int			nnotes;
	bool		lost_news;		/* there was no note for some news */
	bool		crowded;		/* other workers wait for a free worker slot */
	Listener	listeners[FLEXIBLE_ARRAY_MEMBER];	/* max_worker_processes */
} QueueWake;

GlueSharedPart glue_news_part = {
	.name = "glue_conn queue",
	.size = offsetof(QueueWake, listeners),
	.size_per_backend = sizeof(Listener),
};

/* The listener of this process; NULL if it does not listen. */
static Listener *own = NULL;

/* Has this transaction changed the queue? */
static bool wake_at_commit = false;

/* prototypes of private functions */
static void at_end_of_transaction(XactEvent event, void *arg);
static Listener *find_listener(QueueWake *state, Oid database,
							   GlueWorkKind kind);
static Listener *free_listener(QueueWake *state);
static DatabaseNote *find_note(QueueWake *state, Oid database);
static DatabaseNote *make_note(QueueWake *state, Oid database);
static void free_note_if_empty(QueueWake *state, DatabaseNote *note);
static void unlisten_at_exit(int code, Datum arg);

/*
 * Wake the worker of this database's queue when the current transaction
 * commits.
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
 * A XactCallback.  It must not raise errors, because the transaction has
 * committed.
 */
static void
at_end_of_transaction(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_PREPARE:
			if (wake_at_commit)
				glue_news_wake(GLUE_WORK_QUEUE);
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
 * Wake the worker of this database that does work of a kind, now.
 *
 * Raises no errors.
 */
void
glue_news_wake(GlueWorkKind kind)
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
 * Listen for a kind of work in a database; or, without a database, for all
 * work without another listener.
 *
 * Raises an error if there are too many listeners.
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
 * Stop listening.  Returns whether this process had news that it has not
 * taken, and no other process will get.
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

/* Has this process news that it has not taken yet? */
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
 * Take the news without a listener, and the news for this process, out of
 * shared memory.
 *
 * Returns the number of the former; those over max stay.  *lost is set if some
 * news was forgotten, because there was no room.
 */
int
glue_news_take(GlueNews *news, int max, bool *lost)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);
	int			taken = 0;

	glue_shared_lock(LW_EXCLUSIVE);
	if (own != NULL)
		own->news = false;
	if (lost != NULL)
	{
		*lost |= state->lost_news;
		state->lost_news = false;
	}
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
 * Record whether this database has open requests, as far as this process
 * knows: untaken news may be about more.
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
 * Make news of all databases that may have open requests, for a launcher that
 * was restarted.
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

/* May a database have open requests? */
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

/* A database was dropped. */
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

/* Record whether workers wait for a free worker slot. */
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

/* Does another worker wait for this worker to exit? */
bool
glue_news_is_crowded(void)
{
	QueueWake  *state = glue_shared_attach(&glue_news_part);

	return own != NULL && state->crowded;
}

/* Why does no worker do this kind of work for this database? */
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

/* Find or make the note of a database; NULL if all notes are in use. */
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

/* Free a note without contents; the last one is moved into its place. */
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
 * Wait until another process wakes this one, or for a while; true if that is
 * over.  Can be interrupted.
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

/*-------------------------------------------------------------------------
 *
 * mailbox.c
 *	  Having rows recorded by another process, whatever becomes of one's own
 *	  transaction.
 *
 * A caller hands the rows over in a box in shared memory, and waits until the
 * journal's worker of its database has committed them.  The worker takes all
 * boxes that are filled at a time.  A box is
 *
 *		free		nobody's
 *		filling		the caller's
 *		filled		to be taken
 *		taken		the worker's
 *		answered	the caller's again, who reads the answer and frees it
 *		abandoned	the worker's, whose caller has gone: the worker frees it
 *
 * The boxes are for all databases, of which none can take them all, even if its
 * worker does not come or its sessions do not go on: a database gets another box
 * only as long as it has fewer than there are free ones.  So the first one that
 * wants many gets half of them, the next one half of the rest, and so on: it
 * takes seven databases that are stuck at the same time to leave none for others.
 *
 * Who finds no box waits for one, behind those who came before.  Boxes are given
 * to those who wait by whoever frees one, or gives up waiting, under the same
 * lock: to who has waited for the longest time of those whose database may have
 * another one.  So nobody is woken in vain, and whenever the lock is free,
 * nobody waits whose database may have one.
 *
 * What is in a box belongs to its owner, and is read and written without the
 * lock; the state is changed under it.  Either side may go at any moment: what
 * a caller leaves behind is freed or abandoned, and what a worker leaves
 * behind is filled again, for the next worker.
 *
 * A message that is too large for a box is in a segment of dynamic shared
 * memory, which lasts as long as one of the two is attached.
 *
 * Other processes are known by their number; see server/news.c.
 *
 * IDENTIFICATION
 *	  src/journal/mailbox.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/mailbox.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/news.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

/* Room in a box; a row takes about 1 kB. */
#define BOX_ROOM		16384

/* How long a caller waits, and after what time it asks for a worker again. */
#define PATIENCE_MS		10000
#define ASK_AGAIN_MS	1000

typedef enum BoxState
{
	BOX_FREE,
	BOX_FILLING,
	BOX_FILLED,
	BOX_TAKEN,
	BOX_ANSWERED,
	BOX_ABANDONED
} BoxState;

typedef struct BoxFailure
{
	int			sqlstate;		/* 0: there is none */
	char		message[512];
	char		detail[512];
	char		hint[256];
} BoxFailure;

struct GlueJournalBox
{
	BoxState	state;
	int			caller;			/* number of its PGPROC */

	/* the message: the tuples */
	Oid			table;
	int			ntuples;
	dsm_handle	segment;		/* invalid: it is in the box */

	/* the answer */
	GlueJournalVerdict verdict;
	int64		blocked_by;
	BoxFailure	failure;

	union
	{
		char		bytes[BOX_ROOM];
		int64		force_alignment;
		double		force_alignment_too;
	}			room;
};

/* A process that waits for a box, or has been given one. */
typedef struct BoxWaiter
{
	Oid			database;		/* InvalidOid: it does not wait any more */
	int			box;			/* then: which one it was given */
	uint64		arrival;		/* in the order of arrival */
} BoxWaiter;

typedef struct JournalBoxes
{
	Oid			owners[GLUE_JOURNAL_BOXES]; /* databases; InvalidOid: free */
	GlueJournalBox boxes[GLUE_JOURNAL_BOXES];
	uint64		arrivals;		/* so far */
	int			nwaiting;
	BoxWaiter	waiters[FLEXIBLE_ARRAY_MEMBER]; /* by number of the PGPROC */
} JournalBoxes;

GlueSharedPart glue_journal_box_part = {
	.name = "glue_conn journal",
	.size = offsetof(JournalBoxes, waiters),
	.size_per_backend = sizeof(BoxWaiter),
};

/* The box that this process has as a caller, and its segment; or NULL. */
static GlueJournalBox *own_box = NULL;
static dsm_segment *own_segment = NULL;
static TimestampTz own_deadline;

/* Does this process wait for a box, or has it not looked which one it got? */
static bool own_waiting = false;

/* prototypes of private functions */
static void reserve_box(TimestampTz deadline);
static void take_or_queue(JournalBoxes *boxes);
static GlueJournalBox *given_box(JournalBoxes *boxes);
static void fill_box(Oid table, const char *tuples, Size len, int ntuples);
static void await_answer(TimestampTz deadline);
static BoxState state_of(const GlueJournalBox *box);
static long ms_left(TimestampTz deadline);
pg_noreturn static void raise_obstacle(void);
static GlueJournalVerdict read_answer(int64 *blocked_by);
static void raise_failure(const BoxFailure *failure);
static GlueJournalBox *stop_waiting(JournalBoxes *boxes);
static void leave_at_exit(int code, Datum arg);
static bool may_have_box(const JournalBoxes *boxes, Oid database);
static int	take_box(JournalBoxes *boxes, Oid database, int caller);
static void free_box(JournalBoxes *boxes, GlueJournalBox *box);
static int	give_boxes(JournalBoxes *boxes, int *receivers);
static BoxWaiter *next_waiter(JournalBoxes *boxes);
static void wake(const int *processes, int nprocesses);
static char *message_of(GlueJournalBox *box, dsm_segment *segment);
static void copy_text(char *to, Size size, const char *from);
static bool hand_over(GlueJournalBox *const *boxes, int nboxes, BoxState state);

/* ----------------------------------------------------------------
 * The caller
 * ----------------------------------------------------------------
 */

/*
 * Have tuples recorded in a table; glue_journal_await() must follow, or
 * glue_journal_leave() if an error gets in between.
 *
 * The tuples are MinimalTuples, each at a MAXALIGNed place.
 */
void
glue_journal_post(Oid table, const char *tuples, Size len, int ntuples)
{
	static bool registered = false;

	if (!registered)
		before_shmem_exit(leave_at_exit, (Datum) 0);
	registered = true;

	glue_journal_leave();
	PG_TRY();
	{
		own_deadline = TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
												   PATIENCE_MS);
		reserve_box(own_deadline);
		fill_box(table, tuples, len, ntuples);
		glue_journal_wake();
	}
	PG_CATCH();
	{
		glue_journal_leave();
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/*
 * Wait until the tuples are recorded.  blocked_by gets the row because of which
 * none is.
 *
 * Raises an error if they were not recorded, or if nobody has said in time
 * that they were.
 */
GlueJournalVerdict
glue_journal_await(int64 *blocked_by)
{
	volatile GlueJournalVerdict verdict;

	PG_TRY();
	{
		await_answer(own_deadline);
		verdict = read_answer(blocked_by);
	}
	PG_CATCH();
	{
		glue_journal_leave();
		PG_RE_THROW();
	}
	PG_END_TRY();
	glue_journal_leave();
	return verdict;
}

static void
reserve_box(TimestampTz deadline)
{
	static uint32 wait_event = 0;
	JournalBoxes *boxes = glue_shared_attach(&glue_journal_box_part);

	take_or_queue(boxes);
	while (own_box == NULL && (own_box = given_box(boxes)) == NULL)
	{
		(void) WaitLatch(MyLatch,
						 WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
						 ms_left(deadline),
						 GLUE_WAIT_EVENT(wait_event, "GlueConnJournalBox"));
		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
	}
	own_waiting = false;
}

/* Take a box, or get into the queue for one. */
static void
take_or_queue(JournalBoxes *boxes)
{
	int			process = GLUE_PROCESS_NUMBER(MyProc);

	Assert(process >= 0 && process < MaxBackends);
	glue_shared_lock(LW_EXCLUSIVE);
	if (may_have_box(boxes, MyDatabaseId))
		own_box = &boxes->boxes[take_box(boxes, MyDatabaseId, process)];
	else
	{
		boxes->waiters[process].database = MyDatabaseId;
		boxes->waiters[process].arrival = ++boxes->arrivals;
		boxes->nwaiting++;
		own_waiting = true;
	}
	glue_shared_unlock();
}

/* The box that this process was given; NULL as long as it has to wait. */
static GlueJournalBox *
given_box(JournalBoxes *boxes)
{
	BoxWaiter  *waiter = &boxes->waiters[GLUE_PROCESS_NUMBER(MyProc)];
	GlueJournalBox *box = NULL;

	glue_shared_lock(LW_SHARED);
	if (!OidIsValid(waiter->database))
		box = &boxes->boxes[waiter->box];
	glue_shared_unlock();
	return box;
}

static void
fill_box(Oid table, const char *tuples, Size len, int ntuples)
{
	own_box->table = table;
	own_box->ntuples = ntuples;
	own_box->segment = DSM_HANDLE_INVALID;
	if (len > BOX_ROOM)
	{
		own_segment = dsm_create(len, 0);
		own_box->segment = dsm_segment_handle(own_segment);
	}
	memcpy(message_of(own_box, own_segment), tuples, len);

	glue_shared_lock(LW_EXCLUSIVE);
	own_box->state = BOX_FILLED;
	glue_shared_unlock();
}

static void
await_answer(TimestampTz deadline)
{
	static uint32 wait_event = 0;

	while (state_of(own_box) != BOX_ANSWERED)
	{
		int			events =
			WaitLatch(MyLatch,
					  WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH,
					  Min(ms_left(deadline), ASK_AGAIN_MS),
					  GLUE_WAIT_EVENT(wait_event, "GlueConnJournal"));

		ResetLatch(MyLatch);
		CHECK_FOR_INTERRUPTS();
		if (events & WL_TIMEOUT)
			glue_journal_wake();
	}
}

static BoxState
state_of(const GlueJournalBox *box)
{
	BoxState	state;

	glue_shared_lock(LW_SHARED);
	state = box->state;
	glue_shared_unlock();
	return state;
}

/* How long there is still to wait; an error if that is over. */
static long
ms_left(TimestampTz deadline)
{
	TimestampTz now = GetCurrentTimestamp();

	if (now >= deadline)
		raise_obstacle();
	return TimestampDifferenceMilliseconds(now, deadline) + 1;
}

/* Nobody has recorded the call: say what is missing, as far as can be told. */
static void
raise_obstacle(void)
{
	const char *detail = "Nothing was sent.";
	const char *hint = "See glue_worker_summary and the server log.";

	switch (glue_journal_obstacle())
	{
		case GLUE_OBSTACLE_NO_LAUNCHER:
			detail = "The launcher of the background workers does not run. Nothing was sent.";
			hint = "See the server log.  If there was no room for it, raise \"max_worker_processes\" and restart the server.";
			break;
		case GLUE_OBSTACLE_NO_ROOM:
			detail = "There is no room for another background worker. Nothing was sent.";
			hint = "Raise \"max_worker_processes\".";
			break;
		case GLUE_OBSTACLE_STANDBY:
			detail = "The background worker waits for a synchronous standby. Nothing was sent.";
			hint = "See \"synchronous_standby_names\" and pg_stat_replication.";
			break;
		case GLUE_OBSTACLE_BUSY:
			detail = "The background worker of this database does not go on, or has too much to do. Nothing was sent.";
			break;
		case GLUE_OBSTACLE_UNKNOWN:
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
			 errmsg("no background worker has recorded the call in time"),
			 errdetail_internal("%s", detail),
			 errhint("%s", hint)));
}

static GlueJournalVerdict
read_answer(int64 *blocked_by)
{
	if (own_box->failure.sqlstate != 0)
		raise_failure(&own_box->failure);
	*blocked_by = own_box->blocked_by;
	return own_box->verdict;
}

static void
raise_failure(const BoxFailure *failure)
{
	ereport(ERROR,
			(errcode(failure->sqlstate),
			 errmsg_internal("%s", failure->message),
			 failure->detail[0] != '\0' ?
			 errdetail_internal("%s", failure->detail) : 0,
			 failure->hint[0] != '\0' ? errhint("%s", failure->hint) : 0,
			 errcontext("recording the call, of which nothing was sent")));
}

/*
 * Give up the box that this process has or waits for, if any, in whatever state
 * it is.  Raises no error.
 */
void
glue_journal_leave(void)
{
	JournalBoxes *boxes;
	dsm_segment *segment = own_segment;
	int			receivers[GLUE_JOURNAL_BOXES];
	int			nreceivers;

	if (own_box == NULL && !own_waiting)
		return;

	/* without a box nothing may be attached yet, and that would take memory */
	boxes = glue_shared_attach(&glue_journal_box_part);
	glue_shared_lock(LW_EXCLUSIVE);
	if (own_box == NULL)
		own_box = stop_waiting(boxes);
	if (own_box != NULL && own_box->state == BOX_TAKEN)
		own_box->state = BOX_ABANDONED;
	else if (own_box != NULL)
		free_box(boxes, own_box);
	nreceivers = give_boxes(boxes, receivers);
	glue_shared_unlock();
	own_box = NULL;
	own_segment = NULL;
	own_waiting = false;
	wake(receivers, nreceivers);
	if (segment != NULL)
		dsm_detach(segment);
}

/* Leave the queue; returns the box that was given meanwhile, or NULL. */
static GlueJournalBox *
stop_waiting(JournalBoxes *boxes)
{
	BoxWaiter  *waiter = &boxes->waiters[GLUE_PROCESS_NUMBER(MyProc)];

	if (!OidIsValid(waiter->database))
		return &boxes->boxes[waiter->box];
	waiter->database = InvalidOid;
	boxes->nwaiting--;
	return NULL;
}

/* A before_shmem_exit callback */
static void
leave_at_exit(int code, Datum arg)
{
	glue_journal_leave();
}

/* ----------------------------------------------------------------
 * Whose the boxes are
 * ----------------------------------------------------------------
 */

/* The functions below but the last one are called with the lock held. */

static bool
may_have_box(const JournalBoxes *boxes, Oid database)
{
	int			nown = 0;
	int			nfree = 0;

	for (int i = 0; i < GLUE_JOURNAL_BOXES; i++)
	{
		nown += boxes->owners[i] == database;
		nfree += !OidIsValid(boxes->owners[i]);
	}
	return nown < nfree;
}

/* Give a free box to a caller, of which there must be one; returns which. */
static int
take_box(JournalBoxes *boxes, Oid database, int caller)
{
	int			box = 0;

	while (OidIsValid(boxes->owners[box]))
		box++;
	Assert(box < GLUE_JOURNAL_BOXES);
	boxes->owners[box] = database;
	boxes->boxes[box].state = BOX_FILLING;
	boxes->boxes[box].caller = caller;
	return box;
}

static void
free_box(JournalBoxes *boxes, GlueJournalBox *box)
{
	box->state = BOX_FREE;
	boxes->owners[box - boxes->boxes] = InvalidOid;
}

/*
 * Give free boxes to those who wait and may have one; returns how many got one.
 * They are to be woken.
 */
static int
give_boxes(JournalBoxes *boxes, int *receivers)
{
	int			nreceivers = 0;
	BoxWaiter  *waiter;

	while (boxes->nwaiting > 0 && (waiter = next_waiter(boxes)) != NULL)
	{
		int			process = waiter - boxes->waiters;

		waiter->box = take_box(boxes, waiter->database, process);
		waiter->database = InvalidOid;
		boxes->nwaiting--;
		receivers[nreceivers++] = process;
	}
	return nreceivers;
}

/* Who has waited for the longest time, of those who may have a box, or NULL. */
static BoxWaiter *
next_waiter(JournalBoxes *boxes)
{
	BoxWaiter  *next = NULL;
	Oid			looked_at = InvalidOid;
	bool		may_have = false;

	for (int i = 0; i < MaxBackends; i++)
	{
		BoxWaiter  *waiter = &boxes->waiters[i];

		if (!OidIsValid(waiter->database) ||
			(next != NULL && next->arrival < waiter->arrival))
			continue;
		if (waiter->database != looked_at)
			may_have = may_have_box(boxes, waiter->database);
		looked_at = waiter->database;
		if (may_have)
			next = waiter;
	}
	return next;
}

static void
wake(const int *processes, int nprocesses)
{
	for (int i = 0; i < nprocesses; i++)
		SetLatch(&ProcGlobal->allProcs[processes[i]].procLatch);
}

/* ----------------------------------------------------------------
 * Messages
 * ----------------------------------------------------------------
 */

static char *
message_of(GlueJournalBox *box, dsm_segment *segment)
{
	return segment != NULL ? dsm_segment_address(segment) :
		box->room.bytes;
}

/* Copy as much of a text as there is room for. */
static void
copy_text(char *to, Size size, const char *from)
{
	int			len = 0;

	if (from != NULL)
		len = pg_mbcliplen(from, strlen(from), size - 1);
	memcpy(to, from != NULL ? from : "", len);
	to[len] = '\0';
}

/* ----------------------------------------------------------------
 * The worker
 * ----------------------------------------------------------------
 */

/*
 * Take all boxes of this database that are filled; returns how many, at most
 * GLUE_JOURNAL_BOXES.
 *
 * What was taken is either answered or given back.
 */
int
glue_journal_take(GlueJournalBox **boxes)
{
	JournalBoxes *all = glue_shared_attach(&glue_journal_box_part);
	int			taken = 0;

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < GLUE_JOURNAL_BOXES; i++)
	{
		GlueJournalBox *box = &all->boxes[i];

		if (all->owners[i] != MyDatabaseId || box->state != BOX_FILLED)
			continue;
		box->state = BOX_TAKEN;
		boxes[taken++] = box;
	}
	glue_shared_unlock();
	return taken;
}

/*
 * Look into a box that was taken; false if its caller does not wait any more.
 *
 * To be closed in the same transaction, unless that is rolled back.
 */
bool
glue_journal_open(GlueJournalBox *box, GlueJournalMessage *message)
{
	if (state_of(box) == BOX_ABANDONED)
		return false;
	message->segment = NULL;
	if (box->segment != DSM_HANDLE_INVALID)
	{
		message->segment = dsm_attach(box->segment);
		if (message->segment == NULL)
			return false;
	}
	message->table = box->table;
	message->ntuples = box->ntuples;
	message->tuples = message_of(box, message->segment);
	return true;
}

void
glue_journal_close(GlueJournalMessage *message)
{
	if (message->segment != NULL)
		dsm_detach(message->segment);
}

/*
 * Say what to answer: the tuples are recorded.
 */
void
glue_journal_recorded(GlueJournalBox *box)
{
	box->verdict = GLUE_JOURNAL_RECORDED;
	box->blocked_by = 0;
	box->failure.sqlstate = 0;
}

/*
 * Say what to answer: none is, because of another row.
 */
void
glue_journal_blocked(GlueJournalBox *box, int64 by)
{
	box->verdict = GLUE_JOURNAL_BLOCKED;
	box->blocked_by = by;
	box->failure.sqlstate = 0;
}

/*
 * Say what to answer: none is, because of an error.
 */
void
glue_journal_failed(GlueJournalBox *box, const ErrorData *error)
{
	box->failure.sqlstate = error->sqlerrcode;
	copy_text(box->failure.message, sizeof(box->failure.message),
			  error->message);
	copy_text(box->failure.detail, sizeof(box->failure.detail),
			  error->detail);
	copy_text(box->failure.hint, sizeof(box->failure.hint), error->hint);
}

/*
 * Let the callers have their answers; returns whether all of them do.
 */
bool
glue_journal_answer(GlueJournalBox *const *boxes, int nboxes)
{
	return hand_over(boxes, nboxes, BOX_ANSWERED);
}

/*
 * Leave boxes for another worker.  That somebody has to be woken for them is
 * for the caller to tell.
 */
void
glue_journal_give_back(GlueJournalBox *const *boxes, int nboxes)
{
	(void) hand_over(boxes, nboxes, BOX_FILLED);
}

/* Give boxes away, and free those whose callers have left: were there none? */
static bool
hand_over(GlueJournalBox *const *boxes, int nboxes, BoxState state)
{
	JournalBoxes *all = glue_shared_attach(&glue_journal_box_part);
	int			callers[GLUE_JOURNAL_BOXES];
	int			ncallers = 0;
	int			receivers[GLUE_JOURNAL_BOXES];
	int			nreceivers;

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < nboxes; i++)
	{
		if (boxes[i]->state == BOX_TAKEN)
		{
			boxes[i]->state = state;
			callers[ncallers++] = boxes[i]->caller;
		}
		else
			free_box(all, boxes[i]);
	}
	nreceivers = give_boxes(all, receivers);
	glue_shared_unlock();

	wake(receivers, nreceivers);
	if (state == BOX_ANSWERED)
		wake(callers, ncallers);
	return ncallers == nboxes;
}

/*-------------------------------------------------------------------------
 *
 * journal_box.c
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
 * What is in a box belongs to its owner, and is read and written without the
 * lock; the state is changed under it.  Either side may go at any moment: what
 * a caller leaves behind is freed or abandoned, and what a worker leaves
 * behind is filled again, for the next worker.
 *
 * A message that is too large for a box is in a segment of dynamic shared
 * memory, which lasts as long as one of the two is attached.
 *
 * Other processes are known by their number; see queue_wake.c.
 *
 * IDENTIFICATION
 *	  src/journal_box.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "compat.h"
#include "journal_box.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "queue_wake.h"
#include "storage/condition_variable.h"
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
	Oid			database;
	int			caller;			/* number of its PGPROC */

	/* the message: the tuples, and behind them room for their TIDs */
	Oid			table;
	int			ntuples;
	Size		len;			/* of the tuples */
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

typedef struct JournalBoxes
{
	ConditionVariable freed;
	GlueJournalBox boxes[GLUE_JOURNAL_BOXES];
} JournalBoxes;

static void initialize_boxes(void *memory);

GlueSharedPart glue_journal_box_part = {
	.name = "glue_conn journal",
	.size = sizeof(JournalBoxes),
	.initialize = initialize_boxes,
};

/* The box that this process has as a caller, and its segment; or NULL. */
static GlueJournalBox *own_box = NULL;
static dsm_segment *own_segment = NULL;
static TimestampTz own_deadline;

/* prototypes of private functions */
static void reserve_box(TimestampTz deadline);
static GlueJournalBox *reserve_free_box(JournalBoxes *boxes);
static void fill_box(Oid table, const char *tuples, Size len, int ntuples);
static void await_answer(TimestampTz deadline);
static BoxState state_of(const GlueJournalBox *box);
static long ms_left(TimestampTz deadline);
static GlueJournalVerdict read_answer(ItemPointer tids, int64 *blocked_by);
static void raise_failure(const BoxFailure *failure);
static void leave_at_exit(int code, Datum arg);
static char *message_of(GlueJournalBox *box, dsm_segment *segment);
static ItemPointer tids_of(const GlueJournalBox *box, char *message);
static void copy_text(char *to, Size size, const char *from);
static bool hand_over(GlueJournalBox *const *boxes, int nboxes, BoxState state);

static void
initialize_boxes(void *memory)
{
	ConditionVariableInit(&((JournalBoxes *) memory)->freed);
}

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
 * Wait until the tuples are recorded.  tids gets where each of them is;
 * blocked_by, the row because of which none is recorded.
 *
 * Raises an error if they were not recorded, or if nobody has said in time
 * that they were.
 */
GlueJournalVerdict
glue_journal_await(ItemPointer tids, int64 *blocked_by)
{
	volatile GlueJournalVerdict verdict;

	PG_TRY();
	{
		await_answer(own_deadline);
		verdict = read_answer(tids, blocked_by);
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

	while ((own_box = reserve_free_box(boxes)) == NULL)
	{
		(void) ConditionVariableTimedSleep(&boxes->freed,
										   Min(ms_left(deadline), ASK_AGAIN_MS),
										   GLUE_WAIT_EVENT(wait_event,
														   "GlueConnJournalBox"));
	}
	ConditionVariableCancelSleep();
}

static GlueJournalBox *
reserve_free_box(JournalBoxes *boxes)
{
	GlueJournalBox *found = NULL;

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < GLUE_JOURNAL_BOXES && found == NULL; i++)
	{
		if (boxes->boxes[i].state == BOX_FREE)
			found = &boxes->boxes[i];
	}
	if (found != NULL)
	{
		found->state = BOX_FILLING;
		found->database = MyDatabaseId;
		found->caller = GLUE_PROCESS_NUMBER(MyProc);
	}
	glue_shared_unlock();
	return found;
}

static void
fill_box(Oid table, const char *tuples, Size len, int ntuples)
{
	Size		size = MAXALIGN(len) + ntuples * sizeof(ItemPointerData);

	own_box->table = table;
	own_box->ntuples = ntuples;
	own_box->len = len;
	own_box->segment = DSM_HANDLE_INVALID;
	if (size > BOX_ROOM)
	{
		own_segment = dsm_create(size, 0);
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
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no background worker has recorded the call in time"),
				 errdetail("Nothing was sent."),
				 errhint("See glue_worker_summary and the server log.  If there is no room for another background worker, raise \"max_worker_processes\".")));
	return TimestampDifferenceMilliseconds(now, deadline) + 1;
}

static GlueJournalVerdict
read_answer(ItemPointer tids, int64 *blocked_by)
{
	if (own_box->failure.sqlstate != 0)
		raise_failure(&own_box->failure);
	memcpy(tids, tids_of(own_box, message_of(own_box, own_segment)),
		   own_box->ntuples * sizeof(ItemPointerData));
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
 * Give up the box that this process has, if any, in whatever state it is.
 * Raises no error.
 */
void
glue_journal_leave(void)
{
	JournalBoxes *boxes = glue_shared_attach(&glue_journal_box_part);
	GlueJournalBox *box = own_box;
	dsm_segment *segment = own_segment;
	bool		freed;

	if (box == NULL)
		return;
	glue_shared_lock(LW_EXCLUSIVE);
	freed = box->state != BOX_TAKEN;
	box->state = freed ? BOX_FREE : BOX_ABANDONED;
	glue_shared_unlock();
	own_box = NULL;
	own_segment = NULL;
	if (freed)
		ConditionVariableSignal(&boxes->freed);
	if (segment != NULL)
		dsm_detach(segment);
}

/* A before_shmem_exit callback */
static void
leave_at_exit(int code, Datum arg)
{
	glue_journal_leave();
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

static ItemPointer
tids_of(const GlueJournalBox *box, char *message)
{
	return (ItemPointer) (message + MAXALIGN(box->len));
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

		if (box->state != BOX_FILLED || box->database != MyDatabaseId)
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
	char	   *bytes;

	if (state_of(box) == BOX_ABANDONED)
		return false;
	message->segment = NULL;
	if (box->segment != DSM_HANDLE_INVALID)
	{
		message->segment = dsm_attach(box->segment);
		if (message->segment == NULL)
			return false;
	}
	bytes = message_of(box, message->segment);
	message->table = box->table;
	message->ntuples = box->ntuples;
	message->tuples = bytes;
	message->tids = tids_of(box, bytes);
	return true;
}

void
glue_journal_close(GlueJournalMessage *message)
{
	if (message->segment != NULL)
		dsm_detach(message->segment);
}

/*
 * Say what to answer: the tuples are recorded, and where is filled in.
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

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < nboxes; i++)
	{
		if (boxes[i]->state == BOX_TAKEN)
		{
			boxes[i]->state = state;
			callers[ncallers++] = boxes[i]->caller;
		}
		else
			boxes[i]->state = BOX_FREE;
	}
	glue_shared_unlock();

	if (ncallers < nboxes)
		ConditionVariableBroadcast(&all->freed);
	for (int i = 0; i < ncallers && state == BOX_ANSWERED; i++)
		SetLatch(&ProcGlobal->allProcs[callers[i]].procLatch);
	return ncallers == nboxes;
}

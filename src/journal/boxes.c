/*-------------------------------------------------------------------------
 *
 * boxes.c
 *	  The boxes in shared memory that callers hand rows over in.
 *
 * A box is
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
 * A caller that finds no box waits for one, behind those that came before.  Boxes are given
 * to those who wait by whoever frees one, or gives up waiting, under the same
 * lock: to who has waited for the longest time of those whose database may have
 * another one.  So nobody is woken in vain, and whenever the lock is free,
 * nobody waits whose database may have one.
 *
 * What is in a box belongs to its owner, and is read and written without the
 * lock; the state is changed under it, and here alone.
 *
 * Other processes are known by their number; see server/news.c.
 *
 * IDENTIFICATION
 *	  src/journal/boxes.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/boxes.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "storage/latch.h"
#include "storage/proc.h"

/* A process that waits for a box, or has been given one. */
typedef struct BoxWaiter
{
	Oid			database;		/* InvalidOid: it does not wait any more */
	int			box;			/* then: which one it was given */
	uint64		arrival;		/* in the order of arrival */
} BoxWaiter;

typedef struct Boxes
{
	Oid			owners[GLUE_NUM_BOXES]; /* databases; InvalidOid: free */
	GlueBox		boxes[GLUE_NUM_BOXES];
	uint64		arrivals;		/* so far */
	int			nwaiting;
	BoxWaiter	waiters[FLEXIBLE_ARRAY_MEMBER]; /* by number of the PGPROC */
} Boxes;

GlueSharedPart glue_boxes_part = {
	.name = "glue_conn journal",
	.size = offsetof(Boxes, waiters),
	.size_per_backend = sizeof(BoxWaiter),
};

/* prototypes of private functions */
static GlueBox *stop_waiting(Boxes *boxes);
static bool may_have_box(const Boxes *boxes, Oid database);
static int	take_box(Boxes *boxes, Oid database, int caller);
static void free_box(Boxes *boxes, GlueBox *box);
static int	give_boxes(Boxes *boxes, int *receivers);
static BoxWaiter *next_waiter(Boxes *boxes);
static void wake(const int *processes, int nprocesses);

GlueBoxState
glue_box_state(const GlueBox *box)
{
	GlueBoxState state;

	glue_shared_lock(LW_SHARED);
	state = box->state;
	glue_shared_unlock();
	return state;
}

/*
 * Take a box, which is to be filled; or get into the queue for one, and return
 * NULL.
 */
GlueBox *
glue_box_ask(void)
{
	Boxes	   *boxes = glue_shared_attach(&glue_boxes_part);
	int			process = GLUE_PROCESS_NUMBER(MyProc);
	GlueBox    *box = NULL;

	Assert(process >= 0 && process < MaxBackends);
	glue_shared_lock(LW_EXCLUSIVE);
	if (may_have_box(boxes, MyDatabaseId))
		box = &boxes->boxes[take_box(boxes, MyDatabaseId, process)];
	else
	{
		boxes->waiters[process].database = MyDatabaseId;
		boxes->waiters[process].arrival = ++boxes->arrivals;
		boxes->nwaiting++;
	}
	glue_shared_unlock();
	return box;
}

/*
 * The box that this process was given; NULL as long as it has to wait.  Its latch
 * is set when that changes.
 */
GlueBox *
glue_box_given(void)
{
	Boxes	   *boxes = glue_shared_attach(&glue_boxes_part);
	BoxWaiter  *waiter = &boxes->waiters[GLUE_PROCESS_NUMBER(MyProc)];
	GlueBox    *box = NULL;

	glue_shared_lock(LW_SHARED);
	if (!OidIsValid(waiter->database))
		box = &boxes->boxes[waiter->box];
	glue_shared_unlock();
	return box;
}

/* The box has its message: it is to be taken. */
void
glue_box_fill(GlueBox *box)
{
	glue_shared_lock(LW_EXCLUSIVE);
	box->state = GLUE_BOX_FILLED;
	glue_shared_unlock();
}

/*
 * Give up a box, in whatever state it is, or NULL: leave the queue for one.
 * Raises no error.
 */
void
glue_box_leave(GlueBox *box)
{
	Boxes	   *boxes = glue_shared_attach(&glue_boxes_part);
	int			receivers[GLUE_NUM_BOXES];
	int			nreceivers;

	glue_shared_lock(LW_EXCLUSIVE);
	if (box == NULL)
		box = stop_waiting(boxes);
	if (box != NULL && box->state == GLUE_BOX_TAKEN)
		box->state = GLUE_BOX_ABANDONED;
	else if (box != NULL)
		free_box(boxes, box);
	nreceivers = give_boxes(boxes, receivers);
	glue_shared_unlock();
	wake(receivers, nreceivers);
}

/*
 * Take all boxes of this database that are filled; returns how many, at most
 * GLUE_NUM_BOXES.
 *
 * What was taken is either answered or given back.
 */
int
glue_boxes_take(GlueBox **boxes)
{
	Boxes	   *all = glue_shared_attach(&glue_boxes_part);
	int			taken = 0;

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < GLUE_NUM_BOXES; i++)
	{
		GlueBox    *box = &all->boxes[i];

		if (all->owners[i] != MyDatabaseId || box->state != GLUE_BOX_FILLED)
			continue;
		box->state = GLUE_BOX_TAKEN;
		boxes[taken++] = box;
	}
	glue_shared_unlock();
	return taken;
}

/*
 * Give boxes that were taken away, in a state, and free those whose callers have
 * left: were there none?
 */
bool
glue_boxes_hand_over(GlueBox *const *boxes, int nboxes,
					 GlueBoxState state)
{
	Boxes	   *all = glue_shared_attach(&glue_boxes_part);
	int			callers[GLUE_NUM_BOXES];
	int			ncallers = 0;
	int			receivers[GLUE_NUM_BOXES];
	int			nreceivers;

	glue_shared_lock(LW_EXCLUSIVE);
	for (int i = 0; i < nboxes; i++)
	{
		if (boxes[i]->state == GLUE_BOX_TAKEN)
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
	if (state == GLUE_BOX_ANSWERED)
		wake(callers, ncallers);
	return ncallers == nboxes;
}

static void
wake(const int *processes, int nprocesses)
{
	for (int i = 0; i < nprocesses; i++)
		SetLatch(&ProcGlobal->allProcs[processes[i]].procLatch);
}

/* ----------------------------------------------------------------
 * Whose the boxes are: called with the lock held
 * ----------------------------------------------------------------
 */

/* Leave the queue; returns the box that was given meanwhile, or NULL. */
static GlueBox *
stop_waiting(Boxes *boxes)
{
	BoxWaiter  *waiter = &boxes->waiters[GLUE_PROCESS_NUMBER(MyProc)];

	if (!OidIsValid(waiter->database))
		return &boxes->boxes[waiter->box];
	waiter->database = InvalidOid;
	boxes->nwaiting--;
	return NULL;
}

static bool
may_have_box(const Boxes *boxes, Oid database)
{
	int			nown = 0;
	int			nfree = 0;

	for (int i = 0; i < GLUE_NUM_BOXES; i++)
	{
		nown += boxes->owners[i] == database;
		nfree += !OidIsValid(boxes->owners[i]);
	}
	return nown < nfree;
}

/* Give a free box to a caller, of which there must be one; returns which. */
static int
take_box(Boxes *boxes, Oid database, int caller)
{
	int			box = 0;

	while (OidIsValid(boxes->owners[box]))
		box++;
	Assert(box < GLUE_NUM_BOXES);
	boxes->owners[box] = database;
	boxes->boxes[box].state = GLUE_BOX_FILLING;
	boxes->boxes[box].caller = caller;
	return box;
}

static void
free_box(Boxes *boxes, GlueBox *box)
{
	box->state = GLUE_BOX_FREE;
	boxes->owners[box - boxes->boxes] = InvalidOid;
}

/*
 * Give free boxes to those who wait and may have one; returns how many got one.
 * They are to be woken.
 */
static int
give_boxes(Boxes *boxes, int *receivers)
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

/* The process that has waited longest, of those that may have a box, or NULL. */
static BoxWaiter *
next_waiter(Boxes *boxes)
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

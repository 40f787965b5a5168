/*-------------------------------------------------------------------------
 *
 * boxes.c
 *	  The boxes in shared memory that carry rows from callers to the journal
 *	  worker.
 *
 * A box is
 *
 *		free		no owner
 *		filling		the caller's
 *		filled		to be taken
 *		taken		the worker's
 *		answered	the caller's again, which reads the answer and frees the box
 *		abandoned	the worker's, and the caller has left: the worker frees the box
 *
 * All databases share the boxes.  No database can take all of them, even if
 * its worker does not start or its sessions are stuck: a database gets another
 * box only while it has fewer boxes than are free.  So the first database that
 * needs many boxes gets half of them, the next one half of the rest, and so
 * on.  Seven databases must be stuck at the same time until no box is free.
 *
 * A caller that finds no box waits in a queue.  A process that frees a box, or
 * gives up waiting, assigns free boxes under the same lock, each to the
 * longest waiting process whose database may have another box.  So no process
 * is woken without need, and while the lock is free, no process waits whose
 * database may have a box.
 *
 * The owner of a box reads and writes its contents without the lock.  The
 * state is changed under the lock, in this file alone.
 *
 * Other processes are identified by their number; see server/news.c.
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

/* A process that waits for a box, or was given one. */
typedef struct BoxWaiter
{
	Oid			database;		/* InvalidOid: the process does not wait any
								 * more */
	int			box;			/* the box that it was given, if it does not
								 * wait */
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

/* Take a box for filling; or join the queue for one, and return NULL. */
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
 * The box that this process was given; NULL while it waits.  Its latch is set
 * when that changes.
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

/* The box has its message: the worker may take it. */
void
glue_box_fill(GlueBox *box)
{
	glue_shared_lock(LW_EXCLUSIVE);
	box->state = GLUE_BOX_FILLED;
	glue_shared_unlock();
}

/*
 * Give up a box, in any state, or leave the queue if box is NULL.  Raises no
 * error.
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
 * Take all filled boxes of this database; returns their number, at most
 * GLUE_NUM_BOXES.
 *
 * The worker must answer each box, or give it back.
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
 * Set the state of taken boxes, and free those whose callers have left;
 * returns whether there were no such callers.
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
 * Assignment of boxes: called with the lock held
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

/*
 * Give a free box to a caller; returns its number.  There must be a free box.
 */
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
 * Give free boxes to waiting processes that may have one; returns the number
 * of these processes, which the caller must wake.
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

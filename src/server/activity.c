/*-------------------------------------------------------------------------
 *
 * activity.c
 *	  The current waits of all processes, for the view glue_activity.
 *
 * Each call of AWS under way, and each wait that precedes a call, has a slot
 * in shared memory while it lasts.  A slot is taken without a lock, and only
 * its process writes it; see server/shared_state.c.  If no slot is free, the
 * activity is not shown, without any other effect.
 *
 * The code that begins an activity must end it on every path, in a
 * MemoryContextCallback or PG_FINALLY.  Activities that are still there at the
 * exit of the process are ended then.
 *
 * If the library is not preloaded, activities are not recorded: a session that
 * waits cannot query the view itself.
 *
 * IDENTIFICATION
 *	  src/server/activity.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "port/atomics.h"
#include "server/activity.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "storage/ipc.h"
#include "storage/proc.h"
#include "utils/timestamp.h"

/* Limit of the activities in the whole server. */
#define NUM_SLOTS		1024

typedef struct ActivitySlot
{
	pg_atomic_uint32 taken;
	GlueShownActivity activity;
} ActivitySlot;

/* prototypes of private functions */
static void initialize(void *memory);
static ActivitySlot *take_slot(void);
static void fill(GlueShownActivity *activity,
				 const GlueActivitySubject *subject);
static void free_slot(ActivitySlot *slot);
static void end_at_exit(int code, Datum arg);

GlueSharedPart glue_activity_part = {
	.name = "glue_conn activities",
	.size = NUM_SLOTS * sizeof(ActivitySlot),
	.initialize = initialize,
};

static void
initialize(void *memory)
{
	ActivitySlot *slots = memory;

	for (int i = 0; i < NUM_SLOTS; i++)
		pg_atomic_init_u32(&slots[i].taken, 0);
}

/* Begin an activity. */
void
glue_activity_begin(GlueActivity *activity, GlueActivityWait wait,
					const GlueActivitySubject *subject)
{
	GlueShownActivity *shown;

	Assert(activity->slot == NULL);
	if (!glue_shared_is_shared())
		return;
	activity->slot = take_slot();
	if (activity->slot == NULL)
		return;
	shown = &activity->slot->activity;
	glue_show_begin(&shown->shown);
	fill(shown, subject);
	shown->wait = wait;
	shown->since = GetCurrentTimestamp();
	shown->attempts = 0;
	shown->pid = MyProcPid;
	glue_show_end(&shown->shown);
}

/* Take a free slot; processes start at different ones. */
static ActivitySlot *
take_slot(void)
{
	static int	next = -1;
	ActivitySlot *slots = glue_shared_attach(&glue_activity_part);

	if (next < 0)
	{
		before_shmem_exit(end_at_exit, (Datum) 0);
		next = GLUE_PROCESS_NUMBER(MyProc) % NUM_SLOTS;
	}
	for (int i = 0; i < NUM_SLOTS; i++)
	{
		int			number = (next + i) % NUM_SLOTS;
		uint32		free = 0;

		if (pg_atomic_compare_exchange_u32(&slots[number].taken, &free, 1))
		{
			next = number;
			return &slots[number];
		}
	}
	return NULL;
}

static void
fill(GlueShownActivity *activity, const GlueActivitySubject *subject)
{
	char		target[sizeof(activity->target) + NAMEDATALEN];

	snprintf(target, sizeof(target), "%s%s%s%s%s",
			 subject->server != NULL ? subject->server : "",
			 subject->server != NULL ? "/" : "", subject->region,
			 subject->catalog_id != NULL ? "/" : "",
			 subject->catalog_id != NULL ? subject->catalog_id : "");
	glue_copy_clipped(activity->target, sizeof(activity->target), target,
					  GetDatabaseEncoding());
	glue_copy_clipped(activity->operation, sizeof(activity->operation),
					  subject->operation, PG_UTF8);
	glue_copy_clipped(activity->name, sizeof(activity->name), subject->name,
					  PG_UTF8);
	activity->request = subject->request;
	activity->database = MyDatabaseId;
	activity->role = GetUserId();
}

/* Change the wait of an activity. */
void
glue_activity_wait(GlueActivity *activity, GlueActivityWait wait, int attempts)
{
	GlueShownActivity *shown;

	if (activity->slot == NULL)
		return;
	shown = &activity->slot->activity;
	if (shown->wait == wait && shown->attempts == attempts)
		return;
	glue_show_begin(&shown->shown);
	shown->wait = wait;
	shown->since = GetCurrentTimestamp();
	shown->attempts = attempts;
	glue_show_end(&shown->shown);
}

/* End an activity.  Raises no error, and may be called again. */
void
glue_activity_end(GlueActivity *activity)
{
	/* end_at_exit() may have freed the slot before */
	if (activity->slot != NULL && activity->slot->activity.pid == MyProcPid)
		free_slot(activity->slot);
	activity->slot = NULL;
}

static void
free_slot(ActivitySlot *slot)
{
	glue_show_begin(&slot->activity.shown);
	slot->activity.pid = 0;
	glue_show_end(&slot->activity.shown);
	pg_write_barrier();
	pg_atomic_write_u32(&slot->taken, 0);
}

/* A before_shmem_exit callback */
static void
end_at_exit(int code, Datum arg)
{
	ActivitySlot *slots = glue_shared_attach(&glue_activity_part);

	for (int i = 0; i < NUM_SLOTS; i++)
	{
		if (slots[i].activity.pid == MyProcPid)
			free_slot(&slots[i]);
	}
}

/*
 * Copy a slot by its number; false if there is no such number.  The pid is 0
 * in a free slot.
 */
bool
glue_activity_copy(int number, GlueShownActivity *copy)
{
	ActivitySlot *slots;

	if (!glue_shared_is_shared() || number >= NUM_SLOTS)
		return false;
	slots = glue_shared_attach(&glue_activity_part);
	if (!glue_shown_copy(copy, &slots[number].activity.shown,
						 sizeof(GlueShownActivity)))
		copy->pid = 0;
	return true;
}

/* The name of a wait in the view. */
const char *
glue_activity_wait_name(GlueActivityWait wait)
{
	static const char *const names[] = {
		[GLUE_WAITS_FOR_LOCK] = "lock",
		[GLUE_WAITS_FOR_CREDENTIALS] = "credentials",
		[GLUE_WAITS_FOR_WORKER] = "turn",
		[GLUE_WAITS_FOR_REQUEST] = "request",
		[GLUE_WAITS_FOR_RATE_LIMIT] = "rate limit",
		[GLUE_WAITS_FOR_RETRY] = "retry",
		[GLUE_WAITS_FOR_ANSWER] = "answer",
	};

	return names[wait];
}

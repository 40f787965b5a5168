/*-------------------------------------------------------------------------
 *
 * stat_calls.c
 *	  Statistics of calls of AWS, by target and operation.
 *
 * A call is counted once, at its end or when it is abandoned.  If the library
 * is preloaded, the statistics are shared, and kept over a clean restart.
 *
 * The number of slots is fixed, and any role can make calls to any number of
 * targets: other access keys, other regions.  So each role has slots of its
 * own, and gets another one only while it has fewer than are free.  After
 * that, its least recently used slot is evicted, and the counts of that slot
 * are added to the slot "other", as are those of a role without a slot.  So no
 * role's calls evict another role's.
 *
 * IDENTIFICATION
 *	  src/client/stat_calls.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/stat_calls.h"
#include "glue/operation_name.h"
#include "http/clock.h"
#include "utils/timestamp.h"

#define NUM_SLOTS		512
#define NUM_OWN_SLOTS	64		/* in a process that shares nothing */

typedef struct AllStatCalls
{
	uint64		nuses;
	GlueStatCalls other;
	GlueStatCalls slots[NUM_SLOTS]; /* free slots are last */
} AllStatCalls;

/*
 * Upper bounds in seconds, from a local endpoint's answer to a call that waits
 * for its turn.
 */
const double glue_stat_bounds[GLUE_STAT_BOUNDS] = {
	0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300
};

GlueSharedPart glue_stat_calls_part = {
	.name = "glue_conn figures",
	.size = sizeof(AllStatCalls),
	.own_size = offsetof(AllStatCalls, slots) +
	NUM_OWN_SLOTS * sizeof(GlueStatCalls),
	.file = "glue_conn.stat",
	.file_version = 1,
};

/* prototypes of private functions */
static void leave_with_context(void *arg);
static void note_end(GlueCountedCall *counted);
static void count_call(const GlueStatCalls *one);
static int	nslots(void);
static bool is_same(const GlueStatCalls *a, const GlueStatCalls *b);
static GlueStatCalls *find_slot(AllStatCalls *all, const GlueStatCalls *one);
static GlueStatCalls *choose_slot(AllStatCalls *all, Oid role);
static void empty(GlueStatCalls *slot, const GlueStatCalls *one);
static void add(GlueStatCalls *sum, const GlueStatCalls *more);

/*
 * A call begins.  If it is abandoned after an attempt was sent, it is counted
 * as well.
 */
void
glue_stat_begin(GlueCountedCall *counted, const GlueCall *call,
				const GlueRateKey *key)
{
	memset(counted, 0, sizeof(GlueCountedCall));
	counted->one.role = call->target->role;
	(void) glue_rate_key_name(key, counted->one.target,
							  sizeof(counted->one.target));
	strlcpy(counted->one.operation, key->operation,
			sizeof(counted->one.operation));
	counted->changes = glue_call_changes_something(call) ||
		strcmp(call->operation, GLUE_CREATE_CONNECTION) == 0;
	counted->began = glue_monotonic_us();
	counted->leave.func = leave_with_context;
	counted->leave.arg = counted;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &counted->leave);
}

/* An attempt was sent. */
void
glue_stat_sent(GlueCountedCall *counted)
{
	counted->one.counts[GLUE_FIGURE_ATTEMPTS]++;
	counted->in_flight = true;
}

/* An attempt has ended; ambiguous if its answer was lost. */
void
glue_stat_answered(GlueCountedCall *counted, bool throttled, bool ambiguous)
{
	counted->in_flight = false;
	counted->one.counts[GLUE_FIGURE_THROTTLED] += throttled;
	if (ambiguous)
		counted->one.counts[GLUE_FIGURE_LOST] = 1;
}

/*
 * A connection was read back, to resolve an attempt whose answer was lost;
 * failure is that of the call, or NULL.
 */
void
glue_stat_read_back(GlueCountedCall *counted, const GlueFailure *failure)
{
	if (failure == NULL || !failure->ambiguous)
		counted->one.counts[GLUE_FIGURE_READ_BACK] = 1;
}

/* A call has ended; failure is NULL if it succeeded. */
void
glue_stat_end(GlueCountedCall *counted, const GlueFailure *failure)
{
	bool		refused = failure != NULL && !failure->transient &&
		!failure->ambiguous &&
		ERRCODE_TO_CATEGORY(failure->sqlstate) != ERRCODE_CONNECTION_EXCEPTION;

	counted->one.counts[GLUE_FIGURE_REFUSED] = refused;
	counted->one.counts[GLUE_FIGURE_FAILED] = failure != NULL && !refused;
	counted->one.counts[GLUE_FIGURE_UNKNOWN] = failure != NULL &&
		failure->ambiguous;
	note_end(counted);
}

/*
 * A MemoryContextCallbackFunction: the call is abandoned, unless it has ended.
 */
static void
leave_with_context(void *arg)
{
	GlueCountedCall *counted = arg;

	if (counted->ended || counted->one.counts[GLUE_FIGURE_ATTEMPTS] == 0)
		return;
	if (counted->in_flight)
		counted->one.counts[GLUE_FIGURE_LOST] = 1;
	counted->one.counts[GLUE_FIGURE_FAILED] = 1;
	counted->one.counts[GLUE_FIGURE_UNKNOWN] = counted->changes &&
		counted->one.counts[GLUE_FIGURE_LOST] > 0;
	note_end(counted);
}

static void
note_end(GlueCountedCall *counted)
{
	GlueStatCalls *one = &counted->one;
	int64		took = Max(glue_monotonic_us() - counted->began, 0);

	one->counts[GLUE_FIGURE_CALLS] = 1;
	one->total_us = one->max_us = took;
	for (int i = 0; i < GLUE_STAT_BOUNDS; i++)
	{
		if (took <= glue_stat_bounds[i] * USECS_PER_SEC)
		{
			one->within[i] = 1;
			break;
		}
	}
	counted->ended = true;
	count_call(one);
}

/* Count a call.  Raises no errors. */
static void
count_call(const GlueStatCalls *one)
{
	AllStatCalls *all = glue_shared_attach(&glue_stat_calls_part);
	GlueStatCalls *slot;

	glue_shared_lock(LW_EXCLUSIVE);
	slot = find_slot(all, one);
	add(slot, one);
	slot->used = ++all->nuses;
	glue_shared_unlock();
}

/* The number of slots; the part must have been attached. */
static int
nslots(void)
{
	return (glue_stat_calls_part.size - offsetof(AllStatCalls, slots)) /
		sizeof(GlueStatCalls);
}

static bool
is_same(const GlueStatCalls *a, const GlueStatCalls *b)
{
	return strcmp(a->operation, b->operation) == 0 &&
		strcmp(a->target, b->target) == 0;
}

/* Find the slot of a call's role, target and operation. */
static GlueStatCalls *
find_slot(AllStatCalls *all, const GlueStatCalls *one)
{
	static int	last = 0;
	GlueStatCalls *slot = &all->slots[last];

	if (slot->used != 0 && slot->role == one->role && is_same(slot, one))
		return slot;
	for (slot = all->slots;
		 slot < all->slots + nslots() && slot->used != 0; slot++)
	{
		if (slot->role == one->role && is_same(slot, one))
			break;
	}
	if (slot == all->slots + nslots() || slot->used == 0)
	{
		slot = choose_slot(all, one->role);
		if (slot == &all->other)
			return slot;
		empty(slot, one);
	}
	last = slot - all->slots;
	return slot;
}

/* Choose a slot for further calls of a role; it may be in use. */
static GlueStatCalls *
choose_slot(AllStatCalls *all, Oid role)
{
	GlueStatCalls *oldest = NULL;
	int			nused;
	int			nown = 0;

	for (nused = 0; nused < nslots() && all->slots[nused].used != 0; nused++)
	{
		GlueStatCalls *slot = &all->slots[nused];

		if (slot->role != role)
			continue;
		nown++;
		if (oldest == NULL || slot->used < oldest->used)
			oldest = slot;
	}
	if (nown < nslots() - nused)
		return &all->slots[nused];
	if (oldest == NULL)
		oldest = &all->other;
	else
		add(&all->other, oldest);
	strlcpy(all->other.target, "other", sizeof(all->other.target));
	strlcpy(all->other.operation, "other", sizeof(all->other.operation));
	all->other.used = ++all->nuses;
	return oldest;
}

static void
empty(GlueStatCalls *slot, const GlueStatCalls *one)
{
	memset(slot, 0, sizeof(GlueStatCalls));
	slot->role = one->role;
	strlcpy(slot->target, one->target, sizeof(slot->target));
	strlcpy(slot->operation, one->operation, sizeof(slot->operation));
}

static void
add(GlueStatCalls *sum, const GlueStatCalls *more)
{
	TimestampTz since = more->since != 0 ? more->since : GetCurrentTimestamp();

	for (int i = 0; i < GLUE_FIGURES; i++)
		sum->counts[i] += more->counts[i];
	for (int i = 0; i < GLUE_STAT_BOUNDS; i++)
		sum->within[i] += more->within[i];
	sum->total_us += more->total_us;
	sum->max_us = Max(sum->max_us, more->max_us);
	sum->since = sum->since != 0 ? Min(sum->since, since) : since;
}

/*
 * Copy all statistics into the current memory context.  Those of different
 * roles are added up, so that each target and operation occurs once.  Sets
 * their number.
 */
GlueStatCalls *
glue_stat_calls_copy(int *n)
{
	AllStatCalls *all = glue_shared_attach(&glue_stat_calls_part);
	AllStatCalls *copy = palloc(glue_stat_calls_part.size);
	GlueStatCalls *rows = palloc((nslots() + 1) * sizeof(GlueStatCalls));

	glue_shared_lock(LW_SHARED);
	memcpy(copy, all, glue_stat_calls_part.size);
	glue_shared_unlock();

	*n = 0;
	for (int i = 0; i < nslots() && copy->slots[i].used != 0; i++)
	{
		int			row = 0;

		while (row < *n && !is_same(&rows[row], &copy->slots[i]))
			row++;
		if (row < *n)
			add(&rows[row], &copy->slots[i]);
		else
			rows[(*n)++] = copy->slots[i];
	}
	if (copy->other.used != 0)
		rows[(*n)++] = copy->other;
	pfree(copy);
	return rows;
}

/* Reset all statistics. */
void
glue_stat_calls_reset(void)
{
	AllStatCalls *all = glue_shared_attach(&glue_stat_calls_part);

	glue_shared_lock(LW_EXCLUSIVE);
	memset(all, 0, glue_stat_calls_part.size);
	glue_shared_unlock();
}

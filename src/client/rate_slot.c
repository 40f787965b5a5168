/*-------------------------------------------------------------------------
 *
 * rate_slot.c
 *	  The rate limits of AWS, shared by all processes, and their queues.
 *
 * AWS limits the rate of an operation for a whole account, over all its
 * callers.  So the state of a limit is in a slot for all processes, if the
 * library is preloaded.  Its arithmetic is in aws/rate_limit.c.  The number of
 * slots is fixed.  An unused slot is evicted for a new limit; if all are in
 * use, the remaining limits share one extra slot.
 *
 * One role's claims must not affect other roles.  So a slot is for an account
 * if the account is verified; otherwise it is for an access key, and belongs
 * to the role that uses that key.  A limit of our own,
 * max_requests_per_second, has an additional slot, in which a call waits
 * first.  So calls with another limit of our own, or without one, wait for
 * AWS's limit alone.
 *
 * A process waits in a line; there are three, by urgency.  A process has one
 * place in a line however many calls it has, so a session with one call waits
 * for one token of each other process, and not for all their calls.  After a
 * token it moves to the end of the line; if the service throttles the call
 * anyway, to the front.
 *
 * The first process of the next line asks for a token, and again when one
 * should be available.  A process that has got a token wakes the next.  A
 * process that does not ask in time, because it is busy, loses its place; the
 * other processes check for that regularly.
 *
 * Other processes are known by their number; see server/news.c.
 *
 * IDENTIFICATION
 *	  src/client/rate_slot.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/rate_slot.h"
#include "common/hashfn.h"
#include "http/clock.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "storage/latch.h"
#include "storage/proc.h"

#define NUM_SLOTS		128

/*
 * Interval at which processes behind the first check the line, and limit for
 * the first to be late.
 */
#define LOOK_US			((int64) 1000000)

typedef struct RateSlots
{
	uint64		nuses;
	uint64		hashes[NUM_SLOTS];	/* of the keys; 0: free */
	GlueRateSlot slots[NUM_SLOTS + 1];	/* the last is shared by limits
										 * without a slot */
	GlueRatePlace places[FLEXIBLE_ARRAY_MEMBER];	/* by number of the PGPROC */
} RateSlots;

GlueSharedPart glue_rate_part = {
	.name = "glue_conn rates",
	.size = offsetof(RateSlots, places),
	.size_per_backend = GLUE_RATE_PLACES * sizeof(GlueRatePlace),
};

/* prototypes of private functions */
static GlueRateSlot *choose_slot(RateSlots *all);
static int	nslots_of(const RateSlots *all, Oid maker);
static int	next_class(const GlueRateSlot *slot, bool *waiting);
static GlueRatePlace *first_of(const GlueRateSlot *slot, int class);
static void pass_over_late(GlueRateSlot *slot, const GlueRatePlace *asking,
						   int64 now);
static void call_next(GlueRateSlot *slot, int64 now);

/* Get one of the places that this process can have in lines. */
GlueRatePlace *
glue_rate_place(int number)
{
	RateSlots  *all = glue_shared_attach(&glue_rate_part);
	int			process = GLUE_PROCESS_NUMBER(MyProc);
	GlueRatePlace *place;

	Assert(process >= 0 && process < MaxBackends);
	place = &all->places[process * GLUE_RATE_PLACES + number];
	place->process = process;
	return place;
}

/*
 * Copy a slot by its number; false if there is no such number.  The slot may
 * be free.
 */
bool
glue_rate_slot_copy(int number, GlueRateSlot *copy)
{
	RateSlots  *all = glue_shared_attach(&glue_rate_part);

	if (number > NUM_SLOTS)
		return false;
	glue_shared_lock(LW_SHARED);
	*copy = all->slots[number];
	glue_shared_unlock();
	return true;
}

/*
 * Name the caller of a key, as far as there is room.  For an access key, its last
 * characters are enough for its owner.
 */
const char *
glue_rate_key_name(const GlueRateKey *key, char *name, Size size)
{
	size_t		len = strlen(key->caller);
	const char *end = len > 4 ? key->caller + len - 4 : "";

	snprintf(name, size, "%.*s %s%s", (int) size - 16, key->endpoint,
			 key->is_account ? "" : "...", key->is_account ? key->caller : end);
	return key->endpoint[0] != '\0' ? name : "other";
}

/*
 * Hash a key; 0 is reserved for free slots.  The zero bytes behind the texts are
 * most of the key, and not worth hashing.
 */
uint64
glue_rate_key_hash(const GlueRateKey *key)
{
	const char *const texts[] = {key->endpoint, key->caller, key->operation};
	uint64		hash = ((uint64) key->server << 32) | key->claimant;

	for (int i = 0; i < lengthof(texts); i++)
		hash = hash_bytes_extended((const unsigned char *) texts[i],
								   strlen(texts[i]), hash);
	return hash != 0 ? hash : 1;
}

/*
 * Find the slot of a key, or make one for a role.  It counts as used now.
 *
 * If all slots are in use, returns the shared one, or NULL for a limit of our
 * own, which cannot be shared.
 */
GlueRateSlot *
glue_rate_slot_find(const GlueRateKey *key, uint64 hash, Oid maker)
{
	RateSlots  *all = glue_shared_attach(&glue_rate_part);
	GlueRateSlot *slot;

	for (int i = 0; i < NUM_SLOTS; i++)
	{
		if (all->hashes[i] == hash &&
			memcmp(&all->slots[i].key, key, sizeof(GlueRateKey)) == 0)
		{
			all->slots[i].used = ++all->nuses;
			return &all->slots[i];
		}
	}
	slot = choose_slot(all);
	if (slot != NULL)
	{
		memset(slot, 0, sizeof(GlueRateSlot));
		slot->key = *key;
		slot->limit.ceiling = key->ceiling;
		slot->maker = maker;
		all->hashes[slot - all->slots] = hash;
	}
	else if (key->ceiling == 0)
		slot = &all->slots[NUM_SLOTS];
	else
		return NULL;
	slot->used = ++all->nuses;
	return slot;
}

/*
 * Choose the slot to evict; NULL if all are in use.
 *
 * A role can make calls that need any number of slots, for example to regions
 * that do not exist, and must not evict the state of other roles.  So the slot
 * is one of the role with the most slots; of these, the least recently used
 * one.
 */
static GlueRateSlot *
choose_slot(RateSlots *all)
{
	GlueRateSlot *chosen = NULL;
	int			most = 0;

	for (int i = 0; i < NUM_SLOTS; i++)
	{
		GlueRateSlot *slot = &all->slots[i];
		int			n;

		if (slot->used == 0)
			return slot;
		if (slot->limit.in_flight > 0 || slot->nwaiting > 0)
			continue;
		n = nslots_of(all, slot->maker);
		if (n > most || (n == most && slot->used < chosen->used))
		{
			chosen = slot;
			most = n;
		}
	}
	return chosen;
}

static int
nslots_of(const RateSlots *all, Oid maker)
{
	int			n = 0;

	for (int i = 0; i < NUM_SLOTS; i++)
		n += all->slots[i].maker == maker;
	return n;
}

/*
 * Ask for a token, from a place in the line of a class.  Returns 0 on success;
 * *epoch is then for glue_rate_slot_give().  Otherwise returns the time until
 * the next attempt, unless the process is woken earlier.
 *
 * place is NULL for a caller outside of the lines, which may have a token
 * before the waiting ones.  A place that is in no line is appended to it, or
 * put at its front if first is set.
 */
int64
glue_rate_slot_ask(GlueRateSlot *slot, GlueRateClass class,
				   GlueRatePlace *place, bool first, int64 now, uint32 *epoch)
{
	bool		waiting[GLUE_RATE_CLASSES];
	int64		wait = LOOK_US;

	if (place != NULL && (first || !place->in_line))
	{
		if (place->in_line)
			dlist_delete(&place->node);
		if (first)
			dlist_push_head(&slot->lines[class], &place->node);
		else
			dlist_push_tail(&slot->lines[class], &place->node);
		place->in_line = true;
	}
	pass_over_late(slot, place, now);
	if (place == NULL ||
		(next_class(slot, waiting) == (int) class &&
		 first_of(slot, class) == place))
	{
		wait = glue_rate_take(&slot->limit, now, epoch);
		if (wait == 0 && place != NULL)
			glue_rate_note_turn(&slot->limit, class, waiting);
		wait = Min(wait, GLUE_RATE_MAX_WAIT);
	}
	if (place != NULL)
	{
		place->called = false;
		place->due_at = now + wait;
	}
	return wait;
}

/*
 * Leave a line, if we are still in it; or move to its end, if we come again.
 */
void
glue_rate_slot_leave(GlueRateSlot *slot, GlueRateClass class,
					 GlueRatePlace *place, bool comes_again)
{
	if (place->in_line)
		dlist_delete(&place->node);
	place->in_line = comes_again;
	if (comes_again)
		dlist_push_tail(&slot->lines[class], &place->node);
	call_next(slot, glue_monotonic_us());
}

/*
 * A call has ended; see glue_rate_give().  The caller logs the returned news.
 */
GlueRateNews
glue_rate_slot_give(GlueRateSlot *slot, uint32 epoch, GlueRateAnswer answer,
					int64 pause)
{
	int64		now = glue_monotonic_us();

	glue_rate_give(&slot->limit, epoch, answer, pause, now);

	/* the ended call allows another one; otherwise time does */
	if (slot->nwaiting > 0 && !slot->limit.limited)
		call_next(slot, now);
	return answer == GLUE_RATE_NOTHING ? GLUE_RATE_NO_NEWS :
		glue_rate_news(&slot->limit, now);
}

/*
 * The class of the next token, and whether each class has waiting processes.
 */
static int
next_class(const GlueRateSlot *slot, bool *waiting)
{
	for (int i = 0; i < GLUE_RATE_CLASSES; i++)
		waiting[i] = first_of(slot, i) != NULL;
	return glue_rate_next_class(&slot->limit, waiting);
}

static GlueRatePlace *
first_of(const GlueRateSlot *slot, int class)
{
	dlist_head *line = (dlist_head *) &slot->lines[class];

	return dlist_is_empty(line) ? NULL :
		dlist_container(GlueRatePlace, node, dlist_head_node(line));
}

/* The first process loses its place if it is late, and the next one is called. */
static void
pass_over_late(GlueRateSlot *slot, const GlueRatePlace *asking, int64 now)
{
	bool		waiting[GLUE_RATE_CLASSES];
	int			class;

	while ((class = next_class(slot, waiting)) >= 0)
	{
		GlueRatePlace *place = first_of(slot, class);

		if (place == asking || now - place->due_at < LOOK_US)
			break;
		dlist_delete(&place->node);
		place->in_line = false;
		call_next(slot, now);
	}
}

/* Wake the process that is to ask next. */
static void
call_next(GlueRateSlot *slot, int64 now)
{
	bool		waiting[GLUE_RATE_CLASSES];
	int			class = next_class(slot, waiting);
	GlueRatePlace *place;

	if (class < 0)
		return;
	place = first_of(slot, class);
	if (place->called)
		return;
	place->called = true;
	place->due_at = now;
	SetLatch(&ProcGlobal->allProcs[place->process].procLatch);
}

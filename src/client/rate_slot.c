/*-------------------------------------------------------------------------
 *
 * rate_slot.c
 *	  How fast AWS takes requests, and who waits to make one.
 *
 * AWS counts the requests of an account to one operation, whoever in it makes
 * them.  So what is known of a rate is in a slot for all processes, if the
 * library is preloaded.  Its arithmetic is aws/rate_limit.c's.  There is a limited
 * number of slots; one that nobody uses at present makes room for another, and if
 * there is none, those that find no room share one more.
 *
 * What a role says is not to change what others find.  So an account counts if it
 * is known; otherwise whoever says to be an access key's owner has slots of its
 * own.  And a limit of our own, max_requests_per_second, has a slot besides, where
 * a call waits first: those who keep to another one, or to none, wait for AWS's
 * limit alone.
 *
 * Whoever has to wait does so in a line: in one of three, by how urgent it is.  A
 * process has one place in a line however many calls it holds, so a session with
 * one call waits for one token of each of the others, and not for all their calls.
 * Once it is served it goes to the end; if the service refuses the call after all,
 * to the front.
 *
 * The first of the line that is next asks for a token, and again when there should
 * be one.  Whoever has got one calls the next.  A process that does not come when
 * it is its turn, because it is busy with something else, loses its place; the
 * others look every now and then whether that is so.
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

/* How often those look who are not the first; and how late the first may be. */
#define LOOK_US			((int64) 1000000)

typedef struct RateSlots
{
	uint64		nuses;
	uint64		hashes[NUM_SLOTS];	/* of the keys; 0: free */
	GlueRateSlot slots[NUM_SLOTS + 1];	/* the last is for those without */
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

/* One of the places that this process can have in lines. */
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
 * Copy what is known of some requests, of any target; false if the number is not
 * that of a slot.  The slot may be free.
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
 * Whose requests a key is for, in words, as far as there is room.  Of an access key,
 * the end is enough for its owner to know it.
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

/* Slots that are in use have others than 0. */
uint64
glue_rate_key_hash(const GlueRateKey *key)
{
	uint64		hash = hash_bytes_extended((const unsigned char *) key,
										   sizeof(GlueRateKey), 0);

	return hash != 0 ? hash : 1;
}

/*
 * The slot of some requests, which may be a new one, made by a role.  It is used
 * now.
 *
 * If there is no room for it, it is the one that all such share; NULL for a limit
 * of our own, which cannot be.
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
 * The slot to take for others: NULL if all are in use at present.
 *
 * A role can have calls made that need any number of slots, to regions that it
 * makes up if need be, and what others have learnt is not to go for that.  So it
 * is one of the role that has made the most; of these, the one that was not used
 * for the longest time.
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
 * Ask for a token, from a place in the line of a class.  Returns 0 if there is one:
 * then *epoch is for glue_rate_slot_give().  Else it is after how long to ask
 * again, if nobody calls us before.
 *
 * place is NULL for whoever has none, and may have a token whoever waits.  Who is
 * in no line yet gets into it, at its end; or is first in it from now on.
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
		wait = glue_rate_take(&slot->limit, slot->key.ceiling, now, epoch);

		/* our own limit is about when calls are sent, not how they end */
		if (wait == 0 && slot->key.ceiling > 0)
			glue_rate_give(&slot->limit, *epoch, GLUE_RATE_NOTHING, 0, now);
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
 * Leave a line, of which we may not be a part any more; or go to its end, if we
 * come again.
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
 * A call is not under way any more; see glue_rate_give().  What there is to tell
 * about that, is the caller's to tell.
 */
GlueRateNews
glue_rate_slot_give(GlueRateSlot *slot, uint32 epoch, GlueRateAnswer answer,
					int64 pause)
{
	int64		now = glue_monotonic_us();

	glue_rate_give(&slot->limit, epoch, answer, pause, now);

	/* then there is a place for another one; else time gives the tokens */
	if (slot->nwaiting > 0 && !slot->limit.limited)
		call_next(slot, now);
	return answer == GLUE_RATE_NOTHING ? GLUE_RATE_NO_NEWS :
		glue_rate_news(&slot->limit, now);
}

/* The class that is next, and in which of them somebody waits. */
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

/* Whoever should have asked and has not, loses its place. */
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
		place = first_of(slot, class);
		if (place != NULL)
			place->due_at = Max(place->due_at, now);
	}
}

/* Have the process ask whose turn it is. */
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

/*-------------------------------------------------------------------------
 *
 * turn.c
 *	  The turn of an attempt: its token of the rate limit.
 *
 * Every attempt at a call takes a token before it is sent, and returns it when
 * the attempt was answered, lost or abandoned: see aws/rate_limit.c.  While
 * the service throttles nothing, a token is always available.  Otherwise calls
 * wait in lines of this process, each of which has one place in a line of
 * processes: see client/rate_slot.c.
 *
 * A call always leaves its line, or returns its token, at the end of its
 * memory context or of the process at the latest.
 *
 * IDENTIFICATION
 *	  src/client/turn.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "client/turn.h"
#include "miscadmin.h"
#include "storage/ipc.h"

/*
 * Time limit for the first of a line to ask, before another one asks: its call
 * may be waited for by code that waits for the calls behind it.
 */
#define LATE_US			((int64) 1000000)

/* The calls of this process that wait for the same limit. */
typedef struct TurnLine
{
	GlueRateSlot *slot;
	GlueRateClass class;
	GlueRatePlace *place;
	int			nturns;			/* 0: it is free */
	dlist_head	turns;
} TurnLine;

static TurnLine lines[GLUE_RATE_PLACES];
static dlist_head taken = DLIST_STATIC_INIT(taken);
static dlist_head without_line = DLIST_STATIC_INIT(without_line);
static int	nlines = 0;			/* used lines */

/* prototypes of private functions */
static void fill_key(GlueRateKey *key, const char *operation,
					 const GlueTarget *target, const GlueEndpoint *endpoint,
					 const GlueCredentials *credentials,
					 const char *account_id);
static GlueRateKey own_key(const GlueRateKey *key, const GlueTarget *target);
static void leave_with_context(void *arg);
static void leave_at_exit(int code, Datum arg);
static int64 ask(GlueTurn *turn, int64 now);
static int64 ask_slot(GlueTurn *turn, int64 now);
static void enter_line(GlueTurn *turn);
static bool is_first(GlueTurn *turn, int64 now);
static GlueTurn *first_turn(TurnLine *line);
static void leave_line(GlueTurn *turn);
static void tell_news(GlueRateNews news, const GlueRateSlot *slot);
static bool leads_there(const GlueRateKey *key, const GlueTarget *target,
						const GlueCredentials *credentials);

/*
 * Initialize the turn of a call; it does not ask yet.
 *
 * on_news is called when the call should ask before its
 * ask_at.  It must not raise errors.
 */
void
glue_turn_init(GlueTurn *turn, const GlueCall *call, GlueCallback on_news)
{
	static bool registered = false;

	if (!registered)
		before_shmem_exit(leave_at_exit, (Datum) 0);
	registered = true;

	memset(turn, 0, sizeof(GlueTurn));

	/* a role that is assumed may be in another account */
	fill_key(&turn->key, call->operation, call->target, call->endpoint,
			 call->credentials, call->service == GLUE_SERVICE_STS ? NULL :
			 call->target->account_id);
	turn->hash = glue_rate_key_hash(&turn->key);
	if (call->target->max_requests_per_second > 0)
	{
		turn->own = own_key(&turn->key, call->target);
		turn->own_hash = glue_rate_key_hash(&turn->own);
	}
	turn->user = call->target->role;
	turn->class = call->rate_class;
	turn->timeout = (int64) call->target->request_timeout_ms * 1000;
	turn->on_news = on_news;
	turn->leave.func = leave_with_context;
	turn->leave.arg = turn;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &turn->leave);
}

/*
 * Fill in the caller of a key.  Temporary credentials have a new access key
 * every hour, so the caller is the account if it is known.  Otherwise it is
 * the access key; in a user mapping, any role can claim it.
 */
static void
fill_key(GlueRateKey *key, const char *operation, const GlueTarget *target,
		 const GlueEndpoint *endpoint, const GlueCredentials *credentials,
		 const char *account_id)
{
	const char *caller = account_id;

	memset(key, 0, sizeof(GlueRateKey));
	if (caller == NULL && credentials != NULL)
		caller = credentials->access_key_id;
	if (caller != NULL)
		strlcpy(key->caller, caller, sizeof(key->caller));
	key->is_account = account_id != NULL;
	strlcpy(key->endpoint, endpoint->url, sizeof(key->endpoint));
	strlcpy(key->region, endpoint->region, sizeof(key->region));
	strlcpy(key->operation, operation, sizeof(key->operation));
	if (account_id == NULL && target->given.access_key_id != NULL)
		key->claimant = target->has_own_keys ? target->role :
			target->server_owner;
}

/*
 * The key of our own limit.  An option of a server applies to that server, the
 * setting to all.
 */
static GlueRateKey
own_key(const GlueRateKey *key, const GlueTarget *target)
{
	GlueRateKey own = *key;

	own.ceiling = target->max_requests_per_second;
	if (target->paced_by_server)
	{
		own.server = target->server_oid;
		own.database = MyDatabaseId;
	}
	return own;
}

/* A MemoryContextCallbackFunction */
static void
leave_with_context(void *arg)
{
	glue_turn_leave(arg);
}

/* A before_shmem_exit callback */
static void
leave_at_exit(int code, Datum arg)
{
	dlist_head *const heads[] = {&taken, &without_line};

	for (int i = 0; i < lengthof(heads); i++)
	{
		while (!dlist_is_empty(heads[i]))
			glue_turn_leave(dlist_container(GlueTurn, node,
											dlist_head_node(heads[i])));
	}
	for (int i = 0; i < GLUE_RATE_PLACES; i++)
	{
		while (lines[i].nturns > 0)
			glue_turn_leave(first_turn(&lines[i]));
	}
}

/*
 * Take the turn of a call; return false if it has not come.  Then the call
 * waits, and asks again at turn->ask_at, or when on_news is called.
 */
bool
glue_turn_take(GlueTurn *turn)
{
	int64		now;
	int64		wait;

	glue_shared_lock(LW_EXCLUSIVE);
	now = glue_monotonic_us();
	if (turn->waiting_since == 0)
		turn->waiting_since = now;
	wait = ask(turn, now);
	if (wait == 0)
	{
		leave_line(turn);
		turn->state = GLUE_TURN_TAKEN;
		turn->first = false;
		dlist_push_tail(&taken, &turn->node);
	}
	glue_shared_unlock();

	turn->ask_at = now + wait;
	if (turn->waiting_since + turn->timeout > now)
		turn->ask_at = Min(turn->ask_at, turn->waiting_since + turn->timeout);
	return wait == 0;
}

/*
 * The same with the lock held; returns the time until the next attempt, or 0.
 * Our own limit comes first, if there is one.
 */
static int64
ask(GlueTurn *turn, int64 now)
{
	int64		wait = 0;

	if (!turn->paced)
	{
		wait = turn->own.ceiling > 0 ? ask_slot(turn, now) : 0;
		if (wait != 0)
			return wait;
		leave_line(turn);
		turn->state = GLUE_TURN_NONE;
		turn->paced = true;
	}
	return ask_slot(turn, now);
}

/* The same for one of the limits; without a slot, there is no wait. */
static int64
ask_slot(GlueTurn *turn, int64 now)
{
	TurnLine   *line;
	bool		first = false;

	if (turn->state == GLUE_TURN_NONE)
	{
		turn->slot = turn->paced ?
			glue_rate_slot_find(&turn->key, turn->hash, turn->user) :
			glue_rate_slot_find(&turn->own, turn->own_hash, turn->user);
		if (turn->slot == NULL)
			return 0;
		if (turn->slot->nwaiting == 0)
		{
			int64		wait = glue_rate_slot_ask(turn->slot, turn->class, NULL,
												  false, now, &turn->epoch);

			if (wait == 0)
				return 0;
		}
		enter_line(turn);
		first = turn->first;
	}
	line = turn->line;
	if (line != NULL && !is_first(turn, now))
		return LATE_US;
	return glue_rate_slot_ask(turn->slot, turn->class,
							  line != NULL ? line->place : NULL, first, now,
							  &turn->epoch);
}

/* Begin to wait in the line of this process, which may be a new one. */
static void
enter_line(GlueTurn *turn)
{
	TurnLine   *line = NULL;

	turn->state = GLUE_TURN_WAITING;
	turn->slot->nwaiting++;
	for (int i = 0; i < GLUE_RATE_PLACES; i++)
	{
		if (lines[i].nturns == 0)
			line = line != NULL ? line : &lines[i];
		else if (lines[i].slot == turn->slot && lines[i].class == turn->class)
		{
			line = &lines[i];
			break;
		}
	}
	turn->line = line;
	if (line == NULL)
	{
		dlist_push_tail(&without_line, &turn->node);
		return;
	}
	if (line->nturns == 0)
	{
		line->slot = turn->slot;
		line->class = turn->class;
		line->place = glue_rate_place(line - lines);
		nlines++;
	}
	if (turn->first)
		dlist_push_head(&line->turns, &turn->node);
	else
		dlist_push_tail(&line->turns, &turn->node);
	line->nturns++;
}

/*
 * Is a call the first of its line?  A call that is late moves to the end.
 */
static bool
is_first(GlueTurn *turn, int64 now)
{
	TurnLine   *line = turn->line;
	GlueTurn   *first;

	while ((first = first_turn(line)) != turn &&
		   now - first->ask_at >= LATE_US)
	{
		dlist_delete(&first->node);
		dlist_push_tail(&line->turns, &first->node);
	}
	return first == turn;
}

static GlueTurn *
first_turn(TurnLine *line)
{
	return dlist_container(GlueTurn, node, dlist_head_node(&line->turns));
}

/*
 * Stop waiting, and wake the next call of this process or of others.  Requires
 * the lock.
 */
static void
leave_line(GlueTurn *turn)
{
	TurnLine   *line = turn->line;

	if (turn->state != GLUE_TURN_WAITING)
		return;
	turn->slot->nwaiting--;
	dlist_delete(&turn->node);
	if (line == NULL)
		return;
	if (--line->nturns == 0)
		nlines--;
	glue_rate_slot_leave(line->slot, line->class, line->place,
						 line->nturns > 0);
}

/*
 * Has a call waited too long while no other call succeeded?  Not if the
 * service has throttled nothing yet: then only the first answers are awaited.
 */
bool
glue_turn_is_hopeless(const GlueTurn *turn)
{
	bool		hopeless;

	if (turn->state != GLUE_TURN_WAITING)
		return false;
	glue_shared_lock(LW_SHARED);
	hopeless = turn->slot->limit.limited &&
		glue_rate_is_hopeless(&turn->slot->limit, turn->waiting_since,
							  turn->timeout, glue_monotonic_us());
	glue_shared_unlock();
	return hopeless;
}

/*
 * An attempt was answered or lost.  If it was throttled, its call goes first
 * when it asks again, and its wait counts from its first request.
 *
 * pause is the number of microseconds for which the service wants no requests.
 */
void
glue_turn_give(GlueTurn *turn, GlueRateAnswer answer, int64 pause)
{
	GlueRateNews news;
	GlueRateSlot copy;

	Assert(turn->state == GLUE_TURN_TAKEN);
	glue_shared_lock(LW_EXCLUSIVE);
	news = glue_rate_slot_give(turn->slot, turn->epoch, answer, pause);
	if (news != GLUE_RATE_NO_NEWS)
		copy = *turn->slot;
	glue_shared_unlock();
	dlist_delete(&turn->node);
	turn->state = GLUE_TURN_NONE;
	turn->paced = false;
	turn->first = answer == GLUE_RATE_REFUSED;
	if (!turn->first)
		turn->waiting_since = 0;
	if (news != GLUE_RATE_NO_NEWS)
		tell_news(news, &copy);
}

/* Log a change of a limit. */
static void
tell_news(GlueRateNews news, const GlueRateSlot *slot)
{
	char		name[GLUE_RATE_NAME_SIZE];

	if (news == GLUE_RATE_LIMITED)
		ereport(LOG,
				(errmsg("AWS refuses requests because there are too many"),
				 errdetail("The operation is %s at %s. Calls wait for their turn, at %.1f requests per second now.",
						   slot->key.operation,
						   glue_rate_key_name(&slot->key, name, sizeof(name)),
						   glue_rate_per_second(&slot->limit)),
				 errhint("See the view \"glue_rate_limit\".")));
	else
		ereport(LOG,
				(errmsg("AWS has refused no more requests for a minute"),
				 errdetail("The operation is %s at %s.",
						   slot->key.operation,
						   glue_rate_key_name(&slot->key, name, sizeof(name)))));
}

/* Abandon a call in any state.  Raises no errors. */
void
glue_turn_leave(GlueTurn *turn)
{
	if (turn->state == GLUE_TURN_TAKEN)
		glue_turn_give(turn, GLUE_RATE_NOTHING, 0);
	else if (turn->state == GLUE_TURN_WAITING)
	{
		glue_shared_lock(LW_EXCLUSIVE);
		leave_line(turn);
		glue_shared_unlock();
		turn->state = GLUE_TURN_NONE;
	}
}

/* ----------------------------------------------------------------
 * All turns of this process
 * ----------------------------------------------------------------
 */

/* Notify the calls that are to ask now. */
void
glue_turns_tell(void)
{
	for (int i = 0; i < GLUE_RATE_PLACES && nlines > 0; i++)
	{
		if (lines[i].nturns > 0 && lines[i].place->called)
		{
			GlueTurn   *turn = first_turn(&lines[i]);

			turn->on_news.func(turn->on_news.arg);
		}
	}
}

/* How many calls of a target wait in this process? */
int
glue_turns_waiting(const GlueTarget *target,
				   const GlueCredentials *credentials)
{
	int			n = 0;

	for (int i = 0; i < GLUE_RATE_PLACES && nlines > 0; i++)
	{
		if (lines[i].nturns > 0 &&
			leads_there(&first_turn(&lines[i])->key, target, credentials))
			n += lines[i].nturns;
	}
	return n;
}

/*
 * How many calls can be made within a minute, by any operation of a target; by
 * the operation with the lowest limit if that is NULL?
 */
int
glue_turns_claim_ahead(const GlueTarget *target,
					   const GlueCredentials *credentials)
{
	int			ahead = INT_MAX;
	GlueRateSlot slot;

	for (int i = 0; glue_rate_slot_copy(i, &slot); i++)
	{
		if (slot.used != 0 &&
			(target == NULL || leads_there(&slot.key, target, credentials)))
			ahead = Min(ahead, glue_rate_claim_ahead(&slot.limit));
	}
	return ahead;
}

/* Does a limit apply to a target with its credentials? */
static bool
leads_there(const GlueRateKey *key, const GlueTarget *target,
			const GlueCredentials *credentials)
{
	GlueRateKey there;

	fill_key(&there, key->operation, target, &target->endpoint, credentials,
			 target->account_id);
	if (key->ceiling > 0)
		there = own_key(&there, target);
	return memcmp(&there, key, sizeof(GlueRateKey)) == 0;
}

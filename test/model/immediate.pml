/*
 * immediate.pml
 *
 * The protocol by which calls that act at once respect transactions and
 * survive crashes, for the model checker Spin.
 *
 * The model has connections of one name.  A caller is a session.  Its
 * transaction creates, adopts or deletes that connection, once or several
 * times, perhaps under a savepoint.  It locks the name.  Before the message is
 * sent, the journal worker commits an intent, which is a row.  If the row is
 * still open after the end of the transaction, the queue worker resolves it.
 * The undo deletes the connection if the call has provably created it and no
 * other call has taken it over.  Then the result is recorded.
 *
 *	  caller ----box----> journal worker ----commit----> row
 *		|											  ^
 *		| create									  | resolve, claim,
 *		v											  | resolve
 *	   Glue <---------- look, delete ----------- queue worker
 *
 * Events: answers are lost; messages are carried out late, even after the end
 * of their sender; callers and the queue worker are terminated at any point;
 * the server crashes and loses everything that is not durable; and somebody
 * else creates, changes and deletes the connection.
 *
 * A switch takes away each guard of the protocol.  Then the checker must find
 * the violation that the guard prevents: guards.pl has the list.  README.md
 * says which parts are modelled.
 *
 * One step of a process is one atomic action of the program: the commit of a
 * transaction, a critical section of shared memory, a single operation of
 * Glue.  The model has no time, only its order: settle_time is over when no
 * message of that call is on its way any more.  time.pml shows how the program
 * knows that; identity.pml shows that all processes act on the same connection.
 * Waiting and polling are one step, which becomes possible when the answer has
 * changed.  So no process loops, and "every intent is resolved" is a property
 * of the last states.
 */

/* The size of the world: the checker tries every sequence of events in it. */
#ifndef CALLERS
#define CALLERS	2
#endif
#ifndef CALLS_EACH				/* of a caller, in one transaction */
#define CALLS_EACH	1
#endif
/* OTHER_CALLS_ONCE: only the first caller makes more than one call */
#ifndef LOSSES					/* answers that are lost */
#define LOSSES	0
#endif
#ifndef KILLS					/* callers that are terminated */
#define KILLS	0
#endif
#ifndef WORKER_KILLS			/* terminations of the queue worker */
#define WORKER_KILLS	0
#endif
#ifndef CRASHES					/* of the server: 0 or 1 */
#define CRASHES	0
#endif
#ifndef MEDDLES					/* actions of somebody else */
#define MEDDLES	0
#endif
/* WITH_KEEP: on_rollback may be keep */
/* WITH_DELETES: calls may be deletions; there may be a connection at first */
/* PLAINLY: calls only create */
/* PROMPTLY: if an answer is lost, the message was carried out before */
/* STEPS: the clock is set back once */

#ifdef OTHER_CALLS_ONCE
#define CALLS	(CALLS_EACH + 1)
#else
#define CALLS	(CALLERS * CALLS_EACH)
#endif
#define BIT(k)	(1 << (k))

/*
 * The state of a (sub)transaction.  STRANGER: a crash has lost its id, and
 * another transaction, which has committed, got the same one.
 */
mtype:transaction = { RUNNING, COMMITTED, ABORTED, STRANGER };

/* The states of a row.  OPEN is "running" without a claim, CLAIMED with one. */
mtype:row = { OPEN, SUCCEEDED, FAILED, QUEUED, CLAIMED, RESOLVED };

/* The outcome of a call, in shared memory; 0: unknown. */
mtype:outcome = { NOTHING, CREATED, CHANGED };

/* The answer of Glue; 0: no answer yet. */
mtype:reply = { MADE, EXISTS, DELETED, MISSING };

/* A caller's box for the journal worker; 0: empty. */
mtype:box = { FILLED, TAKEN, PASSED, HELD_UP, RECORDED, REFUSED };

typedef Call
{
	/* the caller's transaction, and its uncommitted changes */
	mtype:transaction transaction;
	mtype:row closed;			/* the row's next state */
	bit deletes;				/* it is DeleteConnection */
	bit adopts;					/* on_conflict is adopt */
	bit keeps;					/* on_rollback is keep */
	bit locked;					/* the name, until its transaction ends */

	/* the row, as committed */
	mtype:row row;
	byte id;
	byte ended_before;			/* calls that were answered before */
	bit answered;				/* answered_at is known */
	bit harmless;				/* it has certainly created nothing */
	bit uncertain;				/* a delete may be on its way */
	bit put_off;

	/* shared memory */
	mtype:outcome outcome;
	bit at;						/* with the time of the answer */

	/* between the caller and Glue */
	bit sent;					/* on its way; the caller awaits an answer */
	byte late;					/* on their way; nobody awaits an answer */
	bit unheard;				/* an answer was lost */
	mtype:reply reply;

	/* for the age of the transaction's id, and for properties */
	bit older;					/* than the journal worker's own id */
	bit durable;				/* a crash does not free it for another one */
	byte made;					/* creations by Glue for it */
	bit missed;					/* not found, and sent again */
	bit strayed;				/* its late message has deleted something */
	bit forgets;				/* the row of glue_connection is removed */
};

Call call[CALLS];
byte last_id;
byte requested;					/* calls, by their bits */
byte ended;						/* calls that were answered */
byte recorded;					/* glue_connection has a row, committed */
byte outdated;					/* by these calls, which have deleted since */
#ifdef STEPS
bit set_back;					/* the clock */
byte requested_after;			/* calls, since then */
byte ended_after;
#endif

/* The journal worker's. */
mtype:box box[CALLERS];
byte boxed[CALLERS];			/* which call is in it */
bit journal_locked;

/* The queue worker's, which are lost with it. */
byte claimed;					/* a call, plus 1 */
byte found;						/* calls, by their bits */
byte seen;						/* calls that were answered before the look */
#ifdef CLAIMED_BEFORE_LOCKED
bit resolver_has_locked;
#endif
bit taken_over;
bit defers;						/* the record */
bit is_final;
bit there;
bit ours;

/* The connection in Glue. */
#define SOMEBODY_ELSE	(CALLS + 1)
byte maker;						/* 0: there is none; or a call, plus 1 */
bit defined_alike;				/* as all callers define it */
bit changed;					/* since it was created */
byte made_since;				/* calls that had been requested by then */
byte made_until;				/* calls of these that had no answer yet */
byte holders;					/* calls that have made or adopted it */
bit found_ours;				/* this very one, when an undo looked */
bit delete_sent;				/* by the queue worker, which waits */
byte delete_late;				/* nobody waits */

/* Events. */
byte lost;
bit killed[CALLERS];
bit worker_killed;
bit crashed;
bit journal_crashed;
bit somebody_deleted;
bit call_deleted;
bit gone[CALLERS];				/* callers that have ended */

hidden byte i;
hidden byte j;

/*
 * Does the condition hold for any call?  It is a macro of that call and of
 * another call, k.  A macro is not expanded within itself, so there are two.
 */
#if CALLS == 1
#define ANY_CALL(CONDITION, k)	(CONDITION(0, k))
#define ANY_BESIDE(CONDITION, k)	(CONDITION(0, k))
#define EACH_CALL(OPTION)	OPTION(0)
#elif CALLS == 2
#define ANY_CALL(CONDITION, k)	(CONDITION(0, k) || CONDITION(1, k))
#define ANY_BESIDE(CONDITION, k)	(CONDITION(0, k) || CONDITION(1, k))
#define EACH_CALL(OPTION)	OPTION(0) OPTION(1)
#elif CALLS == 3
#define ANY_CALL(CONDITION, k) \
	(CONDITION(0, k) || CONDITION(1, k) || CONDITION(2, k))
#define ANY_BESIDE(CONDITION, k) \
	(CONDITION(0, k) || CONDITION(1, k) || CONDITION(2, k))
#define EACH_CALL(OPTION)	OPTION(0) OPTION(1) OPTION(2)
#else
#define ANY_CALL(CONDITION, k) \
	(CONDITION(0, k) || CONDITION(1, k) || CONDITION(2, k) || CONDITION(3, k))
#define ANY_BESIDE(CONDITION, k) \
	(CONDITION(0, k) || CONDITION(1, k) || CONDITION(2, k) || CONDITION(3, k))
#define EACH_CALL(OPTION)	OPTION(0) OPTION(1) OPTION(2) OPTION(3)
#endif

/* ----------------------------------------------------------------
 * Guards
 * ----------------------------------------------------------------
 */

#define IS_OVER(k)	(call[k].transaction != RUNNING)
#define IS_UNRESOLVED(k) \
	(call[k].row == OPEN || call[k].row == QUEUED || call[k].row == CLAIMED)

/*
 * The account is the identity of a connection, however a call names it: null,
 * the account's number, or a server that leads there.  If the notation were the
 * identity, every other call would be about another connection.
 */
#define SAME_SPELLING(l, k)	((l) % 2 == (k) % 2)
#ifdef KEYED_BY_SPELLING
#define LOCKED_BY_SPELLING
#define CHECKED_BY_SPELLING
#define TURN_BY_SPELLING
#define EVIDENCE_BY_SPELLING
#define RECORDED_BY_SPELLING
#endif
#ifdef LOCKED_BY_SPELLING
#define SAME_LOCK(l, k)	SAME_SPELLING(l, k)
#else
#define SAME_LOCK(l, k)	true
#endif
#ifdef CHECKED_BY_SPELLING
#define SAME_TO_CHECK(l, k)	SAME_SPELLING(l, k)
#else
#define SAME_TO_CHECK(l, k)	true
#endif
#ifdef TURN_BY_SPELLING
#define SAME_TURN(l, k)	SAME_SPELLING(l, k)
#else
#define SAME_TURN(l, k)	true
#endif
#ifdef EVIDENCE_BY_SPELLING
#define SAME_EVIDENCE(l, k)	SAME_SPELLING(l, k)
#else
#define SAME_EVIDENCE(l, k)	true
#endif
#ifdef RECORDED_BY_SPELLING
#define RECORD_OF(k)	BIT((k) % 2)
#else
#define RECORD_OF(k)	1
#endif
#define IS_RECORDED(k)	((recorded & RECORD_OF(k)) != 0)
#define RECORD(k, is_there) \
	recorded = ((is_there) -> recorded | RECORD_OF(k) : recorded & ~RECORD_OF(k))
#define SAME_RECORD(l, k)	(RECORD_OF(l) == RECORD_OF(k))

/* Of one transaction, whether or not it has rolled back to a savepoint. */
#define SAME_TOP(l, k)	((l) / CALLS_EACH == (k) / CALLS_EACH)
#define FIRST_OF(k)	((k) - (k) % CALLS_EACH)
#define LATER_OF_OWN(k)	(BIT(FIRST_OF(k) + CALLS_EACH) - BIT((k) + 1))

/*
 * The row's knowledge of its call.  A call that has certainly created nothing,
 * or that has nothing left to delete, is only to be recorded, once it was
 * answered.
 */
#define IS_CREATION(k)	(!call[k].harmless)
#define IS_TO_RECORD(k)	(call[k].harmless && call[k].answered)

/* The same, with the knowledge of shared memory. */
#define MAY_BE_DELETED(k)	(IS_CREATION(k) && call[k].outcome != CHANGED)
#define IS_ANSWERED(k)	(call[k].answered || call[k].at)

/* Has the transaction of k another open row, about a call that may commit? */
#define OPEN_BESIDE(l, k) \
	((l) != (k) && SAME_TOP(l, k) && call[l].row == OPEN && !IS_OVER(l))
#define TAKES_PART(k)	ANY_BESIDE(OPEN_BESIDE, k)

/*
 * The journal worker's check: does the row of l hold up a new call k?  It does
 * if its undo may have to delete something, or if a message may still arrive.
 *
 * The undos of others wait for a transaction that already takes part; if it
 * waited for them, too, that would be a deadlock.  So would be waiting for an
 * undo of its own that waits for its end, see below.  Nor does it wait for a
 * row that is only to be recorded after its end.
 */
#if defined(OWN_NEVER_HOLDS)
#define HOLDS_UP_OWN(l, k)	false
#elif defined(OWN_ALWAYS_HOLDS)
#define HOLDS_UP_OWN(l, k)	MAY_BE_DELETED(l)
#elif defined(OWN_RECORD_HOLDS)
#define HOLDS_UP_OWN(l, k) \
	(!IS_ANSWERED(l) || (MAY_BE_DELETED(l) && !TAKES_PART(k)))
#else
#define HOLDS_UP_OWN(l, k) \
	(MAY_BE_DELETED(l) && (IS_ANSWERED(l) || !TAKES_PART(k)))
#endif
#ifdef OTHERS_ALWAYS_HOLD
#define HOLDS_UP_OTHERS(l, k)	(MAY_BE_DELETED(l) || !IS_ANSWERED(l))
#else
#define HOLDS_UP_OTHERS(l, k) \
	((MAY_BE_DELETED(l) || !IS_ANSWERED(l)) && !TAKES_PART(k))
#endif
#ifdef NO_CHECK
#define HOLDS_UP(l, k)	false
#else
#define HOLDS_UP(l, k) \
	((l) != (k) && SAME_TO_CHECK(l, k) && IS_UNRESOLVED(l) && IS_OVER(l) && \
	 call[l].outcome != NOTHING && \
	 (SAME_TOP(l, k) -> HOLDS_UP_OWN(l, k) : HOLDS_UP_OTHERS(l, k)))
#endif
#define IS_HELD_UP(k)	ANY_CALL(HOLDS_UP, k)

/*
 * The lock on the name, which lasts until the end of the (sub)transaction.
 * Calls that can only create share it.
 *
 * A job that has nothing to delete takes the lock when it claims its row, or
 * does not claim the row.  The others need the lock when they record: a caller
 * may hold it while it waits for them, but then they do not record.
 */
#define IS_SHARED(k)	(!call[k].adopts && !call[k].deletes)
#define HAS_LOCKED(l, k)	(call[l].locked && !IS_OVER(l) && SAME_LOCK(l, k))
#define LOCKS_OUT(l, k) \
	(HAS_LOCKED(l, k) && !SAME_TOP(l, k) && !(IS_SHARED(l) && IS_SHARED(k)))

#ifdef CLAIMED_BEFORE_LOCKED
#define IS_LOCKED_TO_RESOLVE(k)	resolver_has_locked
#else
#define IS_LOCKED_TO_RESOLVE(k) \
	(claimed != 0 && !IS_CREATION(claimed - 1) && SAME_LOCK(claimed - 1, k))
#endif

#ifdef NO_LOCK
#define CAN_LOCK(k)	true
#define CAN_LOCK_TO_RECORD(k)	true
#else
#define CAN_LOCK(k)	(!IS_LOCKED_TO_RESOLVE(k) && !ANY_CALL(LOCKS_OUT, k))
#define CAN_LOCK_TO_RECORD(k)	(!ANY_CALL(HAS_LOCKED, k))
#endif

#ifdef CLAIMED_BEFORE_LOCKED
#define CAN_LOCK_TO_RESOLVE(k)	true
#else
#define CAN_LOCK_TO_RESOLVE(k)	(IS_CREATION(k) || CAN_LOCK_TO_RECORD(k))
#endif

/*
 * Which row has its turn before that of k?
 *
 * Older rows, and rows of open or claimed calls.  But no process waits for a row
 * that is only to be recorded, so that row can wait for all others.
 *
 * A caller may wait for the undo of its own creation.  So this undo must not
 * wait for the caller: neither for the caller's open calls, nor for rows that
 * wait for these calls.  If the creation was not answered, it is unknown which
 * of these calls has created the connection; then the undo waits, and the caller
 * does not.
 */
#define IS_EARLIER(l, k)	(call[l].id < call[k].id)
#define IS_ON(l)	(call[l].row == OPEN || call[l].row == CLAIMED)
#define OWN_IS_OPEN(l, k)	(SAME_TOP(l, k) && call[l].row == OPEN)

#ifdef RECORD_IS_WAITED_FOR
#define NOBODY_WAITS_FOR(l)	false
#else
#define NOBODY_WAITS_FOR(l)	(IS_TO_RECORD(l) && call[l].row == QUEUED)
#endif

#if defined(UNKNOWN_PASSES) || defined(GIVE_UP_BESIDE)
#define WAITS_FOR_OPEN(k)	false
#elif defined(ANSWERED_WAITS)
#define WAITS_FOR_OPEN(k)	true
#else
#define WAITS_FOR_OPEN(k)	(!call[k].answered)
#endif
#ifdef WAITS_FOR_OWN_RECORD
#define WAITS_FOR_QUEUED(l, k)	IS_EARLIER(l, k)
#else
#define WAITS_FOR_QUEUED(l, k)	(IS_CREATION(l) && IS_EARLIER(l, k))
#endif
#define WAITS_FOR_OWN(l, k) \
	(call[l].row == OPEN -> WAITS_FOR_OPEN(k) : WAITS_FOR_QUEUED(l, k))

#ifdef WAITS_FOR_WAITERS
#define WAITS_FOR_US(l, k)	false
#else
#define WAITS_FOR_US(l, k) \
	(IS_CREATION(k) && !SAME_TOP(l, k) && call[l].row == QUEUED && \
	 ANY_BESIDE(OWN_IS_OPEN, k))
#endif
#ifdef RECORD_FIRST
#define IS_RECORDED_AFTER(l, k)	false
#else
#define IS_RECORDED_AFTER(l, k)	(IS_TO_RECORD(k) && IS_CREATION(l))
#endif
#define WAITS_FOR(l, k) \
	((IS_EARLIER(l, k) || IS_ON(l) || IS_RECORDED_AFTER(l, k)) && \
	 !WAITS_FOR_US(l, k))

#define COMES_BEFORE(l, k) \
	((l) != (k) && SAME_TURN(l, k) && IS_UNRESOLVED(l) && \
	 !NOBODY_WAITS_FOR(l) && \
	 (IS_CREATION(k) && SAME_TOP(l, k) && call[l].row != CLAIMED -> \
	  WAITS_FOR_OWN(l, k) : WAITS_FOR(l, k)))

/* Uncommitted changes of glue_connection. */
#define RECORDS(l, k) \
	(SAME_TOP(l, k) && SAME_RECORD(l, k) && call[l].closed == SUCCEEDED && \
	 !call[l].deletes)
#define HAS_WRITTEN(l, k) \
	(call[l].closed == SUCCEEDED && !IS_OVER(l) && SAME_RECORD(l, k))

/* No message of this row is on its way any more. */
#define SETTLE_TIME_IS_OVER(k) \
	(!call[k].sent && call[k].late == 0 && delete_late == 0)

#define CAN_CLAIM(k) \
	(call[k].row == QUEUED && \
	 (!call[k].put_off || SETTLE_TIME_IS_OVER(k)) && \
	 CAN_LOCK_TO_RESOLVE(k) && !ANY_CALL(COMES_BEFORE, k))

/*
 * Has l taken over the connection that k may have created?  Only if l was
 * answered after k was requested.  Their ids do not tell: they are not in the
 * order of the calls.  Nor does a clock, which may be set back in between.
 */
#ifdef ORDER_BY_CLOCK
#define IS_AFTER(l, k) \
	(!(call[k].ended_before & BIT(l)) && \
	 !((ended_after & BIT(l)) && !(requested_after & BIT(k))))
#else
#define IS_AFTER(l, k)	(!(call[k].ended_before & BIT(l)))
#endif
#ifdef BLIND_TO_ADOPTERS
#define TOOK_OVER(l, k)	false
#elif defined(ADOPTERS_BY_ID)
#define TOOK_OVER(l, k) \
	((l) != (k) && SAME_EVIDENCE(l, k) && call[l].row == SUCCEEDED && \
	 !call[l].deletes && call[l].id > call[k].id)
#else
#define TOOK_OVER(l, k) \
	((l) != (k) && SAME_EVIDENCE(l, k) && call[l].row == SUCCEEDED && \
	 !call[l].deletes && IS_AFTER(l, k))
#endif

/*
 * A recorded connection has another origin than k, unless the answer of Glue
 * says that k created it, or unless a deletion that is still to be recorded has
 * made room for it.
 */
#define MADE_ROOM(l, k) \
	(SAME_EVIDENCE(l, k) && IS_UNRESOLVED(l) && \
	 call[l].deletes && call[l].answered && \
	 (outdated & BIT(l)))

#if defined(BLIND_TO_ADOPTERS) || defined(TRUST_THE_CLOCK)
#define IS_KNOWN_WITHOUT(k)	false
#elif defined(GIVE_UP_BESIDE)
#define IS_KNOWN_WITHOUT(k) \
	(!call[k].answered && ((IS_RECORDED(k) && !ANY_CALL(MADE_ROOM, k)) || \
						   ANY_BESIDE(OWN_IS_OPEN, k)))
#elif defined(TRUST_THE_RECORD)
#define IS_KNOWN_WITHOUT(k)	(!call[k].answered && IS_RECORDED(k))
#else
#define IS_KNOWN_WITHOUT(k) \
	(!call[k].answered && IS_RECORDED(k) && !ANY_BESIDE(MADE_ROOM, k))
#endif

/*
 * The proof: did k create the present connection?  EXACTLY: no service tells
 * that.  The real proof: the definition is the same, the connection was not
 * changed, and it was created during the call.  LOOSELY: everything happens
 * within the time by which clocks may differ.
 */
#if defined(NO_PROOF)
#define LOOKS_LIKE(k)	true
#elif defined(EXACTLY)
#define LOOKS_LIKE(k)	(maker == (k) + 1 && !changed)
#elif defined(LOOSELY)
#define LOOKS_LIKE(k)	(defined_alike && !changed)
#else
#define LOOKS_LIKE(k) \
	(defined_alike && !changed && (made_since & BIT(k)) && \
	 (!call[k].answered || (made_until & BIT(k))))
#endif

/* ----------------------------------------------------------------
 * Glue
 * ----------------------------------------------------------------
 */

inline make_connection(by, alike)
{
	maker = by;
	defined_alike = alike;
	changed = false;
	made_since = requested;
	made_until = requested & ~ended;
	holders = 0;
	found_ours = false
}

inline forget_connection()
{
	maker = 0;
	defined_alike = false;
	changed = false;
	made_since = 0;
	made_until = 0;
	holders = 0;
	found_ours = false
}

/*
 * CreateConnection is carried out; twice for one call only if its caller has
 * looked in between and found nothing.
 */
inline carry_out_create(k, answer)
{
	if
	:: maker == 0 ->
		make_connection(k + 1, true);
		holders = BIT(k);
		call[k].made++;
		assert(call[k].made == 1 || call[k].missed);
		answer = MADE
	:: else -> answer = EXISTS
	fi
}

inline carry_out_call_delete(k, answer)
{
	if
	:: maker != 0 ->
		call_deleted = true;
		forget_connection();
		answer = DELETED
	:: else -> answer = MISSING
	fi
}

/*
 * The DeleteConnection of an undo is carried out.  It must not delete the
 * connection of a transaction that has committed or is about to, nor that of
 * somebody else.
 */
inline carry_out_delete()
{
	i = 0;
	do
	:: i < CALLS ->
		assert(!(holders & BIT(i)) || (call[i].row != SUCCEEDED &&
			   !(call[i].closed == SUCCEEDED && call[i].transaction == RUNNING)));
		i++
	:: else -> break
	od;
#if defined(EXACTLY) || defined(NO_PROOF)
	/* but no proof helps if it was created after the look */
	assert(maker != SOMEBODY_ELSE || !found_ours);
#endif
	forget_connection()
}

/* The actions of Glue for a call; a message may also be lost on its way. */
#define GLUE_CREATES(k) \
	:: d_step { \
		call[k].sent && !call[k].deletes -> \
		call[k].sent = false; \
		carry_out_create(k, call[k].reply) \
	   } \
	:: d_step { \
		call[k].late > 0 && !call[k].deletes -> \
		call[k].late--; \
		carry_out_create(k, nobody); \
		nobody = 0 \
	   } \
	:: d_step { call[k].late > 0 -> call[k].late-- }
#ifdef WITH_DELETES
#define GLUE_WORKS(k) \
	GLUE_CREATES(k) \
	:: d_step { \
		call[k].sent && call[k].deletes -> \
		call[k].sent = false; \
		carry_out_call_delete(k, call[k].reply) \
	   } \
	:: d_step { \
		call[k].late > 0 && call[k].deletes -> \
		call[k].late--; \
		carry_out_call_delete(k, nobody); \
		call[k].strayed = call[k].strayed || nobody == DELETED; \
		nobody = 0 \
	   }
#else
#define GLUE_WORKS(k)	GLUE_CREATES(k)
#endif

active proctype Glue()
{
	mtype:reply nobody;

end_glue:
	do
	EACH_CALL(GLUE_WORKS)
	:: d_step { delete_sent -> delete_sent = false; carry_out_delete() }
	:: d_step { delete_late > 0 -> delete_late--; carry_out_delete() }
	:: d_step { delete_late > 0 -> delete_late-- }
	od
}

/* Somebody else, without glue_conn. */
proctype Meddler()
{
	byte times;

	do
	:: times < MEDDLES ->
		times++;
		if
		:: d_step { maker == 0 -> make_connection(SOMEBODY_ELSE, true) }
		:: d_step { maker == 0 -> make_connection(SOMEBODY_ELSE, false) }
		:: d_step { maker != 0 -> changed = true }
		:: d_step { maker != 0 -> changed = true; defined_alike = false }
		:: d_step { maker != 0 -> forget_connection(); somebody_deleted = true }
		:: true
		fi
	:: else -> break
	od
}

/* ----------------------------------------------------------------
 * Callers
 * ----------------------------------------------------------------
 */

/*
 * A transaction ends, or is rolled back to a savepoint: these calls were made
 * in it.  Its changes of their rows and of glue_connection become visible, or
 * are lost.
 */
inline end_transaction(first, last, how)
{
	i = first;
	do
	:: i <= last && call[i].transaction == RUNNING ->
		call[i].transaction = how;
		if
		:: how == COMMITTED ->
			call[i].outcome = 0;
			call[i].at = false;
			if
			:: call[i].closed != 0 ->
				call[i].row = call[i].closed;
				RECORD(i, (call[i].closed == SUCCEEDED && !call[i].deletes) ||
					   (IS_RECORDED(i) && !call[i].forgets));
				outdated = (call[i].closed == SUCCEEDED ->
					outdated & LATER_OF_OWN(i) : outdated)
			:: else
			fi
		:: else
		fi;
		call[i].closed = 0;
		call[i].forgets = false;
		call[i].adopts = false;
		call[i].locked = false;
		call[i].older = false;
		call[i].durable = false;
		i++
	:: i <= last && call[i].transaction != RUNNING -> i++
	:: i > last -> break
	od;
	i = 0
}

/* The message stays on its way, but nobody awaits its answer any more. */
inline stop_waiting(k)
{
	call[k].late = call[k].late + call[k].sent;
	call[k].sent = false;
	call[k].reply = 0
}

inline send_message(k)
{
	atomic { call[k].sent = true; call[k].reply = 0 }
}

/* A call is requested; it has sent nothing before. */
inline note_time(k)
{
	call[k].ended_before = ended;
#ifdef STEPS
	requested_after = (set_back -> requested_after | BIT(k) : requested_after);
#endif
	requested = requested | BIT(k)
}

/* A call has ended, for good. */
inline note_end(k)
{
#ifdef STEPS
	ended_after = (set_back -> ended_after | BIT(k) : ended_after);
#endif
	ended = ended | BIT(k)
}

/*
 * Note the answer of Glue in shared memory.  If several messages were sent for
 * this call, one answer does not tell everything.
 */
inline note_outcome(k, answer)
{
	d_step {
#ifdef TRUST_THE_LAST_ANSWER
		call[k].outcome = answer;
		call[k].at = true
#else
		if
		:: resent && answer != CREATED
		:: else ->
			call[k].outcome = answer;
			call[k].at = !resent
		fi
#endif
	}
}

/*
 * Lock the name, and hand the intent to the journal worker, until it is
 * committed.  While the call is held up, the name is not locked.
 */
inline record_intent(c, k)
{
	do
	:: d_step {
		box[c] == 0 && CAN_LOCK(k) ->
		call[k].locked = true;
		box[c] = FILLED;
		boxed[c] = k
	   }
	:: d_step { box[c] == RECORDED -> box[c] = 0; boxed[c] = 0 }; break
#ifdef LOCKED_WHILE_HELD_UP
	:: d_step { box[c] == REFUSED && !IS_HELD_UP(k) -> box[c] = FILLED }
#else
	:: d_step { box[c] == REFUSED -> box[c] = 0; call[k].locked = false };
		!IS_HELD_UP(k)
#endif
	od
}

#ifdef PROMPTLY
#define MAY_BE_LOST(k)	(!call[k].sent)
#else
#define MAY_BE_LOST(k)	true
#endif

/* Caller c, and its first call. */
proctype Caller(byte c; byte k)
{
	byte savepoint = CALLS;		/* its first call; CALLS: there is none */
	bit resent;

	{
#ifdef OTHER_CALLS_ONCE
		skip;
#else
		/* all callers behave alike, so the first one starts */
		c == 0 || call[0].transaction != 0 || gone[0];
#endif

next_call:
		atomic {
			if
#ifndef PLAINLY
			:: call[k].adopts = true
#endif
			:: call[k].adopts = false
#ifdef WITH_DELETES
			:: call[k].deletes = true; call[k].harmless = true
#endif
			fi;
#ifdef WITH_KEEP
			if
			:: !call[k].deletes -> call[k].keeps = true
			:: call[k].keeps = false
			fi;
#endif
#if CALLS_EACH > 1
			if
			:: savepoint = k
			:: true
			fi;
#endif
			resent = false
		};
		call[k].transaction = RUNNING;
		d_step {
			last_id++;
			call[k].id = last_id;
#ifdef REQUESTED_BEFORE_LOCKED
			note_time(k)
#endif
		};
#ifdef SEND_BEFORE_INTENT
		send_message(k);
		record_intent(c, k);
#else
		record_intent(c, k);
		send_message(k);
#endif

await_answer:
		if
		:: d_step {
			call[k].reply == MADE ->
			call[k].reply = 0;
			note_end(k)
		   };
			note_outcome(k, CREATED);
			goto succeeded
		:: d_step { call[k].reply == EXISTS -> call[k].reply = 0 };
			/* to adopt is to read, and that ends the call */
			if
			:: d_step {
				call[k].adopts && maker != 0 && defined_alike ->
				holders = holders | BIT(k);
				note_end(k)
			   };
				note_outcome(k, CHANGED);
				goto succeeded
			:: else ->
				note_outcome(k, NOTHING);
				goto was_refused
			fi
#ifdef WITH_DELETES
		:: d_step {
			call[k].reply == DELETED ->
			call[k].reply = 0;
			note_end(k);
			outdated = outdated | BIT(k)
		   };
			note_outcome(k, CHANGED);
			goto succeeded
		:: d_step {
			call[k].reply == MISSING ->
			call[k].reply = 0;
			note_end(k)
		   };
			note_outcome(k, NOTHING);
			/* perhaps the lost message has deleted it */
			if
			:: goto succeeded
			:: !resent -> goto was_refused
			fi
#endif
		:: d_step {
			lost < LOSSES && MAY_BE_LOST(k) ->
			lost++;
			call[k].unheard = true;
			stop_waiting(k)
		   }
		fi;

		/* the answer is lost: read back, unless sending again is safe anyway */
#ifdef SEND_AGAIN_BLINDLY
		goto send_again;
#endif
		if
#ifdef WITH_DELETES
		:: call[k].deletes -> goto send_again
#endif
		:: atomic { maker == 0 && !call[k].deletes -> call[k].missed = true };
send_again:
			if
			:: !resent ->
				resent = true;
				send_message(k);
				goto await_answer
			:: goto outcome_is_unknown
			fi
		:: d_step {
			maker != 0 && !call[k].deletes && LOOKS_LIKE(k) ->
			holders = holders | BIT(k);
			note_end(k)
		   };
#ifdef TRUST_THE_CLOCK
			note_outcome(k, CREATED);
#endif
			goto succeeded
		:: atomic {
			maker != 0 && !call[k].deletes && !LOOKS_LIKE(k) ->
			goto outcome_is_unknown
		   }
		:: goto outcome_is_unknown
		fi;

outcome_is_unknown:
		/* the call reports an error, or a row of the result */
		if
		:: goto has_failed
		:: true
		fi;
#ifdef UNKNOWN_IS_FAILED
		call[k].closed = FAILED;
#endif
#ifdef QUEUED_BY_CALLER
		call[k].closed = QUEUED;
#endif
		goto end_of_call;

was_refused:
#ifdef WITH_DELETES
		/* likewise; but an earlier message may have been carried out */
		if
		:: goto has_failed
		:: call[k].closed = (call[k].outcome == NOTHING -> FAILED : 0);
			goto end_of_call
		fi;
#endif

has_failed:
		if
		:: savepoint != CALLS -> goto roll_back_to_savepoint
		:: else -> goto roll_back
		fi;

succeeded:
		atomic {
			call[k].closed = SUCCEEDED;
			call[k].forgets =
				call[k].deletes && (IS_RECORDED(k) || ANY_CALL(RECORDS, k))
		};

end_of_call:
		if
		:: savepoint != CALLS -> goto roll_back_to_savepoint
		:: goto go_on
		fi;

roll_back_to_savepoint:
		atomic { end_transaction(savepoint, k, ABORTED); savepoint = CALLS };

go_on:
		if
#ifdef OTHER_CALLS_ONCE
		:: k < CALLS_EACH - 1 -> k++; goto next_call
#elif CALLS_EACH > 1
		:: k % CALLS_EACH < CALLS_EACH - 1 -> k++; goto next_call
#endif
		:: d_step { end_transaction(FIRST_OF(k), k, COMMITTED) }
		:: goto roll_back
		fi;
		goto is_done;

roll_back:
		atomic { end_transaction(FIRST_OF(k), k, ABORTED) };

is_done:
		skip
	} unless {
		/* cancelled, terminated, or lost in the crash of the server */
		d_step {
			killed[c] || crashed ->
			if
			:: !crashed ->
				stop_waiting(k);
				end_transaction(FIRST_OF(k), k, ABORTED);
				if
				:: box[c] == FILLED -> box[c] = 0
				:: else
				fi
			:: else
			fi
		}
	};
	d_step {
		k = 0;
		savepoint = CALLS;
		resent = false;
		killed[c] = false;
		gone[c] = true
	}
}

/* ----------------------------------------------------------------
 * The journal worker
 * ----------------------------------------------------------------
 */

/* The journal worker gets an id of its own: ids assigned before are older. */
inline assign_own_id()
{
#if CRASHES
	d_step {
		i = 0;
		do
		:: i < CALLS -> call[i].older = (call[i].transaction == RUNNING); i++
		:: else -> break
		od
	}
#else
	skip
#endif
}

inline take_boxes()
{
	j = 0;
	do
	:: j < CALLERS ->
		box[j] = (box[j] == FILLED -> TAKEN : box[j]);
		j++
	:: else -> break
	od;
	j = 0
}

#define CHECK(c) \
	:: d_step { \
		box[c] == TAKEN -> \
		box[c] = (IS_HELD_UP(boxed[c]) -> HELD_UP : PASSED) \
	   }

/* The commit: passed intents are recorded, and older ids are used up. */
inline commit_intents()
{
	j = 0;
	do
	:: j < CALLERS && box[j] == PASSED ->
#ifndef REQUESTED_BEFORE_LOCKED
		note_time(boxed[j]);
#endif
		call[boxed[j]].row = OPEN;
		j++
	:: j < CALLERS && box[j] != PASSED -> j++
	:: j == CALLERS -> break
	od;
	j = 0;
	do
	:: j < CALLS ->
		call[j].durable = call[j].durable ||
			(call[j].older && !IS_OVER(j));
		call[j].older = false;
		j++
	:: else -> break
	od;
	journal_locked = false
}

inline answer_boxes()
{
	j = 0;
	do
	:: j < CALLERS && box[j] == PASSED -> box[j] = RECORDED; j++
	:: j < CALLERS && box[j] == HELD_UP -> box[j] = REFUSED; j++
	:: j < CALLERS && box[j] != PASSED && box[j] != HELD_UP -> j++
	:: j == CALLERS -> break
	od;
	j = 0
}

#if CALLERS == 1
#define ANY_BOX(is)	(box[0] == is)
#else
#define ANY_BOX(is)	(box[0] == is || box[1] == is)
#endif

active proctype JournalWorker()
{
end_idle:
	do
	:: {
#ifdef ID_BEFORE_BOXES
		assign_own_id();
end_waiting:
#endif
		d_step { ANY_BOX(FILLED) -> take_boxes() };
		d_step { !journal_locked -> journal_locked = true };
#ifndef ID_BEFORE_BOXES
		assign_own_id();
#endif
		do
		CHECK(0)
#if CALLERS > 1
		CHECK(1)
#endif
		:: d_step { !ANY_BOX(TAKEN) -> commit_intents() };
			d_step { answer_boxes() };
			break
		od
	   } unless {
		d_step { journal_crashed -> journal_crashed = false }
	   }
	od
}

/* ----------------------------------------------------------------
 * The queue worker
 * ----------------------------------------------------------------
 */

/*
 * An open row whose transaction has ended.  If that is committed, the outcome
 * of the call was unknown, so its caller did not close it.
 */
#ifdef COMMITTED_IS_CLOSED
#define HAS_FAILED(k)	(call[k].transaction == ABORTED)
#else
#define HAS_FAILED(k)	IS_OVER(k)
#endif
#define IS_TO_RESOLVE(k, any)	(call[k].row == OPEN && HAS_FAILED(k))

/* A result that was recorded after a look is newer than that look. */
#define IS_NEWER(l, k) \
	(call[l].row == SUCCEEDED && !(seen & BIT(l)) && SAME_RECORD(l, k))

/* A row is resolved: all else about its call is irrelevant. */
inline forget_call(k)
{
	call[k].transaction = ABORTED;
	call[k].outcome = 0;
	call[k].at = false;
	call[k].put_off = false;
	call[k].uncertain = false;
	call[k].answered = false;
	call[k].harmless = false;
	call[k].deletes = false;
	call[k].keeps = false;
	call[k].id = 0;
	call[k].ended_before = 0;
	call[k].made = 0;
	call[k].missed = false;
	call[k].unheard = false;
	call[k].strayed = false;
	call[k].forgets = false;
	requested = requested & ~BIT(k);
	ended = ended & ~BIT(k);
	made_since = made_since & ~BIT(k);
	made_until = made_until & ~BIT(k);
	holders = holders & ~BIT(k);
	outdated = outdated & ~BIT(k)
}

inline find_ended()
{
	i = 0;
	do
	:: i < CALLS ->
		found = found | (IS_TO_RESOLVE(i, 0) -> BIT(i) : 0);
		i++
	:: else -> break
	od;
	i = 0
}

/* The commit after that. */
inline resolve_found()
{
	i = 0;
	do
	:: i < CALLS && (found & BIT(i)) && call[i].outcome == NOTHING ->
		call[i].row = FAILED;
		forget_call(i);
		i++
	:: i < CALLS && (found & BIT(i)) && call[i].outcome != NOTHING ->
		call[i].row = QUEUED;
		call[i].answered = call[i].at;
		call[i].harmless = call[i].harmless || call[i].outcome == CHANGED;
		i++
	:: i < CALLS && !(found & BIT(i)) -> i++
	:: i == CALLS -> break
	od;
	found = 0
}

/*
 * Calls that delay the record: open calls of the same transaction, which hold
 * the lock and may have written there; and creations that are still to be
 * resolved, which would give up a recorded connection.
 */
#ifdef RECORD_BESIDE
#define OPEN_IS_IN_THE_WAY(l, k)	false
#else
#define OPEN_IS_IN_THE_WAY(l, k)	OWN_IS_OPEN(l, k)
#endif
#ifdef RECORD_BEFORE_OTHERS
#define CREATION_IS_IN_THE_WAY(l)	false
#else
#define CREATION_IS_IN_THE_WAY(l)	(IS_UNRESOLVED(l) && IS_CREATION(l))
#endif
#define IS_IN_THE_WAY(l, k) \
	((l) != (k) && SAME_EVIDENCE(l, k) && \
	 (OPEN_IS_IN_THE_WAY(l, k) || CREATION_IS_IN_THE_WAY(l)))

/* Claim a row, and look up the database's knowledge. */
#define CLAIM(k) \
	:: d_step { \
		CAN_CLAIM(k) -> \
		claimed = k + 1; \
		call[k].row = CLAIMED; \
		taken_over = ANY_CALL(TOOK_OVER, k) || IS_KNOWN_WITHOUT(k); \
		defers = ANY_CALL(IS_IN_THE_WAY, k) \
	   }

#define IT	(claimed - 1)

inline forget_claim()
{
	claimed = 0;
#ifdef CLAIMED_BEFORE_LOCKED
	resolver_has_locked = false;
#endif
	seen = 0;
	taken_over = false;
	defers = false;
	is_final = false;
	there = false;
	ours = false
}

/*
 * The commit after the final look.  A row that defers has nothing left to
 * delete; on its turn it looks once more, only to record.
 *
 * AT_THE_END leaves it to the end to find the result of a missing guard.
 */
inline end_row(stays)
{
	if
	:: d_step {
		defers ->
		call[IT].row = QUEUED;
		call[IT].harmless = true;
		call[IT].answered = true;
		call[IT].put_off = false;
		call[IT].uncertain = false;
		forget_claim()
	   }
	:: d_step {
		!defers && CAN_LOCK_TO_RECORD(IT) ->
#ifndef AT_THE_END
		/* no transaction has written there, and nothing newer is recorded */
		assert(!ANY_CALL(HAS_WRITTEN, IT));
		assert(!ANY_CALL(IS_NEWER, IT));
#endif
#ifdef ONLY_OURS
		RECORD(IT, stays && (IS_RECORDED(IT) || ours || !IS_CREATION(IT)));
#else
		RECORD(IT, (ANY_CALL(IS_NEWER, IT) -> IS_RECORDED(IT) : stays));
#endif
		outdated = 0;
		call[IT].row = RESOLVED;
		forget_call(IT);
		forget_claim()
	   }
	fi
}

/* The look was not final; but if it found nothing, that is recorded at once. */
inline look_again_later()
{
	d_step {
		there || defers || CAN_LOCK_TO_RECORD(IT) ->
		RECORD(IT, IS_RECORDED(IT) &&
			   (there || defers || ANY_CALL(IS_NEWER, IT)));
		call[IT].row = QUEUED;
		call[IT].put_off = true;
		forget_claim()
	}
}

/*
 * One look at the connection, and its result.
 *
 * A look is final if nothing can arrive any more: the only message was answered,
 * or the look is sent after settle_time.  A connection of the call is deleted
 * at once, but only a final look resolves the row.
 */
inline undo()
{
#ifdef CLAIMED_BEFORE_LOCKED
	d_step {
		IS_CREATION(IT) || CAN_LOCK_TO_RECORD(IT) ->
		resolver_has_locked = !IS_CREATION(IT)
	};
#endif
	d_step {
		is_final = SETTLE_TIME_IS_OVER(IT);
#ifdef DELETES_ARE_NEVER_LATE
		is_final = is_final || call[IT].answered;
#else
		is_final = is_final || (call[IT].answered && !call[IT].uncertain);
#endif
#ifdef FINAL_AT_ONCE
		is_final = true;
#endif
		skip
	};
	d_step {
		there = (maker != 0);
		seen = ended;
		ours = (there && LOOKS_LIKE(IT) && !taken_over && !call[IT].harmless);
		found_ours = found_ours || ours
	};
#ifdef FINAL_WHEN_ANSWERED
	is_final = is_final || SETTLE_TIME_IS_OVER(IT);
#endif
	if
	:: ours && !call[IT].keeps ->
		delete_sent = true;
		d_step {
			!delete_sent ->
#ifdef DELETED_IS_FINAL
			is_final = true;
#endif
			there = false;
			ours = false
		}
	:: else
	fi;
	if
	:: !is_final -> look_again_later()
	:: else -> end_row(there)
	fi
}

/* The worker exits: it loses its claim, and its message may be late. */
inline lose_claim()
{
	if
	:: claimed != 0 ->
		call[IT].row = QUEUED;
		call[IT].uncertain = true
	:: else
	fi;
	delete_late = delete_late + delete_sent;
	delete_sent = false;
	found = 0;
	forget_claim()
}

active proctype QueueWorker()
{
end_idle:
	do
	:: {
		if
		:: d_step { ANY_CALL(IS_TO_RESOLVE, 0) -> find_ended() };
#ifndef NO_JOURNAL_LOCK
			/* intents that were checked before the end are committed then */
			!journal_locked;
#endif
			d_step { resolve_found() };
			goto end_idle
		EACH_CALL(CLAIM)
		fi;
		undo()
	   } unless {
		d_step { worker_killed -> worker_killed = false; lose_claim() }
	   }
	od
}

/* ----------------------------------------------------------------
 * Events
 * ----------------------------------------------------------------
 */

proctype Killer()
{
	byte times;

	do
	:: times < KILLS ->
		times++;
		if
		:: killed[0] = !gone[0]
#if CALLERS > 1
		:: killed[1] = !gone[1]
#endif
		fi
	:: else -> break
	od
}

proctype WorkerKiller()
{
	byte times;

	do
	:: times < WORKER_KILLS -> times++; worker_killed = true
	:: else -> break
	od
}

/* Everything that is not durable is lost, and all processes are gone. */
inline crash()
{
	i = 0;
	do
	:: i < CALLS ->
		if
		:: call[i].transaction == RUNNING ->
			call[i].transaction = (call[i].durable -> ABORTED : STRANGER)
		:: else
		fi;
		stop_waiting(i);
		call[i].closed = 0;
		call[i].locked = false;
		call[i].outcome = 0;
		call[i].at = false;
		call[i].older = false;
		call[i].durable = false;
		i++
	:: else -> break
	od;
	j = 0;
	do
	:: j < CALLERS -> box[j] = 0; j++
	:: else -> break
	od;
	journal_locked = false;
	lose_claim();
	crashed = true;
	journal_crashed = true;
	worker_killed = true
}

#ifdef STEPS
proctype Clock()
{
	set_back = true
}
#endif

proctype Crash()
{
	d_step { crash() }
}

/* ----------------------------------------------------------------
 * The end
 * ----------------------------------------------------------------
 */

/*
 * In the last state, a connection that a call has created is recorded, and a
 * recorded connection is there.
 *
 * One case is unknowable.  A committed call has lost an answer, its connection
 * was found or created again, it was deleted, and then the lost message is
 * carried out.  Or that call was a deletion, and hits another connection.
 *
 * STRICTLY: a connection that stays was created or adopted by a call that has
 * committed.  That is too strict if more than one event disturbs the call.
 */
#define IS_BEYOND_US(k) \
	(call[k].row == SUCCEEDED && call[k].unheard && \
	 (somebody_deleted || call_deleted))
#define STAYS_WITH(l, any)	((holders & BIT(l)) && call[l].row == SUCCEEDED)
#define HAS_STRAYED(l, any) \
	(call[l].row == SUCCEEDED && call[l].deletes && call[l].strayed)
#define IS_KNOWN(k)	(recorded != 0 || IS_BEYOND_US(k))

init
{
	atomic {
#ifdef WITH_DELETES
		if
		:: make_connection(SOMEBODY_ELSE, true); recorded = RECORD_OF(0)
		:: true
		fi;
#endif
		run Caller(0, 0);
#if CALLERS > 1
		run Caller(1, CALLS_EACH);
#endif
#if MEDDLES
		run Meddler();
#endif
#ifdef STEPS
		run Clock();
#endif
		if
#if KILLS
		:: run Killer()
#endif
		:: true
		fi;
		if
#if WORKER_KILLS
		:: run WorkerKiller()
#endif
		:: true
		fi;
		if
#if CRASHES
		:: run Crash()
#endif
		:: true
		fi
	};
	timeout;
	d_step {
		i = 0;
		do
		:: i < CALLERS -> assert(gone[i]); i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < CALLS ->
			assert(!IS_UNRESOLVED(i));
			assert(maker != i + 1 || IS_KNOWN(i));
#ifdef STRICTLY
			assert(maker != i + 1 || ANY_CALL(STAYS_WITH, 0) || IS_BEYOND_US(i));
#endif
			i++
		:: else -> break
		od;
		assert(recorded == 0 || maker != 0 || somebody_deleted ||
			   ANY_CALL(HAS_STRAYED, 0))
	}
}

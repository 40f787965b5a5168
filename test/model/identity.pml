/*
 * identity.pml
 *
 * The identity of the connection of a call, while the keys in a mapping are
 * changed, for the model checker Spin.
 *
 * A mapping holds the keys of an account; somebody replaces them by other keys
 * of that account or of another one.  All connections here have one name; each
 * account may have one.  Two callers create or adopt it, through one mapping or
 * two.
 *
 *	  mapping ---> keys ---> account ---> lock, intent, record
 *					 |		     ^
 *					 |			 | must be the one of
 *					 +------> the signature
 *
 * A caller reads the keys once, resolves their account, locks the connection by
 * it, writes it into the intent, and signs with only those keys.  The undo reads
 * the keys anew, as the old ones are stored nowhere; if they lead to another
 * account, it waits.  An account stands for the endpoint, too: a look at another
 * endpoint proves as little.
 *
 * The protocol of callers and workers is in immediate.pml, and simplified here:
 * one call in a transaction, no crashes, and an intent is checked and written in
 * one step.
 */

#ifndef CALLERS
#define CALLERS	2
#endif
#ifndef CHANGES					/* of keys in the mappings */
#define CHANGES	2
#endif
/* ONE_MAPPING, TWO_MAPPINGS: of the callers; else either */
/* SECOND_CHANGES: only the second mapping is changed */

#define CALLS	CALLERS
#define BIT(k)	(1 << (k))

/*
 * The keys: one of each account, and perhaps another one of the first.  The
 * account of a key never changes.
 */
#ifndef KEYS
#define KEYS	2
#endif
#define ACCOUNT_OF(key)	((key) % 2)

mtype:transaction = { RUNNING, COMMITTED, ABORTED };
mtype:row = { OPEN, SUCCEEDED, FAILED, QUEUED, CLAIMED, RESOLVED };
mtype:outcome = { NOTHING, CREATED, CHANGED };
mtype:reply = { MADE, EXISTS };

typedef Call
{
	byte mapping;
	byte key;					/* as the caller has read it */
	byte account;				/* by which it locks, and in the intent */
	bit adopts;
	bit locked;
	mtype:transaction transaction;
	mtype:row closed;			/* the row's next state */
	mtype:row row;
	bit target_changed;			/* it waits, and says so */
	bit put_off;				/* until nothing can arrive any more */
	bit answered;
	mtype:outcome outcome;		/* in shared memory; 0: unknown */

	/* between the caller and Glue */
	bit sent;
	bit late;					/* nobody awaits its answer */
	byte signed_with;
	mtype:reply reply;
};

typedef Account
{
	byte maker;					/* of the connection: a call, plus 1 */
	byte made_since;			/* calls that had been requested by then */
	byte made_until;			/* calls of these that had no answer yet */
	byte holders;				/* calls that have made or adopted it */
	bit recorded;
};

Call call[CALLS];
Account account[2];
byte key_in[2];					/* a mapping */
byte remembered[2];				/* an account, plus 1, of a mapping */
byte requested;
byte ended;
byte changes;
bit gone[CALLERS];

/* The queue worker's. */
byte claimed;					/* a call, plus 1 */
byte key;						/* that it has read */
byte place;						/* the account that it leads to */
bit taken_over;
bit is_final;
bit there;
bit ours;

hidden byte i;

#if CALLERS == 1
#define ANY_CALL(CONDITION, k)	(CONDITION(0, k))
#else
#define ANY_CALL(CONDITION, k)	(CONDITION(0, k) || CONDITION(1, k))
#endif

/* ----------------------------------------------------------------
 * Guards
 * ----------------------------------------------------------------
 */

#define IS_OVER(k)	(call[k].transaction != RUNNING)
#define IS_UNRESOLVED(k) \
	(call[k].row == OPEN || call[k].row == QUEUED || call[k].row == CLAIMED)

/* Are two calls about the same connection? */
#ifdef KEYED_BY_MAPPING
#define SAME_KEY(l, k)	(call[l].mapping == call[k].mapping)
#else
#define SAME_KEY(l, k)	(call[l].account == call[k].account)
#endif

/* The key of the row of glue_connection. */
#ifdef RECORDED_BY_MAPPING
#define RECORD_OF(k)	call[k].mapping
#else
#define RECORD_OF(k)	call[k].account
#endif

#define LOCKS_OUT(l, k) \
	((l) != (k) && call[l].locked && !IS_OVER(l) && SAME_KEY(l, k) && \
	 (call[l].adopts || call[k].adopts))
#define CAN_LOCK(k)	(!ANY_CALL(LOCKS_OUT, k))

#define HOLDS_UP(l, k) \
	((l) != (k) && IS_UNRESOLVED(l) && IS_OVER(l) && \
	 call[l].outcome != NOTHING && SAME_KEY(l, k))
#define IS_HELD_UP(k)	ANY_CALL(HOLDS_UP, k)

/* An undo may wait for its target for ever: then a call behind it gives up. */
#define WAITS_IN_VAIN(l, k)	(HOLDS_UP(l, k) && call[l].target_changed)

#define TOOK_OVER(l, k) \
	((l) != (k) && call[l].row == SUCCEEDED && SAME_KEY(l, k))
#define COMES_BEFORE(l, k) \
	((l) != (k) && (call[l].row == OPEN || call[l].row == CLAIMED) && \
	 SAME_KEY(l, k))

/*
 * Does the mapping lead to the account of the call?  Its keys may be others now,
 * as long as they are of the same account.
 */
#ifdef SAME_KEYS_ONLY
#define KEY_MATTERS	1
#define TARGET_IS(k, now)	(call[k].key == (now))
#else
#define KEY_MATTERS	0
#define TARGET_IS(k, now)	(call[k].account == ACCOUNT_OF(now))
#endif

/* No message of the call is on its way any more: see time.pml. */
#define IS_FINAL(k)	(!call[k].sent && !call[k].late)

#define CAN_CLAIM(k) \
	(call[k].row == QUEUED && !ANY_CALL(COMES_BEFORE, k) && \
	 (!call[k].put_off || IS_FINAL(k)) && \
	 (!call[k].target_changed || TARGET_IS(k, key_in[call[k].mapping])))

#define LOOKS_LIKE(k, at) \
	((account[at].made_since & BIT(k)) && \
	 (!call[k].answered || (account[at].made_until & BIT(k))))

/* ----------------------------------------------------------------
 * Glue
 * ----------------------------------------------------------------
 */

inline forget_connection(at)
{
	account[at].maker = 0;
	account[at].made_since = 0;
	account[at].made_until = 0;
	account[at].holders = 0
}

/* CreateConnection is carried out, in the account of the key. */
inline carry_out_create(k, at)
{
	if
	:: account[at].maker == 0 ->
		account[at].maker = k + 1;
		account[at].made_since = requested;
		account[at].made_until = requested & ~ended;
		account[at].holders = BIT(k);
		call[k].reply = MADE
	:: else -> call[k].reply = EXISTS
	fi
}

/* An undo must not delete a connection that is committed, or about to be. */
inline carry_out_delete(at)
{
	i = 0;
	do
	:: i < CALLS ->
		assert(!(account[at].holders & BIT(i)) ||
			   (call[i].row != SUCCEEDED &&
				!(call[i].closed == SUCCEEDED && !IS_OVER(i))));
		i++
	:: else -> break
	od;
	forget_connection(at)
}

#define GLUE_CREATES(k) \
	:: d_step { \
		call[k].sent -> \
		call[k].sent = false; \
		carry_out_create(k, ACCOUNT_OF(call[k].signed_with)) \
	   } \
	:: d_step { \
		call[k].late -> \
		call[k].late = false; \
		carry_out_create(k, ACCOUNT_OF(call[k].signed_with)); \
		call[k].reply = 0 \
	   } \
	:: d_step { call[k].late -> call[k].late = false }

active proctype Glue()
{
end_glue:
	do
	GLUE_CREATES(0)
#if CALLERS > 1
	GLUE_CREATES(1)
#endif
	od
}

/* Somebody changes the keys in a mapping. */
#define CHANGE(m) \
	:: d_step { changes > 0 -> changes--; key_in[m] = (key_in[m] + 1) % KEYS } \
	:: d_step { \
		changes > 0 && KEYS > 2 -> \
		changes--; \
		key_in[m] = (key_in[m] + 2) % KEYS \
	   }

proctype Changer()
{
	do
#ifndef SECOND_CHANGES
	CHANGE(0)
#endif
#ifndef ONE_MAPPING
	CHANGE(1)
#endif
	:: changes == 0 -> break
	od
}

/* ----------------------------------------------------------------
 * Callers
 * ----------------------------------------------------------------
 */

inline end_transaction(k, how)
{
	call[k].transaction = how;
	if
	:: how == COMMITTED ->
		call[k].row = SUCCEEDED;
		account[RECORD_OF(k)].recorded = true
	:: else
	fi;
	call[k].closed = 0;
	call[k].locked = false;
	if
	:: how == COMMITTED ->
		call[k].key = 0;
		call[k].signed_with = 0;
		call[k].answered = false;
		call[k].outcome = 0
	:: else
	fi
}

/* A row is resolved: all else about its call is irrelevant. */
inline forget_call(k)
{
	call[k].mapping = 0;
	call[k].key = 0;
	call[k].account = 0;
	call[k].signed_with = 0;
	call[k].adopts = false;
	call[k].answered = false;
	call[k].put_off = false;
	call[k].target_changed = false;
	call[k].outcome = 0;
	requested = requested & ~BIT(k);
	ended = ended & ~BIT(k);
	i = 0;
	do
	:: i < 2 ->
		account[i].made_since = account[i].made_since & ~BIT(k);
		account[i].made_until = account[i].made_until & ~BIT(k);
		account[i].holders = account[i].holders & ~BIT(k);
		i++
	:: else -> break
	od;
	i = 0
}

/*
 * Read the keys, once for the whole call, and find out their account.  The cache
 * of accounts goes by the keys.
 */
inline resolve(k)
{
	call[k].key = key_in[call[k].mapping];
#ifdef REMEMBERED_BY_MAPPING
	if
	:: remembered[call[k].mapping] == 0 ->
		remembered[call[k].mapping] = ACCOUNT_OF(call[k].key) + 1
	:: else
	fi;
	call[k].account = remembered[call[k].mapping] - 1
#else
	call[k].account = ACCOUNT_OF(call[k].key)
#endif
}

inline send_message(k)
{
#ifdef KEYS_READ_AGAIN
	call[k].signed_with = key_in[call[k].mapping];
#else
	call[k].signed_with = call[k].key;
#endif
	call[k].sent = true
}

proctype Caller(byte k)
{
	atomic {
		if
		:: call[k].adopts = true
		:: true
		fi;
		call[k].transaction = RUNNING
	};
	d_step { resolve(k) };

	/* lock the name, and write the intent, unless the call is held up */
	do
	:: d_step { CAN_LOCK(k) -> call[k].locked = true };
		if
		:: d_step {
			!IS_HELD_UP(k) ->
			requested = requested | BIT(k);
			call[k].outcome = NOTHING;
			call[k].row = OPEN
		   };
			break
		:: d_step { IS_HELD_UP(k) -> call[k].locked = false };
			if
			:: !IS_HELD_UP(k)
#ifndef WAITS_FOR_EVER
			:: ANY_CALL(WAITS_IN_VAIN, k) -> goto roll_back
#endif
			fi
		fi
	od;

	atomic { call[k].outcome = 0; send_message(k) };
	if
	:: d_step {
		call[k].reply == MADE ->
		call[k].reply = 0;
		call[k].answered = true;
		call[k].outcome = CREATED;
		ended = ended | BIT(k);
		call[k].closed = SUCCEEDED
	   }
	:: d_step {
		/* the answer is lost, or the caller is cancelled */
		call[k].late = call[k].sent;
		call[k].sent = false;
		call[k].reply = 0
	   };
		goto roll_back
	:: d_step {
		call[k].reply == EXISTS ->
		call[k].reply = 0;
		call[k].answered = true;
		ended = ended | BIT(k);
		call[k].outcome = NOTHING
	   };
		if
		:: d_step {
			call[k].adopts && account[call[k].account].maker != 0 ->
			account[call[k].account].holders =
				account[call[k].account].holders | BIT(k);
			call[k].outcome = CHANGED;
			call[k].closed = SUCCEEDED
		   }
		:: else -> goto roll_back
		fi
	fi;

	if
	:: d_step { end_transaction(k, COMMITTED) }; goto is_done
	:: goto roll_back
	fi;

roll_back:
	atomic { end_transaction(k, ABORTED) };

is_done:
	skip

	gone[k] = true
}

/* ----------------------------------------------------------------
 * The queue worker
 * ----------------------------------------------------------------
 */

#define RESOLVE(k) \
	:: d_step { \
		call[k].row == OPEN && IS_OVER(k) && call[k].outcome == NOTHING -> \
		call[k].row = FAILED; \
		forget_call(k) \
	   } \
	:: d_step { \
		call[k].row == OPEN && IS_OVER(k) && call[k].outcome != NOTHING -> \
		call[k].row = QUEUED; \
		call[k].key = call[k].key * KEY_MATTERS \
	   }

#define CLAIM(k) \
	:: d_step { \
		CAN_CLAIM(k) -> \
		call[k].row = CLAIMED; \
		claimed = k + 1; \
		taken_over = ANY_CALL(TOOK_OVER, k) \
	   }

#define IT	(claimed - 1)

inline forget_claim()
{
	claimed = 0;
	key = 0;
	place = 0;
	taken_over = false;
	is_final = false;
	there = false;
	ours = false
}

/*
 * Look at the connection, but only in the account of the call, and with the very
 * keys that are known to lead there.  The result is recorded of that account.
 */
inline undo()
{
	d_step { key = key_in[call[IT].mapping]; place = ACCOUNT_OF(key) };
	if
#ifndef ANY_TARGET
	:: d_step {
		!TARGET_IS(IT, key) ->
		call[IT].target_changed = true;
		call[IT].row = QUEUED;
		forget_claim()
	   };
		goto end_idle
	:: d_step { TARGET_IS(IT, key) -> call[IT].target_changed = false }
#else
	:: true
#endif
	fi;
	d_step {
#ifdef UNDO_READS_KEYS_AGAIN
		key = key_in[call[IT].mapping];
		place = ACCOUNT_OF(key);
#endif
		is_final = IS_FINAL(IT);
		there = (account[place].maker != 0);
		ours = (there && !taken_over && call[IT].outcome != CHANGED &&
				LOOKS_LIKE(IT, place))
	};
	if
	:: ours ->
		d_step {
#ifdef UNDO_READS_KEYS_AGAIN
			place = ACCOUNT_OF(key_in[call[IT].mapping]);
#endif
			carry_out_delete(place);
			there = false
		}
	:: else
	fi;
	d_step {
		if
		:: is_final ->
			account[RECORD_OF(IT)].recorded = there;
			call[IT].row = RESOLVED;
			forget_call(IT)
		:: else ->
			call[IT].row = QUEUED;
			call[IT].put_off = true
		fi;
		forget_claim()
	}
}

active proctype QueueWorker()
{
end_idle:
	do
	:: if
		RESOLVE(0)
		CLAIM(0)
#if CALLERS > 1
		RESOLVE(1)
		CLAIM(1)
#endif
		fi;
		if
		:: claimed != 0 -> undo()
		:: else
		fi
	od
}

/* ----------------------------------------------------------------
 * The end
 * ----------------------------------------------------------------
 */

/* A row may wait while its mapping leads elsewhere, if it says so. */
#define WAITS_FOR_TARGET(k) \
	(call[k].row == QUEUED && call[k].target_changed && \
	 call[k].account != ACCOUNT_OF(key_in[call[k].mapping]))
#define IS_SHOWN(l, at)	(WAITS_FOR_TARGET(l) && call[l].account == (at))
#define STAYS_WITH(l, at) \
	((account[at].holders & BIT(l)) && call[l].row == SUCCEEDED)

init
{
	atomic {
		call[0].mapping = 0;
#if CALLERS > 1
		if
#ifndef TWO_MAPPINGS
		:: call[1].mapping = 0
#endif
#ifndef ONE_MAPPING
		:: call[1].mapping = 1
#endif
		fi;
#endif
#ifndef ONE_MAPPING
		if
		:: key_in[1] = 0
		:: key_in[1] = 1
		fi;
#endif
		select(changes : 0 .. CHANGES);
		run Caller(0);
#if CALLERS > 1
		run Caller(1);
#endif
		run Changer()
	};
	timeout;
	d_step {
		i = 0;
		do
		:: i < CALLERS ->
			assert(gone[i]);
			assert(!IS_UNRESOLVED(i) || WAITS_FOR_TARGET(i));
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < 2 ->
			assert(account[i].maker == 0 || account[i].recorded ||
				   ANY_CALL(IS_SHOWN, i));
			assert(account[i].maker == 0 || ANY_CALL(STAYS_WITH, i) ||
				   ANY_CALL(IS_SHOWN, i));
			assert(!account[i].recorded || account[i].maker != 0);
			i++
		:: else -> break
		od
	}
}

/*
 * claims.pml
 *
 * The connection that a row of a table owns, for the model checker Spin.
 *
 * A row claims the name of its connection in its own transaction.  Workers carry
 * out its requests after that.  The claim then owns the connection that they
 * have created or adopted: not every connection of that name, but that life of
 * it.  When the row is deleted, the claim is released, so that another row may
 * have the name; the claim stays until the deletion is done.
 *
 *	  row		   NEW ----> HELD ---------------> RELEASED ----------> GONE
 *						 |	   ^						 ^
 *	  requests			 + create, update		 delete +
 *						 |						 |
 *	  owned				 + this life ----------> only this life
 *
 * Meanwhile somebody else creates and deletes the same connection, a
 * synchronization records its result, rows vanish without their trigger, and
 * workers are terminated after they have sent a message.
 *
 * The lives of a connection are numbered: this is AWS's time here, and a number
 * is the window of one life.  time.pml shows how times are known, identity.pml
 * how the account is known.
 */

#ifndef STATEMENTS				/* of either row */
#define STATEMENTS	2
#endif
#ifndef CLAIMS					/* that the rows can make altogether: 2 or 3 */
#define CLAIMS	2
#endif
#ifndef DEATHS					/* of workers, after they have sent a message */
#define DEATHS	0
#endif
#ifndef MEDDLES					/* actions of somebody else */
#define MEDDLES	0
#endif
#ifndef FAILURES				/* of deletions: 0 or 1 */
#define FAILURES	0
#endif
#ifndef SYNCS					/* synchronizations */
#define SYNCS	0
#endif
#ifndef ACCIDENTS				/* rows that vanish without their trigger */
#define ACCIDENTS	0
#endif
#ifndef RELEASES				/* of claims, by hand */
#define RELEASES	0
#endif
#ifndef RETRIES					/* of requests that have failed, by hand */
#define RETRIES	0
#endif
#ifndef NAMES					/* of connections: 1 or 2 */
#define NAMES	1
#endif
/* TWO_TARGETS: the rows name two targets, which are the same */
/* TAKES: on_conflict is "update"; TAKES_ONE: only for the second row */
/* ADOPTS: it is "adopt", and all definitions are equal; else it is "error" */
/* GIVES_UP: one worker that has lost an answer does not retry */
/* STRICTLY: a row that was accepted has its connection in the end */

mtype:claim = { NEW, HELD, RELEASED, GONE };
mtype:request = { ASKED, QUEUED, RUNNING };
mtype:call = { CREATE, UPDATE, DELETE };
mtype:reply = { DONE, MADE, EXISTS, MISSING };

typedef Claim
{
	mtype:claim state;
	byte row;
	byte name;
	bit releasing;				/* in a transaction that is still open */
	mtype:request make;			/* create it, or update it */
	mtype:request drop;			/* delete it, and then the claim */
	bit keeps;					/* or delete nothing */

	byte owned_life;			/* of the connection; 0: none */

	/* of an attempt with an unknown outcome */
	bit unknown;				/* it may have created something... */
	byte since;					/* after this life */
	bit died;					/* and its worker is gone */

	/* between the worker and Glue */
	mtype:call sent;
	byte looked_at;				/* the life that was looked at */
	mtype:call late;			/* nobody waits for its answer */
	byte late_looked_at;
	mtype:reply reply;
	byte made;					/* the life */

	/* for properties */
	bit succeeded;
	bit reported;
};

typedef Connection
{
	byte life;					/* 0: there is none */
	bit strange;				/* somebody else has made it */
	byte whose;					/* the claim that created or took it, plus 1 */
};

Claim claim[CLAIMS];
Connection connection[NAMES];
byte lives[NAMES];
byte claims;
bit busy[2];					/* the rows */
byte wanted[2];					/* the name that a row claims now */
byte deaths;
byte meddles;
byte failures;
byte accidents;
byte retries;

hidden byte i;
hidden mtype:reply unheard;
hidden byte unheard_life;

#if CLAIMS == 2
#define ANY_CLAIM(CONDITION, x)	(CONDITION(0, x) || CONDITION(1, x))
#else
#define ANY_CLAIM(CONDITION, x) \
	(CONDITION(0, x) || CONDITION(1, x) || CONDITION(2, x))
#endif

#include "claims_guards.pml"

/* ----------------------------------------------------------------
 * Glue
 * ----------------------------------------------------------------
 */

/* Nobody awaits the answer any more. */
inline forget_call(c)
{
	claim[c].reply = 0;
	claim[c].made = 0;
	claim[c].looked_at = 0
}

/* The connection is gone, but not by a fault of the claim. */
inline lose_connection(at)
{
	if
	:: connection[at].whose != 0 ->
		claim[connection[at].whose - 1].succeeded = false
	:: else
	fi;
	connection[at].life = 0;
	connection[at].strange = false;
	connection[at].whose = 0
}

inline make_connection(at, maker)
{
	lives[at]++;
	connection[at].life = lives[at];
	connection[at].strange = ((maker) == 0);
	connection[at].whose = maker
}

/*
 * The present connection must be the claim's, unless somebody else has created
 * it after the worker has looked, which no guard prevents.
 */
#define WHOSE(c)	connection[claim[c].name].whose
#define WAS_REPLACED(c, seen)	(WHOSE(c) == 0 && THERE(c) != (seen))

inline carry_out(c, action, seen, answer, new_life)
{
	if
	:: action == CREATE ->
		if
		:: THERE(c) == 0 ->
			make_connection(claim[c].name, c + 1);
			answer = MADE;
			new_life = THERE(c)
		:: else -> answer = EXISTS
		fi
	:: action == UPDATE ->
		assert(THERE(c) == 0 || WHOSE(c) == c + 1 || WAS_REPLACED(c, seen) ||
			   (TAKES_OVER(c) && (WHOSE(c) == 0 ||
								  claim[WHOSE(c) - 1].reported)));
		answer = (THERE(c) == 0 -> MISSING : DONE);
		WHOSE(c) = (THERE(c) == seen && seen != 0 -> c + 1 : WHOSE(c))
	:: action == DELETE ->
		assert(claim[c].keeps || THERE(c) == 0 || WHOSE(c) == c + 1 ||
			   WAS_REPLACED(c, seen));
		lose_connection(claim[c].name);
		answer = DONE
	fi
}

inline forget_late(c)
{
	claim[c].late = 0;
	claim[c].late_looked_at = 0
}

proctype Glue(byte c)
{
end_glue:
	do
	:: d_step {
		claim[c].sent != 0 ->
		carry_out(c, claim[c].sent, claim[c].looked_at, claim[c].reply,
				  claim[c].made);
		claim[c].sent = 0
	   }
	:: d_step {
		claim[c].late != 0 ->
		carry_out(c, claim[c].late, claim[c].late_looked_at, unheard,
				  unheard_life);
		forget_late(c)
	   }
	:: d_step { claim[c].late != 0 -> forget_late(c) }
	od
}

#if MEDDLES
/* Somebody else creates and deletes connections of these names. */
active proctype Stranger()
{
end_stranger:
	do
	:: d_step {
		meddles < MEDDLES && connection[0].life == 0 ->
		meddles++;
		make_connection(0, 0)
	   }
	:: d_step {
		meddles < MEDDLES && connection[0].life != 0 ->
		meddles++;
		lose_connection(0)
	   }
	:: d_step {
		meddles < MEDDLES && connection[0].life != 0 ->
		meddles++;
		lose_connection(0);
		make_connection(0, 0)
	   }
	od
}
#endif

/* ----------------------------------------------------------------
 * Rows
 * ----------------------------------------------------------------
 */

inline forget_claim(c)
{
	claim[c].state = GONE;
	claim[c].name = 0;
	claim[c].row = 0;
	claim[c].keeps = false;
	claim[c].owned_life = 0;
	claim[c].unknown = false;
	claim[c].since = 0;
	claim[c].died = false;
	claim[c].releasing = false;
	claim[c].drop = 0;
	claim[c].succeeded = false
}

inline claim_name(r, which)
{
	wanted[r] = which;
	if
	:: d_step {
		MAY_CLAIM(r) && claims < CLAIMS ->
		claim[claims].state = NEW;
		claim[claims].row = r;
		claim[claims].name = which;
		claim[claims].make = ASKED;
		claims++;
		fresh = claims
	   }
	:: !MAY_CLAIM(r) || claims == CLAIMS -> goto roll_back
	fi
}

inline release(c)
{
	assert(claim[c].row == r);
	claim[c].releasing = true;
	claim[c].drop = ASKED
}

inline commit()
{
	if
	:: fresh != 0 ->
		claim[fresh - 1].state = HELD;
		claim[fresh - 1].make = QUEUED
	:: else
	fi;
	if
	:: mine != 0 && claim[mine - 1].releasing ->
		claim[mine - 1].releasing = false;
		claim[mine - 1].state = RELEASED;
		claim[mine - 1].drop = QUEUED;
#ifdef DROPPED_AT_ONCE
		forget_claim(mine - 1);
#endif
		mine = fresh
	:: mine != 0 && !claim[mine - 1].releasing &&
	   claim[mine - 1].make == ASKED -> claim[mine - 1].make = QUEUED
	:: mine == 0 -> mine = fresh
	:: else
	fi;
	fresh = 0
}

inline take_back()
{
	if
	:: fresh != 0 ->
		forget_claim(fresh - 1);
		claim[fresh - 1].make = 0;
		if
		:: fresh == claims -> claims--; claim[claims].state = 0
		:: else
		fi
	:: else
	fi;
	fresh = 0;
	if
	:: mine != 0 ->
		claim[mine - 1].drop = (claim[mine - 1].releasing -> 0 :
								claim[mine - 1].drop);
		claim[mine - 1].releasing = false;
		claim[mine - 1].make = (claim[mine - 1].make == ASKED -> 0 :
								claim[mine - 1].make)
	:: else
	fi
}

proctype Row(byte r)
{
	byte mine;					/* the row's claim, plus 1 */
	byte fresh;					/* that of the open transaction, plus 1 */
	byte statements;

end_row:
	do
	:: atomic {
		statements < STATEMENTS ->
		statements++;
		busy[r] = true;
		mine = (mine != 0 && claim[mine - 1].state == HELD -> mine : 0);
		if
		:: mine == 0 && claims < CLAIMS -> claim_name(r, r % NAMES)
		:: d_step {
			mine != 0 && claim[mine - 1].make == 0 ->
			claim[mine - 1].make = ASKED
		   }
		:: d_step { mine != 0 -> release(mine - 1) }
		:: mine != 0 && claims < CLAIMS ->
			/* deleted and inserted, or renamed, in one transaction */
			release(mine - 1);
			claim_name(r, 0)
#if NAMES > 1
		:: mine != 0 && claims < CLAIMS ->
			release(mine - 1);
			claim_name(r, 1)
#endif
#if ACCIDENTS
			/* TRUNCATE, DROP TABLE, a disabled trigger */
		:: d_step {
			mine != 0 && accidents < ACCIDENTS ->
			accidents++;
			mine = 0
		   }
#endif
#ifdef CLAIMED_BY_TABLE
			/* the row is older than the trigger, so it has no claim */
		:: d_step {
			mine == 0 && claim[0].state == HELD && !claim[0].releasing ->
			mine = 1;
			release(0)
		   }
#endif
		:: else -> goto is_done
		fi
	   };
		if
		:: d_step { commit(); busy[r] = false }
		:: goto roll_back
		fi;
		goto end_row;
roll_back:
		atomic { take_back(); busy[r] = false }
	:: statements == STATEMENTS -> break
	od;
is_done:
	busy[r] = false
}

#if RELEASES
/* glue_release_connection() */
active proctype Releaser()
{
	byte releases;

end_releaser:
	do
	:: d_step {
		releases < RELEASES && claim[0].state == HELD && !claim[0].releasing ->
		releases++;
		claim[0].state = RELEASED;
		claim[0].keeps = true;
		claim[0].drop = QUEUED
	   }
	od
}
#endif

#if RETRIES
/* glue_retry_request() */
proctype Retrier(byte c)
{
end_retrier:
	do
	:: d_step {
		retries < RETRIES && claim[c].state == RELEASED &&
		claim[c].drop == 0 ->
		retries++;
		claim[c].drop = QUEUED
	   }
	:: d_step {
		retries < RETRIES && claim[c].state != 0 && claim[c].state != NEW &&
		claim[c].make == 0 && !claim[c].succeeded ->
		retries++;
		claim[c].make = QUEUED
	   }
	od
}
#endif

#if SYNCS
/* glue_sync_connections(), which finds that the connection is not there */
active proctype Sync()
{
	byte seen;
	byte k;

end_sync:
	d_step { connection[0].life == 0 && lives[0] != 0 -> seen = lives[0] };
	d_step {
		do
		:: k < CLAIMS ->
			if
#ifdef NOTES_WHAT_IS_OLD
			:: claim[k].owned_life != 0
#else
			:: claim[k].owned_life != 0 && claim[k].owned_life <= seen
#endif
			  -> claim[k].owned_life = 0
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0;
		seen = 0
	}
}
#endif

/* ----------------------------------------------------------------
 * Workers
 * ----------------------------------------------------------------
 */

/* The last life before an attempt is noted before it is sent, and kept. */
#ifdef SINCE_IS_FORGOTTEN
#define NOTE_SINCE(c) \
	claim[c].since = lives[claim[c].name]; \
	claim[c].unknown = false
#else
#define NOTE_SINCE(c) \
	claim[c].since = (claim[c].unknown -> claim[c].since : \
					  lives[claim[c].name])
#endif

/* A call is under way, or it was answered. */
#define IS_CALLING(c)	(claim[c].sent != 0 || claim[c].reply != 0)

inline send_call(c, action)
{
	claim[c].looked_at = THERE(c);
	claim[c].sent = action
}

#define IS_OWNER_TOO(j, c) \
	((j) != (c) && claim[j].name == claim[c].name && claim[j].owned_life != 0)

#define OWNS_IT_NOW(j, c) \
	((j) != (c) && claim[j].name == claim[c].name && IS_OWN(j) && IS_OWN(c))

/*
 * Own this life of the connection.  It is present, so all other lives are over,
 * and no other claim owns the connection any more.
 */
inline own(c, life_now)
{
	if
#ifdef SECOND_KEY_REFUSES
	:: ANY_CLAIM(IS_OWNER_TOO, c) -> claim[c].succeeded = false
#endif
#ifdef ONLY_IF_NOT_RELEASED
	:: claim[c].state == RELEASED
#endif
	:: claim[c].state == GONE
	:: else ->
#ifdef OWNED_AS_READ_LATER
		claim[c].owned_life = THERE(c);
#else
		claim[c].owned_life = life_now;
#endif
		assert(!ANY_CLAIM(OWNS_IT_NOW, c));
		i = 0;
		do
		:: i < CLAIMS ->
			if
			:: i != c && claim[i].name == claim[c].name &&
			   claim[i].owned_life != 0 -> claim[i].owned_life = 0
			:: else
			fi;
			i++
		:: else -> break
		od;
		claim[c].succeeded = (WHOSE(c) == c + 1)
	fi
}

/* A create or an update has ended. */
inline end_make(c)
{
	claim[c].make = (claim[c].make == RUNNING -> 0 : claim[c].make);
	claim[c].unknown = false;
	claim[c].since = 0;
	forget_call(c)
}

inline look_and_make(c)
{
	if
	:: MAY_UPDATE(c) -> send_call(c, UPDATE)
	:: !MAY_UPDATE(c) && THERE(c) == 0 -> send_call(c, CREATE)
	:: !MAY_UPDATE(c) && THERE(c) != 0 ->
		if
		:: IS_TAKEN(c) -> claim[c].succeeded = false; end_make(c)
		:: !IS_TAKEN(c) && IS_OF_ATTEMPT(c) ->
			own(c, THERE(c));
			end_make(c)
		:: !IS_TAKEN(c) && !IS_OF_ATTEMPT(c) &&
		   TAKES_OVER(c) ->
#ifdef ADOPTS
			WHOSE(c) = c + 1;
			own(c, THERE(c));
			end_make(c)
#else
			send_call(c, UPDATE)
#endif
		:: else -> claim[c].succeeded = false; end_make(c)
		fi
	fi
}

inline after_make(c)
{
	if
	:: claim[c].reply == MADE -> own(c, claim[c].made); end_make(c)
	:: claim[c].reply == DONE -> own(c, claim[c].looked_at); end_make(c)
	:: else -> forget_call(c)	/* look again */
	fi
}

inline look_and_drop(c)
{
	if
	:: !claim[c].keeps && MAY_DELETE(c) -> send_call(c, DELETE)
	:: else ->
		if
		:: WHOSE(c) == c + 1 && (claim[c].keeps || claim[c].unknown) ->
			/* kept; or it may be the claim's own, so it is reported */
			WHOSE(c) = 0
		:: else
		fi;
		forget_claim(c)
	fi
}

/* Await no answer any more.  The message stays on its way. */
inline hang_up(c)
{
	claim[c].late = claim[c].sent;
	claim[c].late_looked_at = (claim[c].sent != 0 -> claim[c].looked_at : 0);
	claim[c].sent = 0;
	forget_call(c)
}

/* The worker is gone, so the request goes back into the queue. */
inline die(c)
{
	deaths++;
	claim[c].died = true;
	if
	:: claim[c].make == RUNNING ->
		claim[c].make = QUEUED;
		claim[c].unknown = true
	:: else -> claim[c].drop = QUEUED
	fi;
	hang_up(c)
}

/* The worker that carries out the requests of a claim. */
proctype Worker(byte c)
{
end_idle:
	do
	:: d_step {
		CAN_RUN(c) ->
		if
		:: claim[c].make == QUEUED ->
			claim[c].make = RUNNING;
			NOTE_SINCE(c)
		:: else -> claim[c].drop = RUNNING
		fi;
		claim[c].died = false
	   };
		do
		:: d_step {
			claim[c].make == RUNNING && !IS_CALLING(c) ->
			if
#ifndef ACTS_WITHOUT_CLAIM
			:: claim[c].state == GONE -> end_make(c)
#endif
			:: else -> look_and_make(c)
			fi
		   }
		:: d_step {
			claim[c].make == RUNNING && claim[c].reply != 0 ->
			after_make(c)
		   }
		:: d_step {
			claim[c].drop == RUNNING && !IS_CALLING(c) ->
			look_and_drop(c)
		   }
		:: d_step {
			claim[c].drop == RUNNING && claim[c].reply != 0 ->
			forget_call(c);
			forget_claim(c)
		   }
#if FAILURES
		:: d_step {
			failures < FAILURES && claim[c].drop == RUNNING &&
			claim[c].sent != 0 ->
			failures++;
			claim[c].sent = 0;
			claim[c].drop = 0;
			claim[c].reported = true;
			forget_call(c)
		   }
#endif
#if DEATHS
		:: d_step {
			deaths < DEATHS && IS_CALLING(c) ->
			die(c)
		   };
			break
#endif
#ifdef GIVES_UP
		:: d_step {
			deaths < 1 && claim[c].make == RUNNING && IS_CALLING(c) ->
			deaths++;
			hang_up(c);
			claim[c].make = 0;
#ifndef FORGETS_THE_UNKNOWN
			claim[c].unknown = true
#endif
		   }
#endif
		:: !IS_RUNNING(c) -> break
		od
	od
}

/* ----------------------------------------------------------------
 * The end
 * ----------------------------------------------------------------
 */

/*
 * A connection that was created or taken for a row is owned by the row's claim,
 * or the claim may own it, or a request reports the failed deletion.
 */
#define IS_ACCOUNTED_FOR(n) \
	(connection[n].whose == 0 || \
	 claim[connection[n].whose - 1].reported || \
	 (claim[connection[n].whose - 1].unknown && \
	  claim[connection[n].whose - 1].state == HELD) || \
	 (claim[connection[n].whose - 1].state == HELD && \
	  IS_OWN(connection[n].whose - 1)))

#if RETRIES
#define RUN_FOR(c)	run Glue(c); run Worker(c); run Retrier(c)
#else
#define RUN_FOR(c)	run Glue(c); run Worker(c)
#endif

init
{
	atomic {
		run Row(0);
		run Row(1);
		RUN_FOR(0);
		RUN_FOR(1);
#if CLAIMS > 2
		RUN_FOR(2);
#endif
	};
	timeout;
	d_step {
		assert(!busy[0] && !busy[1]);
		i = 0;
		do
		:: i < CLAIMS ->
			assert(!IS_OPEN(i));
#ifdef STRICTLY
			assert(claim[i].state != HELD || claim[i].succeeded);
#endif
			assert(claim[i].state != HELD || !claim[i].succeeded ||
				   WHOSE(i) == i + 1);
			i++
		:: else -> break
		od;
		i = 0;
		do
		:: i < NAMES ->
			assert(IS_ACCOUNTED_FOR(i));
			i++
		:: else -> break
		od
	}
}

/*
 * time.pml
 *
 * The end of the undo of a call, and the origin of the connection that it finds,
 * by clocks, for the model checker Spin.
 *
 * A caller creates a connection, or deletes one, and its transaction is rolled
 * back.  AWS Glue may carry out its message after the end of the caller, but no
 * later than the longer of settle_time and the message's timeout: the model
 * assumes nothing else of AWS Glue.  The queue worker looks until no message can
 * arrive any more, and deletes the connection of the call.
 *
 *	  known -----> intent      sent        ended    first look      final look
 *		|---------- may be created ----------------------|---------->|
 *	  not_before                                       ended_by   + the longer
 *
 * Clocks of hosts are set forward and back, and after a failover the host is
 * another one.  So only AWS's times count: CreationTime, and the Date of answers
 * before or after the event that they bound.  Between two answers a host counts
 * on with a clock that is not set, but may stand still: so its time is one that
 * has come already.
 *
 * Time is a number that goes up to a horizon.  A step of it is longer than the
 * difference between AWS's own clocks.
 */

#ifndef SETTLE_TIME
#define SETTLE_TIME	1
#endif
#ifndef TIMEOUT					/* of the call, which is in the intent */
#define TIMEOUT	2
#endif
#ifndef LAST_END				/* of the transaction */
#define LAST_END	2
#endif
#ifndef LOSSES					/* answers that are lost: 0 or 1 */
#define LOSSES	1
#endif
#ifndef MEDDLES					/* actions of somebody else */
#define MEDDLES	1
#endif
#ifndef STEPS					/* of the clock of a host */
#define STEPS	0
#endif
#ifndef CRASHES					/* of the server: 0 or 1 */
#define CRASHES	0
#endif
#ifndef WORKER_KILLS			/* terminations of the queue worker */
#define WORKER_KILLS	0
#endif
/* DELETES: the call is DeleteConnection */
/* STANDS_STILL: the clock that is not set may stand still */

#define LONGER	(TIMEOUT > SETTLE_TIME -> TIMEOUT : SETTLE_TIME)
#define HORIZON	(LAST_END + 6 + 2 * (CRASHES + WORKER_KILLS))

/* The clock of a host is ahead of AWS's by this, by nothing, or by double. */
#define SKEW	4

mtype:row = { OPEN, QUEUED, CLAIMED, FAILED, RESOLVED };
mtype:outcome = { NOTHING, CREATED };
mtype:maker = { CALL, SOMEBODY_ELSE };

byte now;						/* AWS's */
byte skew = SKEW;				/* of the host's clock */
#define WALL	(now + skew)

/* Shared memory of the host. */
bit knows;						/* AWS's time */
byte known;						/* its lower bound */
mtype:outcome outcome;			/* of the call; 0: unknown */
byte answered_then;				/* and when it was answered, plus 1 */

/* The row. */
mtype:row row;
bit dated;						/* AWS's time was known */
byte not_before;				/* AWS's time */
byte requested_at;				/* the host's time */
byte answered;					/* AWS's time, plus 1; 0: unknown */
byte ended_by;					/* likewise */
bit uncertain;					/* a deletion may be on its way */

/* The caller. */
bit over;						/* its transaction */
bit sent[2];					/* messages that are on their way */
byte sent_at[2];
byte attempts;
mtype:outcome reply;			/* to the last one; EXISTS is NOTHING */
byte reply_date;

/* The queue worker's. */
bit looking;
byte look_sent;
bit is_final;
bit there;
byte there_since;
byte date;						/* plus 1, once it is stamped */
byte last_date;					/* of its looks, plus 1 */
bit deleting;
bit delete_sent;
byte delete_sent_at;
bit worker_killed;

/* The connection, and its record. */
mtype:maker maker;
byte created;					/* CreationTime */
bit seen_since;					/* this very one, by the queue worker */
bit found_ours;				/* likewise */
bit recorded;
bit somebody_deleted;

/* For properties: the begin of the caller, as far as it could know. */
byte begun;

/* Events. */
byte lost;
byte meddles;
byte steps;
byte kills;
bit crashed;

/* ----------------------------------------------------------------
 * Time
 * ----------------------------------------------------------------
 */

/* The undo deletes with no longer timeout than the call had. */
#ifdef DELETES_TAKE_LONGER
#define DELETION	(LONGER + 2)
#else
#define DELETION	LONGER
#endif

/* Deadlines that hold up time. */
#define ON_TIME(sending, since, taking) \
	(!(sending) || now < (since) + (taking))
#define MAY_PASS \
	(now < HORIZON && !worker_killed && !(crashed && !over) && \
	 ON_TIME(sent[0], sent_at[0], LONGER) && \
	 ON_TIME(sent[1], sent_at[1], LONGER) && \
	 ON_TIME(delete_sent, delete_sent_at, DELETION) && \
	 (over || now < LAST_END) && \
	 (ended_by != 0 || !over || row == FAILED || row == RESOLVED || \
	  now <= LAST_END) && \
	 (!looking || now < look_sent + 1))

proctype Time()
{
end_time:
	do
	:: d_step { MAY_PASS -> now++; known = known + knows }
#ifdef STANDS_STILL
	:: d_step { MAY_PASS && knows -> now++ }
#endif
	od
}

/* An answer with a Date has come. */
inline learn(then)
{
#ifdef HALF_WAY
	/* as if it were the time in the middle of the round trip */
	known = then + (now - look_sent + 1) / 2;
#else
	known = (knows && known > then -> known : then);
#endif
	knows = true
}

/* ----------------------------------------------------------------
 * Glue
 * ----------------------------------------------------------------
 */

inline make_connection(by)
{
	maker = by;
	created = now;
	seen_since = false;
	found_ours = false
}

inline forget_connection()
{
	maker = 0;
	created = 0;
	seen_since = false;
	found_ours = false
}

inline carry_out(r)
{
	sent[r] = false;
	sent_at[r] = 0;
#ifdef DELETES
	if
	:: maker != 0 -> forget_connection()
	:: else
	fi;
	reply = CREATED;
#else
	if
	:: maker == 0 -> make_connection(CALL); reply = CREATED
	:: else -> reply = NOTHING
	fi;
#endif
	reply_date = now;
	if
	:: r + 1 != attempts || over -> reply = 0; reply_date = 0
	:: else
	fi
}

/*
 * The deletion of an undo is carried out.  It must not hit a connection that
 * somebody else has certainly created, before the begin of the call or after its
 * answer.  Nor may it come after the end of the undo.
 */
#define IS_STRANGE \
	(maker == SOMEBODY_ELSE && \
	 (created < begun || (answered != 0 && created > answered - 1)))

inline carry_out_delete()
{
	assert(!found_ours || !IS_STRANGE);
	assert(row != RESOLVED);
	delete_sent = false;
	delete_sent_at = 0;
	forget_connection()
}

proctype Glue()
{
end_glue:
	do
	:: d_step { sent[0] -> carry_out(0) }
	:: d_step { sent[1] -> carry_out(1) }
	:: d_step { sent[0] && (over || attempts > 1) -> sent[0] = false; sent_at[0] = 0 }
	:: d_step { sent[1] && over -> sent[1] = false; sent_at[1] = 0 }
	:: d_step { delete_sent -> carry_out_delete() }
	:: d_step { delete_sent && !deleting -> delete_sent = false; delete_sent_at = 0 }
	od
}

#if MEDDLES
/* Somebody else, with the same definition as the caller. */
proctype Meddler()
{
end_meddler:
	do
	:: d_step {
		meddles < MEDDLES && maker == 0 ->
		meddles++;
		make_connection(SOMEBODY_ELSE)
	   }
	:: d_step {
		meddles < MEDDLES && maker != 0 ->
		meddles++;
		somebody_deleted = true;
		forget_connection()
	   }
	od
}
#endif

#if STEPS
/* The clock is set forward or back. */
proctype Stepper()
{
end_stepper:
	do
#ifndef ONLY_FORWARD
	:: d_step { steps < STEPS -> steps++; skew = 0 }
#endif
	:: d_step { steps < STEPS -> steps++; skew = 2 * SKEW }
	od
}
#endif

/* ----------------------------------------------------------------
 * The caller
 * ----------------------------------------------------------------
 */

#define SEND(r) \
	sent[r] = true; \
	sent_at[r] = now; \
	attempts = r + 1; \
	outcome = 0

proctype Caller()
{
	{
#ifdef STANDS_STILL
		d_step { begun = known };
#else
		d_step { begun = now };
#endif
#ifndef NEVER_ASKS
		/* ask for AWS's time, unless it is known */
		if
		:: knows
		:: d_step { !knows -> look_sent = now; looking = true };
			d_step { date = now + 1 };
			d_step {
				learn(date - 1);
				date = 0;
				looking = false;
				look_sent = 0
			}
		fi;
#endif
		d_step {
			row = OPEN;
			dated = knows;
			not_before = known;
			requested_at = WALL;
			outcome = NOTHING
		};
		d_step { SEND(0) };
		if
		:: d_step {
			reply != 0 ->
			outcome = reply;
			answered_then = reply_date + 1;
			reply = 0;
			reply_date = 0
		   }
		:: d_step {
			lost < LOSSES ->
			lost++;
			reply = 0;
			reply_date = 0
		   };
			/* retry, or not; but the second answer does not tell everything */
			if
			:: d_step { SEND(1); reply = 0 };
				if
				:: d_step { reply != 0 -> reply = 0; reply_date = 0 }
				:: true
				fi
			:: true
			fi
		:: true
		fi
	} unless {
		crashed
	};
	d_step {
		if
		:: row == 0 -> row = FAILED
		:: else
		fi;
		reply = 0;
		reply_date = 0;
		over = true
	}
}

/* ----------------------------------------------------------------
 * The queue worker
 * ----------------------------------------------------------------
 */

/* A look in the same moment could see nothing new. */
#define IS_NEWS	(last_date != now + 1)

/*
 * Was the connection created while the call was under way?
 */
#ifdef LOCAL_PROOF
#define IS_IN_WINDOW \
	(date - 1 - there_since <= WALL - requested_at && \
	 (answered == 0 || there_since <= answered - 1))
#else
#define IS_IN_WINDOW \
	(there_since >= not_before && \
	 (answered != 0 -> there_since <= answered - 1 : \
	  there_since <= ended_by - 1 + LONGER))
#endif
#ifdef UNDATED_IS_OURS
#define IS_OURS	(!dated || IS_IN_WINDOW)
#else
#define IS_OURS	(dated && IS_IN_WINDOW)
#endif

/*
 * Is a look now final?  It is if the call was answered, and nothing else was
 * sent; or if the longer of the two has certainly passed since an answer to the
 * queue worker, which came after the end of the caller.
 */
#if defined(SETTLE_TIME_ALONE)
#define WAITS	SETTLE_TIME
#elif defined(TIMEOUT_ALONE)
#define WAITS	TIMEOUT
#else
#define WAITS	LONGER
#endif
#if defined(LOCAL_END)
#define HAS_PASSED	(WALL > requested_at + WAITS)
#elif defined(SINCE_INTENT)
#define HAS_PASSED	(knows && known > not_before + WAITS)
#else
#define HAS_PASSED	(ended_by != 0 && knows && known > ended_by - 1 + WAITS)
#endif
#define IS_FINAL	(HAS_PASSED || (answered != 0 && !uncertain))

inline forget_look()
{
	seen_since = false;
	looking = false;
	look_sent = 0;
	is_final = false;
	there = false;
	there_since = 0;
	date = 0;
	deleting = false
}

inline forget_call()
{
	not_before = 0;
	requested_at = 0;
	answered = 0;
	uncertain = false;
	last_date = 0;
	outcome = 0;
	answered_then = 0;
	dated = false
}

proctype QueueWorker()
{
end_idle:
	do
	:: {
		if
		:: d_step {
			row == OPEN && over ->
			row = (outcome == NOTHING -> FAILED : QUEUED);
			answered = answered_then;
			if
			:: row == FAILED -> forget_call()
			:: else
			fi
		   };
			goto end_idle
		:: d_step {
			row == QUEUED && (IS_NEWS || IS_FINAL) ->
			row = CLAIMED;
			looking = true;
			look_sent = now;
			is_final = IS_FINAL
		   }
		fi;
		d_step { there = (maker != 0); there_since = created; seen_since = there };
		d_step { date = now + 1 };
		d_step {
			learn(date - 1);
			last_date = date;
			ended_by = (ended_by == 0 -> date : ended_by);
#ifdef DATE_OF_THE_LOOK
			is_final = is_final || IS_FINAL;
#endif
			looking = false;
			look_sent = 0
		};
#ifndef DELETES
		if
		:: d_step {
			there && IS_OURS ->
			found_ours = seen_since;
			deleting = true;
			delete_sent = true;
			delete_sent_at = now
		   };
			d_step { !delete_sent -> deleting = false; there = false }
		:: else
		fi;
#endif
		d_step {
			if
			:: is_final ->
				recorded = there;
				row = RESOLVED;
				forget_call()
			:: else -> row = QUEUED
			fi;
			forget_look()
		}
	   } unless {
		d_step {
			worker_killed ->
			worker_killed = false;
			forget_look();
			if
			:: row == CLAIMED ->
				row = QUEUED;
				uncertain = true;
				last_date = 0;
#ifndef GOES_ON_COUNTING
				/* its message is younger than the noted time */
				ended_by = 0
#endif
			:: else
			fi
		}
	   }
	od
}

#if WORKER_KILLS
proctype WorkerKiller()
{
end_killer:
	do
	:: d_step {
		kills < WORKER_KILLS && row == CLAIMED && now <= LAST_END + 1 ->
		kills++;
		worker_killed = true
	   }
	od
}
#endif

#if CRASHES
/* Another host takes over, without knowledge and with a clock of its own. */
proctype Crash()
{
end_crash:
	d_step {
		row != 0 && row != FAILED && row != RESOLVED && now <= LAST_END + 1 ->
		crashed = true;
		worker_killed = over;
		knows = false;
		known = 0;
		outcome = 0;
		answered_then = 0;
		if
		:: skew = 0
		:: skew = SKEW
		:: skew = 2 * SKEW
		fi
	}
}
#endif

/* ----------------------------------------------------------------
 * The end
 * ----------------------------------------------------------------
 */

init
{
	atomic {
#ifdef DELETES
		make_connection(SOMEBODY_ELSE);
		recorded = true;
#endif
		if
		:: true
		:: knows = true
		fi;
		run Time();
		run Glue();
#if MEDDLES
		run Meddler();
#endif
#if STEPS
		run Stepper();
#endif
#if CRASHES
		run Crash();
#endif
#if WORKER_KILLS
		run WorkerKiller();
#endif
		run Caller();
		run QueueWorker()
	};
	timeout;
	assert(row == FAILED || row == RESOLVED);
	assert(maker != CALL || recorded);
	assert(!(maker == CALL));
	assert(!recorded || maker != 0 || somebody_deleted)
}

/*
 * claims_guards.pml
 *
 * The guards of claims.pml, which includes this file: the conditions for a row
 * to claim a name, and for a request to be carried out.
 *
 * Each is a macro, and a switch takes it away: see guards.pl.
 */

/* Do two rows name the same target? */
#ifdef TWO_TARGETS
#define SAME_KEY(r, s)	((r) == (s))
#else
#define SAME_KEY(r, s)	true
#endif

/* on_conflict */
#if defined(TAKES) || defined(ADOPTS)
#define TAKES_OVER(c)	true
#elif defined(TAKES_ONE)
#define TAKES_OVER(c)	(claim[c].row == 1)
#else
#define TAKES_OVER(c)	false
#endif

/*
 * The first key: the name of a claim that is not released.  A row waits for an
 * uncommitted claim of the same name, unless that would be a deadlock; a
 * committed one refuses the row.
 */
#define MEETS(j, r) \
	(SAME_KEY(claim[j].row, r) && claim[j].name == wanted[r] && \
	 (claim[j].state == NEW || claim[j].state == HELD) && \
	 !(claim[j].releasing && claim[j].row == (r)))
#ifdef NO_KEY
#define MAY_CLAIM(r)	true
#else
#define MAY_CLAIM(r)	(!ANY_CLAIM(MEETS, r))
#endif

/* Is the present connection the life that a claim owns? */
#define THERE(c)	connection[claim[c].name].life
#define IS_OWN(c)	(THERE(c) != 0 && claim[c].owned_life == THERE(c))
#ifdef UPDATES_ANY_LIFE
#define MAY_UPDATE(c)	(THERE(c) != 0 && claim[c].owned_life != 0)
#else
#define MAY_UPDATE(c)	IS_OWN(c)
#endif
#ifdef DELETES_ANY_LIFE
#define MAY_DELETE(c)	(THERE(c) != 0 && claim[c].owned_life != 0)
#else
#define MAY_DELETE(c)	IS_OWN(c)
#endif

/* Has an attempt of this claim created it? */
#define IS_OF_ATTEMPT(c) \
	(claim[c].unknown && THERE(c) > claim[c].since && \
	 !connection[claim[c].name].strange)

#ifdef THE_UNKNOWN_MAY_BE_TAKEN
#define MAY_BE_OWN(c)	false
#else
#define MAY_BE_OWN(c)	claim[c].unknown
#endif

#ifdef THE_ABANDONED_MAY_BE_TAKEN
#define IS_ABANDONED(c)	(claim[c].state == RELEASED && claim[c].drop == 0)
#else
#define IS_ABANDONED(c)	false
#endif

/*
 * The second key: the connection itself.  A claim holds it even after the
 * release if its deletion has failed, or if the ownership is unknown.
 */
#define OWNS_TOO(j, c) \
	((j) != (c) && claim[j].name == claim[c].name && \
	 (IS_OWN(j) || MAY_BE_OWN(j)) && !IS_ABANDONED(j))
#ifdef NO_SECOND_KEY
#define IS_TAKEN(c)	false
#else
#define IS_TAKEN(c)	ANY_CLAIM(OWNS_TOO, c)
#endif

/*
 * Requests for one name of one target are carried out in order, except requests
 * that have begun already...
 */
#define IS_OPEN(j) \
	(claim[j].make == QUEUED || claim[j].make == RUNNING || \
	 claim[j].drop == QUEUED || claim[j].drop == RUNNING)
#ifdef IN_ANY_CASE
#define HAS_BEGUN(c)	false
#else
#define HAS_BEGUN(c)	(claim[c].died)
#endif
#ifdef OUT_OF_ORDER
#define COMES_BEFORE(j, c)	false
#else
#define COMES_BEFORE(j, c) \
	((j) < (c) && SAME_KEY(claim[j].row, claim[c].row) && \
	 claim[j].name == claim[c].name && IS_OPEN(j) && !HAS_BEGUN(c))
#endif

/* ... and one at a time for one connection, by whatever name of its target. */
#define IS_RUNNING(j)	(claim[j].make == RUNNING || claim[j].drop == RUNNING)
#if defined(NO_LOCK)
#define EXCLUDES(j, c) \
	((j) != (c) && SAME_KEY(claim[j].row, claim[c].row) && \
	 claim[j].name == claim[c].name && IS_RUNNING(j))
#elif defined(THE_DEAD_DO_NOT_EXCLUDE)
#define EXCLUDES(j, c) \
	((j) != (c) && claim[j].name == claim[c].name && IS_RUNNING(j))
#else
#define EXCLUDES(j, c) \
	((j) != (c) && claim[j].name == claim[c].name && \
	 (IS_RUNNING(j) || claim[j].died || claim[j].late != 0))
#endif

/* A message of a lost worker may still arrive. */
#ifdef TRIES_AGAIN_AT_ONCE
#define IS_FINAL(c)	true
#else
#define IS_FINAL(c)	(claim[c].late == 0)
#endif

#define CAN_RUN(c) \
	((claim[c].make == QUEUED || \
	  ((claim[c].make == 0 || claim[c].make == ASKED) && \
	   claim[c].drop == QUEUED)) && \
	 IS_FINAL(c) && \
	 !ANY_CLAIM(COMES_BEFORE, c) && !ANY_CLAIM(EXCLUDES, c))

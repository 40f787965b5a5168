/*-------------------------------------------------------------------------
 *
 * connection_lock.c
 *	  The lock on the name of a connection.
 *
 * Two sessions that act on the same connection could record their changes in
 * another order than AWS Glue made them.  And a session does not see the
 * uncommitted record of another session: it could delete the connection, and
 * the record would be committed after that.  So a session locks the name of a
 * connection before it acts on it:
 *
 *	- a session that calls AWS Glue at once, until the end of its transaction,
 *	  like the lock of a changed row
 *	- a process that carries out a request of the queue, or that records the
 *	  state in AWS Glue, from before the first call until the commit: it does
 *	  not wait for the lock
 *
 * Plain creations share the lock, because AWS Glue refuses one of two.
 *
 * The name need not be recorded anywhere.  Two names may share a lock, if their
 * hashes are the same.
 *
 * Locks need shared memory, which is limited.  A transaction that needs many
 * locks takes one lock on all names of a target instead, so each transaction
 * that locks one name has a weak lock on all of them, too.  A target is here a
 * catalog in a region, at AWS or at another endpoint.  Other targets are not
 * blocked.
 *
 * Locks that are taken together are taken in one order: target by target,
 * first all names and then single names.  A transaction that has locked all
 * names of a target takes no weak lock, because two such transactions would
 * wait for each other.  They still do if both have locked names of that target
 * before, and PostgreSQL resolves that like any deadlock.
 *
 * IDENTIFICATION
 *	  src/store/connection_lock.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"
#include "server/activity.h"
#include "server/encoding.h"
#include "store/connection_lock.h"

/* The objsubid of our locks; those of pg_advisory_lock() have 1 or 2. */
#define CONNECTION_LOCK_CLASS	3
#define ALL_NAMES_LOCK_CLASS	6

/*
 * On all names of a target, for a session that locks one name; sessions share
 * it.
 */
#define WEAK_LOCK				RowExclusiveLock

/* Number of names that a transaction locks one by one. */
#define MAX_LOCKED_NAMES		1000

static void
set_tag(LOCKTAG *tag, uint64 hash, uint16 lock_class)
{
	SET_LOCKTAG_ADVISORY(*tag, MyDatabaseId, (uint32) (hash >> 32),
						 (uint32) hash, lock_class);
}

static uint64
hash_text(const char *text, uint64 seed)
{
	return hash_bytes_extended((const unsigned char *) text, strlen(text),
							   seed);
}

static uint64
hash_target(const char *endpoint, const char *region, const char *catalog)
{
	Assert(catalog != NULL);
	return hash_text(catalog, hash_text(region, hash_text(endpoint, 0)));
}

/*
 * Describe the lock on a name, which is UTF-8: ShareLock for a creation that
 * is to fail if there is such a connection, else ExclusiveLock.  It is the
 * lock on all names of the target if the transaction has locked many names
 * already.  The operation is shown in the context of errors and to monitoring.
 */
void
glue_connection_lock_name(GlueConnectionLock *lock, const GlueTarget *target,
						  const char *operation, const char *name,
						  LOCKMODE mode, int nlocked)
{
	uint64		hash = hash_target(target->endpoint.origin,
								   target->endpoint.region, target->catalog);
	bool		all = nlocked >= MAX_LOCKED_NAMES;

	set_tag(&lock->all_names, hash, ALL_NAMES_LOCK_CLASS);
	lock->all_mode = all ? ExclusiveLock : WEAK_LOCK;
	set_tag(&lock->name, all ? 0 : hash_text(name, hash),
			CONNECTION_LOCK_CLASS);
	lock->mode = all ? NoLock : mode;
	lock->target = target;
	lock->operation = operation;
	lock->connection_name = name;
}

/*
 * The key of the lock on a name in pg_locks or, if name is NULL, of the lock
 * on all names of a target.  Text is UTF-8.
 */
int64
glue_connection_lock_key(const char *endpoint, const char *region,
						 const char *catalog, const char *name)
{
	uint64		hash = hash_target(endpoint, region, catalog);

	return (int64) (name != NULL ? hash_text(name, hash) : hash);
}

static int
compare_locks(const void *a, const void *b)
{
	const GlueConnectionLock *left = a;
	const GlueConnectionLock *right = b;
	int			result = memcmp(&left->all_names, &right->all_names,
								sizeof(LOCKTAG));

	if (result == 0)
		result = (left->mode != NoLock) - (right->mode != NoLock);
	return result != 0 ? result : memcmp(&left->name, &right->name,
										 sizeof(LOCKTAG));
}

/*
 * Sort locks, so that two sessions that take the same ones do not deadlock.  Of
 * one target, the locks on all names come first.
 */
void
glue_connection_lock_sort(GlueConnectionLock *locks, int nlocks)
{
	qsort(locks, nlocks, sizeof(GlueConnectionLock), compare_locks);
}

/* An ErrorContextCallback */
static void
explain_wait(void *arg)
{
	errcontext("while waiting for the lock on AWS Glue connection \"%s\"",
			   (const char *) arg);
}

/* Take both locks that a name needs, or neither; returns false then. */
static bool
acquire(const GlueConnectionLock *lock, bool session, bool wait)
{
	if (LockAcquire(&lock->all_names, lock->all_mode, session, !wait) ==
		LOCKACQUIRE_NOT_AVAIL)
		return false;
	if (lock->mode == NoLock ||
		LockAcquire(&lock->name, lock->mode, session, !wait) !=
		LOCKACQUIRE_NOT_AVAIL)
		return true;
	(void) LockRelease(&lock->all_names, lock->all_mode, session);
	return false;
}

/* Wait for a lock that another session holds, and show the wait. */
static void
wait_for(const GlueConnectionLock *lock)
{
	GlueActivity activity = {0};
	GlueActivitySubject subject = {
		.operation = lock->operation,
		.name = lock->connection_name,
		.server = lock->target->server,
		.region = lock->target->endpoint.region,
		.catalog_id = lock->target->catalog_id,
	};
	ErrorContextCallback explaining = {
		.previous = error_context_stack,
		.callback = explain_wait,
		.arg = glue_server_from_utf8(lock->connection_name),
	};

	error_context_stack = &explaining;
	glue_activity_begin(&activity, GLUE_WAITS_FOR_LOCK, &subject);
	PG_TRY();
	{
		(void) acquire(lock, false, true);
	}
	PG_FINALLY();
	{
		glue_activity_end(&activity);
	}
	PG_END_TRY();
	error_context_stack = explaining.previous;
}

/*
 * Take locks until the end of the (sub)transaction, or until each is released
 * as often as it was taken.
 */
void
glue_connection_lock_take(const GlueConnectionLock *locks, int nlocks)
{
	for (int i = 0; i < nlocks; i++)
	{
		if (!acquire(&locks[i], false, false))
			wait_for(&locks[i]);
	}
}

static void
release(const GlueConnectionLock *lock, bool session)
{
	if (lock->mode != NoLock)
		(void) LockRelease(&lock->name, lock->mode, session);
	(void) LockRelease(&lock->all_names, lock->all_mode, session);
}

void
glue_connection_lock_release(const GlueConnectionLock *locks, int nlocks)
{
	for (int i = 0; i < nlocks; i++)
		release(&locks[i], false);
}

/*
 * Take a lock as a session lock, until glue_connection_lock_leave(); false,
 * without waiting, if another session holds it.
 */
bool
glue_connection_lock_try(const GlueConnectionLock *lock)
{
	return acquire(lock, true, false);
}

void
glue_connection_lock_leave(const GlueConnectionLock *lock)
{
	release(lock, true);
}

/*-------------------------------------------------------------------------
 *
 * connection_lock.c
 *	  The lock on the name of a connection.
 *
 * Two sessions that act on the same connection could record what they did in
 * another order than AWS Glue did it; and what one has created, but not
 * committed, another one does not see, and so could delete it without leaving a
 * trace in the record that is about to be committed.  So whoever is going to
 * act on a connection locks its name first:
 *
 *	- who calls AWS Glue at once, until the end of the transaction, as a row would
 *	  be locked that is changed
 *	- who carries out a request of the queue, or records what there is, from
 *	  before it asks until that is recorded: this does not wait
 *
 * Plain creations share the lock, for of two of them AWS Glue refuses one.
 *
 * The name need not be recorded anywhere.  Two names may share a lock, if their
 * hashes are the same.
 *
 * Locks are shared memory, of which there is only so much.  Who needs too many
 * locks all names at once instead; so each that locks one has a weak lock on all
 * of them, too.
 *
 * IDENTIFICATION
 *	  src/connection_lock.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "connection_lock.h"
#include "miscadmin.h"

/* What our locks have where pg_advisory_lock() has 1 or 2. */
#define CONNECTION_LOCK_CLASS	3
#define ALL_NAMES_LOCK_CLASS	6

/* Of all names, for who locks one of them: not against others like that. */
#define WEAK_LOCK				RowExclusiveLock

/* How many names a transaction locks one by one. */
#define MAX_LOCKED_NAMES		1000

/* prototypes of private functions */
static uint64 hash_text(const char *text, uint64 seed);
static LOCKTAG all_names(void);
static int	compare_locks(const void *a, const void *b);

/*
 * Describe the lock on a name, which is UTF-8: ShareLock for a creation that is
 * to fail if there is such a connection, else ExclusiveLock.  It is that on all
 * names if the transaction has locked so many already.
 */
void
glue_connection_lock_name(GlueConnectionLock *lock, const GlueTarget *target,
						  const char *name, LOCKMODE mode, int nlocked)
{
	uint64		hash = hash_text(target->server, 0);

	if (nlocked >= MAX_LOCKED_NAMES)
	{
		lock->tag = all_names();
		lock->mode = ExclusiveLock;
		return;
	}

	hash = hash_text(target->endpoint.region, hash);
	hash = hash_text(target->catalog_id, hash);
	hash = hash_text(name, hash);
	SET_LOCKTAG_ADVISORY(lock->tag, MyDatabaseId, (uint32) (hash >> 32),
						 (uint32) hash, CONNECTION_LOCK_CLASS);
	lock->mode = mode;
}

static uint64
hash_text(const char *text, uint64 seed)
{
	if (text == NULL)
		return hash_bytes_uint32_extended(0, seed);
	return hash_bytes_extended((const unsigned char *) text, strlen(text),
							   seed);
}

static LOCKTAG
all_names(void)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, ALL_NAMES_LOCK_CLASS);
	return tag;
}

/* Put locks in an order in which two sessions do not wait for each other. */
void
glue_connection_lock_sort(GlueConnectionLock *locks, int nlocks)
{
	qsort(locks, nlocks, sizeof(GlueConnectionLock), compare_locks);
}

static int
compare_locks(const void *a, const void *b)
{
	const LOCKTAG *left = &((const GlueConnectionLock *) a)->tag;
	const LOCKTAG *right = &((const GlueConnectionLock *) b)->tag;

	if (left->locktag_field2 != right->locktag_field2)
		return left->locktag_field2 < right->locktag_field2 ? -1 : 1;
	if (left->locktag_field3 != right->locktag_field3)
		return left->locktag_field3 < right->locktag_field3 ? -1 : 1;
	return 0;
}

/*
 * Take locks until the end of the (sub)transaction, or until they are released
 * as often as they were taken.
 */
void
glue_connection_lock_take(const GlueConnectionLock *locks, int nlocks)
{
	LOCKTAG		all = all_names();

	for (int i = 0; i < nlocks; i++)
	{
		(void) LockAcquire(&all, WEAK_LOCK, false, false);
		(void) LockAcquire(&locks[i].tag, locks[i].mode, false, false);
	}
}

void
glue_connection_lock_release(const GlueConnectionLock *locks, int nlocks)
{
	LOCKTAG		all = all_names();

	for (int i = 0; i < nlocks; i++)
	{
		(void) LockRelease(&locks[i].tag, locks[i].mode, false);
		(void) LockRelease(&all, WEAK_LOCK, false);
	}
}

/*
 * Take a lock if nobody else has it, outside of any transaction, until
 * glue_connection_lock_leave(); false if that is not so.
 */
bool
glue_connection_lock_try(const GlueConnectionLock *lock)
{
	LOCKTAG		all = all_names();

	if (LockAcquire(&all, WEAK_LOCK, true, true) == LOCKACQUIRE_NOT_AVAIL)
		return false;
	if (LockAcquire(&lock->tag, lock->mode, true, true) !=
		LOCKACQUIRE_NOT_AVAIL)
		return true;
	(void) LockRelease(&all, WEAK_LOCK, true);
	return false;
}

void
glue_connection_lock_leave(const GlueConnectionLock *lock)
{
	LOCKTAG		all = all_names();

	(void) LockRelease(&lock->tag, lock->mode, true);
	(void) LockRelease(&all, WEAK_LOCK, true);
}

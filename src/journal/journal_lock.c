/*-------------------------------------------------------------------------
 *
 * journal_lock.c
 *	  The lock that orders the journal of calls and the end of their
 *	  transactions.
 *
 * Whoever writes intents into the journal holds it alone, from before it looks
 * which transactions have ended until its own has committed.  Whoever is about
 * to undo what a transaction did waits for it once it knows that the
 * transaction has ended.  So each intent was either written by someone who saw
 * that, and was refused, or is there to be seen before anything is undone.
 *
 * IDENTIFICATION
 *	  src/journal/journal_lock.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "journal/journal_lock.h"
#include "miscadmin.h"
#include "storage/lock.h"

/* What our lock has where pg_advisory_lock() has 1 or 2. */
#define JOURNAL_LOCK_CLASS		5

/*
 * ExclusiveLock: take the lock until the end of the transaction.  ShareLock:
 * wait for whoever has it, and let go of it at once.
 */
void
glue_journal_lock(LOCKMODE mode)
{
	LOCKTAG		tag;

	SET_LOCKTAG_ADVISORY(tag, MyDatabaseId, 0, 0, JOURNAL_LOCK_CLASS);
	(void) LockAcquire(&tag, mode, false, false);
	if (mode == ShareLock)
		LockRelease(&tag, mode, false);
}

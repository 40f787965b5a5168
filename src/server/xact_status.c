/*-------------------------------------------------------------------------
 *
 * xact_status.c
 *	  What has become of the transaction that a call was made in.
 *
 * A call that acted at once belongs to a transaction or a subtransaction, and
 * its full ID is in the journal.  PostgreSQL knows what became of it, whichever
 * process asks and whatever has happened to the process that it ran in:
 *
 *	- of a subtransaction, in its own right: rolled back after ROLLBACK TO, and
 *	  in progress after RELEASE for as long as the outer one is
 *	- after a crash, whatever was in progress has been rolled back
 *
 * It does not know of an ID that it has not handed out yet, because the crash
 * was before anything of that transaction reached the disk; nor of one that is
 * older than the commit log.  Neither can have committed with our row in it: a
 * transaction that commits closes the row that is asked about.
 *
 * IDENTIFICATION
 *	  src/server/xact_status.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "server/compat.h"
#include "server/xact_status.h"
#include "storage/lwlock.h"
#include "storage/procarray.h"

/* IDs that far apart cannot be compared by their lower halves. */
#define LONGEST_MEMORY	(UINT64CONST(1) << 31)

/* prototypes of private functions */
static bool is_known(uint64 caller_xid, uint64 next_xid);

/*
 * Find out what has become of a (sub)transaction, by the value of its
 * FullTransactionId.  The current transaction must have a snapshot.
 *
 * The commit log is not truncated meanwhile; and what is in progress is asked
 * first, because a transaction is marked in the log before it has ended.
 */
GlueCallerStatus
glue_caller_status(uint64 caller_xid)
{
	TransactionId xid = (TransactionId) caller_xid;
	uint64		next_xid = U64FromFullTransactionId(ReadNextFullTransactionId());
	GlueCallerStatus status = GLUE_CALLER_ROLLED_BACK;

	Assert(IsTransactionState());
	LWLockAcquire(XactTruncationLock, LW_SHARED);
	if (is_known(caller_xid, next_xid))
	{
		if (TransactionIdIsInProgress(xid))
			status = GLUE_CALLER_IN_PROGRESS;
		else if (TransactionIdDidCommit(xid))
			status = GLUE_CALLER_COMMITTED;
	}
	LWLockRelease(XactTruncationLock);
	return status;
}

/* Has it ended? */
bool
glue_caller_ended(uint64 caller_xid)
{
	return glue_caller_status(caller_xid) != GLUE_CALLER_IN_PROGRESS;
}

/* Was this ID handed out, and does the commit log still have it? */
static bool
is_known(uint64 caller_xid, uint64 next_xid)
{
	TransactionId xid = (TransactionId) caller_xid;

	return TransactionIdIsNormal(xid) && caller_xid < next_xid &&
		next_xid - caller_xid < LONGEST_MEMORY &&
		TransactionIdFollowsOrEquals(xid, glue_oldest_clog_xid());
}

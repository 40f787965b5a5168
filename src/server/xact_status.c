/*-------------------------------------------------------------------------
 *
 * xact_status.c
 *	  The status of the transaction that made a call.
 *
 * A call that acted at once belongs to a transaction or a subtransaction, and
 * its intent has the full transaction ID.  PostgreSQL knows the status of an
 * ID in any process, even after the end of the process that ran the
 * transaction:
 *
 *	- a subtransaction has a status of its own: rolled back after ROLLBACK
 *	  TO, and in progress after RELEASE while its parent is
 *	- after a crash, every transaction in progress counts as rolled back
 *
 * PostgreSQL does not know an ID that it has not assigned yet, because a crash
 * came before any WAL of the transaction reached the disk; nor an ID older
 * than the commit log.  Neither can have committed with our row: a transaction
 * that commits closes the row in question.
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

/* IDs farther apart cannot be compared by their lower halves. */
#define LONGEST_MEMORY	(UINT64CONST(1) << 31)

/* Was this ID assigned, and is it still in the commit log? */
static bool
is_known(uint64 caller_xid, uint64 next_xid)
{
	TransactionId xid = (TransactionId) caller_xid;

	return TransactionIdIsNormal(xid) && caller_xid < next_xid &&
		next_xid - caller_xid < LONGEST_MEMORY &&
		TransactionIdFollowsOrEquals(xid, glue_oldest_clog_xid());
}

/*
 * Find the status of a (sub)transaction by the value of its FullTransactionId.
 * The current transaction must have a snapshot.
 *
 * XactTruncationLock keeps the commit log from being truncated.  In-progress
 * is checked first, because a transaction is marked in the log before it has
 * ended.
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

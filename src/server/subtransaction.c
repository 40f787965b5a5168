/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *	  Work whose error does not end the transaction.
 *
 * A worker does something for many requests in one transaction.  What cannot be
 * done for one of them, because of a constraint, a trigger or a lock of another
 * session, must not keep the others from being done.  So it is tried in a
 * subtransaction, and what raises an error leaves nothing there.
 *
 * Deferred constraints and triggers are part of what a worker writes: left to the
 * end of the transaction, they would raise their errors when it is too late to
 * tell whose they are.
 *
 * A cancel, a time limit or a shutdown is not about the work alone.  That is
 * raised further, but not before the subtransaction is rolled back: in a
 * procedure, no other code does that.
 *
 * IDENTIFICATION
 *	  src/server/subtransaction.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/trigger.h"
#include "nodes/parsenodes.h"
#include "server/subtransaction.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

/*
 * Do some work in a subtransaction.  Returns NULL if it is done; if not, the
 * error, which belongs to the current memory context, as does all that the work
 * allocates.
 */
ErrorData *
glue_subtransaction_try(void (*work) (void *arg), void *arg)
{
	ResourceOwner owner = CurrentResourceOwner;
	MemoryContext context = CurrentMemoryContext;
	ErrorData  *volatile error = NULL;

	Assert(IsTransactionState());
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(arg);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error != NULL &&
		ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION)
		ReThrowError(error);
	return error;
}

/*
 * SET CONSTRAINTS ALL IMMEDIATE, at the end of work that writes.  It lasts for
 * the rest of the transaction, so that must be ours.
 */
void
glue_check_deferred(void)
{
	ConstraintsSetStmt statement = {
		.type = T_ConstraintsSetStmt,
		.constraints = NIL,
		.deferred = false,
	};

	AfterTriggerSetState(&statement);
}

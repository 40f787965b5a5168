/*-------------------------------------------------------------------------
 *
 * subtransaction.c
 *	  Work whose error does not end the transaction.
 *
 * A worker processes many requests in one transaction.  If one of them fails,
 * because of a constraint, a trigger or a lock of another session, the others
 * must still succeed.  So each one runs in a subtransaction, which an error
 * rolls back.
 *
 * Deferred constraints and triggers are part of a worker's writes.  At the end
 * of the transaction, their errors could not be attributed to a request any
 * more.
 *
 * A cancel, a time limit or a shutdown is not about the work alone.  Such an
 * error is rethrown, after the subtransaction was rolled back: in a procedure,
 * no other code does that.
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
 * Do some work in a subtransaction.  Returns NULL on success, else the error,
 * in the current memory context, which also holds all that the work allocates.
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
 * SET CONSTRAINTS ALL IMMEDIATE, after work that writes.  It lasts until the
 * end of the transaction, so the transaction must be our own.
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

/*-------------------------------------------------------------------------
 *
 * procedure.c
 *	  The SQL procedure that works the queue in the calling session.
 *
 * It is for servers without the library preloaded, which have no workers, and
 * for schedulers such as pg_cron.  The session decides only the time: requests
 * are carried out as by a worker.
 *
 * IDENTIFICATION
 *	  src/workers/procedure.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "queue/transaction.h"
#include "server/session_settings.h"
#include "store/jobs.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(glue_process_requests);

/* A procedure always has a transaction. */
static void
begin(void)
{
}

static void
commit(void)
{
	if (ActiveSnapshotSet())
		PopActiveSnapshot();
	SPI_commit();
}

/*
 * glue_process_requests(max integer)
 */
Datum
glue_process_requests(PG_FUNCTION_ARGS)
{
	GlueQueueProcess process = {
		.schema = get_func_namespace(fcinfo->flinfo->fn_oid),
		.begin = begin,
		.commit = commit,
	};
	TimestampTz next_due;
	int			max = PG_ARGISNULL(0) ? 0 : PG_GETARG_INT32(0);

	PreventCommandIfReadOnly("glue_process_requests()");
	if (!PG_ARGISNULL(0) && max < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be greater than zero", "max")));
	if (fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
		castNode(CallContext, fcinfo->context)->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("glue_process_requests() cannot be called in a transaction block or a function"),
				 errdetail("It commits its claims before it sends a request.")));

	glue_session_settings_refuse();

	SPI_connect_ext(SPI_OPT_NONATOMIC);

	/* the transaction of CALL has an active snapshot of its own */
	SPI_commit();
	process.claimant = glue_claimant_begin();
	PG_TRY();
	{
		glue_queue_recover(&process);
		glue_queue_run(&process, max, false, &next_due);
		glue_queue_leave(&process);
	}
	PG_FINALLY();
	{
		glue_claimant_end(process.claimant);
	}
	PG_END_TRY();
	SPI_finish();
	PG_RETURN_VOID();
}

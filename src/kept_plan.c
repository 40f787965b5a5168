/*-------------------------------------------------------------------------
 *
 * kept_plan.c
 *	  Plans of statements that are executed with the rights of an owner.
 *
 * The extension's tables belong to the role that created it, and are written
 * for roles that have no rights on them.  A statement's plan is kept for the
 * life of the backend.  Its text has the table's qualified name in it, so a
 * table of another extension, in another schema, has another plan.
 *
 * IDENTIFICATION
 *	  src/kept_plan.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "kept_plan.h"
#include "utils/memutils.h"

/*
 * The plan of a statement: the one that is kept, or a new one, which is made
 * with the rights of the owner, as it will be executed.
 */
SPIPlanPtr
glue_kept_plan(GlueKeptPlan *kept, Oid owner, const char *text,
			   int nparameters, const Oid *types)
{
	GlueImpersonation saved;
	SPIPlanPtr	plan;

	if (kept->plan != NULL && strcmp(kept->text, text) == 0)
		return kept->plan;
	if (kept->plan != NULL)
	{
		SPI_freeplan(kept->plan);
		kept->plan = NULL;
		pfree(kept->text);
	}
	glue_impersonate(&saved, owner);
	SPI_connect();
	plan = SPI_prepare(text, nparameters, unconstify(Oid *, types));
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not plan \"%s\": %s", text,
			 SPI_result_code_string(SPI_result));
	SPI_finish();
	glue_stop_impersonating(&saved);
	kept->text = MemoryContextStrdup(TopMemoryContext, text);
	kept->plan = plan;
	return plan;
}

/*
 * Execute a plan with the rights of an owner; returns how many rows it has
 * read or written.
 *
 * What it returns is in SPI_tuptable until glue_execute_end(), which must
 * follow.  An error restores the user as part of the abort.
 */
uint64
glue_execute_as(GlueImpersonation *saved, Oid owner, SPIPlanPtr plan,
				Datum *values, const char *nulls)
{
	int			result;

	glue_impersonate(saved, owner);
	SPI_connect();
	result = SPI_execute_plan(plan, values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "could not execute a statement of glue_conn: %s",
			 SPI_result_code_string(result));
	return SPI_processed;
}

void
glue_execute_end(const GlueImpersonation *saved)
{
	SPI_finish();
	glue_stop_impersonating(saved);
}

/*-------------------------------------------------------------------------
 *
 * owner_spi.c
 *	  Plans of statements that are executed with the rights of an owner.
 *
 * The extension's tables belong to the role that created it, and are written
 * for roles that have no rights on them.  A statement's plan is kept for the
 * life of the backend, with a key that says what its text depends on, such as
 * the table's qualified name: a table of another extension, in another schema,
 * has another plan.
 *
 * PostgreSQL makes a plan anew when something that it depends on has changed.
 * So none is ever freed while it may be executing; and one whose key is out of
 * date may be, by who has renamed the table and calls us from a trigger on it.
 * That happens so seldom that such a plan is left behind.
 *
 * IDENTIFICATION
 *	  src/server/owner_spi.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "server/owner_spi.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"

/* prototypes of private functions */
static void prepare(GlueKeptPlan *kept, Oid owner, const char *key,
					const char *text, int nparameters, const Oid *types,
					int options);
static void plan_with_indexes(SPIPlanPtr plan);
static uint64 execute(GlueImpersonation *saved, Oid owner, SPIPlanPtr plan,
					  Datum *values, const char *nulls, bool latest);

/*
 * The plan of a statement: the one that is kept, or a new one.  The text is its
 * key.
 */
SPIPlanPtr
glue_kept_plan(GlueKeptPlan *kept, Oid owner, const char *text,
			   int nparameters, const Oid *types)
{
	if (!glue_plan_is_kept(kept, text))
		prepare(kept, owner, text, text, nparameters, types, 0);
	return kept->plan;
}

/* Is the plan that is kept one for this key?  Else it is to be made. */
bool
glue_plan_is_kept(const GlueKeptPlan *kept, const char *key)
{
	return kept->plan != NULL && strcmp(kept->key, key) == 0;
}

/*
 * Make the plan of a statement that finds its rows by a key, so that the values
 * of its parameters do not matter to the plan.
 */
void
glue_keep_plan(GlueKeptPlan *kept, Oid owner, const char *key,
			   const char *text, int nparameters, const Oid *types)
{
	prepare(kept, owner, key, text, nparameters, types,
			CURSOR_OPT_GENERIC_PLAN);
}

/* With the rights of the owner, as it will be executed. */
static void
prepare(GlueKeptPlan *kept, Oid owner, const char *key, const char *text,
		int nparameters, const Oid *types, int options)
{
	GlueImpersonation saved;
	SPIPlanPtr	plan;

	glue_impersonate(&saved, owner);
	SPI_connect();
	plan = SPI_prepare_cursor(text, nparameters, unconstify(Oid *, types),
							  options);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not plan \"%s\": %s", text,
			 SPI_result_code_string(SPI_result));
	SPI_finish();
	glue_stop_impersonating(&saved);
	key = MemoryContextStrdup(TopMemoryContext, key);
	if (kept->key != NULL)
		pfree(kept->key);
	kept->key = unconstify(char *, key);
	kept->plan = plan;
	kept->ready = false;
}

/*
 * The plan that was made of such a statement, ready to be executed: what is
 * wrong with it is said now.
 */
SPIPlanPtr
glue_ready_plan(GlueKeptPlan *kept, Oid owner)
{
	GlueImpersonation saved;

	if (kept->ready && SPI_plan_is_valid(kept->plan))
		return kept->plan;
	glue_impersonate(&saved, owner);
	SPI_connect();
	plan_with_indexes(kept->plan);
	SPI_finish();
	glue_stop_impersonating(&saved);
	kept->ready = true;
	return kept->plan;
}

/*
 * Plan a statement for tables of any size.  The planner may see one that is
 * empty, and believe that it is best to read all of it; by and by it is not.
 */
static void
plan_with_indexes(SPIPlanPtr plan)
{
	int			settings_level = NewGUCNestLevel();
	CachedPlan *cached;

	(void) set_config_option("enable_seqscan", "off", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	cached = SPI_plan_get_cached_plan(plan);
	ReleaseCachedPlan(cached, CurrentResourceOwner);
	AtEOXact_GUC(true, settings_level);
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
	return execute(saved, owner, plan, values, nulls, false);
}

/* Do the same, even if the transaction sees an older state of the tables. */
uint64
glue_execute_latest(GlueImpersonation *saved, Oid owner, SPIPlanPtr plan,
					Datum *values, const char *nulls)
{
	return execute(saved, owner, plan, values, nulls, true);
}

static uint64
execute(GlueImpersonation *saved, Oid owner, SPIPlanPtr plan, Datum *values,
		const char *nulls, bool latest)
{
	int			result;

	glue_impersonate(saved, owner);
	SPI_connect();
	result = SPI_execute_snapshot(plan, values, nulls,
								  latest ? GetLatestSnapshot() : InvalidSnapshot,
								  InvalidSnapshot, false, true, 0);
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

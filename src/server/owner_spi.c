/*-------------------------------------------------------------------------
 *
 * owner_spi.c
 *	  Statements that are executed with the rights of an owner: plans,
 *	  parameters and results.
 *
 * The extension's tables belong to the role that created it, and are written
 * for roles that have no rights on them.  A statement's plan is kept for the
 * life of the backend, with a key that says what its text depends on, such as
 * the table's qualified name: a table of another extension, in another schema,
 * has another plan.
 *
 * PostgreSQL makes a plan anew when something that it depends on has changed.
 * So none is ever freed while it may be executing; and one whose key is out of
 * date may be, if the table was renamed and we are called from a trigger on it.
 * That happens so seldom that such a plan is left behind.
 *
 * Statements that are about many requests at once get their parameters as
 * arrays.  What they return is copied into the current memory context.
 *
 * IDENTIFICATION
 *	  src/server/owner_spi.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/owner_spi.h"
#include "utils/array.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
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

	Assert(plan != NULL && IsTransactionState());
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

/* ----------------------------------------------------------------
 * Values, on the way in and on the way out
 * ----------------------------------------------------------------
 */

/* A row of what the latest statement has returned, counted from 0. */
GlueResultRow
glue_result_row(uint64 number)
{
	Assert(number < SPI_tuptable->numvals);
	return (GlueResultRow)
	{
		SPI_tuptable->vals[number], SPI_tuptable->tupdesc
	};
}

/* A column as it is, not copied. */
Datum
glue_result_datum(const GlueResultRow *row, int column, bool *is_null)
{
	Assert(column >= 1 && column <= row->desc->natts);
	return SPI_getbinval(row->tuple, row->desc, column, is_null);
}

/* A number that is not null. */
int64
glue_result_int64(const GlueResultRow *row, int column)
{
	bool		is_null;

	return DatumGetInt64(glue_result_datum(row, column, &is_null));
}

/* A boolean; null counts as false. */
bool
glue_result_bool(const GlueResultRow *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);

	return !is_null && DatumGetBool(value);
}

/* A point in time; 0 for null. */
TimestampTz
glue_result_time(const GlueResultRow *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);

	return is_null ? 0 : DatumGetTimestampTz(value);
}

/* Text in UTF-8, or NULL. */
const char *
glue_result_text(const GlueResultRow *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);
	const char *utf8;
	text	   *server;
	int			len;

	if (is_null)
		return NULL;
	server = DatumGetTextPP(value);
	if (!glue_utf8_from_server(VARDATA_ANY(server), VARSIZE_ANY_EXHDR(server),
							   &utf8, &len))
		return text_to_cstring(server);
	return pnstrdup(utf8, len);
}

/* A jsonb as a tree, or NULL. */
json_object *
glue_result_tree(const GlueResultRow *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);
	json_object *tree = NULL;

	if (!is_null)
		glue_tree_from_jsonb(DatumGetJsonbP(value), &tree);
	return tree;
}

/* Text in UTF-8, or NULL, as a parameter. */
Datum
glue_text_parameter(const char *utf8, bool *is_null)
{
	*is_null = utf8 == NULL;
	return *is_null ? (Datum) 0 :
		CStringGetTextDatum(glue_server_from_utf8(utf8));
}

/* An array as a parameter; nulls may be NULL. */
Datum
glue_array_parameter(const Datum *values, const bool *nulls, int count,
					 Oid type)
{
	int			dims[1] = {count};
	int			lower_bounds[1] = {1};
	int16		len;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(type, &len, &by_value, &align);
	return PointerGetDatum(construct_md_array(unconstify(Datum *, values),
											  unconstify(bool *, nulls),
											  count > 0 ? 1 : 0, dims,
											  lower_bounds, type, len,
											  by_value, align));
}

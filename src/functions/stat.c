/*-------------------------------------------------------------------------
 *
 * stat.c
 *	  The SQL functions behind the view of statistics of calls.
 *
 * IDENTIFICATION
 *	  src/functions/stat.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/stat_calls.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "utils/array.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(glue_call_figures);
PG_FUNCTION_INFO_V1(glue_stat_reset);

static Datum
bounds_array(void)
{
	Datum		bounds[GLUE_STAT_BOUNDS];

	for (int i = 0; i < GLUE_STAT_BOUNDS; i++)
		bounds[i] = Float8GetDatum(glue_stat_bounds[i]);
	return PointerGetDatum(construct_array(bounds, GLUE_STAT_BOUNDS, FLOAT8OID,
										   sizeof(float8), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

/*
 * The histogram is cumulative: each element counts the calls that took no
 * longer than its bound.
 */
static Datum
histogram_array(const GlueStatCalls *calls)
{
	Datum		counts[GLUE_STAT_BOUNDS];
	int64		sum = 0;

	for (int i = 0; i < GLUE_STAT_BOUNDS; i++)
	{
		sum += calls->within[i];
		counts[i] = Int64GetDatum(sum);
	}
	return PointerGetDatum(construct_array(counts, GLUE_STAT_BOUNDS, INT8OID,
										   sizeof(int64), FLOAT8PASSBYVAL,
										   TYPALIGN_DOUBLE));
}

static void
fill_row(const GlueStatCalls *calls, NullableDatum *row)
{
	*row++ = glue_text(calls->target);
	*row++ = glue_text(calls->operation);
	for (int i = 0; i < GLUE_FIGURES; i++)
		(row++)->value = Int64GetDatum(calls->counts[i]);
	(row++)->value = Float8GetDatum((double) calls->total_us / USECS_PER_SEC);
	(row++)->value = Float8GetDatum((double) calls->max_us / USECS_PER_SEC);
	(row++)->value = bounds_array();
	(row++)->value = histogram_array(calls);
	row->value = TimestampTzGetDatum(calls->since);
}

/*
 * glue_call_figures()
 * returns table (target text, operation text, calls bigint, attempts bigint,
 *				  throttled bigint, refused bigint, failed bigint, lost bigint,
 *				  unknown bigint, read_back bigint, total_time float8,
 *				  max_time float8, bounds float8[], histogram bigint[],
 *				  since timestamptz)
 */
Datum
glue_call_figures(PG_FUNCTION_ARGS)
{
	GlueStatCalls *calls;
	int			n;

	InitMaterializedSRF(fcinfo, 0);
	calls = glue_stat_calls_copy(&n);
	for (int i = 0; i < n; i++)
	{
		NullableDatum row[7 + GLUE_FIGURES];

		memset(row, 0, sizeof(row));
		fill_row(&calls[i], row);
		glue_return_row(fcinfo, row);
	}
	return (Datum) 0;
}

/* glue_stat_reset() returns void */
Datum
glue_stat_reset(PG_FUNCTION_ARGS)
{
	glue_stat_calls_reset();
	PG_RETURN_VOID();
}

/*-------------------------------------------------------------------------
 *
 * rate.c
 *	  The SQL function behind the view of request rates.
 *
 * IDENTIFICATION
 *	  src/functions/rate.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "client/turn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"

/* prototypes of private functions */
static NullableDatum number_of(double value, bool isnull);
static NullableDatum count_of(int count);

PG_FUNCTION_INFO_V1(glue_rates);

/*
 * glue_rates()
 * returns table (target text, operation text, requests_per_second float8,
 *				  tokens float8, throttled integer, waiting integer, own boolean)
 */
Datum
glue_rates(PG_FUNCTION_ARGS)
{
	GlueFunction function;
	GlueRateSlot slot;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin_local(&function);
	for (int i = 0; glue_rate_slot_copy(i, &slot); i++)
	{
		int64		now = glue_monotonic_us();
		double		rate = glue_rate_per_second(&slot.limit);
		NullableDatum row[7];

		if (slot.used == 0)
			continue;
		row[0] = glue_text(glue_rate_slot_target(&slot));
		row[1] = glue_text(slot.operation);
		row[2] = number_of(rate, rate == 0);
		row[3] = number_of(glue_rate_tokens(&slot.limit, now), rate == 0);
		row[4] = count_of(glue_rate_refused_lately(&slot.limit, now));
		row[5] = count_of(slot.nwaiting);
		row[6].value = BoolGetDatum(slot.limit.ceiling > 0);
		row[6].isnull = false;
		glue_return_row(fcinfo, row);
	}
	glue_function_end(&function);
	return (Datum) 0;
}

/* Format a rate with its significant digits. */
static NullableDatum
number_of(double value, bool isnull)
{
	NullableDatum number = {
		.value = Float8GetDatum(rint(value * 100) / 100),
		.isnull = isnull,
	};

	return number;
}

static NullableDatum
count_of(int count)
{
	NullableDatum datum = {.value = Int32GetDatum(count)};

	return datum;
}

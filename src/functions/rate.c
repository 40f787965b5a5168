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

PG_FUNCTION_INFO_V1(glue_rates);

/* Round a rate to its significant digits. */
static Datum
rounded(double value)
{
	return Float8GetDatum(rint(value * 100) / 100);
}

/*
 * glue_rates()
 * returns table (target text, operation text, requests_per_second float8,
 *				  tokens float8, throttled integer, waiting integer, own boolean)
 */
Datum
glue_rates(PG_FUNCTION_ARGS)
{
	GlueRateSlot slot;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; glue_rate_slot_copy(i, &slot); i++)
	{
		int64		now = glue_monotonic_us();
		double		rate = glue_rate_per_second(&slot.limit);
		char		name[GLUE_RATE_NAME_SIZE];
		NullableDatum row[] = {
			glue_text(glue_rate_key_name(&slot.key, name, sizeof(name))),
			glue_text(slot.key.operation),
			{rounded(rate), rate == 0},
			{rounded(glue_rate_tokens(&slot.limit, now)), rate == 0},
			{Int32GetDatum(glue_rate_refused_lately(&slot.limit, now))},
			{Int32GetDatum(slot.nwaiting)}, {BoolGetDatum(slot.key.ceiling > 0)}
		};

		if (slot.used != 0)
			glue_return_row(fcinfo, row);
	}
	return (Datum) 0;
}

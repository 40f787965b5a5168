/*-------------------------------------------------------------------------
 *
 * owner_spi.h
 *	  Statements that are executed with the rights of an owner: plans,
 *	  parameters and results.
 *
 * IDENTIFICATION
 *	  src/server/owner_spi.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_OWNER_SPI_H
#define GLUE_SERVER_OWNER_SPI_H

#include <json-c/json.h>

#include "executor/spi.h"
#include "server/impersonation.h"
#include "utils/timestamp.h"

/* A plan that a backend keeps; zeroed at first. */
typedef struct GlueKeptPlan
{
	SPIPlanPtr	plan;
	char	   *key;			/* what its statement depends on */
	bool		ready;			/* it was, and is as long as it is valid */
} GlueKeptPlan;

extern SPIPlanPtr glue_kept_plan(GlueKeptPlan *kept, Oid owner,
								 const char *text, int nparameters,
								 const Oid *types);

/* for statements that find their rows by a key */
extern bool glue_plan_is_kept(const GlueKeptPlan *kept, const char *key);
extern void glue_keep_plan(GlueKeptPlan *kept, Oid owner, const char *key,
						   const char *text, int nparameters,
						   const Oid *types);
extern SPIPlanPtr glue_ready_plan(GlueKeptPlan *kept, Oid owner);

extern uint64 glue_execute_as(GlueImpersonation *saved, Oid owner,
							  SPIPlanPtr plan, Datum *values,
							  const char *nulls);
extern uint64 glue_execute_latest(GlueImpersonation *saved, Oid owner,
								  SPIPlanPtr plan, Datum *values,
								  const char *nulls);
extern void glue_execute_end(const GlueImpersonation *saved);

/* A row that a statement has returned; its columns are counted from 1. */
typedef struct GlueResultRow
{
	HeapTuple	tuple;
	TupleDesc	desc;
} GlueResultRow;

extern GlueResultRow glue_result_row(uint64 number);
extern Datum glue_result_datum(const GlueResultRow *row, int column,
							   bool *is_null);
extern int64 glue_result_int64(const GlueResultRow *row, int column);
extern bool glue_result_bool(const GlueResultRow *row, int column);
extern TimestampTz glue_result_time(const GlueResultRow *row, int column);
extern const char *glue_result_text(const GlueResultRow *row, int column);
extern json_object *glue_result_tree(const GlueResultRow *row, int column);

extern Datum glue_text_parameter(const char *utf8, bool *is_null);
extern Datum glue_array_parameter(const Datum *values, const bool *nulls,
								  int count, Oid type);

#endif							/* GLUE_SERVER_OWNER_SPI_H */

/*-------------------------------------------------------------------------
 *
 * result_row.h
 *	  Values of statements, on the way in and on the way out.
 *
 * IDENTIFICATION
 *	  src/server/result_row.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_RESULT_ROW_H
#define GLUE_SERVER_RESULT_ROW_H

#include <json-c/json.h>

#include "access/htup.h"
#include "access/tupdesc.h"
#include "utils/timestamp.h"

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

extern Datum glue_array_parameter(const Datum *values, const bool *nulls,
								  int count, Oid type);

#endif							/* GLUE_SERVER_RESULT_ROW_H */

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

/* A column of one of our tables. */
typedef struct GlueColumn
{
	const char *name;
	Oid			type;
	const char *member;			/* of AWS Glue's Connection that it shows, or
								 * NULL */
} GlueColumn;

/* One of our tables, which is locked until the end of the transaction. */
typedef struct GlueOwnTable
{
	Oid			schema;			/* of the extension */
	Oid			owner;
	Oid			oid;
	char	   *name;			/* qualified */
	char	   *key;			/* what the plan of a statement depends on */
	bool		plain;			/* rows need no statement to be inserted */
	int64		home;			/* of this database */
} GlueOwnTable;

#define GLUE_MAX_PARAMETERS		18

/*
 * A statement about our tables, which keeps its plan.  To be static.
 *
 * In its text, "@" before the name of a table stands for the schema of the
 * extension, and these for what they say:
 *
 *		@home			the home of this database
 *		@columns		the names of the columns
 *		@r_columns		the same of the row r
 *		@parameters		$1 and so on, one for each column
 *		@excluded		the assignments of EXCLUDED to each column
 */
typedef struct GlueStatement
{
	const char *text;
	Oid			types[GLUE_MAX_PARAMETERS]; /* of its parameters, then 0 */
	const GlueColumn *columns;	/* of the table, or NULL; its parameters are
								 * these if it has no types */
	int			ncolumns;
	bool		by_key;			/* it finds its rows by a key, so that the
								 * values of its parameters do not matter to
								 * its plan */
	bool		latest;			/* it sees what others have committed since
								 * the transaction has begun */

	/* set by server/owner_spi.c; zero at first */
	SPIPlanPtr	plan;
	char	   *key;
	bool		ready;			/* it was, and is as long as it is valid */
} GlueStatement;

extern void glue_statement_plan(GlueStatement *statement,
								const GlueOwnTable *table);
extern uint64 glue_execute(GlueStatement *statement,
						   const GlueOwnTable *table,
						   GlueImpersonation *saved, Datum *values,
						   const char *nulls);
extern void glue_execute_end(const GlueImpersonation *saved);
extern uint64 glue_execute_alone(GlueStatement *statement,
								 const GlueOwnTable *table, Datum *values,
								 const char *nulls);
extern char *glue_statement_text(const GlueStatement *statement,
								 const GlueOwnTable *table);

/* A row that a statement has returned; its columns are counted from 1. */
typedef struct GlueResultRow
{
	HeapTuple	tuple;
	TupleDesc	desc;
} GlueResultRow;

extern GlueResultRow glue_result_row(uint64 number);
extern Datum glue_result_datum(const GlueResultRow *row, int column,
							   bool *is_null);
extern int32 glue_result_int32(const GlueResultRow *row, int column);
extern Oid	glue_result_oid(const GlueResultRow *row, int column);
extern int64 glue_result_int64(const GlueResultRow *row, int column);
extern bool glue_result_bool(const GlueResultRow *row, int column);
extern TimestampTz glue_result_time(const GlueResultRow *row, int column);
extern const char *glue_result_text(const GlueResultRow *row, int column);
extern json_object *glue_result_tree(const GlueResultRow *row, int column);

#define GLUE_MAX_COLUMNS		44

/* The values of a row of one of our tables, or of a statement's parameters. */
typedef struct GlueRow
{
	Datum		values[GLUE_MAX_COLUMNS];
	char		nulls[GLUE_MAX_COLUMNS];	/* 'n' or ' ', as SPI wants them */
} GlueRow;

extern void glue_row_clear(GlueRow *row);
extern void glue_row_set(GlueRow *row, int number, Datum value);
extern void glue_row_set_text(GlueRow *row, int number, const char *utf8);
extern void glue_row_set_name(GlueRow *row, int number, const char *name);
extern void glue_row_set_tree(GlueRow *row, int number, json_object *tree);
extern void glue_row_set_bytes(GlueRow *row, int number, const void *bytes,
							   Size len);
extern void glue_row_set_time(GlueRow *row, int number, TimestampTz time);

/* A member of a struct that is a column or a parameter of a statement. */
typedef struct GlueField
{
	int			column;
	Oid			type;
	size_t		offset;
} GlueField;

extern void glue_result_field(const GlueResultRow *row,
							  const GlueField *field, void *to);
extern Datum glue_field_parameter(const GlueField *field,
								  const void *const *structs, int count);

extern Datum glue_array_parameter(const Datum *values, const bool *nulls,
								  int count, Oid type);

#endif							/* GLUE_SERVER_OWNER_SPI_H */

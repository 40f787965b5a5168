/*-------------------------------------------------------------------------
 *
 * owner_spi.h
 *	  SPI statements with the rights of the tables' owner.
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
	const char *member;			/* corresponding member of AWS Glue's
								 * Connection, or NULL */
} GlueColumn;

/* One of our tables, locked until the end of the transaction. */
typedef struct GlueOwnTable
{
	Oid			schema;			/* schema of the extension */
	Oid			owner;
	Oid			oid;
	char	   *name;			/* qualified name */
	char	   *key;			/* key of the plans of statements about it */
	bool		plain;			/* a row can be inserted without a statement */
	int64		home;			/* the home of this database */
} GlueOwnTable;

#define GLUE_MAX_PARAMETERS		18

/*
 * A statement about our tables, which keeps its plan.  It must be static.
 *
 * In its text, "@" before the name of a table is the schema of the extension,
 * and these words are replaced:
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
	Oid			types[GLUE_MAX_PARAMETERS]; /* of the parameters, then 0 */
	const GlueColumn *columns;	/* of the table, or NULL; without types, they
								 * are the parameters */
	int			ncolumns;
	bool		by_key;			/* it finds its rows by a key, so that its
								 * plan does not depend on the parameters */
	bool		latest;			/* its snapshot includes transactions that
								 * have committed since this one began */

	/* set by server/owner_spi.c; initialized with zeroes */
	SPIPlanPtr	plan;
	char	   *key;
	bool		ready;			/* the plan is made, and valid until
								 * invalidation */
} GlueStatement;

/*
 * The result of a statement, and one of its rows, whose columns are counted
 * from 1.
 */
typedef struct GlueResult
{
	GlueImpersonation saved;
	SPITupleTable *table;
	uint64		count;			/* of the rows that were read or written */
	uint64		next;			/* number of the next row */
	HeapTuple	tuple;			/* of the row */
	TupleDesc	desc;
} GlueResult;

extern void glue_statement_plan(GlueStatement *statement,
								const GlueOwnTable *table);
extern void glue_execute(GlueResult *result, GlueStatement *statement,
						 const GlueOwnTable *table, Datum *values,
						 const char *nulls);
extern bool glue_result_next(GlueResult *result);
extern uint64 glue_execute_alone(GlueStatement *statement,
								 const GlueOwnTable *table, Datum *values,
								 const char *nulls);
extern char *glue_statement_text(const GlueStatement *statement,
								 const GlueOwnTable *table);

extern Datum glue_result_datum(const GlueResult *row, int column,
							   bool *is_null);
extern int32 glue_result_int32(const GlueResult *row, int column);
extern Oid	glue_result_oid(const GlueResult *row, int column);
extern int64 glue_result_int64(const GlueResult *row, int column);
extern bool glue_result_bool(const GlueResult *row, int column);
extern TimestampTz glue_result_time(const GlueResult *row, int column);
extern const char *glue_result_text(const GlueResult *row, int column);
extern json_object *glue_result_tree(const GlueResult *row, int column);

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

/*
 * A member of a struct that corresponds to a column or parameter.  Text is UTF-8,
 * jsonb a tree.  Zero is null, except for booleans and OIDs.
 */
typedef struct GlueField
{
	int			column;
	Oid			type;
	size_t		offset;
} GlueField;

extern void glue_result_field(const GlueResult *row,
							  const GlueField *field, void *to);
extern void glue_row_set_field(GlueRow *row, const GlueField *field,
							   const void *from);
extern Datum glue_field_parameter(const GlueField *field,
								  const void *const *structs, int count);

extern Datum glue_array_parameter(const Datum *values, const bool *nulls,
								  int count, Oid type);

#endif							/* GLUE_SERVER_OWNER_SPI_H */

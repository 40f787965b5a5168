/*-------------------------------------------------------------------------
 *
 * owner_spi.c
 *	  SPI statements with the rights of the tables' owner.
 *
 * The extension's tables belong to the role that created it, and are written
 * for roles without privileges on them.  The plan of a statement is kept for
 * the life of the backend, with a key of everything that its text depends on:
 * if the extension was created again, in another schema, the plan is made
 * again.
 *
 * PostgreSQL replans a statement when an object that it depends on has
 * changed.  A plan is never freed while it may be executing.  One with an
 * outdated key may be executing, if the table was renamed and we are called
 * from a trigger on it.  That is so rare that such a plan is leaked.
 *
 * Statements about many requests get their parameters as arrays.  Their
 * results are copied into the current memory context.
 *
 * IDENTIFICATION
 *	  src/server/owner_spi.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
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

/* The item for each column in a list. */
typedef enum ColumnItem
{
	ITEM_NAME,
	ITEM_OF_R,
	ITEM_PARAMETER,
	ITEM_ASSIGNMENT
} ColumnItem;

/* prototypes of private functions */
static void prepare(GlueStatement *statement, const GlueOwnTable *table);
static const char *append_word(StringInfo text,
							   const GlueStatement *statement,
							   const GlueOwnTable *table, const char *word);
static void append_columns(StringInfo text, const GlueStatement *statement,
						   ColumnItem item);
static void plan_with_indexes(SPIPlanPtr plan);
static Datum field_value(const GlueField *field, const void *member,
						 bool *is_null);

/*
 * Plan a statement, unless its plan is kept and valid.  A statement that finds
 * its rows by a key is checked now, so that its errors are raised here.
 */
void
glue_statement_plan(GlueStatement *statement, const GlueOwnTable *table)
{
	GlueImpersonation saved;

	if (statement->plan == NULL || strcmp(statement->key, table->key) != 0)
		prepare(statement, table);
	if (!statement->by_key ||
		(statement->ready && SPI_plan_is_valid(statement->plan)))
		return;
	glue_impersonate(&saved, table->owner);
	SPI_connect();
	plan_with_indexes(statement->plan);
	SPI_finish();
	glue_stop_impersonating(&saved);
	statement->ready = true;
}

/* Prepare it with the rights of the owner, as it will be executed. */
static void
prepare(GlueStatement *statement, const GlueOwnTable *table)
{
	GlueImpersonation saved;
	char	   *text = glue_statement_text(statement, table);
	char	   *key = MemoryContextStrdup(TopMemoryContext, table->key);
	int			nparameters = 0;
	Oid		   *types = statement->types;
	SPIPlanPtr	plan;

	if (statement->columns != NULL && !OidIsValid(types[0]))
	{
		types = palloc(statement->ncolumns * sizeof(Oid));
		for (; nparameters < statement->ncolumns; nparameters++)
			types[nparameters] = statement->columns[nparameters].type;
	}
	else
		while (nparameters < GLUE_MAX_PARAMETERS &&
			   OidIsValid(types[nparameters]))
			nparameters++;
	glue_impersonate(&saved, table->owner);
	SPI_connect();
	plan = SPI_prepare_cursor(text, nparameters, types, statement->by_key ?
							  CURSOR_OPT_GENERIC_PLAN : 0);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not plan \"%s\": %s", text,
			 SPI_result_code_string(SPI_result));
	SPI_finish();
	glue_stop_impersonating(&saved);
	if (statement->key != NULL)
		pfree(statement->key);
	statement->key = key;
	statement->plan = plan;
	statement->ready = false;
}

/* The text of a statement, with all "@" words replaced. */
char *
glue_statement_text(const GlueStatement *statement, const GlueOwnTable *table)
{
	StringInfoData text;
	const char *at = statement->text;
	const char *word;

	initStringInfo(&text);
	while ((word = strchr(at, '@')) != NULL)
	{
		appendBinaryStringInfo(&text, at, word - at);
		at = append_word(&text, statement, table, word + 1);
	}
	appendStringInfoString(&text, at);
	return text.data;
}

/* Append the replacement of an "@" word; returns the rest of the text. */
static const char *
append_word(StringInfo text, const GlueStatement *statement,
			const GlueOwnTable *table, const char *word)
{
	int			len = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

	if (strncmp(word, "home", len) == 0)
		appendStringInfo(text, "bigint '" INT64_FORMAT "'", table->home);
	else if (strncmp(word, "columns", len) == 0)
		append_columns(text, statement, ITEM_NAME);
	else if (strncmp(word, "r_columns", len) == 0)
		append_columns(text, statement, ITEM_OF_R);
	else if (strncmp(word, "parameters", len) == 0)
		append_columns(text, statement, ITEM_PARAMETER);
	else if (strncmp(word, "excluded", len) == 0)
		append_columns(text, statement, ITEM_ASSIGNMENT);
	else
	{
		appendStringInfo(text, "%s.",
						 quote_identifier(get_namespace_name(table->schema)));
		return word;
	}
	return word + len;
}

/*
 * Append a list with an item for each column, made from its name and number.
 */
static void
append_columns(StringInfo text, const GlueStatement *statement,
			   ColumnItem item)
{
	for (int i = 0; i < statement->ncolumns; i++)
	{
		const char *name = statement->columns[i].name;

		if (i > 0)
			appendStringInfoString(text, ", ");
		switch (item)
		{
			case ITEM_NAME:
				appendStringInfoString(text, name);
				break;
			case ITEM_OF_R:
				appendStringInfo(text, "r.%s", name);
				break;
			case ITEM_PARAMETER:
				appendStringInfo(text, "$%d", i + 1);
				break;
			case ITEM_ASSIGNMENT:
				appendStringInfo(text, "%s = EXCLUDED.%s", name, name);
				break;
		}
	}
}

/*
 * Plan a statement for tables of any size.  The planner may see an empty table
 * and choose a sequential scan, which is wrong after the table has grown.
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
 * Execute a statement with the privileges of the table's owner.
 *
 * glue_result_next() must follow, until it returns false.  Other statements may
 * be executed in between.  An error restores the user as part of the abort.
 */
void
glue_execute(GlueResult *result, GlueStatement *statement,
			 const GlueOwnTable *table, Datum *values, const char *nulls)
{
	MemoryContext context = CurrentMemoryContext;
	int			code;

	Assert(IsTransactionState());
	Assert(OidIsValid(table->oid) && OidIsValid(table->owner));
	glue_statement_plan(statement, table);
	glue_impersonate(&result->saved, table->owner);
	SPI_connect();
	code = SPI_execute_snapshot(statement->plan, values, nulls,
								statement->latest ?
								GetLatestSnapshot() : InvalidSnapshot,
								InvalidSnapshot, false, true, 0);
	if (code < 0)
		elog(ERROR, "could not execute a statement of glue_conn: %s",
			 SPI_result_code_string(code));
	MemoryContextSwitchTo(context);
	result->table = SPI_tuptable;
	result->count = SPI_processed;
	result->next = 0;
}

/* Go to the next row; false if there is none, and the result is freed then. */
bool
glue_result_next(GlueResult *result)
{
	if (result->table == NULL || result->next == result->count)
	{
		SPI_finish();
		glue_stop_impersonating(&result->saved);
		return false;
	}
	result->tuple = result->table->vals[result->next++];
	result->desc = result->table->tupdesc;
	return true;
}

/* Execute a statement if only the number of rows matters. */
uint64
glue_execute_alone(GlueStatement *statement, const GlueOwnTable *table,
				   Datum *values, const char *nulls)
{
	GlueResult	result;

	glue_execute(&result, statement, table, values, nulls);
	while (glue_result_next(&result))
		;
	return result.count;
}

/* ----------------------------------------------------------------
 * Values, on the way in and on the way out
 * ----------------------------------------------------------------
 */

/* A column, not copied. */
Datum
glue_result_datum(const GlueResult *row, int column, bool *is_null)
{
	Assert(column >= 1 && column <= row->desc->natts);
	return SPI_getbinval(row->tuple, row->desc, column, is_null);
}

/* Columns of type int4 that are not null. */
int32
glue_result_int32(const GlueResult *row, int column)
{
	bool		is_null;

	return DatumGetInt32(glue_result_datum(row, column, &is_null));
}

/* InvalidOid for null. */
Oid
glue_result_oid(const GlueResult *row, int column)
{
	bool		is_null;

	return DatumGetObjectId(glue_result_datum(row, column, &is_null));
}

int64
glue_result_int64(const GlueResult *row, int column)
{
	bool		is_null;

	return DatumGetInt64(glue_result_datum(row, column, &is_null));
}

/* A boolean; null counts as false. */
bool
glue_result_bool(const GlueResult *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);

	return !is_null && DatumGetBool(value);
}

/* A point in time; 0 for null. */
TimestampTz
glue_result_time(const GlueResult *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);

	return is_null ? 0 : DatumGetTimestampTz(value);
}

/* Text as UTF-8, or NULL. */
const char *
glue_result_text(const GlueResult *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);
	text	   *server;

	if (is_null)
		return NULL;
	server = DatumGetTextPP(value);
	return glue_utf8_copy(VARDATA_ANY(server), VARSIZE_ANY_EXHDR(server));
}

/* A jsonb as a tree, or NULL. */
json_object *
glue_result_tree(const GlueResult *row, int column)
{
	bool		is_null;
	Datum		value = glue_result_datum(row, column, &is_null);
	json_object *tree = NULL;

	if (!is_null)
		glue_tree_from_jsonb(DatumGetJsonbP(value), &tree);
	return tree;
}

/* Set a parameter, or a column of a row. */
void
glue_row_clear(GlueRow *row)
{
	memset(row->nulls, 'n', sizeof(row->nulls));
}

/* Set one to text in UTF-8, or null. */
void
glue_row_set(GlueRow *row, int number, Datum value)
{
	Assert(number < GLUE_MAX_COLUMNS);
	row->values[number] = value;
	row->nulls[number] = ' ';
}

/* Set one to a time; 0 is null. */
void
glue_row_set_text(GlueRow *row, int number, const char *utf8)
{
	if (utf8 != NULL)
		glue_row_set(row, number,
					 CStringGetTextDatum(glue_server_from_utf8(utf8)));
}

/* With a name in the encoding of the server; likewise. */
void
glue_row_set_name(GlueRow *row, int number, const char *name)
{
	if (name != NULL)
		glue_row_set(row, number,
					 DirectFunctionCall1(namein, CStringGetDatum(name)));
}

/* With a tree, as jsonb; likewise. */
void
glue_row_set_tree(GlueRow *row, int number, json_object *tree)
{
	if (tree != NULL)
		glue_row_set(row, number,
					 JsonbPGetDatum(glue_jsonb_from_tree(tree)));
}

/* With bytes; likewise. */
void
glue_row_set_bytes(GlueRow *row, int number, const void *bytes, Size len)
{
	if (bytes != NULL)
		glue_row_set(row, number,
					 PointerGetDatum(cstring_to_text_with_len(bytes, len)));
}

/* With a time; 0 leaves the value as it is. */
void
glue_row_set_time(GlueRow *row, int number, TimestampTz time)
{
	if (time != 0)
		glue_row_set(row, number, TimestampTzGetDatum(time));
}

/* Read a column into its member of a struct. */
void
glue_result_field(const GlueResult *row, const GlueField *field, void *to)
{
	void	   *member = (char *) to + field->offset;

	switch (field->type)
	{
		case TEXTOID:
			*(const char **) member = glue_result_text(row, field->column);
			break;
		case JSONBOID:
			*(json_object **) member = glue_result_tree(row, field->column);
			break;
		case INT8OID:
			*(int64 *) member = glue_result_int64(row, field->column);
			break;
		case INT4OID:
			*(int *) member = glue_result_int32(row, field->column);
			break;
		case OIDOID:
			*(Oid *) member = glue_result_oid(row, field->column);
			break;
		case BOOLOID:
			*(bool *) member = glue_result_bool(row, field->column);
			break;
		case TIMESTAMPTZOID:
			*(TimestampTz *) member = glue_result_time(row, field->column);
			break;
		default:
			Assert(false);
	}
}

/* Set a column to the value of its member of a struct. */
void
glue_row_set_field(GlueRow *row, const GlueField *field, const void *from)
{
	bool		is_null;
	Datum		value = field_value(field, (const char *) from + field->offset,
									&is_null);

	if (!is_null)
		glue_row_set(row, field->column - 1, value);
}

/* Make an array of one member of several structs. */
Datum
glue_field_parameter(const GlueField *field, const void *const *structs,
					 int count)
{
	Datum	   *values = palloc(count * sizeof(Datum));
	bool	   *nulls = palloc(count * sizeof(bool));

	for (int i = 0; i < count; i++)
		values[i] = field_value(field, (const char *) structs[i] + field->offset,
								&nulls[i]);
	return glue_array_parameter(values, nulls, count, field->type);
}

static Datum
field_value(const GlueField *field, const void *member, bool *is_null)
{
	const char *text;
	json_object *tree;

	*is_null = false;
	switch (field->type)
	{
		case TEXTOID:
			text = *(const char *const *) member;
			*is_null = text == NULL;
			return *is_null ? (Datum) 0 :
				CStringGetTextDatum(glue_server_from_utf8(text));
		case JSONBOID:
			tree = *(json_object *const *) member;
			*is_null = tree == NULL;
			return *is_null ? (Datum) 0 :
				JsonbPGetDatum(glue_jsonb_from_tree(tree));
		case INT8OID:
			*is_null = *(const int64 *) member == 0;
			return Int64GetDatum(*(const int64 *) member);
		case OIDOID:
			return ObjectIdGetDatum(*(const Oid *) member);
		case INT4OID:
			*is_null = *(const int *) member == 0;
			return Int32GetDatum(*(const int *) member);
		case BOOLOID:
			return BoolGetDatum(*(const bool *) member);
		case TIMESTAMPTZOID:
			*is_null = *(const TimestampTz *) member == 0;
			return TimestampTzGetDatum(*(const TimestampTz *) member);
	}
	elog(ERROR, "a parameter cannot have type %u", field->type);
	return (Datum) 0;			/* keep the compiler quiet */
}

/* Make an array parameter; nulls may be NULL. */
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

/*-------------------------------------------------------------------------
 *
 * result_row.c
 *	  Values of statements, on the way in and on the way out.
 *
 * Statements that are about many requests at once get their parameters as
 * arrays.  What they return is copied into the current memory context.
 *
 * IDENTIFICATION
 *	  src/server/result_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "executor/spi.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "server/result_row.h"
#include "utils/array.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

/* A row of what the latest statement has returned, counted from 0. */
GlueResultRow
glue_result_row(uint64 number)
{
	GlueResultRow row = {SPI_tuptable->vals[number], SPI_tuptable->tupdesc};

	return row;
}

/* A column as it is, not copied. */
Datum
glue_result_datum(const GlueResultRow *row, int column, bool *is_null)
{
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

/*-------------------------------------------------------------------------
 *
 * connection_row.c
 *	  A row of the table glue_connection, between trees and datums.
 *
 * Most columns are one member of a ConnectionInput, or of the Connection that
 * AWS Glue returns.  One array maps columns to members, in both directions.
 *
 * A reply of AWS may hold any JSON, so a member whose type does not fit its
 * column is left out, without an error.
 *
 * IDENTIFICATION
 *	  src/store/connection_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/encoding.h"
#include "server/jsonb_tree.h"
#include "store/connection_row.h"
#include "utils/array.h"

/* The table as CREATE EXTENSION makes it. */
const GlueColumn glue_record_columns[GLUE_NUM_COLUMNS] = {
	[GLUE_COLUMN_ENDPOINT] = {"endpoint", TEXTOID},
	[GLUE_COLUMN_REGION] = {"region", TEXTOID},
	[GLUE_COLUMN_CATALOG_ID] = {"catalog_id", TEXTOID},
	[GLUE_COLUMN_NAME] = {"name", TEXTOID, "Name"},
	[GLUE_COLUMN_SERVER] = {"server", NAMEOID},
	[GLUE_COLUMN_ARN] = {"arn", TEXTOID},
	[GLUE_COLUMN_CONNECTION_TYPE] =
	{"connection_type", TEXTOID, "ConnectionType"},
	[GLUE_COLUMN_DESCRIPTION] = {"description", TEXTOID, "Description"},
	[GLUE_COLUMN_MATCH_CRITERIA] =
	{"match_criteria", TEXTARRAYOID, "MatchCriteria"},
	[GLUE_COLUMN_CONNECTION_PROPERTIES] =
	{"connection_properties", JSONBOID, "ConnectionProperties"},
	[GLUE_COLUMN_SPARK_PROPERTIES] =
	{"spark_properties", JSONBOID, "SparkProperties"},
	[GLUE_COLUMN_ATHENA_PROPERTIES] =
	{"athena_properties", JSONBOID, "AthenaProperties"},
	[GLUE_COLUMN_PYTHON_PROPERTIES] =
	{"python_properties", JSONBOID, "PythonProperties"},
	[GLUE_COLUMN_PHYSICAL_CONNECTION_REQUIREMENTS] =
	{"physical_connection_requirements", JSONBOID, "PhysicalConnectionRequirements"},
	[GLUE_COLUMN_AUTHENTICATION_CONFIGURATION] =
	{"authentication_configuration", JSONBOID, "AuthenticationConfiguration"},
	[GLUE_COLUMN_VALIDATE_CREDENTIALS] =
	{"validate_credentials", BOOLOID, "ValidateCredentials"},
	[GLUE_COLUMN_VALIDATE_FOR_COMPUTE_ENVIRONMENTS] =
	{"validate_for_compute_environments", TEXTARRAYOID, "ValidateForComputeEnvironments"},
	[GLUE_COLUMN_TAGS] = {"tags", JSONBOID},
	[GLUE_COLUMN_STATUS] = {"status", TEXTOID, "Status"},
	[GLUE_COLUMN_STATUS_REASON] = {"status_reason", TEXTOID, "StatusReason"},
	[GLUE_COLUMN_CONNECTION_SCHEMA_VERSION] =
	{"connection_schema_version", INT4OID, "ConnectionSchemaVersion"},
	[GLUE_COLUMN_CREATION_TIME] =
	{"creation_time", TIMESTAMPTZOID, "CreationTime"},
	[GLUE_COLUMN_LAST_UPDATED_TIME] =
	{"last_updated_time", TIMESTAMPTZOID, "LastUpdatedTime"},
	[GLUE_COLUMN_LAST_UPDATED_BY] = {"last_updated_by", TEXTOID, "LastUpdatedBy"},
	[GLUE_COLUMN_LAST_CONNECTION_VALIDATION_TIME] =
	{"last_connection_validation_time", TIMESTAMPTZOID, "LastConnectionValidationTime"},
	[GLUE_COLUMN_SECRET_DIGEST] = {"secret_digest", BYTEAOID},
	[GLUE_COLUMN_REQUEST_ID] = {"request_id", TEXTOID},
	[GLUE_COLUMN_RECORDED_AT] = {"recorded_at", TIMESTAMPTZOID},
	[GLUE_COLUMN_RECORDED_BY] = {"recorded_by", NAMEOID},
	[GLUE_COLUMN_AWS_RECORDED_AT] = {"aws_recorded_at", TIMESTAMPTZOID},
};

/* Does a member belong to the definition?  If not, only AWS Glue sets it. */
#define IS_DEFINED(column)	((column) < GLUE_COLUMN_STATUS)

/* ----------------------------------------------------------------
 * Writing
 * ----------------------------------------------------------------
 */

/*
 * Fill in the key of a row, and set all other columns to null.  name is UTF-8;
 * the catalog must be known.
 */
void
glue_record_row_key(GlueRow *row, const GlueTarget *target,
					const char *name)
{
	glue_row_clear(row);
	Assert(target->catalog != NULL);
	glue_row_set_text(row, GLUE_COLUMN_ENDPOINT, target->endpoint.origin);
	glue_row_set_text(row, GLUE_COLUMN_REGION, target->endpoint.region);
	glue_row_set_text(row, GLUE_COLUMN_CATALOG_ID, target->catalog);
	glue_row_set_text(row, GLUE_COLUMN_NAME, name);
}

static Datum
text_array(json_object *array)
{
	int			len = json_object_array_length(array);
	Datum	   *elements = palloc(len * sizeof(Datum));

	for (int i = 0; i < len; i++)
	{
		const char *utf8 =
			json_object_get_string(json_object_array_get_idx(array, i));

		elements[i] = CStringGetTextDatum(glue_server_from_utf8(utf8 ? utf8 : ""));
	}
	return glue_array_parameter(elements, NULL, len, TEXTOID);
}

/* Is this a time in seconds that PostgreSQL can represent? */
static bool
is_epoch_time(json_object *value)
{
	json_type	type = json_object_get_type(value);
	double		seconds = json_object_get_double(value);

	return (type == json_type_double || type == json_type_int) &&
		seconds >= 0 && seconds < 1e11;
}

/* Set a column from a member of a tree, if the type of the member fits. */
static void
set_from_tree(GlueRow *row, GlueRecordColumn column, json_object *value)
{
	json_type	type = json_object_get_type(value);

	if (value == NULL)
		return;
	switch (glue_record_columns[column].type)
	{
		case TEXTOID:
			if (type == json_type_string)
				glue_row_set_text(row, column, json_object_get_string(value));
			break;
		case JSONBOID:
			glue_row_set_tree(row, column, value);
			break;
		case TEXTARRAYOID:
			if (type == json_type_array)
				glue_row_set(row, column, text_array(value));
			break;
		case BOOLOID:
			if (type == json_type_boolean)
				glue_row_set(row, column,
							 BoolGetDatum(json_object_get_boolean(value)));
			break;
		case INT4OID:
			if (type == json_type_int)
				glue_row_set(row, column,
							 Int32GetDatum(json_object_get_int(value)));
			break;
		case TIMESTAMPTZOID:
			if (is_epoch_time(value))
				glue_row_set(row, column,
							 DirectFunctionCall1(float8_timestamptz,
												 Float8GetDatum(json_object_get_double(value))));
			break;
	}
}

/* Fill in the columns that are members of a tree, which may be NULL. */
static void
set_members(GlueRow *row, json_object *tree, bool defined)
{
	for (int column = 0; column < GLUE_NUM_COLUMNS; column++)
	{
		const char *member = glue_record_columns[column].member;

		if (member != NULL && IS_DEFINED(column) == defined)
			set_from_tree(row, column, json_object_object_get(tree, member));
	}
}

/* Fill in the columns that are known before AWS Glue is called. */
void
glue_record_row_define(GlueRow *row, const GlueRecord *record)
{
	glue_record_row_key(row, record->target, record->name);
	set_members(row, record->definition, true);
	glue_row_set_name(row, GLUE_COLUMN_SERVER, record->target->server);
	glue_row_set_text(row, GLUE_COLUMN_ARN,
					  glue_target_connection_arn(record->target, record->name));
	glue_row_set_tree(row, GLUE_COLUMN_TAGS, record->tags);
	glue_row_set_bytes(row, GLUE_COLUMN_SECRET_DIGEST, record->secret_digest,
					   sizeof(GlueSecretDigest));
	glue_row_set_name(row, GLUE_COLUMN_RECORDED_BY,
					  GetUserNameFromId(GetUserId(), false));
}

/* Fill in the answer of AWS Glue, and its time. */
void
glue_record_row_observe(GlueRow *row, const GlueRecord *record)
{
	set_members(row, record->observed, false);
	glue_row_set_text(row, GLUE_COLUMN_STATUS, record->status);
	if (record->request_id != NULL && record->request_id[0] != '\0')
		glue_row_set_text(row, GLUE_COLUMN_REQUEST_ID, record->request_id);
	glue_row_set_time(row, GLUE_COLUMN_RECORDED_AT, record->recorded_at != 0 ?
					  record->recorded_at : GetCurrentTimestamp());
	glue_row_set_time(row, GLUE_COLUMN_AWS_RECORDED_AT, record->aws_recorded_at);
}

/* ----------------------------------------------------------------
 * Reading
 * ----------------------------------------------------------------
 */

/*
 * A digest of another length comes from another version of this code, and is
 * ignored.
 */
static const GlueSecretDigest *
read_digest(const bytea * value)
{
	return VARSIZE_ANY_EXHDR(value) != sizeof(GlueSecretDigest) ? NULL :
		memcpy(palloc(sizeof(GlueSecretDigest)), VARDATA_ANY(value),
			   sizeof(GlueSecretDigest));
}

/* Seconds since 1970, as AWS has them. */
static json_object *
tree_from_time(Datum value)
{
	const int64 days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;

	return json_object_new_double(DatumGetTimestampTz(value) / 1e6 +
								  days * SECS_PER_DAY);
}

static json_object *
tree_from_text(Datum value)
{
	text	   *server = DatumGetTextPP(value);
	const char *utf8;
	int			len;

	if (!glue_utf8_from_server(VARDATA_ANY(server), VARSIZE_ANY_EXHDR(server),
							   &utf8, &len))
		return NULL;
	return json_object_new_string_len(utf8, len);
}

static json_object *
tree_from_array(Datum value)
{
	json_object *array = json_object_new_array();
	Datum	   *elements;
	bool	   *nulls;
	int			nelements;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false,
					  TYPALIGN_INT, &elements, &nulls, &nelements);
	for (int i = 0; i < nelements; i++)
	{
		if (!nulls[i])
			json_object_array_add(array, tree_from_text(elements[i]));
	}
	return array;
}

/*
 * Make a tree, without an owner, of a column's value; NULL if that is not
 * possible.
 */
static json_object *
tree_from_datum(Datum value, Oid type)
{
	json_object *tree = NULL;

	switch (type)
	{
		case TEXTOID:
			return tree_from_text(value);
		case TEXTARRAYOID:
			return tree_from_array(value);
		case TIMESTAMPTZOID:
			return tree_from_time(value);
		case BOOLOID:
			return json_object_new_boolean(DatumGetBool(value));
		case INT4OID:
			return json_object_new_int(DatumGetInt32(value));
		case JSONBOID:
			if (glue_tree_from_jsonb(DatumGetJsonbP(value),
									 &tree) != GLUE_JSONB_OK)
				return NULL;
			return json_object_get(tree);	/* the memory context holds
											 * another reference */
	}
	return NULL;
}

/*
 * Read a whole row, whose columns are in the order of the table.
 *
 * The result belongs to the current memory context.
 */
void
glue_record_row_read(GlueRecord *record, HeapTuple tuple, TupleDesc desc)
{
	memset(record, 0, sizeof(GlueRecord));
	record->definition = glue_tree_new_object();
	record->observed = glue_tree_new_object();
	for (int column = 0; column < GLUE_NUM_COLUMNS; column++)
	{
		const GlueColumn *source = &glue_record_columns[column];
		bool		is_null;
		Datum		value = heap_getattr(tuple, column + 1, desc, &is_null);

		if (is_null)
			continue;
		if (source->member != NULL)
		{
			json_object *tree = tree_from_datum(value, source->type);

			if (tree != NULL)
				glue_tree_add(IS_DEFINED(column) ? record->definition :
							  record->observed, source->member, tree);
		}
		else if (column == GLUE_COLUMN_TAGS)
			record->tags = tree_from_datum(value, source->type);
		else if (column == GLUE_COLUMN_SECRET_DIGEST)
			record->secret_digest = read_digest(DatumGetByteaPP(value));
		else if (column == GLUE_COLUMN_REQUEST_ID)
			record->request_id = TextDatumGetCString(value);
		else if (column == GLUE_COLUMN_RECORDED_AT)
			record->recorded_at = DatumGetTimestampTz(value);
		else if (column == GLUE_COLUMN_AWS_RECORDED_AT)
			record->aws_recorded_at = DatumGetTimestampTz(value);
	}
}

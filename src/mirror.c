/*-------------------------------------------------------------------------
 *
 * mirror.c
 *	  The table glue_connection, which mirrors what is in AWS Glue.
 *
 * Rows are written in the caller's transaction, but with the rights of the
 * table's owner: a role that may create connections needs no rights on the
 * table, and gets none.  What is written was redacted before it came here.
 *
 * A row can be written only after the connection was made, and must not fail
 * then for a reason that could have been known before.  So a caller asks
 * glue_mirror_open() first, which takes the lock and plans the statement.
 *
 * The table is found through the schema of the function that was called, and
 * never through the search_path.
 *
 * IDENTIFICATION
 *	  src/mirror.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "builtins.h"
#include "catalog/pg_type.h"
#include "encoding.h"
#include "executor/spi.h"
#include "jsonb_tree.h"
#include "miscadmin.h"
#include "mirror.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

/* The columns that are written, in the order of the table. */
typedef enum MirrorColumn
{
	COLUMN_SERVER,
	COLUMN_REGION,
	COLUMN_CATALOG_ID,
	COLUMN_NAME,
	COLUMN_ARN,
	COLUMN_CONNECTION_TYPE,
	COLUMN_DESCRIPTION,
	COLUMN_MATCH_CRITERIA,
	COLUMN_CONNECTION_PROPERTIES,
	COLUMN_SPARK_PROPERTIES,
	COLUMN_ATHENA_PROPERTIES,
	COLUMN_PYTHON_PROPERTIES,
	COLUMN_PHYSICAL_CONNECTION_REQUIREMENTS,
	COLUMN_AUTHENTICATION_CONFIGURATION,
	COLUMN_VALIDATE_CREDENTIALS,
	COLUMN_VALIDATE_FOR_COMPUTE_ENVIRONMENTS,
	COLUMN_TAGS,
	COLUMN_STATUS,
	COLUMN_STATUS_REASON,
	COLUMN_CONNECTION_SCHEMA_VERSION,
	COLUMN_CREATION_TIME,
	COLUMN_LAST_UPDATED_TIME,
	COLUMN_LAST_UPDATED_BY,
	COLUMN_LAST_CONNECTION_VALIDATION_TIME,
	COLUMN_REQUEST_ID,
	COLUMN_RECORDED_AT,
	COLUMN_RECORDED_BY,
	NUM_COLUMNS
} MirrorColumn;

/*
 * Each column's name and type, and the member of the ConnectionInput or of
 * the Connection that it is filled from, if it is that simple.
 */
typedef struct MirrorColumnSource
{
	const char *name;
	Oid			type;
	const char *defined_by;		/* member of the definition */
	const char *observed_in;	/* member of what was read back */
} MirrorColumnSource;

static const MirrorColumnSource columns[NUM_COLUMNS] = {
	[COLUMN_SERVER] = {"server", NAMEOID},
	[COLUMN_REGION] = {"region", TEXTOID},
	[COLUMN_CATALOG_ID] = {"catalog_id", TEXTOID},
	[COLUMN_NAME] = {"name", TEXTOID},
	[COLUMN_ARN] = {"arn", TEXTOID},
	[COLUMN_CONNECTION_TYPE] = {"connection_type", TEXTOID,
	"ConnectionType"},
	[COLUMN_DESCRIPTION] = {"description", TEXTOID, "Description"},
	[COLUMN_MATCH_CRITERIA] = {"match_criteria", TEXTARRAYOID,
	"MatchCriteria"},
	[COLUMN_CONNECTION_PROPERTIES] = {"connection_properties", JSONBOID,
	"ConnectionProperties"},
	[COLUMN_SPARK_PROPERTIES] = {"spark_properties", JSONBOID,
	"SparkProperties"},
	[COLUMN_ATHENA_PROPERTIES] = {"athena_properties", JSONBOID,
	"AthenaProperties"},
	[COLUMN_PYTHON_PROPERTIES] = {"python_properties", JSONBOID,
	"PythonProperties"},
	[COLUMN_PHYSICAL_CONNECTION_REQUIREMENTS] =
	{"physical_connection_requirements", JSONBOID,
	"PhysicalConnectionRequirements"},
	[COLUMN_AUTHENTICATION_CONFIGURATION] =
	{"authentication_configuration", JSONBOID, "AuthenticationConfiguration"},
	[COLUMN_VALIDATE_CREDENTIALS] = {"validate_credentials", BOOLOID,
	"ValidateCredentials"},
	[COLUMN_VALIDATE_FOR_COMPUTE_ENVIRONMENTS] =
	{"validate_for_compute_environments", TEXTARRAYOID,
	"ValidateForComputeEnvironments"},
	[COLUMN_TAGS] = {"tags", JSONBOID},
	[COLUMN_STATUS] = {"status", TEXTOID},
	[COLUMN_STATUS_REASON] = {"status_reason", TEXTOID},
	[COLUMN_CONNECTION_SCHEMA_VERSION] = {"connection_schema_version",
	INT4OID, NULL, "ConnectionSchemaVersion"},
	[COLUMN_CREATION_TIME] = {"creation_time", TIMESTAMPTZOID, NULL,
	"CreationTime"},
	[COLUMN_LAST_UPDATED_TIME] = {"last_updated_time", TIMESTAMPTZOID, NULL,
	"LastUpdatedTime"},
	[COLUMN_LAST_UPDATED_BY] = {"last_updated_by", TEXTOID, NULL,
	"LastUpdatedBy"},
	[COLUMN_LAST_CONNECTION_VALIDATION_TIME] =
	{"last_connection_validation_time", TIMESTAMPTZOID, NULL,
	"LastConnectionValidationTime"},
	[COLUMN_REQUEST_ID] = {"request_id", TEXTOID},
	[COLUMN_RECORDED_AT] = {"recorded_at", TIMESTAMPTZOID},
	[COLUMN_RECORDED_BY] = {"recorded_by", NAMEOID},
};

/* The values of one row. */
typedef struct MirrorRow
{
	Datum		values[NUM_COLUMNS];
	char		nulls[NUM_COLUMNS]; /* 'n' or ' ', as SPI wants them */
} MirrorRow;

/* prototypes of private functions */
static void set_value(MirrorRow *row, MirrorColumn column, Datum value);
static void set_text(MirrorRow *row, MirrorColumn column, const char *utf8);
static void set_from_tree(MirrorRow *row, MirrorColumn column,
						  json_object *value);
static bool is_epoch_time(json_object *value);
static Datum text_array(json_object *array);
static void write_row(const GlueMirror *mirror, MirrorRow *row);
static uint64 execute(SPIPlanPtr plan, MirrorRow *row);
static void find_plans(GlueMirror *mirror, Oid schema);
static void replace_plan(SPIPlanPtr *plan, const char *statement);
static char *insert_text(const char *table);
static char *upsert_text(const char *table);

/*
 * Get ready to record a connection, before it is made.
 *
 * schema is that of the extension.  The table is locked, so that it cannot be
 * dropped or changed before the end of the transaction.
 */
void
glue_mirror_open(GlueMirror *mirror, Oid schema)
{
	Oid			table = get_relname_relid("glue_connection", schema);
	Relation	relation;

	if (!OidIsValid(table))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"glue_connection\" of extension \"glue_conn\" does not exist"),
				 errhint("Create the extension anew.")));
	relation = table_open(table, RowExclusiveLock);
	mirror->owner = relation->rd_rel->relowner;
	table_close(relation, NoLock);

	find_plans(mirror, schema);
}

/*
 * Record a connection, in place of what was known under its name.
 */
void
glue_mirror_record(const GlueMirror *mirror, const GlueMirrorEntry *entry)
{
	MirrorRow	row;
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn record",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);

	memset(&row, 0, sizeof(row));
	memset(row.nulls, 'n', sizeof(row.nulls));

	for (int column = 0; column < NUM_COLUMNS; column++)
	{
		if (columns[column].defined_by != NULL)
			set_from_tree(&row, column,
						  json_object_object_get(entry->definition,
												 columns[column].defined_by));
		else if (columns[column].observed_in != NULL &&
				 entry->observed != NULL)
			set_from_tree(&row, column,
						  json_object_object_get(entry->observed,
												 columns[column].observed_in));
	}
	if (entry->target->server != NULL)
		set_value(&row, COLUMN_SERVER,
				  DirectFunctionCall1(namein,
									  CStringGetDatum(entry->target->server)));
	set_text(&row, COLUMN_REGION, entry->target->endpoint.region);
	set_text(&row, COLUMN_CATALOG_ID, entry->target->catalog_id);
	set_text(&row, COLUMN_NAME, entry->name);
	set_text(&row, COLUMN_ARN,
			 glue_target_connection_arn(entry->target, entry->name));
	set_from_tree(&row, COLUMN_TAGS, entry->tags);
	set_text(&row, COLUMN_STATUS, entry->status);
	set_text(&row, COLUMN_STATUS_REASON, entry->status_reason);
	if (entry->request_id[0] != '\0')
		set_text(&row, COLUMN_REQUEST_ID, entry->request_id);
	set_value(&row, COLUMN_RECORDED_AT,
			  TimestampTzGetDatum(GetCurrentTimestamp()));
	set_value(&row, COLUMN_RECORDED_BY,
			  DirectFunctionCall1(namein,
								  CStringGetDatum(GetUserNameFromId(GetUserId(),
																	false))));
	write_row(mirror, &row);

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

static void
set_value(MirrorRow *row, MirrorColumn column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = ' ';
}

/* Set a text column from UTF-8; NULL leaves it null. */
static void
set_text(MirrorRow *row, MirrorColumn column, const char *utf8)
{
	if (utf8 != NULL)
		set_value(row, column,
				  CStringGetTextDatum(glue_server_from_utf8(utf8)));
}

/*
 * Set a column from a member of a tree, if that has a fitting type: what
 * came from AWS can be anything.
 */
static void
set_from_tree(MirrorRow *row, MirrorColumn column, json_object *value)
{
	json_type	type = json_object_get_type(value);

	if (value == NULL)
		return;
	switch (columns[column].type)
	{
		case TEXTOID:
			if (type == json_type_string)
				set_text(row, column, json_object_get_string(value));
			break;
		case JSONBOID:
			set_value(row, column, JsonbPGetDatum(glue_jsonb_from_tree(value)));
			break;
		case TEXTARRAYOID:
			if (type == json_type_array)
				set_value(row, column, text_array(value));
			break;
		case BOOLOID:
			if (type == json_type_boolean)
				set_value(row, column,
						  BoolGetDatum(json_object_get_boolean(value)));
			break;
		case INT4OID:
			if (type == json_type_int)
				set_value(row, column,
						  Int32GetDatum(json_object_get_int(value)));
			break;
		case TIMESTAMPTZOID:
			if (is_epoch_time(value))
				set_value(row, column,
						  DirectFunctionCall1(float8_timestamptz,
											  Float8GetDatum(json_object_get_double(value))));
			break;
	}
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
	return PointerGetDatum(construct_array(elements, len, TEXTOID,
										   -1, false, TYPALIGN_INT));
}

/*
 * Write a row with the rights of the table's owner.
 *
 * Most connections are new.  To prepare the update of all columns, only to
 * find that there is nothing to update, would take longer than the insert.
 *
 * An error restores the user as part of the abort.
 */
static void
write_row(const GlueMirror *mirror, MirrorRow *row)
{
	Oid			user;
	int			security_context;

	GetUserIdAndSecContext(&user, &security_context);
	SetUserIdAndSecContext(mirror->owner, security_context |
						   SECURITY_LOCAL_USERID_CHANGE);
	SPI_connect();
	if (execute(mirror->insert_plan, row) == 0)
		execute(mirror->upsert_plan, row);
	SPI_finish();
	SetUserIdAndSecContext(user, security_context);
}

/* Execute a statement; returns how many rows it wrote. */
static uint64
execute(SPIPlanPtr plan, MirrorRow *row)
{
	int			result = SPI_execute_plan(plan, row->values, row->nulls,
										  false, 0);

	if (result != SPI_OK_INSERT)
		elog(ERROR, "could not record an AWS Glue connection: %s",
			 SPI_result_code_string(result));
	return SPI_processed;
}

/*
 * Find the plans of the statements, or make them.
 *
 * They are kept for the life of the backend under the table's qualified name:
 * the extension may be dropped, and be created in another schema.
 */
static void
find_plans(GlueMirror *mirror, Oid schema)
{
	static SPIPlanPtr insert_plan = NULL;
	static SPIPlanPtr upsert_plan = NULL;
	static char *planned_for = NULL;
	char	   *table = psprintf("%s.glue_connection",
								 quote_identifier(get_namespace_name(schema)));

	if (planned_for == NULL || strcmp(table, planned_for) != 0)
	{
		if (planned_for != NULL)
			pfree(planned_for);
		planned_for = NULL;
		replace_plan(&insert_plan, insert_text(table));
		replace_plan(&upsert_plan, upsert_text(table));
		planned_for = MemoryContextStrdup(TopMemoryContext, table);
	}
	mirror->insert_plan = insert_plan;
	mirror->upsert_plan = upsert_plan;
}

static void
replace_plan(SPIPlanPtr *plan, const char *statement)
{
	Oid			types[NUM_COLUMNS];
	SPIPlanPtr	prepared;

	if (*plan != NULL)
		SPI_freeplan(*plan);
	*plan = NULL;

	for (int column = 0; column < NUM_COLUMNS; column++)
		types[column] = columns[column].type;
	SPI_connect();
	prepared = SPI_prepare(statement, NUM_COLUMNS, types);
	if (prepared == NULL || SPI_keepplan(prepared) != 0)
		elog(ERROR, "could not plan \"%s\": %s", statement,
			 SPI_result_code_string(SPI_result));
	SPI_finish();
	*plan = prepared;
}

/* The statement that writes a row unless there is one. */
static char *
insert_text(const char *table)
{
	StringInfoData names;
	StringInfoData parameters;

	initStringInfo(&names);
	initStringInfo(&parameters);
	for (int column = 0; column < NUM_COLUMNS; column++)
	{
		const char *comma = column > 0 ? ", " : "";

		appendStringInfo(&names, "%s%s", comma, columns[column].name);
		appendStringInfo(&parameters, "%s$%d", comma, column + 1);
	}
	return psprintf("INSERT INTO %s (%s) VALUES (%s)"
					" ON CONFLICT ON CONSTRAINT glue_connection_key DO NOTHING",
					table, names.data, parameters.data);
}

/* The statement that writes a row in any case. */
static char *
upsert_text(const char *table)
{
	char	   *insert = insert_text(table);
	StringInfoData assignments;

	initStringInfo(&assignments);
	for (int column = 0; column < NUM_COLUMNS; column++)
		appendStringInfo(&assignments, ", %s = EXCLUDED.%s",
						 columns[column].name, columns[column].name);
	return psprintf("%.*s DO UPDATE SET secret_digest = NULL%s",
					(int) (strlen(insert) - strlen(" DO NOTHING")), insert,
					assignments.data);
}

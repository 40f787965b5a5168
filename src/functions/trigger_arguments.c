/*-------------------------------------------------------------------------
 *
 * trigger_arguments.c
 *	  The arguments of a trigger that provisions connections.
 *
 * The arguments of a trigger are texts, here of the form key=value.
 * PostgreSQL cannot check them when the trigger is created, so they are
 * checked when it fires.
 *
 * IDENTIFICATION
 *	  src/functions/trigger_arguments.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/attnum.h"
#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "functions/arguments.h"
#include "parser/parse_relation.h"
#include "server/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"

#define DEFAULT_INPUT_COLUMN	"connection_input"

/* The keys, in the order of the documentation. */
typedef enum Key
{
	KEY_INPUT,
	KEY_TAGS,
	KEY_CATALOG_ID,
	KEY_SERVER,
	KEY_ON_CONFLICT,
	KEY_ON_DELETE,
	NUM_KEYS
} Key;

static const char *const keys[NUM_KEYS] = {
	[KEY_INPUT] = "input",
	[KEY_TAGS] = "tags",
	[KEY_CATALOG_ID] = "catalog_id",
	[KEY_SERVER] = "server",
	[KEY_ON_CONFLICT] = "on_conflict",
	[KEY_ON_DELETE] = "on_delete",
};

static Key
find_key(const char *argument, const char *end)
{
	int			len = end - argument;

	for (Key key = 0; key < NUM_KEYS; key++)
	{
		if (strncmp(keys[key], argument, len) == 0 && keys[key][len] == '\0')
			return key;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("unrecognized trigger argument \"%.*s\"", len, argument),
			 errhint("Valid arguments are \"input\", \"tags\", \"catalog_id\", \"server\", \"on_conflict\" and \"on_delete\".")));
}

/* Assign the value of each argument to its key. */
static void
split_arguments(const Trigger *trigger, const char **values)
{
	bool		given[NUM_KEYS] = {false};

	for (int i = 0; i < trigger->tgnargs; i++)
	{
		const char *argument = trigger->tgargs[i];
		const char *equals = strchr(argument, '=');
		Key			key;

		if (equals == NULL || equals[1] == '\0')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("trigger argument \"%s\" is not of the form key=value",
							argument)));
		key = find_key(argument, equals);
		if (given[key])
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("trigger argument \"%s\" is given more than once",
							keys[key])));
		given[key] = true;
		values[key] = pstrdup(equals + 1);
	}
}

static bool
keeps_connections(const char *value)
{
	if (strcmp(value, "keep") == 0)
		return true;
	if (strcmp(value, "delete") != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for argument \"%s\": \"%s\"",
						"on_delete", value),
				 errhint("Valid values are \"delete\" and \"keep\".")));
	return false;
}

/* The number of a column, which must be of type jsonb. */
static int
find_column(Relation table, const char *name)
{
	int			column = attnameAttNum(table, name, false);
	Form_pg_attribute attribute;

	if (column == InvalidAttrNumber)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of relation \"%s\" does not exist",
						name, RelationGetRelationName(table)),
				 errhint("The arguments \"input\" and \"tags\" of the trigger name its columns; without \"input\", that is \"%s\".",
						 DEFAULT_INPUT_COLUMN)));
	attribute = TupleDescAttr(RelationGetDescr(table), column - 1);
	if (getBaseType(attribute->atttypid) != JSONBOID)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of relation \"%s\" is not of type jsonb",
						name, RelationGetRelationName(table)),
				 errhint("A stored generated column can convert it.")));
	if (attribute->attgenerated != '\0' &&
		attribute->attgenerated != ATTRIBUTE_GENERATED_STORED)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("column \"%s\" of relation \"%s\" is a virtual generated column",
						name, RelationGetRelationName(table)),
				 errdetail("Triggers do not see its value."),
				 errhint("Make it a stored one.")));
	return column;
}

/*
 * Get the arguments of a trigger, and find the columns that they name.
 *
 * The result belongs to the current memory context.
 */
void
glue_trigger_arguments(const Trigger *trigger, Relation table,
					   GlueTriggerArguments *arguments)
{
	const char *values[NUM_KEYS] = {
		[KEY_INPUT] = DEFAULT_INPUT_COLUMN,
		[KEY_ON_CONFLICT] = "error",
		[KEY_ON_DELETE] = "delete",
	};

	split_arguments(trigger, values);
	memset(arguments, 0, sizeof(GlueTriggerArguments));
	arguments->catalog_id = values[KEY_CATALOG_ID];
	arguments->catalog.isnull = arguments->catalog_id == NULL;
	if (arguments->catalog_id != NULL)
		arguments->catalog.value = CStringGetTextDatum(arguments->catalog_id);
	arguments->server = values[KEY_SERVER];
	arguments->on_conflict =
		glue_conflict_action_name(glue_conflict_action(values[KEY_ON_CONFLICT]));
	arguments->keeps = keeps_connections(values[KEY_ON_DELETE]);
	arguments->input_column = find_column(table, values[KEY_INPUT]);
	if (values[KEY_TAGS] != NULL)
		arguments->tags_column = find_column(table, values[KEY_TAGS]);
}

/* Find the parent of a trigger, if any, and its table. */
static bool
find_trigger(Relation catalog, Oid trigger, Oid *parent, Oid *table)
{
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	bool		found;

	ScanKeyInit(&key, Anum_pg_trigger_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger));
	scan = systable_beginscan(catalog, TriggerOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		*parent = ((Form_pg_trigger) GETSTRUCT(tuple))->tgparentid;
		*table = ((Form_pg_trigger) GETSTRUCT(tuple))->tgrelid;
	}
	systable_endscan(scan);
	return found;
}

/*
 * The table that holds the claims of this table's rows: for a partition, the
 * topmost table that the trigger was created for, so that rows can be moved.
 */
Oid
glue_trigger_holder(const Trigger *trigger, Relation table)
{
	Oid			holder = RelationGetRelid(table);
	Oid			parent = trigger->tgoid;
	Relation	catalog;

	if (!table->rd_rel->relispartition)
		return holder;
	catalog = table_open(TriggerRelationId, AccessShareLock);
	while (OidIsValid(parent) &&
		   find_trigger(catalog, parent, &parent, &holder))
		 /* one level up */ ;
	table_close(catalog, AccessShareLock);
	return holder;
}

/*-------------------------------------------------------------------------
 *
 * provision.c
 *	  The SQL functions about what the rows of a table hold and own.
 *
 * What a trigger could not see, because it was not there yet or was disabled, is
 * put in order by hand: glue_release_connection() lets a table hold a name no more,
 * and glue_adopt_rows() lets its rows own what they would have created.
 *
 * To adopt a connection changes nothing in AWS Glue: it is read, as for
 * on_conflict => 'adopt', and recorded.  What differs, is not there, or is another
 * row's, is said.  One call is made after the other.
 *
 * IDENTIFICATION
 *	  src/functions/provision.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/objectaddress.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "client/client.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "functions/trigger_arguments.h"
#include "miscadmin.h"
#include "operation/tags.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "store/connection_lock.h"
#include "store/digest_key.h"
#include "store/provision_owner.h"
#include "store/requests.h"
#include "store/row_reader.h"
#include "utils/acl.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

/* The rows of one table, for one of its triggers. */
typedef struct Adoption
{
	GlueFunction function;
	FunctionCallInfo fcinfo;	/* which the rows go to */
	GlueTriggerArguments arguments;
	GlueProvisionName held;
	int			nlocked;
} Adoption;

/* prototypes of private functions */
static void end_entry(const GlueProvisions *provisions,
					  const GlueRequestQueue *queue,
					  const GlueProvisionEntry *entry);
static void require_owner(Oid table);
static void adopt_for_trigger(FunctionCallInfo fcinfo, Relation table,
							  const Trigger *trigger);
static void adopt_row(Adoption *adoption, NullableDatum input,
					  NullableDatum tags);
static const char *adopt(Adoption *adoption, const GlueDefinition *definition);
static void fill_operation(Adoption *adoption, GlueOperation *operation,
						   const GlueDefinition *definition);
static const char *word_outcome(const GlueOperation *operation);
static void return_outcome(const Adoption *adoption, const char *name,
						   const char *outcome);

PG_FUNCTION_INFO_V1(glue_release_connection);
PG_FUNCTION_INFO_V1(glue_adopt_rows);

/*
 * glue_release_connection(relation regclass, name text) returns boolean
 */
Datum
glue_release_connection(PG_FUNCTION_ARGS)
{
	Oid			table = PG_GETARG_OID(0);
	GlueFunction function;
	GlueProvisions provisions;
	GlueRequestQueue queue;
	const char *name;
	List	   *entries;
	ListCell   *cell;

	glue_function_begin(&function, fcinfo, "glue_release_connection()",
						GLUE_FUNCTION_WRITES);
	require_owner(table);
	name = glue_argument_name(fcinfo->args[1], glue_violations_add,
							  &function.violations);
	glue_violations_report(&function.violations, "connection name", NULL);
	glue_provisions_open(&provisions, function.access.schema);
	glue_request_queue_open(&queue, function.access.schema, RowExclusiveLock);
	entries = glue_provision_let_go(&provisions, table, name);
	foreach(cell, entries)
		end_entry(&provisions, &queue, lfirst(cell));
	glue_function_end(&function);
	PG_RETURN_BOOL(entries != NIL);
}

/*
 * An entry was released.  What was asked for by it is carried out before it ends: it
 * owns what is made meanwhile, which is left behind then.
 */
static void
end_entry(const GlueProvisions *provisions, const GlueRequestQueue *queue,
		  const GlueProvisionEntry *entry)
{
	if (!glue_request_follow(queue, entry->id, entry->name,
							 GLUE_REQUEST_RELEASE))
		glue_provision_drop(provisions, entry->id);
}

/*
 * Only the owner of a table says what it holds; of one that is not there any more,
 * a superuser does.
 */
static void
require_owner(Oid table)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	Oid			owner = BOOTSTRAP_SUPERUSERID;
	char		kind = RELKIND_RELATION;

	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		kind = ((Form_pg_class) GETSTRUCT(tuple))->relkind;
		ReleaseSysCache(tuple);
	}
	if (!has_privs_of_role(GetUserId(), owner))
		aclcheck_error(ACLCHECK_NOT_OWNER, get_relkind_objtype(kind),
					   get_rel_name(table) != NULL ? get_rel_name(table) :
					   psprintf("%u", table));
}

/*
 * glue_adopt_rows(relation regclass) returns table (name text, outcome text)
 */
Datum
glue_adopt_rows(PG_FUNCTION_ARGS)
{
	Oid			function;
	Relation	table;
	bool		found = false;
	oidvector  *no_arguments = buildoidvector(NULL, 0);

	InitMaterializedSRF(fcinfo, 0);
	require_owner(PG_GETARG_OID(0));
	table = table_open(PG_GETARG_OID(0), AccessShareLock);
	function = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
							   CStringGetDatum("glue_provision_connection"),
							   PointerGetDatum(no_arguments),
							   ObjectIdGetDatum(get_func_namespace(fcinfo->flinfo->fn_oid)));
	for (int i = 0; table->trigdesc != NULL &&
		 i < table->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &table->trigdesc->triggers[i];

		if (trigger->tgfoid != function || !TRIGGER_FOR_ROW(trigger->tgtype))
			continue;
		found = true;
		adopt_for_trigger(fcinfo, table, trigger);
	}
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" has no trigger that provisions connections",
						RelationGetRelationName(table)),
				 errhint("Create one with FOR EACH ROW EXECUTE FUNCTION glue_provision_connection().")));
	table_close(table, NoLock);
	return (Datum) 0;
}

/* Adopt what the rows of a table say to one of its triggers. */
static void
adopt_for_trigger(FunctionCallInfo fcinfo, Relation table,
				  const Trigger *trigger)
{
	Adoption	adoption = {.fcinfo = fcinfo};
	GlueFunction *function = &adoption.function;
	const GlueTarget *target = &function->access.target;
	GlueRowReader reader;
	NullableDatum server = {.isnull = true};
	NullableDatum input;
	NullableDatum tags;
	MemoryContext row_context;

	if (trigger->tgqual != NULL || trigger->tgisclone)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot adopt connections for trigger \"%s\" on table \"%s\"",
						trigger->tgname, RelationGetRelationName(table)),
				 trigger->tgisclone ?
				 errdetail("The table is a partition.") :
				 errdetail("The trigger has a WHEN condition.")));
	glue_function_begin(function, fcinfo, "glue_adopt_rows()",
						GLUE_FUNCTION_WRITES);
	glue_trigger_arguments(trigger, table, &adoption.arguments);
	if (adoption.arguments.server != NULL)
	{
		server.isnull = false;
		server.value = DirectFunctionCall1(namein,
										   CStringGetDatum(adoption.arguments.server));
	}
	glue_function_connect(function, adoption.arguments.catalog_id, server);
	glue_mirror_open(&function->mirror, function->access.schema,
					 GLUE_MIRROR_WRITE);
	adoption.held.relation = RelationGetRelid(table);
	adoption.held.server = target->server;
	adoption.held.region = target->endpoint.region;
	adoption.held.catalog_id = adoption.arguments.catalog_id;

	row_context = AllocSetContextCreate(CurrentMemoryContext, "glue_conn row",
										ALLOCSET_DEFAULT_SIZES);
	glue_row_reader_begin(&reader, table, adoption.arguments.input_column,
						  adoption.arguments.tags_column);
	while (glue_row_reader_next(&reader, &input, &tags))
	{
		MemoryContext old_context = MemoryContextSwitchTo(row_context);

		CHECK_FOR_INTERRUPTS();
		adopt_row(&adoption, input, tags);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(row_context);
	}
	glue_row_reader_end(&reader);
	glue_function_end(function);
}

static void
adopt_row(Adoption *adoption, NullableDatum input, NullableDatum tags)
{
	const char *catalog = adoption->arguments.catalog_id;
	NullableDatum catalog_id = {.isnull = catalog == NULL};
	GlueDefinition definition;
	GlueViolationList violations;

	if (catalog != NULL)
		catalog_id.value = CStringGetTextDatum(catalog);
	glue_violations_init(&violations);
	glue_check_definition(input, tags, catalog_id, &definition,
						  glue_violations_add, &violations);
	if (violations.nerrors > 0)
		return_outcome(adoption, definition.name,
					   "invalid: glue_validate_connection_input() says why");
	else
		return_outcome(adoption, definition.name,
					   adopt(adoption, &definition));
}

/* Adopt the connection of a row, or say what is in the way. */
static const char *
adopt(Adoption *adoption, const GlueDefinition *definition)
{
	const GlueProvisions *provisions = &adoption->function.mirror.provisions;
	const GlueTarget *target = &adoption->function.access.target;
	GlueOperation operation = {0};
	GlueOwned	owned = {0};
	GlueMirrorKnown known;
	int64		entry;
	Oid			holder;

	adoption->held.name = definition->name;
	entry = glue_provision_find(provisions, &adoption->held);
	holder = glue_provision_holder(provisions, &adoption->held);
	if (entry == 0 && OidIsValid(holder) && get_rel_name(holder) != NULL)
		return psprintf("held by a row of table %s", get_rel_name(holder));
	(void) glue_provision_look(provisions, entry, target, definition->name,
							   &owned);
	if (owned.owned && !owned.elsewhere)
		return "owned";

	fill_operation(adoption, &operation, definition);
	operation.row = &owned;
	if (glue_mirror_find(&adoption->function.mirror, target, definition->name,
						 &known))
		operation.known = &known;
	for (GlueCall *call = glue_operation_read(&operation,
											  GLUE_STEP_READ_EXISTING);
		 call != NULL; call = glue_operation_next(&operation))
		glue_client_run(call, 1);
	if (operation.failure != NULL)
		return word_outcome(&operation);

	if (entry == 0)
		entry = glue_provision_claim(provisions, &adoption->held);
	glue_operation_record(&operation, &adoption->function.mirror);
	glue_provision_own(provisions, entry, target, definition->name,
					   &operation.life, false);
	return "adopted";
}

/* Fill in what is to be done about a connection, and keep others away from it. */
static void
fill_operation(Adoption *adoption, GlueOperation *operation,
			   const GlueDefinition *definition)
{
	GlueAccess *access = &adoption->function.access;
	GlueConnectionLock lock;

	glue_connection_lock_name(&lock, &access->target, definition->name,
							  ExclusiveLock, adoption->nlocked++);
	glue_connection_lock_take(&lock, 1);
	operation->kind = GLUE_OPERATION_CREATE;
	operation->on_conflict = GLUE_CONFLICT_ADOPT;
	operation->access = access;
	operation->name = definition->name;
	operation->input = definition->input;
	operation->tags = definition->tags;
	operation->is_first = true;
	if (glue_digest_possible(access->schema, definition->input))
		operation->digest = glue_digest_secrets(access->schema,
												definition->input);
	if (definition->tags != NULL)
		operation->arn = glue_target_connection_arn(&access->target,
													definition->name);
}

/* Why a connection was not adopted. */
static const char *
word_outcome(const GlueOperation *operation)
{
	const GlueFailure *failure = operation->failure;

	if (strcmp(failure->code, "EntityNotFoundException") == 0)
		return "missing";
	if (operation->differences != NULL && operation->differences[0] != '\0')
		return psprintf("differs: %s", operation->differences);
	return psprintf("failed: %s: %s", failure->code, failure->detail);
}

static void
return_outcome(const Adoption *adoption, const char *name, const char *outcome)
{
	NullableDatum row[2];

	row[0] = glue_text(name);
	row[1] = glue_text(outcome);
	glue_return_row(adoption->fcinfo, row);
}

/*-------------------------------------------------------------------------
 *
 * adopt_rows.c
 *	  The SQL function that makes the rows of a table own existing connections.
 *
 * A trigger does not see rows that were inserted before it was created, or
 * while it was disabled.  This function makes such rows own the connections
 * that they would have created, if these exist.
 *
 * Adopting a connection changes nothing in AWS Glue: it is read, as for
 * on_conflict => 'adopt', and recorded.  The result tells which connections
 * differ, do not exist, or belong to another row.  Many connections are read
 * concurrently.
 *
 * A row claims its name first, as with the trigger, and gives it up again if
 * it owns no connection in the end.  After the claim, no request for another
 * row of that name can be made.  An earlier request for the connection may
 * still be open; such a row is reported as pending.
 *
 * IDENTIFICATION
 *	  src/functions/adopt_rows.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "aws/exception_name.h"
#include "catalog/pg_trigger.h"
#include "client/client.h"
#include "commands/trigger.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "glue/operation_name.h"
#include "miscadmin.h"
#include "nodes/nodes.h"
#include "operation/tags.h"
#include "rewrite/prs2lock.h"
#include "rewrite/rewriteManip.h"
#include "server/compat.h"
#include "server/redacted.h"
#include "server/settings.h"
#include "store/connection_lock.h"
#include "store/digest_key.h"
#include "store/provision.h"
#include "store/requests.h"
#include "store/row_reader.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* The rows of one table, for one of its triggers. */
typedef struct Adoption
{
	GlueFunction function;
	FunctionCallInfo fcinfo;	/* for the result rows */
	GlueTriggerArguments arguments;
	GlueProvisionName held;
	GlueRequestQueue queue;
	GlueRowReader reader;
	bool		read;			/* all rows were read */
	MemoryContext context;
	HTAB	   *seen;			/* names of earlier rows, as pointers */
	int			nlocked;
} Adoption;

/* A row whose connection is being read. */
typedef struct AdoptedRow
{
	GlueOperation operation;	/* MUST BE FIRST */
	MemoryContext context;		/* of all objects for the row */
	GlueRecord	record;
	GlueOwned	owned;
	int64		entry;
	bool		is_new;			/* this function has claimed it */
} AdoptedRow;

/* prototypes of private functions */
static void adopt_for_trigger(FunctionCallInfo fcinfo, Relation table,
							  const Trigger *trigger);
static void connect_trigger(Adoption *adoption, Relation table);
static Node *condition_of(const Trigger *trigger);
static GlueCall *next_call(void *arg);
static const char *begin_row(Adoption *adoption, AdoptedRow *row,
							 NullableDatum input, NullableDatum tags);
static HTAB * make_name_table(void);
static uint32 hash_name(const void *key, Size size);
static int	match_names(const void *a, const void *b, Size size);
static bool is_first_of_name(Adoption *adoption, const char *name);
static const char *claim_name(Adoption *adoption, AdoptedRow *row);
static void fill_operation(Adoption *adoption, AdoptedRow *row,
						   const GlueDefinition *definition);
static bool note_end(void *arg, GlueCall *call);
static const char *end_row(Adoption *adoption, AdoptedRow *row);
static const char *word_failure(const GlueOperation *operation);

PG_FUNCTION_INFO_V1(glue_adopt_rows);

/*
 * glue_adopt_rows(relation regclass) returns table (name text, outcome text)
 */
Datum
glue_adopt_rows(PG_FUNCTION_ARGS)
{
	Oid			schema = get_func_namespace(fcinfo->flinfo->fn_oid);
	Relation	table;
	TriggerDesc *triggers;
	bool		found = false;

	InitMaterializedSRF(fcinfo, 0);
	glue_require_owner(PG_GETARG_OID(0));
	table = table_open(PG_GETARG_OID(0), AccessShareLock);

	/* during the wait for AWS, other sessions may change the table */
	triggers = CopyTriggerDesc(table->trigdesc);
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		/* only ours, and only one that fires for inserted rows */
		if (get_func_namespace(trigger->tgfoid) != schema ||
			strcmp(get_func_name(trigger->tgfoid),
				   "glue_provision_connection") != 0 ||
			!TRIGGER_FOR_ROW(trigger->tgtype) ||
			!TRIGGER_FOR_INSERT(trigger->tgtype))
			continue;
		found = true;
		adopt_for_trigger(fcinfo, table, trigger);
	}
	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("table \"%s\" has no trigger that provisions connections",
						RelationGetRelationName(table)),
				 errhint("Create one with AFTER INSERT OR UPDATE OR DELETE ... FOR EACH ROW EXECUTE FUNCTION glue_provision_connection().")));
	table_close(table, NoLock);
	return (Datum) 0;
}

/*
 * Adopt connections for the rows of a table, with the arguments of one of its
 * triggers.
 */
static void
adopt_for_trigger(FunctionCallInfo fcinfo, Relation table,
				  const Trigger *trigger)
{
	Adoption	adoption = {.fcinfo = fcinfo};
	GlueCallStream stream = {
		.next = next_call,
		.done = note_end,
		.arg = &adoption,
	};

	if (trigger->tgisclone)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cannot adopt connections for trigger \"%s\" on table \"%s\"",
						trigger->tgname, RelationGetRelationName(table)),
				 errdetail("The table is a partition.")));
	glue_function_begin(&adoption.function, fcinfo, GLUE_FUNCTION_WRITES);
	glue_trigger_arguments(trigger, table, &adoption.arguments);
	connect_trigger(&adoption, table);
	adoption.context = CurrentMemoryContext;
	adoption.seen = make_name_table();
	glue_row_reader_begin(&adoption.reader, table,
						  adoption.arguments.input_column,
						  adoption.arguments.tags_column,
						  condition_of(trigger));
	glue_client_run_stream(&stream, glue_setting_max_concurrent_requests);
	glue_row_reader_end(&adoption.reader);
	glue_function_end(&adoption.function);
}

/* Open the catalog and the server that a trigger names. */
static void
connect_trigger(Adoption *adoption, Relation table)
{
	GlueFunction *function = &adoption->function;
	const GlueTarget *target = &function->access.target;
	const char *catalog_id = adoption->arguments.catalog_id;
	const char *server = adoption->arguments.server;
	NullableDatum none = {.isnull = true};

	if (server == NULL)
		server = glue_argument_server(none, catalog_id);
	glue_target_resolve(&function->access.target, server, catalog_id, NULL);
	glue_access_find_credentials(&function->access);
	glue_function_identify(function);
	glue_records_open(&function->records, function->access.schema,
					  RowExclusiveLock);
	glue_request_queue_open(&adoption->queue, function->access.schema,
							AccessShareLock);
	adoption->held.relation = RelationGetRelid(table);
	adoption->held.server = target->server;
	adoption->held.region = target->endpoint.region;
	adoption->held.catalog_id = catalog_id;
}

/*
 * The WHEN condition of an insert trigger, or NULL.  It refers to the new row
 * alone.
 */
static Node *
condition_of(const Trigger *trigger)
{
	Node	   *condition;

	if (trigger->tgqual == NULL)
		return NULL;
	condition = stringToNode(trigger->tgqual);
	ChangeVarNodes(condition, PRS2_NEW_VARNO, 1, 0);
	return condition;
}

/* ----------------------------------------------------------------
 * Rows
 * ----------------------------------------------------------------
 */

/* The next callback of a GlueCallStream. */
static GlueCall *
next_call(void *arg)
{
	Adoption   *adoption = arg;
	NullableDatum input;
	NullableDatum tags;

	MemoryContextSwitchTo(adoption->context);
	while (!adoption->read)
	{
		MemoryContext context;
		AdoptedRow *row;
		const char *outcome;

		CHECK_FOR_INTERRUPTS();
		adoption->read = !glue_row_reader_next(&adoption->reader, &input,
											   &tags);
		if (adoption->read)
			break;
		context = AllocSetContextCreate(adoption->context, "glue_conn row",
										ALLOCSET_DEFAULT_SIZES);
		MemoryContextSwitchTo(context);
		row = palloc0(sizeof(AdoptedRow));
		row->context = context;
		outcome = begin_row(adoption, row, input, tags);
		if (outcome == NULL)
			return glue_operation_read(&row->operation,
									   GLUE_STEP_READ_EXISTING);
		glue_return_texts(adoption->fcinfo, row->operation.name, outcome);
		MemoryContextSwitchTo(adoption->context);
		MemoryContextDelete(context);
	}
	return NULL;
}

/*
 * Prepare to read the connection of a row, or return a row with the obstacle.
 */
static const char *
begin_row(Adoption *adoption, AdoptedRow *row, NullableDatum input,
		  NullableDatum tags)
{
	const GlueProvisions *provisions = &adoption->function.records.provisions;
	const GlueTarget *target = &adoption->function.access.target;
	GlueDefinition definition;
	GlueViolationList violations;
	GlueFindings findings = {glue_violations_add, &violations};
	const char *outcome;

	glue_violations_init(&violations);
	glue_check_definition(input, tags, adoption->arguments.catalog, &definition,
						  &findings);
	row->operation.name = definition.name;
	if (violations.nerrors > 0)
		return "invalid: see glue_validate_connection_input()";
	if (!is_first_of_name(adoption, definition.name))
		return "held by another row";
	adoption->held.name = definition.name;
	row->entry = glue_provision_find(provisions, &adoption->held);
	(void) glue_provision_look(provisions, row->entry, target,
							   definition.name, false, &row->owned);
	if (row->owned.owned)
		return row->owned.elsewhere ? "owned, but elsewhere" : "owned";
	fill_operation(adoption, row, &definition);
	outcome = claim_name(adoption, row);
	if (outcome != NULL && row->is_new)
		glue_provision_unclaim(provisions, row->entry);
	return outcome;
}

/* Make an empty table of names. */
static HTAB *
make_name_table(void)
{
	HASHCTL		control = {
		.keysize = sizeof(const char *),
		.entrysize = sizeof(const char *),
		.hash = hash_name,
		.match = match_names,
		.hcxt = CurrentMemoryContext,
	};

	return hash_create("glue_conn names of rows", 64, &control,
					   HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
}

static uint32
hash_name(const void *key, Size size)
{
	const char *name = *(const char *const *) key;

	return hash_bytes((const unsigned char *) name, strlen(name));
}

static int
match_names(const void *a, const void *b, Size size)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* Has no earlier row the same name? */
static bool
is_first_of_name(Adoption *adoption, const char *name)
{
	MemoryContext old_context = MemoryContextSwitchTo(adoption->context);
	bool		found;
	const char **seen = hash_search(adoption->seen, &name, HASH_ENTER, &found);

	if (!found)
		*seen = pstrdup(name);
	MemoryContextSwitchTo(old_context);
	return !found;
}

/*
 * Claim the name of a row that has none yet; or report why that is not
 * possible.
 */
static const char *
claim_name(Adoption *adoption, AdoptedRow *row)
{
	const GlueProvisions *provisions = &adoption->function.records.provisions;
	Oid			holder = glue_provision_holder(provisions, &adoption->held);

	if (row->entry == 0)
	{
		if (OidIsValid(holder) && get_rel_name(holder) != NULL)
			return psprintf("held by a row of table %s", get_rel_name(holder));
		row->entry = glue_provision_claim(provisions, &adoption->held);
		row->is_new = true;
	}
	(void) glue_provision_look(provisions, row->entry,
							   &adoption->function.access.target,
							   row->operation.name, false, &row->owned);
	if (glue_request_active_since(&adoption->queue, row->operation.name,
								  GetCurrentTimestamp()))
		return "pending: an earlier request for it has not ended";
	return NULL;
}

/* Fill in the operation for a connection, and lock its name. */
static void
fill_operation(Adoption *adoption, AdoptedRow *row,
			   const GlueDefinition *definition)
{
	GlueOperation *operation = &row->operation;
	GlueAccess *access = &adoption->function.access;
	GlueConnectionLock lock;

	glue_connection_lock_name(&lock, &access->target,
							  GLUE_GET_CONNECTION, definition->name,
							  ExclusiveLock, adoption->nlocked++);
	glue_connection_lock_take(&lock, 1);
	operation->kind = GLUE_OPERATION_CREATE;
	operation->on_conflict = GLUE_CONFLICT_ADOPT;
	operation->access = access;
	operation->input = definition->input;
	operation->shown = glue_without_secrets(definition->input);
	operation->tags = definition->tags;
	operation->is_first = true;
	operation->row = &row->owned;
	if (glue_record_find(&adoption->function.records, &access->target,
						 definition->name, &row->record))
		operation->record = &row->record;
	if (glue_digest_key_find(access->schema, true))
		glue_operation_digest(operation);
	if (definition->tags != NULL)
		operation->arn = glue_target_connection_arn(&access->target,
													definition->name);
}

/*
 * The done callback of a GlueCallStream: continue, or make the row own the
 * connection.
 */
static bool
note_end(void *arg, GlueCall *call)
{
	Adoption   *adoption = arg;
	AdoptedRow *row = (AdoptedRow *) ((char *) call -
									  offsetof(AdoptedRow, operation.call));
	MemoryContext old_context = MemoryContextSwitchTo(row->context);
	bool		again = glue_operation_next(&row->operation) != NULL;

	if (!again)
		glue_return_texts(adoption->fcinfo, row->operation.name,
						  end_row(adoption, row));
	MemoryContextSwitchTo(old_context);
	if (!again)
		MemoryContextDelete(row->context);
	return again;
}

/* A connection was read: make the row its owner, or give the name up again. */
static const char *
end_row(Adoption *adoption, AdoptedRow *row)
{
	const GlueProvisions *provisions = &adoption->function.records.provisions;
	const GlueOperation *operation = &row->operation;

	if (operation->failure != NULL)
	{
		if (row->is_new)
			glue_provision_unclaim(provisions, row->entry);
		return word_failure(operation);
	}
	glue_operation_record(operation, &adoption->function.records);
	glue_provision_own(provisions, row->entry, &operation->access->target,
					   operation->name, &operation->life, false);
	return "adopted";
}

/* The reason why a connection was not adopted. */
static const char *
word_failure(const GlueOperation *operation)
{
	const GlueFailure *failure = operation->failure;

	if (strcmp(failure->code, GLUE_EXCEPTION_ENTITY_NOT_FOUND) == 0)
		return "missing";
	if (operation->differences != NULL && operation->differences[0] != '\0')
		return psprintf("differs: %s", operation->differences);
	return psprintf("failed: %s: %s", failure->code, failure->detail);
}

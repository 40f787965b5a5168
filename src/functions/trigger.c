/*-------------------------------------------------------------------------
 *
 * trigger.c
 *	  The trigger that provisions a connection for each row of a table.
 *
 * A row has the definition of a connection.  The trigger compares the old and
 * the new row, and makes the requests for the difference, in the transaction
 * of the row.  The queue processes carry them out after commit, in the order
 * in which they were made.
 *
 *		before				now					requests		names
 *		------				---					--------		-----
 *		nothing				a connection		create it		claimed
 *		a connection		the same			none
 *		a connection		defined anew		update it
 *		a connection		another name		delete the one,	released,
 *												create the other claimed
 *		a connection		nothing				delete it		released
 *
 * With on_delete=keep, the deletion is replaced by a request that sends
 * nothing: the earlier requests have ended by then, so it is known which
 * connection is kept.
 *
 * An invalid input is refused, with the error of the function that would send
 * it at once.  From the old row, only the name is used: if it is not a valid
 * name, there is no connection.
 *
 * A row claims the name of its connection, so that no other row can have it,
 * and owns the connection that is created or adopted for it: see
 * store/provision.c.  Requests name their entry, and update and delete only
 * the connection that the entry owns.  A row without an entry, written before
 * the trigger was created, gets one when it is updated, and makes no request
 * when it is deleted.
 *
 * Requests belong to the role that changes the row.
 *
 * IDENTIFICATION
 *	  src/functions/trigger.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "access/htup_details.h"
#include "client/account.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "functions/function.h"
#include "functions/row_move.h"
#include "glue/operation_name.h"
#include "miscadmin.h"
#include "queue/enqueue.h"
#include "server/builtins.h"
#include "server/secret_memory.h"
#include "store/open_table.h"
#include "store/provision.h"
#include "store/request_row.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* The state for all rows of a statement. */
typedef struct Provision
{
	GlueTriggerArguments arguments;
	Oid			holder;			/* the table that holds the claims of rows */
	Oid			user;			/* the role of this target; invalid at first */
	GlueTarget	found;			/* of which only the destination is kept */
	GlueRequest target;			/* identifies the connections, but for their
								 * name */
} Provision;

/* The definition in a row. */
typedef struct ProvisionRow
{
	NullableDatum input;
	NullableDatum tags;
} ProvisionRow;

/* One row for which the trigger is fired. */
typedef struct Firing
{
	GlueFunction function;
	TriggerData *trigger;
	Provision  *provision;
	GlueProvisions provisions;	/* open after hold_name() ... */
	GlueProvisionName held;		/* ... and the name that a row holds or
								 * releases */
} Firing;

/* prototypes of private functions */
static TriggerData *trigger_data(FunctionCallInfo fcinfo);
static void add_context(void *arg);
static Provision *find_provision(FunctionCallInfo fcinfo);
static void find_target(Firing *firing);
static void table_truncated(Firing *firing);
static void row_inserted(Firing *firing, HeapTuple tuple);
static void row_updated(Firing *firing, HeapTuple old_tuple,
						HeapTuple new_tuple);
static void row_deleted(Firing *firing, HeapTuple tuple);
static void get_row(const Firing *firing, HeapTuple tuple, ProvisionRow *row);
static bool same_row(const ProvisionRow *a, const ProvisionRow *b);
static bool same_jsonb(NullableDatum a, NullableDatum b);
static void digest_row(const ProvisionRow *row, unsigned char *digest);
static void digest_jsonb(NullableDatum value, unsigned char *digest);
static const char *name_of(Firing *firing, const ProvisionRow *row);
static void check_row(Firing *firing, const ProvisionRow *row,
					  GlueDefinition *definition);
static void hold_name(Firing *firing, const char *name);
static void provide(Firing *firing, const char *operation,
					const GlueDefinition *definition);
static int64 release(Firing *firing, const char *name, int64 *request);
static int64 enqueue_end(Firing *firing, int64 provision, const char *name);
static int64 enqueue(Firing *firing, const char *operation, int64 provision,
					 const char *name, const GlueDefinition *definition);

PG_FUNCTION_INFO_V1(glue_provision_connection);

/*
 * glue_provision_connection() returns trigger
 */
Datum
glue_provision_connection(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo);
	Firing		firing = {.trigger = trigger};
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = add_context,
		.arg = &firing,
	};

	error_context_stack = &context;
	glue_function_begin(&firing.function, fcinfo, GLUE_FUNCTION_WRITES);
	firing.provision = find_provision(fcinfo);
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		row_inserted(&firing, trigger->tg_trigtuple);
	else if (TRIGGER_FIRED_BY_UPDATE(trigger->tg_event))
		row_updated(&firing, trigger->tg_trigtuple, trigger->tg_newtuple);
	else if (TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event))
		table_truncated(&firing);
	else
		row_deleted(&firing, trigger->tg_trigtuple);
	glue_function_end(&firing.function);
	error_context_stack = context.previous;
	return PointerGetDatum(NULL);
}

/* Check the context of the call. */
static TriggerData *
trigger_data(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be called as a trigger",
						"glue_provision_connection()")));
	if (!TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		(!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) &&
		 !TRIGGER_FIRED_BY_TRUNCATE(trigger->tg_event)))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("%s must be fired AFTER a change and FOR EACH ROW",
						"glue_provision_connection()"),
				 errhint("Create the trigger with AFTER INSERT OR UPDATE OR DELETE ... FOR EACH ROW, and another one with AFTER TRUNCATE ... FOR EACH STATEMENT.")));
	return trigger;
}

/* An error context callback that names the table. */
static void
add_context(void *arg)
{
	const Firing *firing = arg;

	errcontext("trigger \"%s\" on table \"%s\"",
			   firing->trigger->tg_trigger->tgname,
			   RelationGetRelationName(firing->trigger->tg_relation));
}

/* The state for all rows of the statement. */
static Provision *
find_provision(FunctionCallInfo fcinfo)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	Provision  *provision = fcinfo->flinfo->fn_extra;
	MemoryContext old_context;

	if (provision != NULL)
		return provision;
	old_context = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	provision = palloc0(sizeof(Provision));
	glue_trigger_arguments(trigger->tg_trigger, trigger->tg_relation,
						   &provision->arguments);
	provision->holder = glue_trigger_holder(trigger->tg_trigger,
											trigger->tg_relation);
	MemoryContextSwitchTo(old_context);
	glue_open_tables_keep(fcinfo->flinfo->fn_mcxt);
	fcinfo->flinfo->fn_extra = provision;
	return provision;
}

/*
 * Find the target of the connections, once for all rows that the same role
 * changes.
 */
static void
find_target(Firing *firing)
{
	Provision  *provision = firing->provision;
	GlueTarget *target = &firing->function.access.target;
	MemoryContext old_context;

	if (provision->user != GetUserId())
	{
		glue_target_resolve(target, provision->arguments.server,
							provision->arguments.catalog_id, NULL);
		glue_account_peek(&firing->function.access);
		old_context = MemoryContextSwitchTo(GetMemoryChunkContext(provision));
		provision->found = *target;
		provision->found.server = provision->arguments.server;
		provision->found.catalog_id = target->catalog_id != NULL ?
			pstrdup(target->catalog_id) : NULL;
		provision->found.account_id = target->account_id != NULL ?
			pstrdup(target->account_id) : NULL;
		provision->found.catalog = provision->found.catalog_id != NULL ?
			provision->found.catalog_id : provision->found.account_id;
		MemoryContextSwitchTo(old_context);
		glue_request_set_target(&provision->target, &provision->found);
		provision->user = GetUserId();
	}
	*target = provision->found;
}

/* ----------------------------------------------------------------
 * Changes of rows
 * ----------------------------------------------------------------
 */

/* A row that was moved here is treated like an update. */
static void
row_inserted(Firing *firing, HeapTuple tuple)
{
	ProvisionRow row;
	GlueDefinition definition;
	GlueRequest target;
	GlueRowMove move;
	unsigned char digest[GLUE_ROW_DIGEST_SIZE];

	get_row(firing, tuple, &row);
	if (row.input.isnull)
		return;
	check_row(firing, &row, &definition);
	target = firing->provision->target;
	target.name = definition.name;
	if (!glue_row_move_end(firing->trigger->tg_relation, tuple,
						   firing->provision->holder, &target, &move))
	{
		provide(firing, GLUE_CREATE_CONNECTION, &definition);
		return;
	}
	glue_withdraw(&firing->function.access, move.request);
	hold_name(firing, definition.name);
	if (move.provision != 0)
		glue_provision_hold_again(&firing->provisions, move.provision);
	digest_row(&row, digest);
	if (memcmp(digest, move.digest, GLUE_ROW_DIGEST_SIZE) != 0)
		provide(firing, GLUE_UPDATE_CONNECTION, &definition);
}

static void
row_updated(Firing *firing, HeapTuple old_tuple, HeapTuple new_tuple)
{
	ProvisionRow old_row;
	ProvisionRow new_row;
	GlueDefinition definition = {0};
	const char *old_name;

	get_row(firing, old_tuple, &old_row);
	get_row(firing, new_tuple, &new_row);
	if (same_row(&old_row, &new_row))
		return;
	if (!new_row.input.isnull)
		check_row(firing, &new_row, &definition);

	old_name = name_of(firing, &old_row);
	if (old_name != NULL && definition.name != NULL &&
		strcmp(old_name, definition.name) == 0)
	{
		provide(firing, GLUE_UPDATE_CONNECTION, &definition);
		return;
	}
	if (old_name != NULL)
		(void) release(firing, old_name, NULL);
	if (!new_row.input.isnull)
		provide(firing, GLUE_CREATE_CONNECTION, &definition);
}

/*
 * If the row was moved to another partition, the insertion there takes the
 * deletion back; the entry exists until then, even with on_delete=keep.
 */
static void
row_deleted(Firing *firing, HeapTuple tuple)
{
	ProvisionRow row;
	GlueRequest target;
	GlueRowMove move = {.request = 0};
	const char *name;

	get_row(firing, tuple, &row);
	name = name_of(firing, &row);
	if (name == NULL)
		return;
	if (!glue_row_moves_out(firing->trigger->tg_relation, tuple))
	{
		(void) release(firing, name, NULL);
		return;
	}
	move.provision = release(firing, name, &move.request);
	target = firing->provision->target;
	target.name = name;
	digest_row(&row, move.digest);
	glue_row_move_begin(tuple, firing->provision->holder, &target, &move);
}

/* All rows of the table were deleted. */
static void
table_truncated(Firing *firing)
{
	MemoryContext context;
	MemoryContext old_context;
	List	   *entries;
	ListCell   *cell;

	hold_name(firing, NULL);
	entries = glue_provision_release_all(&firing->provisions, &firing->held);
	context = AllocSetContextCreate(CurrentMemoryContext, "glue_conn row",
									ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	foreach(cell, entries)
	{
		const GlueProvisionEntry *entry = lfirst(cell);

		(void) enqueue_end(firing, entry->id, entry->name);
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* ----------------------------------------------------------------
 * Requests ----------------------------------------------------------------
 */

/* Prepare to claim or release a name. */
static void
hold_name(Firing *firing, const char *name)
{
	const Provision *provision = firing->provision;
	GlueProvisionName *held = &firing->held;

	find_target(firing);
	glue_provisions_open(&firing->provisions, firing->function.access.schema);
	held->relation = provision->holder;
	held->server = provision->target.server;
	held->region = provision->target.region;
	held->catalog_id = provision->arguments.catalog_id;
	held->name = name;
}

/*
 * A row has a connection that it did not have before, or its definition has
 * changed.  Before an update, the row may have no entry so far.
 */
static void
provide(Firing *firing, const char *operation, const GlueDefinition *definition)
{
	int64		entry = 0;

	hold_name(firing, definition->name);
	if (strcmp(operation, GLUE_UPDATE_CONNECTION) == 0)
		entry = glue_provision_find(&firing->provisions, &firing->held);
	if (entry == 0)
		entry = glue_provision_claim(&firing->provisions, &firing->held);
	(void) enqueue(firing, operation, entry, definition->name, definition);
}

/*
 * A row does not have its connection any more; returns its entry, or 0 if it
 * had none.  If request is not NULL, the row may hold the name again later;
 * *request is set to the request that was made, or 0.
 */
static int64
release(Firing *firing, const char *name, int64 *request)
{
	int64		made = 0;
	int64		entry;

	hold_name(firing, name);
	entry = glue_provision_release(&firing->provisions, &firing->held);
	if (entry != 0)
		made = enqueue_end(firing, entry, name);
	if (request != NULL)
		*request = made;
	return entry;
}

/*
 * An entry was released: make the request that deletes or keeps its
 * connection.
 */
static int64
enqueue_end(Firing *firing, int64 provision, const char *name)
{
	return enqueue(firing, firing->provision->arguments.keeps ?
				   GLUE_REQUEST_RELEASE : GLUE_DELETE_CONNECTION, provision, name,
				   NULL);
}

/* Make a request; definition is NULL if it ends an entry. */
static int64
enqueue(Firing *firing, const char *operation, int64 provision,
		const char *name, const GlueDefinition *definition)
{
	GlueRequest request = firing->provision->target;

	request.operation = operation;
	request.provision_id = provision;
	request.name = name;
	if (definition == NULL)
		request.on_missing = "ignore";
	else
	{
		request.input = definition->input;
		request.given = definition->given;
		request.tags = definition->tags;
		request.on_conflict = firing->provision->arguments.on_conflict;
		if (strcmp(operation, GLUE_UPDATE_CONNECTION) == 0)
			request.on_missing = "create";
	}
	return glue_enqueue(&firing->function.access, &request);
}

/* ----------------------------------------------------------------
 * Rows
 * ----------------------------------------------------------------
 */

static void
get_row(const Firing *firing, HeapTuple tuple, ProvisionRow *row)
{
	const GlueTriggerArguments *arguments = &firing->provision->arguments;
	TupleDesc	desc = RelationGetDescr(firing->trigger->tg_relation);

	memset(row, 0, sizeof(ProvisionRow));
	row->input.value = heap_getattr(tuple, arguments->input_column, desc,
									&row->input.isnull);
	row->tags.isnull = true;
	if (arguments->tags_column != 0)
		row->tags.value = heap_getattr(tuple, arguments->tags_column, desc,
									   &row->tags.isnull);
}

/*
 * Do two rows have the same definition?  Without a connection, tags are
 * ignored.
 */
static bool
same_row(const ProvisionRow *a, const ProvisionRow *b)
{
	if (a->input.isnull && b->input.isnull)
		return true;
	return same_jsonb(a->input, b->input) && same_jsonb(a->tags, b->tags);
}

static bool
same_jsonb(NullableDatum a, NullableDatum b)
{
	Jsonb	   *jsonb_a;
	Jsonb	   *jsonb_b;
	bool		same;

	if (a.isnull || b.isnull)
		return a.isnull == b.isnull;
	jsonb_a = DatumGetJsonbP(a.value);
	jsonb_b = DatumGetJsonbP(b.value);
	same = VARSIZE(jsonb_a) == VARSIZE(jsonb_b) &&
		memcmp(VARDATA(jsonb_a), VARDATA(jsonb_b),
			   VARSIZE(jsonb_a) - VARHDRSZ) == 0;
	glue_free_copy(jsonb_a, a.value);
	glue_free_copy(jsonb_b, b.value);
	return same;
}

/* A digest of the definition in a row. */
static void
digest_row(const ProvisionRow *row, unsigned char *digest)
{
	digest_jsonb(row->input, digest);
	digest_jsonb(row->tags, digest + GLUE_ROW_DIGEST_SIZE / 2);
}

/* The half of it for one column: zeros for null. */
static void
digest_jsonb(NullableDatum value, unsigned char *digest)
{
	Jsonb	   *jsonb;
	bool		done;

	memset(digest, 0, GLUE_ROW_DIGEST_SIZE / 2);
	if (value.isnull)
		return;
	jsonb = DatumGetJsonbP(value.value);
	done = EVP_Digest(VARDATA(jsonb), VARSIZE(jsonb) - VARHDRSZ, digest, NULL,
					  EVP_sha256(), NULL);
	glue_free_copy(jsonb, value.value);
	if (!done)
		glue_raise_out_of_memory();
}

/* The name of a row's connection; NULL if there is no valid name. */
static const char *
name_of(Firing *firing, const ProvisionRow *row)
{
	GlueViolationList violations;
	GlueFindings findings = {glue_violations_add, &violations};
	Jsonb	   *input;
	JsonbValue	value;
	const char *name = NULL;

	if (row->input.isnull)
		return NULL;
	glue_violations_init(&violations);
	input = DatumGetJsonbP(row->input.value);
	if (JB_ROOT_IS_OBJECT(input) &&
		getKeyJsonValueFromContainer(&input->root, "Name", strlen("Name"),
									 &value) != NULL &&
		value.type == jbvString)
	{
		text	   *given = cstring_to_text_with_len(value.val.string.val,
													 value.val.string.len);
		NullableDatum argument = {PointerGetDatum(given)};

		name = glue_argument_name(argument, "$.Name", &findings);
	}
	glue_free_copy(input, row->input.value);
	return violations.nerrors == 0 ? name : NULL;
}

/* Check the definition in a row, as the functions check their arguments. */
static void
check_row(Firing *firing, const ProvisionRow *row, GlueDefinition *definition)
{
	glue_function_definition(&firing->function, row->input, row->tags,
							 firing->provision->arguments.catalog, definition);
	find_target(firing);
}

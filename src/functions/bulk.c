/*-------------------------------------------------------------------------
 *
 * bulk.c
 *	  The SQL function that creates many connections at once.
 *
 * All inputs are checked before the first call is made.  Then the calls are
 * made concurrently, each connection is recorded as soon as AWS Glue has
 * answered, and the result has a row for each: a failure of one does not
 * affect the others.
 *
 * An input is parsed once for the check, and again when its intent is written,
 * so that memory is needed only for some inputs at a time.
 *
 * IDENTIFICATION
 *	  src/functions/bulk.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/client.h"
#include "fmgr.h"
#include "funcapi.h"
#include "functions/function.h"
#include "glue/normalize.h"
#include "glue/operation_name.h"
#include "glue/redact.h"
#include "lib/ilist.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/progress.h"
#include "server/redacted.h"
#include "server/secret_memory.h"
#include "server/settings.h"
#include "store/digest_key.h"
#include "utils/array.h"
#include "utils/memutils.h"

/*
 * Inputs whose intents are posted together: more than run concurrently, so that
 * there is always a next call, and few enough for a short wait.
 */
#define INTENT_BATCH		256

/* The outcome of an input.  All text is UTF-8. */
typedef struct BulkOutcome
{
	const char *name;
	const char *status;			/* NULL if not known */
	const char *error_code;		/* NULL if there was no error */
	const char *error_message;
} BulkOutcome;

/* One execution of the function. */
typedef struct Bulk
{
	GlueFunction function;
	GlueConflictAction on_conflict;
	int			count;
	Datum	   *inputs;			/* jsonb */
	bool	   *nulls;
	NullableDatum tags;			/* jsonb */
	int			nprepared;
	BulkOutcome *outcomes;
	dlist_head	ready;			/* items whose intents were written */
} Bulk;

/* A connection that is being created. */
typedef struct BulkItem
{
	GlueImmediateOperation create;	/* MUST BE FIRST */
	MemoryContext context;		/* of all objects for it */
	BulkOutcome *outcome;		/* of its input */
	dlist_node	node;
} BulkItem;

/* The destination of the violations of one input. */
typedef struct InputSink
{
	GlueViolationList *violations;
	int			index;
} InputSink;

/* prototypes of private functions */
static void read_inputs(Bulk *bulk, NullableDatum argument);
static ArrayType *get_secret_array(Datum datum);
static void check_input(Bulk *bulk, int index);
static void add_input_violation(void *arg, const GlueViolation *violation);
static void refuse_duplicates(Bulk *bulk);
static void write_some_intents(Bulk *bulk);
static BulkItem *prepare_item(const Bulk *bulk, int index);
static GlueCall *next_call(void *arg);
static bool note_end(void *arg, GlueCall *call);

PG_FUNCTION_INFO_V1(glue_create_connections);

/*
 * glue_create_connections(connection_inputs jsonb[], tags jsonb,
 *						   catalog_id text, server name, on_conflict text)
 * returns table (ordinal integer, name text, status text, error_code text,
 *				  error_message text)
 */
Datum
glue_create_connections(PG_FUNCTION_ARGS)
{
	Bulk		bulk = {0};
	GlueFunction *function = &bulk.function;
	GlueCallStream stream = {
		.next = next_call,
		.done = note_end,
		.arg = &bulk,
	};
	const char *catalog_id;

	InitMaterializedSRF(fcinfo, 0);
	glue_function_begin(function, fcinfo, GLUE_FUNCTION_WRITES);
	dlist_init(&bulk.ready);
	bulk.on_conflict = glue_argument_on_conflict(fcinfo->args[4]);
	read_inputs(&bulk, fcinfo->args[0]);
	bulk.tags = fcinfo->args[1];
	glue_argument_tags(bulk.tags, false, &function->findings);
	catalog_id = glue_argument_catalog_id(fcinfo->args[2],
										  &function->findings);
	glue_violations_report(&function->violations, "list of connection inputs",
						   GLUE_HINT_NOTHING_SENT);
	if (bulk.count > 0)
	{
		glue_function_connect(function, catalog_id, fcinfo->args[3]);
		glue_function_open(function);
		glue_progress_begin_function("bulk", function->context);
		glue_progress_phase("creating", bulk.count);
		glue_client_run_stream(&stream,
							   glue_setting_max_concurrent_requests);
	}
	for (int i = 0; i < bulk.count; i++)
	{
		const BulkOutcome *outcome = &bulk.outcomes[i];
		NullableDatum row[] = {
			{Int32GetDatum(i + 1)}, glue_text(outcome->name),
			glue_text(outcome->status), glue_text(outcome->error_code),
			glue_text(outcome->error_message)
		};

		glue_return_row(fcinfo, row);
	}
	glue_function_end(function);
	return (Datum) 0;
}

/* ----------------------------------------------------------------
 * Arguments
 * ----------------------------------------------------------------
 */

/* Get and check the inputs, but not the other arguments. */
static void
read_inputs(Bulk *bulk, NullableDatum argument)
{
	if (!glue_argument_given(argument, "$", &bulk->function.findings))
		return;
	deconstruct_array(get_secret_array(argument.value), JSONBOID, -1, false,
					  TYPALIGN_INT, &bulk->inputs, &bulk->nulls, &bulk->count);
	bulk->outcomes = palloc0(bulk->count * sizeof(BulkOutcome));
	for (int i = 0; i < bulk->count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		check_input(bulk, i);
	}
	refuse_duplicates(bulk);
}

/*
 * Get an array argument that holds secrets: a copy made by detoasting is
 * cleared with the current memory context.
 */
static ArrayType *
get_secret_array(Datum datum)
{
	ArrayType  *array = DatumGetArrayTypeP(datum);
	Size		size = VARSIZE(array);
	void	   *copy;

	if ((Pointer) array == DatumGetPointer(datum))
		return array;
	copy = memcpy(glue_secret_alloc(size), array, size);
	glue_free_copy(array, datum);
	return copy;
}

/* Check an input, and remember its name. */
static void
check_input(Bulk *bulk, int index)
{
	GlueFunction *function = &bulk->function;
	InputSink	sink = {&function->violations, index};
	GlueFindings findings = {add_input_violation, &sink};
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn input",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	NullableDatum argument = {bulk->inputs[index], bulk->nulls[index]};
	json_object *input = NULL;
	json_object *name;

	if (glue_argument_given(argument, "$", &findings) &&
		glue_argument_tree(argument, &input, &findings))
		(void) glue_check_input(input, &findings);
	name = json_object_object_get(input, "Name");
	if (json_object_is_type(name, json_type_string))
		bulk->outcomes[index].name =
			MemoryContextStrdup(old_context, json_object_get_string(name));
	if (function->violations.nerrors == 0 && glue_redact_has_secret(input))
		(void) glue_digest_key_find(function->access.schema, false);

	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* A GlueViolationSink: report the number of the input, too. */
static void
add_input_violation(void *arg, const GlueViolation *violation)
{
	InputSink  *sink = arg;
	GlueViolation placed = *violation;

	/* the root is "$" */
	placed.path = psprintf("$[%d]%s", sink->index, violation->path + 1);
	glue_violations_add(sink->violations, &placed);
}

/*
 * Two inputs must not have the same name: their calls run concurrently, so
 * either could be first.
 */
static void
refuse_duplicates(Bulk *bulk)
{
	const char **names = palloc(bulk->count * sizeof(char *));
	const int  *first;

	for (int i = 0; i < bulk->count; i++)
		names[i] = bulk->outcomes[i].name;
	first = glue_first_of_names(names, bulk->count);
	for (int i = 0; i < bulk->count; i++)
	{
		InputSink	sink = {&bulk->function.violations, i};
		GlueFindings findings = {add_input_violation, &sink};

		if (first[i] != i)
			glue_add_error(&findings, "$.Name", GLUE_RULE_PROPERTY_VALUE,
						   psprintf("must not be the same as $[%d].Name",
									first[i]));
	}
}

/* ----------------------------------------------------------------
 * Calls
 * ----------------------------------------------------------------
 */

/* Prepare the next inputs, and write their intents: then their calls can be made. */
static void
write_some_intents(Bulk *bulk)
{
	int			n = Min(bulk->count - bulk->nprepared, INTENT_BATCH);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn intents",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	BulkItem  **items = palloc(n * sizeof(BulkItem *));
	GlueRequest *requests = palloc0(n * sizeof(GlueRequest));
	GlueIntent **intents = palloc(n * sizeof(GlueIntent *));

	for (int i = 0; i < n; i++)
	{
		items[i] = prepare_item(bulk, bulk->nprepared++);
		requests[i].operation = GLUE_CREATE_CONNECTION;
		requests[i].name = items[i]->create.operation.name;
		requests[i].shown = items[i]->create.operation.shown;
		requests[i].tags = items[i]->create.operation.tags;
		requests[i].on_conflict = glue_conflict_action_name(bulk->on_conflict);
	}
	glue_intents_write(&bulk->function.intents, requests, n, intents);
	for (int i = 0; i < n; i++)
	{
		items[i]->create.intent = intents[i];
		dlist_push_tail(&bulk->ready, &items[i]->node);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

/* Prepare to create a connection: parse its checked input and the tags again. */
static BulkItem *
prepare_item(const Bulk *bulk, int index)
{
	MemoryContext context = AllocSetContextCreate(bulk->function.context,
												  "glue_conn item",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	BulkItem   *item = palloc(sizeof(BulkItem));
	GlueOperation *operation = &item->create.operation;
	NullableDatum argument = {bulk->inputs[index], bulk->nulls[index]};

	item->context = context;
	item->outcome = &bulk->outcomes[index];
	glue_immediate_operation_init(&item->create, GLUE_OPERATION_CREATE,
								  &bulk->function.intents,
								  &bulk->function.records,
								  item->outcome->name);
	item->create.one_of_many = true;
	operation->on_conflict = bulk->on_conflict;
	(void) glue_argument_tree(argument, &operation->input, NULL);
	(void) glue_normalize_connection_input(operation->input);
	if (bulk->function.intents.written)
		operation->shown = glue_without_secrets(operation->input);
	(void) glue_argument_tree(bulk->tags, &operation->tags, NULL);
	if (operation->tags != NULL)
		glue_normalize("TagsMap", operation->tags);
	MemoryContextSwitchTo(old_context);
	return item;
}

/* The next callback of a GlueCallStream. */
static GlueCall *
next_call(void *arg)
{
	Bulk	   *bulk = arg;
	BulkItem   *item;

	if (dlist_is_empty(&bulk->ready))
	{
		if (bulk->nprepared == bulk->count)
			return NULL;
		write_some_intents(bulk);
	}
	item = dlist_container(BulkItem, node, dlist_pop_head_node(&bulk->ready));
	MemoryContextSwitchTo(item->context);
	return glue_immediate_operation_begin(&item->create);
}

/*
 * The done callback of a GlueCallStream: continue, or record the outcome of
 * the input.
 */
static bool
note_end(void *arg, GlueCall *call)
{
	const Bulk *bulk = arg;
	BulkItem   *item = (BulkItem *) ((char *) call -
									 offsetof(BulkItem, create.operation.call));
	BulkOutcome *outcome = item->outcome;
	const GlueFailure *failure;
	MemoryContext old_context = MemoryContextSwitchTo(item->context);
	bool		again = glue_immediate_operation_next(&item->create) != NULL;
	bool		succeeded = !again && glue_immediate_operation_end(&item->create);

	MemoryContextSwitchTo(old_context);
	if (again)
		return true;
	glue_progress_add(1);
	failure = item->create.operation.failure;
	if (!succeeded)
	{
		outcome->error_code = pstrdup(failure->code);
		outcome->error_message = psprintf("%s: %s", failure->message,
										  failure->detail);
		glue_intent_finish_failed(&bulk->function.intents, item->create.intent,
								  outcome->error_code, outcome->error_message,
								  failure->request_id);
	}
	else if (item->create.operation.status != NULL)
		outcome->status = pstrdup(item->create.operation.status);
	MemoryContextDelete(item->context);
	return false;
}

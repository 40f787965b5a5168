/*-------------------------------------------------------------------------
 *
 * open_lists.c
 *	  Lists that are read while the statement may change connections.
 *
 * A list is read page by page as its entries are needed.  Between two pages,
 * the same statement, or another one if a cursor reads the list, can change
 * the contents of later pages.  A statement that copies each connection of a
 * list would copy the copies, too.
 *
 * So the backend tracks the lists of connections that it is reading.  Before
 * it changes something, it reads those of that catalog to their ends.  The
 * entries read ahead, without secrets, are kept in a tuplestore.  A statement
 * that changes nothing has no extra cost.
 *
 * A list can outlive the function that has it read ahead, and its
 * subtransaction.  So its data belong to its own memory context and to the
 * resource owner of its portal.  When either is released, the list is
 * forgotten.
 *
 * A cursor WITH HOLD is read to its end by PostgreSQL before its transaction
 * commits, and so before a queued request of it can be carried out.
 *
 * IDENTIFICATION
 *	  src/client/open_lists.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "client/open_lists.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/jsonb_tree.h"
#include "server/redacted.h"
#include "utils/memutils.h"

/* prototypes of private functions */
static void forget(void *arg);
static void forget_lists_of_owner(ResourceReleasePhase phase, bool is_commit,
								  bool is_top_level, void *arg);
static json_object *read_entry(GlueOpenList *list);
static bool may_be_same(const GlueTarget *a, const GlueTarget *b);
static void add_context(void *arg);
static void read_ahead(GlueOpenList *list);
static void begin_ahead(GlueOpenList *list);
static void add_ahead(GlueOpenList *list, Datum entry);
static bool take_ahead(GlueOpenList *list, Datum *entry);
static void end_ahead(GlueOpenList *list);
static void at_shutdown(Datum list);

/* The tracked lists. */
static dlist_head open_lists = DLIST_STATIC_INIT(open_lists);

/*
 * Begin to read a list.  If it is tracked, it will not show later changes of
 * this backend.
 */
void
glue_open_list_begin(GlueOpenList *list, ExprContext *executor, bool tracked)
{
	static bool registered = false;

	Assert(list->context != NULL && list->target != NULL);
	if (!tracked)
		return;
	if (!registered)
		RegisterResourceReleaseCallback(forget_lists_of_owner, NULL);
	registered = true;

	list->executor = executor;
	list->owner = CurrentResourceOwner;
	list->at_end.func = forget;
	list->at_end.arg = list;
	MemoryContextRegisterResetCallback(list->context, &list->at_end);
	dlist_push_tail(&open_lists, &list->node);
	list->tracked = true;
}

/* A MemoryContextCallbackFunction */
static void
forget(void *arg)
{
	GlueOpenList *list = arg;

	if (list->tracked)
		dlist_delete(&list->node);
	list->tracked = false;
}

/* A ResourceReleaseCallback */
static void
forget_lists_of_owner(ResourceReleasePhase phase, bool is_commit,
					  bool is_top_level, void *arg)
{
	dlist_mutable_iter iter;

	dlist_foreach_modify(iter, &open_lists)
	{
		GlueOpenList *list = dlist_container(GlueOpenList, node, iter.cur);

		if (list->owner == CurrentResourceOwner)
			forget(list);
	}
}

/*
 * Read the next entry as jsonb, without secrets; false after the last one.
 */
bool
glue_open_list_next(GlueOpenList *list, Datum *entry)
{
	json_object *tree;

	if (list->ahead != NULL)
	{
		if (take_ahead(list, entry))
			return true;
		end_ahead(list);
	}
	tree = read_entry(list);
	if (tree == NULL)
		return false;
	*entry = JsonbPGetDatum(glue_jsonb_from_tree(tree));
	list->entry = NULL;
	return true;
}

/*
 * Read the next entry of the pages.  The same entry is returned until it was
 * delivered, because delivery may fail.
 */
static json_object *
read_entry(GlueOpenList *list)
{
	MemoryContext old_context = MemoryContextSwitchTo(list->context);

	if (list->entry == NULL)
		list->entry = glue_pages_next(&list->pages);
	glue_redact_or_fail(list->entry);
	MemoryContextSwitchTo(old_context);
	return list->entry;
}

/* ----------------------------------------------------------------
 * Reading ahead
 * ----------------------------------------------------------------
 */

/*
 * Read all lists that could show a change to their ends, before the change is
 * sent.  If that fails, nothing may be sent.
 */
void
glue_open_lists_read(const GlueTarget *target)
{
	ErrorContextCallback context = {
		.previous = error_context_stack,
		.callback = add_context,
	};
	dlist_iter	iter;

	error_context_stack = &context;
	dlist_foreach(iter, &open_lists)
	{
		GlueOpenList *list = dlist_container(GlueOpenList, node, iter.cur);

		if (!list->damaged && may_be_same(list->target, target))
			read_ahead(list);
	}
	error_context_stack = context.previous;
}

/*
 * Can two targets have the same connections?  The account of a list's catalog
 * may be unknown.
 */
static bool
may_be_same(const GlueTarget *a, const GlueTarget *b)
{
	return strcmp(a->endpoint.origin, b->endpoint.origin) == 0 &&
		strcmp(a->endpoint.region, b->endpoint.region) == 0 &&
		(a->catalog == NULL || b->catalog == NULL ||
		 strcmp(a->catalog, b->catalog) == 0);
}

/* An error context callback */
static void
add_context(void *arg)
{
	errcontext("reading open lists of connections to their end, before a change is sent");
}

static void
read_ahead(GlueOpenList *list)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn entry",
												  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	json_object *tree;

	while ((tree = read_entry(list)) != NULL)
	{
		add_ahead(list, JsonbPGetDatum(glue_jsonb_from_tree(tree)));
		list->entry = NULL;
		MemoryContextReset(context);
	}
	MemoryContextSwitchTo(old_context);
	MemoryContextDelete(context);
}

static void
begin_ahead(GlueOpenList *list)
{
	ResourceOwner old_owner = CurrentResourceOwner;
	MemoryContext old_context = MemoryContextSwitchTo(list->context);
	TupleDesc	desc = CreateTemplateTupleDesc(1);

	TupleDescInitEntry(desc, 1, "entry", JSONBOID, -1, 0);
	TupleDescFinalize(desc);
	list->slot = MakeSingleTupleTableSlot(desc, &TTSOpsMinimalTuple);

	CurrentResourceOwner = list->owner;
	list->ahead = tuplestore_begin_heap(false, false, work_mem);
	CurrentResourceOwner = old_owner;
	RegisterExprContextCallback(list->executor, at_shutdown,
								PointerGetDatum(list));
	MemoryContextSwitchTo(old_context);
}

/* After an error, the contents of the store are undefined. */
static void
add_ahead(GlueOpenList *list, Datum entry)
{
	bool		is_null = false;

	if (list->ahead == NULL)
		begin_ahead(list);
	list->damaged = true;
	tuplestore_putvalues(list->ahead, list->slot->tts_tupleDescriptor, &entry,
						 &is_null);
	list->damaged = false;
}

/* Take the next entry that was read ahead; false if there is none. */
static bool
take_ahead(GlueOpenList *list, Datum *entry)
{
	MemoryContext old_context;
	bool		is_null;
	bool		found;

	if (list->damaged)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("list of connections cannot be read to its end"),
				 errdetail("The rest of the list had to be stored before a change, and that has failed.")));

	/*
	 * a tuple from a file is valid only until the next call
	 */
	old_context = MemoryContextSwitchTo(list->context);
	found = tuplestore_gettupleslot(list->ahead, true, false, list->slot);
	MemoryContextSwitchTo(old_context);
	if (!found)
		return false;
	*entry = PointerGetDatum(PG_DETOAST_DATUM_COPY(slot_getattr(list->slot, 1,
																&is_null)));
	return true;
}

static void
end_ahead(GlueOpenList *list)
{
	UnregisterExprContextCallback(list->executor, at_shutdown,
								  PointerGetDatum(list));
	ExecDropSingleTupleTableSlot(list->slot);
	tuplestore_end(list->ahead);
	list->ahead = NULL;
}

/*
 * An ExprContextCallbackFunction: the list is not read further.  After an
 * error it is not called, and the resource owner closes the file.
 */
static void
at_shutdown(Datum list)
{
	end_ahead((GlueOpenList *) DatumGetPointer(list));
}

/*-------------------------------------------------------------------------
 *
 * names.c
 *	  A list of names that may be larger than memory.
 *
 * A catalog can have very many connections.  Their names are kept in a
 * tuplestore, which spills to disk beyond work_mem, and which a statement can
 * read like a table.
 *
 * IDENTIFICATION
 *	  src/store/names.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tupdesc.h"
#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/encoding.h"
#include "store/names.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

struct GlueNameStore
{
	MemoryContext context;		/* of the name that was read last */
	TupleDesc	desc;
	TupleTableSlot *slot;
	Tuplestorestate *tuples;
};

/* Make an empty list, which belongs to the current memory context. */
GlueNameStore *
glue_name_store_new(void)
{
	GlueNameStore *store = palloc(sizeof(GlueNameStore));

	store->context = AllocSetContextCreate(CurrentMemoryContext,
										   "glue_conn name",
										   ALLOCSET_SMALL_SIZES);
	store->desc = CreateTemplateTupleDesc(1);
	TupleDescInitEntry(store->desc, 1, "name", TEXTOID, -1, 0);
	TupleDescFinalize(store->desc);
	store->slot = MakeSingleTupleTableSlot(store->desc,
										   &TTSOpsMinimalTuple);
	store->tuples = tuplestore_begin_heap(true, false, work_mem);
	return store;
}

/* Add a name, which is UTF-8. */
void
glue_name_store_add(GlueNameStore *store, const char *name)
{
	MemoryContext old_context = MemoryContextSwitchTo(store->context);

	glue_name_store_add_datum(store,
							  CStringGetTextDatum(glue_server_from_utf8(name)));
	MemoryContextSwitchTo(old_context);
	MemoryContextReset(store->context);
}

/* Add a name, which is text in the database's encoding. */
void
glue_name_store_add_datum(GlueNameStore *store, Datum name)
{
	bool		is_null = false;

	tuplestore_putvalues(store->tuples, store->desc, &name, &is_null);
}

/* The number of names. */
int64
glue_name_store_count(const GlueNameStore *store)
{
	return tuplestore_tuple_count(store->tuples);
}

/*
 * Read the next name as UTF-8; NULL after the last.
 *
 * A name that is not UTF-8, and cannot become it, is left out: AWS has no
 * connection of that name, and must not be asked for it.  A name is valid until
 * the next call.
 */
const char *
glue_name_store_next(GlueNameStore *store)
{
	while (tuplestore_gettupleslot(store->tuples, true, false, store->slot))
	{
		MemoryContext old_context;
		const char *utf8;
		bool		is_null;
		text	   *name;
		int			len;
		bool		converted;

		MemoryContextReset(store->context);
		old_context = MemoryContextSwitchTo(store->context);
		name = DatumGetTextPP(slot_getattr(store->slot, 1, &is_null));
		converted = glue_utf8_from_server(VARDATA_ANY(name),
										  VARSIZE_ANY_EXHDR(name), &utf8, &len);
		if (converted)
			utf8 = pnstrdup(utf8, len);
		MemoryContextSwitchTo(old_context);
		if (converted)
			return utf8;
	}
	return NULL;
}

/*
 * The list as a relation with the column "name", for
 * SPI_register_relation().
 */
EphemeralNamedRelation
glue_name_store_relation(const GlueNameStore *store, const char *name)
{
	EphemeralNamedRelation relation = palloc0(sizeof(EphemeralNamedRelationData));

	relation->md.name = pstrdup(name);
	relation->md.reliddesc = InvalidOid;
	relation->md.tupdesc = store->desc;
	relation->md.enrtype = ENR_NAMED_TUPLESTORE;
	relation->md.enrtuples = tuplestore_tuple_count(store->tuples);
	relation->reldata = store->tuples;
	return relation;
}

/*-------------------------------------------------------------------------
 *
 * row_update.c
 *	  Update of one row, without a statement.
 *
 * A statement sees the rows that were there when its snapshot was taken.  In
 * a transaction that keeps one snapshot, a row that another process has made
 * for it since cannot be updated that way.  Who knows the place of such a row,
 * and that nobody else updates it meanwhile, does it here.
 *
 * As with inserts (see row_insert.c), there are no triggers, and no checks.
 *
 * IDENTIFICATION
 *	  src/row_update.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "compat.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "row_update.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

struct GlueRowUpdate
{
	Relation	table;
	const GlueRowShape *shape;
	ItemPointerData place;
	EState	   *executor;
	ResultRelInfo *target;		/* in the executor's memory */
	TupleTableSlot *old;
	TupleTableSlot *slot;
};

/* prototypes of private functions */
static void fill_slot(GlueRowUpdate *update, const Datum *values,
					  const char *nulls);

/*
 * Prepare to update the row at a place: everything that takes time, and does
 * not depend on what it will be.
 *
 * The table must be one that a row can be inserted into in this manner, and
 * locked until the end of the transaction, so that nothing moves the row.
 */
GlueRowUpdate *
glue_row_update_begin(Oid table, const GlueRowShape *shape, ItemPointer place)
{
	GlueRowUpdate *update = palloc0(sizeof(GlueRowUpdate));
	MemoryContext old_context;

	update->shape = shape;
	update->place = *place;
	update->table = table_open(table, RowExclusiveLock);
	update->executor = CreateExecutorState();
	old_context = MemoryContextSwitchTo(update->executor->es_query_cxt);
	update->target = makeNode(ResultRelInfo);
	InitResultRelInfo(update->target, update->table, 0, NULL, 0);
	glue_row_indexes_open(&shape->indexes, update->target);
	update->old = table_slot_create(update->table, NULL);
	update->slot = table_slot_create(update->table, NULL);
	if (!table_tuple_fetch_row_version(update->table, place, SnapshotAny,
									   update->old))
		elog(ERROR, "row (%u,%u) of table \"%s\" is gone",
			 ItemPointerGetBlockNumber(place),
			 ItemPointerGetOffsetNumber(place),
			 RelationGetRelationName(update->table));

	/* nobody is kept from the page meanwhile */
	ExecMaterializeSlot(update->old);
	MemoryContextSwitchTo(old_context);
	return update;
}

/*
 * Give the first columns of the row other values, and end the update.
 *
 * What nulls has 'n' for is left as it is.
 */
void
glue_row_update_finish(GlueRowUpdate *update, const Datum *values,
					   const char *nulls)
{
	GlueUpdateIndexes which;

	fill_slot(update, values, nulls);
	simple_table_tuple_update(update->table, &update->place, update->slot,
							  GetActiveSnapshot(), &which);
	if (which != GLUE_UPDATE_NO_INDEXES)
		glue_insert_all_index_tuples(update->target, update->slot,
									 update->executor);
	glue_row_update_cancel(update);
	CommandCounterIncrement();
}

/* End an update without one.  After an error there is no need to. */
void
glue_row_update_cancel(GlueRowUpdate *update)
{
	ExecCloseIndices(update->target);
	ExecDropSingleTupleTableSlot(update->slot);
	ExecDropSingleTupleTableSlot(update->old);
	FreeExecutorState(update->executor);
	table_close(update->table, NoLock);
	pfree(update);
}

/* The new row: the old one, but for what is given. */
static void
fill_slot(GlueRowUpdate *update, const Datum *values, const char *nulls)
{
	TupleTableSlot *slot = update->slot;
	TupleTableSlot *old = update->old;
	int			natts = slot->tts_tupleDescriptor->natts;

	slot_getallattrs(old);
	ExecClearTuple(slot);
	for (int i = 0; i < natts; i++)
	{
		bool		given = i < update->shape->ncolumns && nulls[i] != 'n';

		slot->tts_values[i] = given ? values[i] : old->tts_values[i];
		slot->tts_isnull[i] = given ? false : old->tts_isnull[i];
	}
	ExecStoreVirtualTuple(slot);
}

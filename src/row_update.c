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

/* prototypes of private functions */
static void fill_slot(TupleTableSlot *slot, TupleTableSlot *old, int ncolumns,
					  const Datum *values, const char *nulls);
static void update_indexes(Relation table, const GlueRowShape *shape,
						   TupleTableSlot *slot);

/*
 * Give the first columns of a row other values.  It is where *place says,
 * which is changed to where the row is now.
 *
 * What nulls has 'n' for is left as it is.  The table must be one that a row
 * can be inserted into in this manner, and locked until the end of the
 * transaction, so that nothing moves the row.
 */
void
glue_row_update(Oid table, const GlueRowShape *shape, ItemPointer place,
				const Datum *values, const char *nulls)
{
	Relation	relation = table_open(table, RowExclusiveLock);
	TupleTableSlot *old = table_slot_create(relation, NULL);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	GlueUpdateIndexes which;

	if (!table_tuple_fetch_row_version(relation, place, SnapshotAny, old))
		elog(ERROR, "row (%u,%u) of table \"%s\" is gone",
			 ItemPointerGetBlockNumber(place),
			 ItemPointerGetOffsetNumber(place),
			 RelationGetRelationName(relation));
	fill_slot(slot, old, shape->ncolumns, values, nulls);
	simple_table_tuple_update(relation, place, slot, GetActiveSnapshot(),
							  &which);
	if (which != GLUE_UPDATE_NO_INDEXES)
		update_indexes(relation, shape, slot);
	*place = slot->tts_tid;

	ExecDropSingleTupleTableSlot(slot);
	ExecDropSingleTupleTableSlot(old);
	table_close(relation, NoLock);
	CommandCounterIncrement();
}

/* The new row: the old one, but for what is given. */
static void
fill_slot(TupleTableSlot *slot, TupleTableSlot *old, int ncolumns,
		  const Datum *values, const char *nulls)
{
	int			natts = slot->tts_tupleDescriptor->natts;

	Assert(ncolumns <= natts);
	slot_getallattrs(old);
	ExecClearTuple(slot);
	for (int i = 0; i < natts; i++)
	{
		bool		given = i < ncolumns && nulls[i] != 'n';

		slot->tts_values[i] = given ? values[i] : old->tts_values[i];
		slot->tts_isnull[i] = given ? false : old->tts_isnull[i];
	}
	ExecStoreVirtualTuple(slot);
}

static void
update_indexes(Relation table, const GlueRowShape *shape,
			   TupleTableSlot *slot)
{
	EState	   *executor = CreateExecutorState();
	MemoryContext old_context = MemoryContextSwitchTo(executor->es_query_cxt);
	ResultRelInfo *target = makeNode(ResultRelInfo);

	InitResultRelInfo(target, table, 0, NULL, 0);
	glue_row_indexes_open(&shape->indexes, target);
	MemoryContextSwitchTo(old_context);
	glue_insert_all_index_tuples(target, slot, executor);
	ExecCloseIndices(target);
	FreeExecutorState(executor);
}

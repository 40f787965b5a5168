/*-------------------------------------------------------------------------
 *
 * row_indexes.c
 *	  The indexes of a table, ready for rows without a statement.
 *
 * Before the executor puts a row into a table's indexes, it finds out what
 * they are like, and prepares the predicates of partial ones for evaluation.
 * For a single row that takes longer than the row.  So it is done once, and
 * kept until the definition of the table has changed, which is for whoever
 * keeps it to notice.
 *
 * IDENTIFICATION
 *	  src/row_indexes.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "catalog/index.h"
#include "executor/executor.h"
#include "nodes/pg_list.h"
#include "row_indexes.h"
#include "storage/lockdefs.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/*
 * Find out about the indexes of a table, in place of what is kept.
 *
 * What was kept may be in use until the end of the transaction.
 */
void
glue_row_indexes_learn(GlueRowIndexes *indexes, Relation table)
{
	List	   *oids = RelationGetIndexList(table);
	EState	   *executor = CreateExecutorState();
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "glue_conn indexes",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext old_context = MemoryContextSwitchTo(context);
	MemoryContext executor_context = executor->es_query_cxt;
	GlueRowIndexes learnt = {.context = context};
	ListCell   *cell;

	learnt.oids = palloc(list_length(oids) * sizeof(Oid));
	learnt.infos = palloc(list_length(oids) * sizeof(IndexInfo *));
	executor->es_query_cxt = context;
	foreach(cell, oids)
	{
		Relation	index = index_open(lfirst_oid(cell), RowExclusiveLock);
		IndexInfo  *info = BuildIndexInfo(index);

		/* else the executor would make them in memory of its own, and lose it */
		if (info->ii_Expressions != NIL)
			info->ii_ExpressionsState = ExecPrepareExprList(info->ii_Expressions,
															executor);
		if (info->ii_Predicate != NIL)
			info->ii_PredicateState = ExecPrepareQual(info->ii_Predicate,
													  executor);
		learnt.oids[learnt.count] = lfirst_oid(cell);
		learnt.infos[learnt.count++] = info;
		index_close(index, RowExclusiveLock);
	}
	executor->es_query_cxt = executor_context;
	MemoryContextSwitchTo(old_context);
	FreeExecutorState(executor);
	list_free(oids);

	if (indexes->context != NULL)
		MemoryContextSetParent(indexes->context, TopTransactionContext);
	MemoryContextSetParent(context, TopMemoryContext);
	*indexes = learnt;
}

/*
 * Open the indexes of a table that rows are to be put into; ExecCloseIndices()
 * closes them.
 */
void
glue_row_indexes_open(const GlueRowIndexes *indexes, ResultRelInfo *target)
{
	target->ri_NumIndices = indexes->count;
	target->ri_IndexRelationDescs = palloc(Max(indexes->count, 1) *
										   sizeof(Relation));
	target->ri_IndexRelationInfo = indexes->infos;
	for (int i = 0; i < indexes->count; i++)
		target->ri_IndexRelationDescs[i] = index_open(indexes->oids[i],
													  RowExclusiveLock);
}

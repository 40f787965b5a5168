/*-------------------------------------------------------------------------
 *
 * row_insert.c
 *	  Insert of one row, without a statement.
 *
 * To set up a statement takes longer than to write a row.  So a row of a table
 * that is as we made it is written by what the executor uses itself, like
 *
 *		INSERT INTO table VALUES (...)
 *
 * or, if there may be such a row already,
 *
 *		INSERT INTO table VALUES (...)
 *			ON CONFLICT ON CONSTRAINT constraint DO NOTHING
 *
 * but that no conflict is looked for before the row is there: there seldom is
 * one, and the index finds it.  The row is inserted speculatively, as the
 * executor does it, and so is dead at once if there is one.
 *
 * Whatever the executor would do besides that (triggers, rules, row security,
 * constraints, defaults, checks of privileges) is not done here.  A table on
 * which it would do any of that is refused, and is for a statement; except
 * that it may have the check constraints that we made, which take longer to
 * read than a row to write.  And what belongs to an index must be PostgreSQL's
 * own: we need not be the owner of the table, whose functions would be executed.
 *
 * What was found out about a table is kept until PostgreSQL says that its
 * definition may have changed.
 *
 * IDENTIFICATION
 *	  src/row_insert.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_constraint.h"
#include "compat.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "own_table.h"
#include "row_insert.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

struct GlueRowInsert
{
	Relation	table;
	const GlueRowShape *shape;
	EState	   *executor;
	ResultRelInfo *target;		/* in the executor's memory */
	TupleTableSlot *slot;
	List	   *arbiters;		/* the constraint's index, or NIL */
};

/* All shapes that were asked about. */
static GlueRowShape *shapes = NULL;

/* prototypes of private functions */
static void register_shape(GlueRowShape *shape);
static void forget_table(Datum arg, Oid table);
static bool has_side_effects(Relation table);
static bool has_columns(TupleDesc desc, const GlueRowShape *shape);
static bool keeps_checks(TupleDesc desc, const GlueRowShape *shape);
static bool owner_may_insert(Relation table);
static Oid	find_arbiter(Relation table, const char *constraint);
static bool fill_slot(GlueRowInsert *insert, const Datum *values,
					  const char *nulls);
static void insert_certainly(GlueRowInsert *insert);
static bool insert_unless_there(GlueRowInsert *insert);

/*
 * Is a table fit for this?
 *
 * It must be locked until the row is inserted, so that it stays so.
 */
bool
glue_row_insert_possible(Relation table, GlueRowShape *shape)
{
	Oid			oid = RelationGetRelid(table);

	register_shape(shape);
	if (shape->table != oid || !shape->known)
	{
		shape->table = oid;
		shape->known = false;
		shape->arbiter = shape->constraint != NULL ?
			find_arbiter(table, shape->constraint) : InvalidOid;
		shape->possible =
			(shape->constraint == NULL || OidIsValid(shape->arbiter)) &&
			!has_side_effects(table) &&
			glue_own_table_is_bare(table) &&
			has_columns(RelationGetDescr(table), shape) &&
			keeps_checks(RelationGetDescr(table), shape) &&
			owner_may_insert(table);
		if (shape->possible)
			glue_row_indexes_learn(&shape->indexes, table);
		shape->known = true;
	}
	return shape->possible;
}

static void
register_shape(GlueRowShape *shape)
{
	if (shape->registered)
		return;
	if (shapes == NULL)
		CacheRegisterRelcacheCallback(forget_table, (Datum) 0);
	shape->next = shapes;
	shapes = shape;
	shape->registered = true;
}

/*
 * A relcache callback: the definition of a table, or of any, has changed.
 *
 * That can be while we find out about it: our lock lets others create an index
 * concurrently.
 */
static void
forget_table(Datum arg, Oid table)
{
	for (GlueRowShape *shape = shapes; shape != NULL; shape = shape->next)
	{
		if (table == shape->table || !OidIsValid(table))
			shape->table = InvalidOid;
	}
}

/*
 * Would an insert do anything but to insert a row?
 *
 * The owner, in whose name it would be, is not subject to row security unless
 * it is forced.
 */
static bool
has_side_effects(Relation table)
{
	return table->rd_rel->relkind != RELKIND_RELATION ||
		table->rd_rel->relam != HEAP_TABLE_AM_OID ||
		table->rd_rel->relispartition ||
		(table->rd_rel->relrowsecurity && table->rd_rel->relforcerowsecurity) ||
		table->rd_rules != NULL ||
		table->trigdesc != NULL;
}

/* Are there our columns, and no others that an insert would fill in? */
static bool
has_columns(TupleDesc desc, const GlueRowShape *shape)
{
	if (desc->natts < shape->ncolumns)
		return false;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		bool		given = i < shape->ncolumns;

		if (given &&
			(attribute->attisdropped ||
			 attribute->atttypid != shape->column_type(i) ||
			 strcmp(NameStr(attribute->attname), shape->column_name(i)) != 0))
			return false;
		if (!given && (attribute->atthasdef || attribute->attidentity != '\0'))
			return false;
		if (attribute->attgenerated != '\0' ||
			(!attribute->attisdropped && attribute->atttypmod >= 0))
			return false;
	}
	return true;
}

/* Are there no checks that a row of ours might fail? */
static bool
keeps_checks(TupleDesc desc, const GlueRowShape *shape)
{
	int			nchecks = desc->constr != NULL ? desc->constr->num_check : 0;

	for (int i = 0; i < nchecks; i++)
	{
		const char *const *check = shape->checks;

		while (check != NULL && *check != NULL &&
			   strcmp(*check, desc->constr->check[i].ccname) != 0)
			check++;
		if (check == NULL || *check == NULL)
			return false;
	}
	return true;
}

/* A statement would be executed with the rights of the owner. */
static bool
owner_may_insert(Relation table)
{
	Oid			oid = RelationGetRelid(table);
	Oid			owner = table->rd_rel->relowner;

	return pg_class_aclcheck(oid, owner, ACL_INSERT) == ACLCHECK_OK &&
		pg_class_aclcheck(oid, owner, ACL_SELECT) == ACLCHECK_OK;
}

/* The index of a constraint; InvalidOid if it cannot tell of a conflict. */
static Oid
find_arbiter(Relation table, const char *constraint)
{
	Oid			oid = get_relation_constraint_oid(RelationGetRelid(table),
												  constraint, true);
	Oid			arbiter = OidIsValid(oid) ? get_constraint_index(oid) : InvalidOid;
	Relation	index;
	Form_pg_index form;
	bool		fit;

	if (!OidIsValid(arbiter))
		return InvalidOid;
	index = index_open(arbiter, AccessShareLock);
	form = index->rd_index;
	fit = form->indisunique && form->indimmediate && form->indisvalid &&
		form->indisready;
	index_close(index, AccessShareLock);
	return fit ? arbiter : InvalidOid;
}

/*
 * Prepare to insert a row into a table that is fit for it, and locked.
 *
 * Everything that takes time, and does not depend on the row.
 */
GlueRowInsert *
glue_row_insert_begin(Oid table, const GlueRowShape *shape)
{
	GlueRowInsert *insert = palloc0(sizeof(GlueRowInsert));
	MemoryContext old_context;

	insert->shape = shape;
	insert->table = table_open(table, RowExclusiveLock);
	insert->executor = CreateExecutorState();
	old_context = MemoryContextSwitchTo(insert->executor->es_query_cxt);
	insert->target = makeNode(ResultRelInfo);
	InitResultRelInfo(insert->target, insert->table, 0, NULL, 0);
	glue_row_indexes_open(&shape->indexes, insert->target);
	insert->slot = table_slot_create(insert->table, NULL);
	if (OidIsValid(shape->arbiter))
		insert->arbiters = list_make1_oid(shape->arbiter);
	MemoryContextSwitchTo(old_context);
	return insert;
}

/*
 * Insert the row, and end the insert; false if that is for a statement,
 * because there is such a row already.
 *
 * nulls has 'n' for null, as for SPI.  The row is visible to what comes next.
 * *place is where it is now, unless place is NULL.
 */
bool
glue_row_insert_finish(GlueRowInsert *insert, const Datum *values,
					   const char *nulls, ItemPointer place)
{
	bool		inserted = fill_slot(insert, values, nulls);

	if (inserted && insert->arbiters == NIL)
		insert_certainly(insert);
	else if (inserted)
		inserted = insert_unless_there(insert);

	if (inserted && place != NULL)
		*place = insert->slot->tts_tid;
	glue_row_insert_cancel(insert);
	CommandCounterIncrement();
	return inserted;
}

/* End an insert without a row.  After an error there is no need to. */
void
glue_row_insert_cancel(GlueRowInsert *insert)
{
	ExecCloseIndices(insert->target);
	ExecDropSingleTupleTableSlot(insert->slot);
	FreeExecutorState(insert->executor);
	table_close(insert->table, NoLock);
	pfree(insert);
}

/* Make a row of the values; false if a column must not be null. */
static bool
fill_slot(GlueRowInsert *insert, const Datum *values, const char *nulls)
{
	TupleTableSlot *slot = insert->slot;
	TupleDesc	desc = slot->tts_tupleDescriptor;

	ExecClearTuple(slot);
	for (int i = 0; i < desc->natts; i++)
	{
		bool		is_null = i >= insert->shape->ncolumns || nulls[i] == 'n';

		if (is_null && TupleDescAttr(desc, i)->attnotnull)
			return false;
		slot->tts_isnull[i] = is_null;
		slot->tts_values[i] = is_null ? (Datum) 0 : values[i];
	}
	ExecStoreVirtualTuple(slot);
	return true;
}

/* Insert the row, which nobody else has. */
static void
insert_certainly(GlueRowInsert *insert)
{
	table_tuple_insert(insert->table, insert->slot, GetCurrentCommandId(true),
					   0, NULL);
	glue_insert_all_index_tuples(insert->target, insert->slot,
								 insert->executor);
}

/*
 * Insert the row, as long as nobody else has one.
 *
 * Those who meet with ours meanwhile wait until it is decided whether it
 * stays.
 */
static bool
insert_unless_there(GlueRowInsert *insert)
{
	TransactionId xid = GetCurrentTransactionId();
	uint32		token = SpeculativeInsertionLockAcquire(xid);
	bool		conflict = false;

	table_tuple_insert_speculative(insert->table, insert->slot,
								   GetCurrentCommandId(true), 0, NULL, token);
	glue_insert_index_tuples(insert->target, insert->slot, insert->executor,
							 &conflict, insert->arbiters);
	table_tuple_complete_speculative(insert->table, insert->slot, token,
									 !conflict);
	SpeculativeInsertionLockRelease(xid);
	return !conflict;
}

/*-------------------------------------------------------------------------
 *
 * own_row.c
 *	  Insert of one row, without a statement.
 *
 * Setting up a statement takes longer than writing a row.  So if a table is as
 * CREATE EXTENSION made it, a row is inserted by the functions that the
 * executor itself uses, like
 *
 *		INSERT INTO table VALUES (...)
 *
 * or, if there may be such a row already,
 *
 *		INSERT INTO table VALUES (...) ON CONFLICT DO NOTHING
 *
 * but without a search for a conflict before the insertion: conflicts are
 * rare, and the unique index finds them.  The row is inserted speculatively,
 * as the executor does it, and so is dead at once if there is one.
 *
 * Other work of the executor (triggers, rules, row security, constraints,
 * defaults, checks of privileges) is not done here.  A table that needs any of
 * it is refused, and the caller uses a statement.  An exception are our own
 * check constraints: reading them would take longer than writing a row.
 * Indexes of every kind are maintained by the executor's functions.
 *
 * The result of the check is kept until a relcache invalidation of the table.
 *
 * IDENTIFICATION
 *	  src/store/own_row.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "executor/executor.h"
#include "server/compat.h"
#include "storage/lmgr.h"
#include "store/known_table.h"
#include "store/open_table.h"
#include "store/own_row.h"
#include "utils/acl.h"
#include "utils/rel.h"

/* prototypes of private functions */
static bool has_side_effects(Relation table);
static bool has_columns(TupleDesc desc, const GlueRowShape *shape);
static bool keeps_checks(TupleDesc desc, const GlueRowShape *shape);
static bool owner_may_insert(Relation table);
static bool fill_slot(TupleTableSlot *slot, const GlueRowShape *shape,
					  const GlueRow *row);
static bool insert_unless_there(const GlueOpenTable *open);

/*
 * Can rows be inserted into a table without a statement?
 *
 * The table must stay locked until the row is inserted.
 */
bool
glue_row_insert_possible(Relation table, const GlueRowShape *shape)
{
	if (glue_table_is_known(RelationGetRelid(table), GLUE_TABLE_PLAIN))
		return true;
	if (has_side_effects(table) ||
		!has_columns(RelationGetDescr(table), shape) ||
		!keeps_checks(RelationGetDescr(table), shape) ||
		!owner_may_insert(table))
		return false;
	glue_note_table(RelationGetRelid(table), GLUE_TABLE_PLAIN);
	return true;
}

/*
 * Has an INSERT side effects?
 *
 * It would run as the owner, and row security applies to the owner only if it
 * is forced.
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

/*
 * Has the table our columns, and no other column with a default or a
 * generation expression?
 */
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
			 attribute->atttypid != shape->columns[i].type ||
			 strcmp(NameStr(attribute->attname), shape->columns[i].name) != 0))
			return false;
		if (!given && (attribute->atthasdef || attribute->attidentity != '\0'))
			return false;
		if (attribute->attgenerated != '\0' ||
			(!attribute->attisdropped && attribute->atttypmod >= 0))
			return false;
	}
	return true;
}

/* Are all check constraints our own, which our rows satisfy? */
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

/* Has the owner, the role of a statement, the privilege to insert? */
static bool
owner_may_insert(Relation table)
{
	Oid			oid = RelationGetRelid(table);
	Oid			owner = table->rd_rel->relowner;

	return pg_class_aclcheck(oid, owner, ACL_INSERT) == ACLCHECK_OK &&
		pg_class_aclcheck(oid, owner, ACL_SELECT) == ACLCHECK_OK;
}

/*
 * Insert a row into a table that was checked, as its owner; false if a
 * statement is needed, because the row exists already, or a column must not be
 * null.
 *
 * nulls has 'n' for null, as for SPI.  The next command sees the row.
 */
bool
glue_row_insert(const GlueOwnTable *table, const GlueRowShape *shape,
				const GlueRow *row)
{
	GlueImpersonation saved;
	GlueOpenTable *open;
	MemoryContext old_context;
	bool		inserted;

	Assert(table->plain && IsTransactionState());
	glue_impersonate(&saved, table->owner);
	open = glue_open_table(table->oid);
	old_context =
		MemoryContextSwitchTo(GetPerTupleMemoryContext(open->executor));
	inserted = fill_slot(open->slot, shape, row);
	if (inserted && shape->may_be_there)
		inserted = insert_unless_there(open);
	else if (inserted)
	{
		/* no other transaction can insert this row */
		table_tuple_insert(open->relation, open->slot,
						   GetCurrentCommandId(true), 0, NULL);
		(void) glue_insert_index_tuples(open->result, open->slot,
										open->executor, false, NULL);
	}
	MemoryContextSwitchTo(old_context);
	glue_open_table_done(open);
	CommandCounterIncrement();
	glue_stop_impersonating(&saved);
	return inserted;
}

/* Make a row of the values; false if a column must not be null. */
static bool
fill_slot(TupleTableSlot *slot, const GlueRowShape *shape,
		  const GlueRow *row)
{
	TupleDesc	desc = slot->tts_tupleDescriptor;

	for (int i = 0; i < desc->natts; i++)
	{
		bool		is_null = i >= shape->ncolumns || row->nulls[i] == 'n';

		if (is_null && TupleDescAttr(desc, i)->attnotnull)
			return false;
		slot->tts_isnull[i] = is_null;
		slot->tts_values[i] = is_null ? (Datum) 0 : row->values[i];
	}
	ExecStoreVirtualTuple(slot);
	return true;
}

/*
 * Insert the row, unless there is one with the same key.
 *
 * Concurrent insertions of the same key wait until our row is confirmed or
 * dead.
 */
static bool
insert_unless_there(const GlueOpenTable *open)
{
	TransactionId xid = GetCurrentTransactionId();
	uint32		token = SpeculativeInsertionLockAcquire(xid);
	bool		conflict = false;

	table_tuple_insert_speculative(open->relation, open->slot,
								   GetCurrentCommandId(true), 0, NULL, token);
	(void) glue_insert_index_tuples(open->result, open->slot, open->executor,
									true, &conflict);
	table_tuple_complete_speculative(open->relation, open->slot, token,
									 !conflict);
	SpeculativeInsertionLockRelease(xid);
	return !conflict;
}

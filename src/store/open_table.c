/*-------------------------------------------------------------------------
 *
 * open_table.c
 *	  Tables that stay open between inserts.
 *
 * Opening a table with its indexes takes as long as inserting a row.  So code
 * that inserts many rows, one after the other, keeps the tables open, as the
 * executor does during a statement.
 *
 * They stay open until the memory context of a statement is deleted, but at
 * the longest until the end of the subtransaction that has opened them.  Their
 * resources belong to the subtransaction, so an error releases them, and the
 * entries are only forgotten here.  An inner subtransaction does not use them,
 * because an error there would leave them in an undefined state.
 *
 * Meanwhile no session can change the set of indexes that must be written: our
 * lock makes other sessions fail or wait, and the open relation makes DDL of
 * this session fail.
 *
 * IDENTIFICATION
 *	  src/store/open_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "executor/executor.h"
#include "store/open_table.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

/* Number of tables of ours that one statement inserts into. */
#define MAX_KEPT		4

/* The tables that are kept open, and for how long. */
typedef struct Keeping
{
	MemoryContextCallback *until;	/* NULL: none are kept */
	SubTransactionId subtransaction;
	ResourceOwner owner;
	MemoryContext context;
	GlueOpenTable *tables[MAX_KEPT];
} Keeping;

static Keeping keeping;

/* prototypes of private functions */
static void at_end_of_context(void *arg);
static void at_end_of_transaction(XactEvent event, void *arg);
static void at_end_of_subtransaction(SubXactEvent event, SubTransactionId own,
									 SubTransactionId parent, void *arg);
static void close_kept(void);
static GlueOpenTable **find_place(Oid table);
static GlueOpenTable *open_kept(Oid table);
static GlueOpenTable *open_table(Oid table);
static void close_table(GlueOpenTable *open);

/*
 * Keep tables that the current subtransaction opens from now on open until a
 * memory context is reset or deleted.  If an outer statement keeps tables open
 * already, that is long enough.
 */
void
glue_open_tables_keep(MemoryContext until)
{
	static bool registered = false;

	if (keeping.until != NULL)
		return;
	if (!registered)
	{
		RegisterXactCallback(at_end_of_transaction, NULL);
		RegisterSubXactCallback(at_end_of_subtransaction, NULL);
	}
	registered = true;
	keeping.context = AllocSetContextCreate(CurTransactionContext,
											"glue_conn open tables",
											ALLOCSET_SMALL_SIZES);
	keeping.owner = CurTransactionResourceOwner;
	keeping.subtransaction = GetCurrentSubTransactionId();
	keeping.until = MemoryContextAllocZero(until,
										   sizeof(MemoryContextCallback));
	keeping.until->func = at_end_of_context;
	keeping.until->arg = keeping.until;
	MemoryContextRegisterResetCallback(until, keeping.until);
}

/*
 * The memory context is reset or deleted.  An abort has released the tables
 * before.
 */
static void
at_end_of_context(void *arg)
{
	if (keeping.until != arg)
		return;
	if (IsTransactionState())
		close_kept();
	memset(&keeping, 0, sizeof(Keeping));
}

static void
at_end_of_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
		close_kept();
	memset(&keeping, 0, sizeof(Keeping));
}

static void
at_end_of_subtransaction(SubXactEvent event, SubTransactionId own,
						 SubTransactionId parent, void *arg)
{
	if (event == SUBXACT_EVENT_START_SUB || keeping.subtransaction != own)
		return;
	if (event == SUBXACT_EVENT_PRE_COMMIT_SUB)
		close_kept();
	memset(&keeping, 0, sizeof(Keeping));
}

static void
close_kept(void)
{
	if (keeping.until == NULL)
		return;
	for (int i = 0; i < MAX_KEPT; i++)
	{
		if (keeping.tables[i] != NULL)
			close_table(keeping.tables[i]);
	}
	MemoryContextDelete(keeping.context);
}

/*
 * Open a table, which is locked, with its indexes; glue_open_table_done() must
 * follow.
 */
GlueOpenTable *
glue_open_table(Oid table)
{
	GlueOpenTable **place = find_place(table);

	/* an index may call a function that inserts a row itself */
	if (place == NULL || (*place != NULL && (*place)->in_use))
		return open_table(table);
	if (*place == NULL)
		*place = open_kept(table);
	(*place)->in_use = true;
	return *place;
}

/* The place of a table that is or can be kept; NULL if there is none. */
static GlueOpenTable **
find_place(Oid table)
{
	GlueOpenTable **place = NULL;

	if (keeping.until == NULL ||
		keeping.subtransaction != GetCurrentSubTransactionId())
		return NULL;
	for (int i = 0; i < MAX_KEPT; i++)
	{
		GlueOpenTable *open = keeping.tables[i];

		if (open == NULL)
			place = &keeping.tables[i];
		else if (RelationGetRelid(open->relation) == table)
			return &keeping.tables[i];
	}
	return place;
}

static GlueOpenTable *
open_kept(Oid table)
{
	MemoryContext old_context = MemoryContextSwitchTo(keeping.context);
	ResourceOwner old_owner = CurrentResourceOwner;
	GlueOpenTable *open;

	CurrentResourceOwner = keeping.owner;
	open = open_table(table);
	open->kept = true;
	CurrentResourceOwner = old_owner;
	MemoryContextSwitchTo(old_context);
	return open;
}

static GlueOpenTable *
open_table(Oid table)
{
	GlueOpenTable *open = palloc0(sizeof(GlueOpenTable));
	MemoryContext old_context;

	open->relation = table_open(table, RowExclusiveLock);
	open->executor = CreateExecutorState();
	old_context = MemoryContextSwitchTo(open->executor->es_query_cxt);
	open->slot = table_slot_create(open->relation, NULL);
	open->result = makeNode(ResultRelInfo);
	InitResultRelInfo(open->result, open->relation, 0, NULL, 0);
	ExecOpenIndices(open->result, false);
	MemoryContextSwitchTo(old_context);
	return open;
}

/* A row was inserted. */
void
glue_open_table_done(GlueOpenTable *open)
{
	if (!open->kept)
	{
		close_table(open);
		return;
	}
	ExecClearTuple(open->slot);
	ResetPerTupleExprContext(open->executor);
	open->in_use = false;
}

/* The table stays locked until the end of the transaction. */
static void
close_table(GlueOpenTable *open)
{
	ResourceOwner old_owner = CurrentResourceOwner;

	if (open->kept)
		CurrentResourceOwner = keeping.owner;
	ExecCloseIndices(open->result);
	ExecDropSingleTupleTableSlot(open->slot);
	FreeExecutorState(open->executor);
	table_close(open->relation, NoLock);
	CurrentResourceOwner = old_owner;
	pfree(open);
}

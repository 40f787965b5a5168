/*-------------------------------------------------------------------------
 *
 * row_move.c
 *	  Rows that an update moves from one partition to another.
 *
 * An update that changes the partition of a row deletes it there and inserts
 * it here, and so do triggers see it: as two rows, one after the other.  For
 * the connection of the row that would be a deletion and a creation, even if
 * nothing about it has changed.
 *
 * The row that was deleted says that it has moved: the link to its next
 * version has a value of its own then.  The row that was inserted says
 * nothing, but has the same command in its header.  So the deletion is
 * remembered, with the connection that it is about, and the next insertion
 * for this connection by the same command is its other half, if it would be
 * held by the same table: each partition may have a trigger of its own, and a
 * command may write other tables as well.
 *
 * Both halves follow each other, but for what other triggers do in between,
 * so that few have to be remembered.  The other half may never come, if there
 * is no trigger on the partition that the row has moved to: the deletion
 * stands then.
 *
 * IDENTIFICATION
 *	  src/functions/row_move.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_am.h"
#include "functions/row_move.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Moves that are remembered at a time. */
#define MAX_MOVES		16

/* A row that has left a partition. */
typedef struct RememberedMove
{
	CommandId	command;		/* that moves it */
	char	   *key;			/* of its connection; NULL: no move */
	GlueRowMove move;
} RememberedMove;

/* Those of the current transaction, and where the next one goes. */
static RememberedMove moves[MAX_MOVES];
static int	next_move = 0;
static MemoryContext moves_context = NULL;

/* prototypes of private functions */
static bool is_heap_partition(Relation table);
static void remember_until_end(void);
static void forget_moves(void *arg);
static void forget_move(RememberedMove *remembered);
static char *key_of(Oid holder, const GlueRequest *target);

/* Was a row, which was deleted, moved to another partition? */
bool
glue_row_moves_out(Relation table, HeapTuple row)
{
	return is_heap_partition(table) &&
		HeapTupleHeaderIndicatesMovedPartitions(row->t_data);
}

static bool
is_heap_partition(Relation table)
{
	return table->rd_rel->relispartition &&
		table->rd_rel->relam == HEAP_TABLE_AM_OID;
}

/*
 * Remember a row that has moved out of a partition, until the end of the
 * transaction.  holder is the table that holds the name of its connection.
 *
 * Of target there must be what says which connection it is.
 */
void
glue_row_move_begin(HeapTuple row, Oid holder, const GlueRequest *target,
					const GlueRowMove *move)
{
	RememberedMove *remembered = &moves[next_move];

	remember_until_end();
	forget_move(remembered);
	next_move = (next_move + 1) % MAX_MOVES;
	remembered->command = HeapTupleHeaderGetCmax(row->t_data);
	remembered->move = *move;
	remembered->key = MemoryContextStrdup(moves_context, key_of(holder, target));
}

/* Have all moves forgotten when the transaction ends. */
static void
remember_until_end(void)
{
	MemoryContextCallback *callback;

	if (moves_context != NULL)
		return;
	moves_context = AllocSetContextCreate(TopTransactionContext,
										  "glue_conn row moves",
										  ALLOCSET_SMALL_SIZES);
	callback = MemoryContextAllocZero(moves_context,
									  sizeof(MemoryContextCallback));
	callback->func = forget_moves;
	MemoryContextRegisterResetCallback(moves_context, callback);
}

/* A callback of the memory context. */
static void
forget_moves(void *arg)
{
	memset(moves, 0, sizeof(moves));
	moves_context = NULL;
}

static void
forget_move(RememberedMove *remembered)
{
	if (remembered->key != NULL)
		pfree(remembered->key);
	memset(remembered, 0, sizeof(RememberedMove));
}

/*
 * Which connection it is, and which table holds its name, as one text.  Only the name
 * of the server may have a line feed in it.
 */
static char *
key_of(Oid holder, const GlueRequest *target)
{
	Assert(target->name != NULL);
	return psprintf("%u\n%s\n%s\n%s\n%s", holder, target->region,
					target->catalog_id != NULL ? target->catalog_id : "",
					target->name,
					target->server != NULL ? target->server : "");
}

/*
 * Is a row, which was inserted, and whose name holder is to hold, the other half of
 * a move?  Then *move is that, and forgotten.
 *
 * Of target there must be what says which connection it is.
 */
bool
glue_row_move_end(Relation table, HeapTuple row, Oid holder,
				  const GlueRequest *target, GlueRowMove *move)
{
	const char *key;

	if (moves_context == NULL || !is_heap_partition(table))
		return false;
	key = key_of(holder, target);
	for (int i = 0; i < MAX_MOVES; i++)
	{
		if (moves[i].key == NULL || strcmp(moves[i].key, key) != 0 ||
			moves[i].command != HeapTupleHeaderGetCmin(row->t_data))
			continue;
		*move = moves[i].move;
		forget_move(&moves[i]);
		return true;
	}
	return false;
}

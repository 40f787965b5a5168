/*-------------------------------------------------------------------------
 *
 * row_move.c
 *	  Rows that an update moves from one partition to another.
 *
 * An update that changes the partition of a row deletes it from one partition
 * and inserts it into another, and triggers fire for both.  For the connection
 * of the row that would be a deletion and a creation, even if its definition
 * has not changed.
 *
 * The deleted row shows the move: its ctid has a special value then.  The
 * inserted row does not show it, but has the same command ID in its header.
 * So the deletion is remembered with its connection, and the next insertion
 * for this connection by the same command is the other half, if the same table
 * would hold the name: each partition may have a trigger of its own, and a
 * command may write other tables as well.
 *
 * The two halves follow each other, except for the work of other triggers in
 * between, so few moves must be remembered.  Without a trigger on the new
 * partition, there is no other half, and the deletion is carried out.
 *
 * IDENTIFICATION
 *	  src/functions/row_move.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "functions/row_move.h"
#include "utils/memutils.h"
#include "utils/rel.h"

/* Number of moves that are remembered. */
#define MAX_MOVES		16

/* A row that has left a partition. */
typedef struct RememberedMove
{
	FullTransactionId transaction;	/* the command of the move: in this one... */
	CommandId	command;		/* ... the one of this number */
	char	   *key;			/* of its connection, for as long as the
								 * transaction; NULL: no move */
	GlueRowMove move;
} RememberedMove;

/* The latest moves, and the place of the next one. */
static RememberedMove moves[MAX_MOVES];
static int	next_move = 0;

static bool
is_heap_partition(Relation table)
{
	return table->rd_rel->relispartition &&
		table->rd_rel->relam == HEAP_TABLE_AM_OID;
}

/* Was a deleted row moved to another partition? */
bool
glue_row_moves_out(Relation table, HeapTuple row)
{
	return is_heap_partition(table) &&
		HeapTupleHeaderIndicatesMovedPartitions(row->t_data);
}

/* Is this a move of the current transaction? */
static bool
is_known(const RememberedMove *remembered)
{
	return remembered->key != NULL &&
		FullTransactionIdEquals(remembered->transaction,
								GetTopFullTransactionIdIfAny());
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
 * Remember a row that has moved out of a partition, until the end of the
 * transaction.  holder is the table that holds the name of its connection.
 *
 * target must identify the connection.
 */
void
glue_row_move_begin(HeapTuple row, Oid holder, const GlueRequest *target,
					const GlueRowMove *move)
{
	RememberedMove *remembered = &moves[next_move];
	char	   *key = MemoryContextStrdup(TopTransactionContext,
										  key_of(holder, target));

	/* from here on, no error can leave a key behind that was freed */
	if (is_known(remembered))
		pfree(remembered->key);
	next_move = (next_move + 1) % MAX_MOVES;
	remembered->transaction = GetTopFullTransactionId();
	remembered->command = HeapTupleHeaderGetCmax(row->t_data);
	remembered->move = *move;
	remembered->key = key;
}

/*
 * Is an inserted row, whose name holder is to hold, the other half of a move?
 * Then the move is returned in *move, and forgotten.
 *
 * target must identify the connection.
 */
bool
glue_row_move_end(Relation table, HeapTuple row, Oid holder,
				  const GlueRequest *target, GlueRowMove *move)
{
	if (!is_heap_partition(table))
		return false;
	for (int i = 0; i < MAX_MOVES; i++)
	{
		if (!is_known(&moves[i]) ||
			moves[i].command != HeapTupleHeaderGetCmin(row->t_data) ||
			strcmp(moves[i].key, key_of(holder, target)) != 0)
			continue;
		*move = moves[i].move;
		pfree(moves[i].key);
		moves[i].key = NULL;
		return true;
	}
	return false;
}

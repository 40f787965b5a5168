/*-------------------------------------------------------------------------
 *
 * row_move.h
 *	  Rows that an update moves from one partition to another.
 *
 * IDENTIFICATION
 *	  src/functions/row_move.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_FUNCTIONS_ROW_MOVE_H
#define GLUE_FUNCTIONS_ROW_MOVE_H

#include "access/htup.h"
#include "store/request.h"
#include "utils/relcache.h"

#define GLUE_ROW_DIGEST_SIZE	64

/* The actions when a row has left a partition. */
typedef struct GlueRowMove
{
	unsigned char digest[GLUE_ROW_DIGEST_SIZE]; /* of the definition */
	int64		provision;		/* entry of the row; 0: none */
	int64		request;		/* that deletes the connection; 0: none */
} GlueRowMove;

extern bool glue_row_moves_out(Relation table, HeapTuple row);
extern void glue_row_move_begin(HeapTuple row, Oid holder,
								const GlueRequest *target,
								const GlueRowMove *move);
extern bool glue_row_move_end(Relation table, HeapTuple row, Oid holder,
							  const GlueRequest *target, GlueRowMove *move);

#endif							/* GLUE_FUNCTIONS_ROW_MOVE_H */

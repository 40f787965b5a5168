/*-------------------------------------------------------------------------
 *
 * boxes.h
 *	  The boxes in shared memory that carry rows from callers to the journal
 *	  worker.
 *
 * Other files use them through journal/mailbox.h.
 *
 * IDENTIFICATION
 *	  src/journal/boxes.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_BOXES_H
#define GLUE_JOURNAL_BOXES_H

#include "server/shared_state.h"
#include "storage/dsm.h"

/*
 * Messages that can be in transit at the same time; one database has at most
 * half of them.
 */
#define GLUE_NUM_BOXES	64

/* Room in a box; a row takes about 1 kB. */
#define GLUE_BOX_ROOM		16384

typedef enum GlueBoxState
{
	GLUE_BOX_FREE,
	GLUE_BOX_FILLING,
	GLUE_BOX_FILLED,
	GLUE_BOX_TAKEN,
	GLUE_BOX_ANSWERED,
	GLUE_BOX_ABANDONED
} GlueBoxState;

typedef struct GlueBoxFailure
{
	int			sqlstate;		/* 0: there is none */
	char		message[512];
	char		detail[512];
	char		hint[256];
} GlueBoxFailure;

typedef struct GlueBox
{
	GlueBoxState state;
	int			caller;			/* number of its PGPROC */

	/* the message: the tuples */
	Oid			table;
	int			ntuples;
	dsm_handle	segment;		/* invalid: the message is in the box */

	/* the answer */
	int64		blocked_by;		/* nothing is recorded, because of this row
								 * that is there already; 0: all is */
	GlueBoxFailure failure;

	int64		room[GLUE_BOX_ROOM / sizeof(int64)];	/* MAXALIGNed */
} GlueBox;

extern GlueSharedPart glue_boxes_part;

extern GlueBoxState glue_box_state(const GlueBox *box);

/* for the caller */
extern GlueBox *glue_box_ask(void);
extern GlueBox *glue_box_given(void);
extern void glue_box_fill(GlueBox *box);
extern void glue_box_leave(GlueBox *box);

/* for the worker */
extern int	glue_boxes_take(GlueBox **boxes);
extern bool glue_boxes_hand_over(GlueBox *const *boxes, int nboxes,
								 GlueBoxState state);

#endif							/* GLUE_JOURNAL_BOXES_H */

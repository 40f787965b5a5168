/*-------------------------------------------------------------------------
 *
 * mailbox.h
 *	  Rows that another process commits, independently of our transaction.
 *
 * IDENTIFICATION
 *	  src/journal/mailbox.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_MAILBOX_H
#define GLUE_JOURNAL_MAILBOX_H

#include "journal/boxes.h"

/* The message of a taken box. */
typedef struct GlueBoxMessage
{
	Oid			table;
	int			ntuples;
	const char *tuples;			/* MinimalTuples, each at a MAXALIGNed place */
	dsm_segment *segment;		/* which holds them, or NULL */
} GlueBoxMessage;

/* for the caller, which has rows to be recorded */
extern void glue_mailbox_post(Oid table, const char *tuples, Size len,
							  int ntuples);
extern GlueBoxVerdict glue_mailbox_await(int64 *blocked_by);
extern void glue_mailbox_leave(void);

/* for the worker that records them */
extern bool glue_mailbox_open(GlueBox *box,
							  GlueBoxMessage *message);
extern void glue_mailbox_close(GlueBoxMessage *message);
extern void glue_mailbox_written(GlueBox *box);
extern void glue_mailbox_blocked(GlueBox *box, int64 by);
extern void glue_mailbox_failed(GlueBox *box, const ErrorData *error);
extern bool glue_mailbox_answer(GlueBox *const *boxes, int nboxes);
extern void glue_mailbox_give_back(GlueBox *const *boxes, int nboxes);

#endif							/* GLUE_JOURNAL_MAILBOX_H */

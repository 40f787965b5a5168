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
typedef struct GlueJournalMessage
{
	Oid			table;
	int			ntuples;
	const char *tuples;			/* MinimalTuples, each at a MAXALIGNed place */
	dsm_segment *segment;		/* which holds them, or NULL */
} GlueJournalMessage;

/* for the caller, which has rows to be recorded */
extern void glue_journal_post(Oid table, const char *tuples, Size len,
							  int ntuples);
extern GlueJournalVerdict glue_journal_await(int64 *blocked_by);
extern void glue_journal_leave(void);

/* for the worker that records them */
extern bool glue_journal_open(GlueJournalBox *box,
							  GlueJournalMessage *message);
extern void glue_journal_close(GlueJournalMessage *message);
extern void glue_journal_recorded(GlueJournalBox *box);
extern void glue_journal_blocked(GlueJournalBox *box, int64 by);
extern void glue_journal_failed(GlueJournalBox *box, const ErrorData *error);
extern bool glue_journal_answer(GlueJournalBox *const *boxes, int nboxes);
extern void glue_journal_give_back(GlueJournalBox *const *boxes, int nboxes);

#endif							/* GLUE_JOURNAL_MAILBOX_H */

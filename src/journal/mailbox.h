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

/* for the caller, which has rows to be recorded */
extern void glue_mailbox_post(Oid table, const char *tuples, Size len,
							  int ntuples);
extern int64 glue_mailbox_await(void);
extern void glue_mailbox_leave(void);

/* for the worker that records them */
extern const char *glue_mailbox_open(GlueBox *box,
									 dsm_segment **segment);
extern void glue_mailbox_answer(GlueBox *box, int64 blocked_by,
								const ErrorData *error);

#endif							/* GLUE_JOURNAL_MAILBOX_H */

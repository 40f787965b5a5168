/*-------------------------------------------------------------------------
 *
 * journal_lock.h
 *	  The lock that orders the journal of calls and the end of their
 *	  transactions.
 *
 * IDENTIFICATION
 *	  src/journal/journal_lock.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_JOURNAL_JOURNAL_LOCK_H
#define GLUE_JOURNAL_JOURNAL_LOCK_H

#include "storage/lockdefs.h"

extern void glue_journal_lock(LOCKMODE mode);

#endif							/* GLUE_JOURNAL_JOURNAL_LOCK_H */

/*-------------------------------------------------------------------------
 *
 * transaction.h
 *	  Transactions of those who work the queue.
 *
 * IDENTIFICATION
 *	  src/queue/transaction.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_QUEUE_TRANSACTION_H
#define GLUE_QUEUE_TRANSACTION_H

#include "store/claims.h"

extern void glue_queue_begin(const GlueTransactions *transactions);
extern void glue_transaction_keep(void);
extern void glue_queue_recover(Oid schema, int64 claimant,
							   const GlueTransactions *transactions);
extern void glue_queue_leave(Oid schema, int64 claimant,
							 const GlueTransactions *transactions);

#endif							/* GLUE_QUEUE_TRANSACTION_H */

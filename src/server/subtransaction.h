/*-------------------------------------------------------------------------
 *
 * subtransaction.h
 *	  Work whose error does not end the transaction.
 *
 * IDENTIFICATION
 *	  src/server/subtransaction.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SUBTRANSACTION_H
#define GLUE_SERVER_SUBTRANSACTION_H

extern ErrorData *glue_subtransaction_try(void (*work) (void *arg),
										  void *arg);
extern void glue_check_deferred(void);

#endif							/* GLUE_SERVER_SUBTRANSACTION_H */

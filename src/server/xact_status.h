/*-------------------------------------------------------------------------
 *
 * xact_status.h
 *	  The status of the transaction that made a call.
 *
 * IDENTIFICATION
 *	  src/server/xact_status.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_XACT_STATUS_H
#define GLUE_SERVER_XACT_STATUS_H

typedef enum GlueCallerStatus
{
	GLUE_CALLER_IN_PROGRESS,
	GLUE_CALLER_COMMITTED,
	GLUE_CALLER_ROLLED_BACK		/* or no longer known */
} GlueCallerStatus;

extern GlueCallerStatus glue_caller_status(uint64 caller_xid);

#endif							/* GLUE_SERVER_XACT_STATUS_H */

/*-------------------------------------------------------------------------
 *
 * sender_gone.h
 *	  The age of the last message of an undo, for endpoints without a clock.
 *
 * IDENTIFICATION
 *	  src/operation/sender_gone.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_SENDER_GONE_H
#define GLUE_OPERATION_SENDER_GONE_H

#include "server/shared_state.h"

extern GlueSharedPart glue_sender_gone_part;

extern void glue_sender_gone_note(int64 request);
extern void glue_sender_gone_forget(int64 request);
extern int64 glue_sender_gone_ms(int64 request);

#endif							/* GLUE_OPERATION_SENDER_GONE_H */

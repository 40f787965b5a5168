/*-------------------------------------------------------------------------
 *
 * unsettled.h
 *	  The age of the last message of an undo, for endpoints without a clock.
 *
 * IDENTIFICATION
 *	  src/operation/unsettled.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_UNSETTLED_H
#define GLUE_OPERATION_UNSETTLED_H

#include "server/shared_state.h"

extern GlueSharedPart glue_unsettled_part;

extern void glue_unsettled_note(int64 request);
extern void glue_unsettled_forget(int64 request);
extern int64 glue_unsettled_ms(int64 request);

#endif							/* GLUE_OPERATION_UNSETTLED_H */

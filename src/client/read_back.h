/*-------------------------------------------------------------------------
 *
 * read_back.h
 *	  The outcome of a create whose answer was lost.
 *
 * IDENTIFICATION
 *	  src/client/read_back.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_READ_BACK_H
#define GLUE_CLIENT_READ_BACK_H

#include "client/call.h"

extern bool glue_read_back_answer(GlueCall *create, const GlueCall *reading,
								  const GlueFailure *sent, int64 began_ms,
								  GlueFailure **failure);

#endif							/* GLUE_CLIENT_READ_BACK_H */

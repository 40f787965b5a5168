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

typedef enum GlueReadBack
{
	GLUE_READ_BACK_DONE,		/* the create has succeeded */
	GLUE_READ_BACK_FAILED,		/* it has failed, or its outcome is unknown */
	GLUE_READ_BACK_NOTHING		/* it was not carried out */
} GlueReadBack;

extern void glue_read_back_prepare(GlueCall *reading, const GlueCall *create);
extern GlueReadBack glue_read_back_classify(GlueCall *create,
											const GlueCall *reading,
											const GlueFailure *sent,
											int64 began_ms,
											GlueFailure **failure);

#endif							/* GLUE_CLIENT_READ_BACK_H */

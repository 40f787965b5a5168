/*-------------------------------------------------------------------------
 *
 * client.h
 *	  Calls of AWS, one or many side by side.
 *
 * IDENTIFICATION
 *	  src/client/client.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CLIENT_H
#define GLUE_CLIENT_CLIENT_H

#include "client/call_failure.h"

/*
 * A stream of calls, made as slots become free.  Both functions may raise
 * errors, and may change the current memory context.
 */
typedef struct GlueCallStream
{
	/*
	 * Returns the next call, or NULL if there is none at present.  It is
	 * called whenever a slot is free, until it returns NULL while no call is
	 * under way.
	 */
	GlueCall   *(*next) (void *arg);

	/*
	 * Processes an ended call; or NULL.  Returns whether it has prepared
	 * another call in the same place, which is then made before the next one.
	 */
	bool		(*done) (void *arg, GlueCall *call);

	void	   *arg;

	/* for the results, which are otherwise freed with the call; or NULL */
	MemoryContext result_context;

	/* next is called again after this, even without an event; 0: no limit */
	long		max_wait_ms;
} GlueCallStream;

extern void glue_client_run(GlueCall *calls, int ncalls);
extern void glue_client_run_stream(const GlueCallStream *stream, int width);

#endif							/* GLUE_CLIENT_CLIENT_H */

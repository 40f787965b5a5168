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
 * Calls that are made one after the other as there is room for them.  Both
 * functions may raise errors, and may change the current memory context.
 */
typedef struct GlueCallStream
{
	/*
	 * The next call, or NULL if there is none at present.  It is asked for
	 * whenever there is room for one, until there is neither a next call nor
	 * one under way.
	 */
	GlueCall   *(*next) (void *arg);

	/* a call has ended; its results are gone when this returns; or NULL */
	void		(*done) (void *arg, GlueCall *call);

	void	   *arg;

	/* after which next is asked again, news or not; 0: never for that alone */
	long		max_wait_ms;
} GlueCallStream;

extern void glue_client_run(GlueCall *calls, int ncalls);
extern void glue_client_run_stream(const GlueCallStream *stream, int width);

#endif							/* GLUE_CLIENT_CLIENT_H */

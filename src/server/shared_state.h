/*-------------------------------------------------------------------------
 *
 * shared_state.h
 *	  Shared memory of the extension, if the library is preloaded.
 *
 * IDENTIFICATION
 *	  src/server/shared_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SHARED_STATE_H
#define GLUE_SERVER_SHARED_STATE_H

#include "storage/lwlock.h"

/* A part of the state; it belongs to the file that defines it. */
typedef struct GlueSharedPart
{
	const char *name;			/* of the shared memory segment */
	Size		size;
	Size		own_size;		/* size in a process that shares nothing; 0:
								 * the same.  The other one is forgotten then */
	Size		size_per_backend;	/* additional size for each possible
									 * backend */
	bool		secret;			/* keep it out of core dumps */
	void		(*initialize) (void *memory);	/* called with zeroed memory */
	const char *file;			/* file that keeps it over a clean restart, or
								 * NULL */
	uint32		file_version;	/* of the layout; the size is checked anyway */

	/* set by shared_state.c */
	void	   *memory;
} GlueSharedPart;

extern void glue_shared_state_init(GlueSharedPart *const *parts, int nparts);
extern void *glue_shared_attach(GlueSharedPart *part);
extern bool glue_shared_is_shared(void);
extern void glue_shared_lock(LWLockMode mode);
extern void glue_shared_unlock(void);

/*
 * Data that one process publishes to all others without a lock: a struct that
 * begins with this.
 */
typedef struct GlueShown
{
	uint32		nchanges;		/* odd during a change */
} GlueShown;

extern void glue_show_begin(GlueShown *shown);
extern void glue_show_end(GlueShown *shown);
extern bool glue_shown_copy(void *copy, const GlueShown *shown, Size size);

#endif							/* GLUE_SERVER_SHARED_STATE_H */

/*-------------------------------------------------------------------------
 *
 * shared_state.h
 *	  State that all backends share, if the library is preloaded.
 *
 * IDENTIFICATION
 *	  src/server/shared_state.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SHARED_STATE_H
#define GLUE_SERVER_SHARED_STATE_H

#include "storage/lwlock.h"

/* A part of the state, which belongs to the file that defines it. */
typedef struct GlueSharedPart
{
	const char *name;			/* of the piece of shared memory */
	Size		size;
	Size		size_per_backend;	/* to be added for each that there can be */
	bool		secret;			/* keep it out of core dumps */
	void		(*initialize) (void *memory);	/* zeroed before */
	const char *file;			/* where a clean restart keeps it, or NULL */
	uint32		file_version;	/* of its layout; the size is known */

	/* set by shared_state.c */
	void	   *memory;
} GlueSharedPart;

extern void glue_shared_state_init(GlueSharedPart *const *parts, int nparts);
extern void *glue_shared_attach(GlueSharedPart *part);
extern bool glue_shared_is_shared(void);
extern void glue_shared_lock(LWLockMode mode);
extern void glue_shared_unlock(void);

/*
 * What one process shows to all others, who do not lock it: a struct that begins
 * with this.
 */
typedef struct GlueShown
{
	uint32		nchanges;		/* odd: it is being changed */
} GlueShown;

extern void glue_show_begin(GlueShown *shown);
extern void glue_show_end(GlueShown *shown);
extern bool glue_shown_copy(void *copy, const GlueShown *shown, Size size);

#endif							/* GLUE_SERVER_SHARED_STATE_H */

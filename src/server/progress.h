/*-------------------------------------------------------------------------
 *
 * progress.h
 *	  Progress of long commands, for the view glue_progress.
 *
 * IDENTIFICATION
 *	  src/server/progress.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_PROGRESS_H
#define GLUE_SERVER_PROGRESS_H

#include "datatype/timestamp.h"
#include "server/shared_state.h"

/* The progress of a process. */
typedef struct GlueProgress
{
	GlueShown	shown;			/* MUST BE FIRST */
	int			pid;			/* 0: no command */
	Oid			database;
	Oid			role;
	char		command[16];
	char		phase[32];
	int64		done;
	int64		total;			/* -1: unknown */
	TimestampTz since;			/* begin of the command */
} GlueProgress;

extern GlueSharedPart glue_progress_part;

extern void glue_progress_begin(const char *command);
extern void glue_progress_begin_function(const char *command,
										 MemoryContext context);
extern void glue_progress_phase(const char *phase, int64 total);
extern void glue_progress_add(int64 done);
extern void glue_progress_end(void);

extern bool glue_progress_copy(int number, GlueProgress *copy);

#endif							/* GLUE_SERVER_PROGRESS_H */

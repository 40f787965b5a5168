/*-------------------------------------------------------------------------
 *
 * launcher.h
 *	  The background worker that starts workers for databases with work.
 *
 * IDENTIFICATION
 *	  src/workers/launcher.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_LAUNCHER_H
#define GLUE_WORKERS_LAUNCHER_H

extern void glue_launcher_init(void);

extern PGDLLEXPORT void glue_launcher_main(Datum arg);

#endif							/* GLUE_WORKERS_LAUNCHER_H */

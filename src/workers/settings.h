/*-------------------------------------------------------------------------
 *
 * settings.h
 *	  The settings that background workers obey.
 *
 * IDENTIFICATION
 *	  src/workers/settings.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_SETTINGS_H
#define GLUE_WORKERS_SETTINGS_H

extern void glue_worker_settings_fix(void);
extern void glue_worker_connect(Oid database);

#endif							/* GLUE_WORKERS_SETTINGS_H */

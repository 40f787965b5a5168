/*-------------------------------------------------------------------------
 *
 * session_settings.h
 *	  Settings of a session that decide the destination of its calls.
 *
 * IDENTIFICATION
 *	  src/server/session_settings.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_SERVER_SESSION_SETTINGS_H
#define GLUE_SERVER_SESSION_SETTINGS_H

#include "utils/jsonb.h"

extern Jsonb *glue_session_settings(void);
extern int	glue_session_settings_enter(Jsonb *journaled);
extern void glue_session_settings_leave(int level);
extern void glue_session_settings_refuse(void);

#endif							/* GLUE_SERVER_SESSION_SETTINGS_H */

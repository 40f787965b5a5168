/*-------------------------------------------------------------------------
 *
 * loop.h
 *	  The common part of the loops of background workers.
 *
 * For src/workers alone.
 *
 * IDENTIFICATION
 *	  src/workers/loop.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_WORKERS_LOOP_H
#define GLUE_WORKERS_LOOP_H

#include "utils/timestamp.h"

extern void glue_worker_take_signals(void);
extern bool glue_worker_linger(bool stay, TimestampTz *due,
							   TimestampTz yield_at, uint32 wait_event);
extern void glue_worker_sleep(long timeout_ms, uint32 wait_event);
extern void glue_worker_reload_if_asked(void);

#endif							/* GLUE_WORKERS_LOOP_H */

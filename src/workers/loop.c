/*-------------------------------------------------------------------------
 *
 * loop.c
 *	  The common part of the loops of background workers.
 *
 * A worker does its work, and waits for a moment for more.  Then it exits,
 * because a database with a connected process cannot be dropped.  If other
 * databases wait for a worker slot, it exits at once.
 *
 * IDENTIFICATION
 *	  src/workers/loop.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "server/news.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "workers/workers.h"

/* Time that an idle worker waits. */
#define LINGER_MS			2000

/*
 * Install handlers for a reload and a shutdown: the first action of a worker.
 */
void
glue_worker_take_signals(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

/*
 * Wait for work; false if it is time to exit.
 *
 * stay tells whether to wait for news.  *due is the time of work without news,
 * or 0; it is set to now if the clock was set back.  Until yield_at, the
 * worker continues even if other databases wait for a worker slot.
 */
bool
glue_worker_linger(bool stay, TimestampTz *due, TimestampTz yield_at,
				   uint32 wait_event)
{
	TimestampTz began_at = GetCurrentTimestamp();
	TimestampTz leave_at = TimestampTzPlusMilliseconds(began_at, LINGER_MS);

	if (!stay && (*due == 0 || *due > leave_at))
		leave_at = began_at;
	for (;;)
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz until = *due != 0 ? Min(leave_at, *due) : leave_at;
		bool		news = glue_news_exist();

		if (glue_news_is_crowded() && (!news || now >= yield_at))
			return false;
		if (news || (*due != 0 && *due <= now))
			return true;
		if (now < began_at)
		{
			if (*due != 0)
				*due = now;
			return false;
		}
		if (now >= leave_at)
			return false;
		glue_worker_sleep(TimestampDifferenceMilliseconds(now, until) + 1,
						  wait_event);
	}
}

/* Wait until the latch is set, or for a time. */
void
glue_worker_sleep(long timeout_ms, uint32 wait_event)
{
	(void) glue_news_await(timeout_ms, wait_event);
	glue_worker_reload_if_asked();
}

void
glue_worker_reload_if_asked(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

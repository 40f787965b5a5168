/*-------------------------------------------------------------------------
 *
 * loop.c
 *	  What the loops of the background workers have in common.
 *
 * A worker does what there is to do, and waits for a moment in case there is
 * more.  Then it exits: a database to which somebody is connected cannot be
 * dropped.  If others wait for room for their workers, it exits at once.
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
#include "workers/loop.h"

/* How long an idle worker stays. */
#define LINGER_MS			2000

/* prototypes of private functions */
static TimestampTz latest_exit(bool stay, TimestampTz due, TimestampTz now);

/* Have a reload and a shutdown noticed: the first thing that a worker does. */
void
glue_worker_take_signals(void)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
}

/*
 * Wait a moment for something to do; false if it is time to exit.
 *
 * stay says whether to wait for news.  *due is when there is something to do
 * without news, or 0; if the clock is set back, that is now.  Until yield_at,
 * news is worked on even if others wait for room.
 */
bool
glue_worker_linger(bool stay, TimestampTz *due, TimestampTz yield_at,
				   uint32 wait_event)
{
	TimestampTz began_at = GetCurrentTimestamp();
	TimestampTz leave_at = latest_exit(stay, *due, began_at);

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

/* Until when to wait, from now on. */
static TimestampTz
latest_exit(bool stay, TimestampTz due, TimestampTz now)
{
	TimestampTz leave_at = TimestampTzPlusMilliseconds(now, LINGER_MS);

	return stay || (due != 0 && due <= leave_at) ? leave_at : now;
}

/* Wait until somebody wakes us, or so long. */
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

/*-------------------------------------------------------------------------
 *
 * glue_conn.c
 *	  Loading of the extension.
 *
 * Everything else is made when it is first needed: the library may be loaded
 * by the postmaster, where there must be no threads, sockets or OpenSSL
 * objects to be forked.
 *
 * IDENTIFICATION
 *	  src/glue_conn.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "client/account.h"
#include "client/aws_clock.h"
#include "client/credential_cache.h"
#include "client/rate_slot.h"
#include "client/shared_quota.h"
#include "client/stat_calls.h"
#include "fmgr.h"
#include "journal/mailbox.h"
#include "journal/outcomes.h"
#include "operation/sender_gone.h"
#include "queue/job.h"
#include "server/activity.h"
#include "server/compat.h"
#include "server/news.h"
#include "server/progress.h"
#include "server/settings.h"
#include "store/requests.h"
#include "workers/workers.h"

GLUE_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

static GlueSharedPart *const shared_parts[] = {
	&glue_account_part,
	&glue_activity_part,
	&glue_aws_clock_part,
	&glue_credential_cache_part,
	&glue_boxes_part,
	&glue_outcome_part,
	&glue_logged_undo_part,
	&glue_progress_part,
	&glue_news_part,
	&glue_rate_part,
	&glue_shared_quota_part,
	&glue_stat_calls_part,
	&glue_sender_gone_part,
	&glue_workers_part,
};

void
_PG_init(void)
{
	glue_settings_init();
	glue_shared_state_init(shared_parts, lengthof(shared_parts));
	glue_launcher_init();
	glue_drop_warning_init();
}

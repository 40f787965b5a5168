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

#include "client.h"
#include "compat.h"
#include "credential_cache.h"
#include "database_worker.h"
#include "drop_warning.h"
#include "fmgr.h"
#include "journal_box.h"
#include "known_outcome.h"
#include "launcher.h"
#include "queue_wake.h"
#include "settings.h"

GLUE_MODULE_MAGIC;

PGDLLEXPORT void _PG_init(void);

static GlueSharedPart *const shared_parts[] = {
	&glue_credential_cache_part,
	&glue_journal_box_part,
	&glue_known_outcome_part,
	&glue_queue_wake_part,
	&glue_retry_quota_part,
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

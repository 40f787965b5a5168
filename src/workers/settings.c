/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings that background workers obey.
 *
 * A worker acts for everybody who uses its database.  So it obeys the settings
 * of the server and of the database, and of nobody else.  But it runs as the
 * bootstrap superuser, and what somebody has set for that role, say to try
 * something out, would decide where everybody's requests go; even against the
 * database, because a role's settings take precedence over it.
 *
 * The server applies both while a worker connects.  It leaves a parameter alone
 * that has been set from a source that matters more.  Hence two tricks:
 *
 *	- Parameters that would stop a worker, or bend what it does, are set for
 *	  good before it connects, as autovacuum does: neither a file nor the
 *	  database nor the role can set them any more.
 *	- Our own parameters only claim to come from such a source, until the worker
 *	  is connected.  Then the settings of the database are applied once more,
 *	  and find their usual way.  Values from files and the command line have
 *	  never been touched, and a later reload goes on changing them.
 *
 * IDENTIFICATION
 *	  src/workers/settings.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_db_role_setting.h"
#include "miscadmin.h"
#include "postmaster/bgworker.h"
#include "server/compat.h"
#include "server/impersonation.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "workers/workers.h"

/* What is fixed for all workers. */
typedef struct FixedSetting
{
	const char *name;
	const char *value;
} FixedSetting;

static const FixedSetting fixed_settings[] = {
	/*
	 * the current role, what names mean, and which rows and triggers there
	 * are
	 */
	{"role", "none"},
	{"search_path", GLUE_SEARCH_PATH},
	{"row_security", "on"},
	{"session_replication_role", "origin"},

	/* transactions that see what was committed, and can write */
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"default_transaction_deferrable", "off"},

	/* an error ends what has failed, and nothing ends what takes its time */
	{"exit_on_error", "off"},
	{"statement_timeout", "0"},
	{"lock_timeout", "0"},
	{"transaction_timeout", "0"},
	{"idle_in_transaction_session_timeout", "0"},
};

/* A parameter that claims another source than it has. */
typedef struct HeldParameter
{
	struct config_generic *parameter;
	GucSource	source;
	GucSource	reset_source;
} HeldParameter;

/* prototypes of private functions */
static HeldParameter *hold_parameters(int *n);
static bool is_ours(const char *name);
static void release_parameters(HeldParameter *held, int n);
static void apply_settings(Oid database);

/*
 * Fix what would stop this process, or bend what it does.  Must come before it
 * connects.
 */
void
glue_worker_settings_fix(void)
{
	for (int i = 0; i < lengthof(fixed_settings); i++)
	{
		/* "transaction_timeout" is only known to 17 and later */
		if (GetConfigOption(fixed_settings[i].name, true, false) != NULL)
			SetConfigOption(fixed_settings[i].name, fixed_settings[i].value,
							PGC_SUSET, PGC_S_OVERRIDE);
	}
}

/*
 * Connect this process to a database.
 */
void
glue_worker_connect(Oid database)
{
	int			n;
	HeldParameter *held;

	glue_worker_settings_fix();
	held = hold_parameters(&n);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	release_parameters(held, n);
	apply_settings(database);
}

/* Have our parameters left alone. */
static HeldParameter *
hold_parameters(int *n)
{
	int			nparameters;
	struct config_generic **parameters = glue_list_parameters(&nparameters);
	HeldParameter *held =
		MemoryContextAlloc(TopMemoryContext,
						   nparameters * sizeof(HeldParameter));

	*n = 0;
	for (int i = 0; i < nparameters; i++)
	{
		struct config_generic *parameter = parameters[i];

		if (!is_ours(parameter->name))
			continue;
		held[*n].parameter = parameter;
		held[*n].source = parameter->source;
		held[(*n)++].reset_source = parameter->reset_source;
		parameter->source = PGC_S_OVERRIDE;
		parameter->reset_source = PGC_S_OVERRIDE;
	}
	return held;
}

static bool
is_ours(const char *name)
{
	return strncmp(name, "glue_conn.", strlen("glue_conn.")) == 0;
}

static void
release_parameters(HeldParameter *held, int n)
{
	for (int i = 0; i < n; i++)
	{
		held[i].parameter->source = held[i].source;
		held[i].parameter->reset_source = held[i].reset_source;
	}
	pfree(held);
}

/*
 * Apply the settings of a database, and those of all of them.
 *
 * The session's user is fixed here at last, because that takes a name.
 */
static void
apply_settings(Oid database)
{
	Relation	relation;
	Snapshot	snapshot;

	StartTransactionCommand();
	SetConfigOption("session_authorization",
					GetUserNameFromId(GetAuthenticatedUserId(), false),
					PGC_SUSET, PGC_S_OVERRIDE);
	relation = table_open(DbRoleSettingRelationId, AccessShareLock);
	snapshot = RegisterSnapshot(GetCatalogSnapshot(DbRoleSettingRelationId));
	ApplySetting(snapshot, database, InvalidOid, relation, PGC_S_DATABASE);
	ApplySetting(snapshot, InvalidOid, InvalidOid, relation, PGC_S_GLOBAL);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
}

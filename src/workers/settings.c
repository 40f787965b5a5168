/*-------------------------------------------------------------------------
 *
 * settings.c
 *	  The settings that background workers obey.
 *
 * A worker acts for all users of its database.  So it uses the settings of the
 * server and of the database alone.  But it runs as the bootstrap superuser,
 * and a setting for that role, made for a test, say, would decide the target
 * of all requests; even against the database, because the settings of a role
 * take precedence.
 *
 * The server applies both while a worker connects.  It does not change a
 * parameter that was set from a source of higher precedence.  Hence two
 * tricks:
 *
 *	- Parameters that would stop a worker, or change its behaviour, are fixed
 *	  before it connects, as autovacuum does: neither a file nor the database
 *	  nor the role can set them any more.
 *	- Our own parameters are marked as coming from such a source until the
 *	  worker is connected.  Then the settings of the database are applied
 *	  again, in the usual way.  Values from files and the command line are not
 *	  touched, and a later reload changes them.
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

/* A parameter that is fixed for all workers. */
typedef struct FixedSetting
{
	const char *name;
	const char *value;
} FixedSetting;

static const FixedSetting fixed_settings[] = {
	/*
	 * the current role, name resolution, and the visibility of rows and
	 * triggers
	 */
	{"role", "none"},
	{"search_path", GLUE_SEARCH_PATH},
	{"row_security", "on"},
	{"session_replication_role", "origin"},

	/* transactions that see all commits, and can write */
	{"default_transaction_isolation", "read committed"},
	{"default_transaction_read_only", "off"},
	{"default_transaction_deferrable", "off"},

	/* an error ends the operation that failed, and no timeout ends a long one */
	{"exit_on_error", "off"},
	{"statement_timeout", "0"},
	{"lock_timeout", "0"},
	{"transaction_timeout", "0"},
	{"idle_in_transaction_session_timeout", "0"},
};

/* A parameter that is marked with another source than its own. */
typedef struct HeldParameter
{
	struct config_generic *parameter;
	GucSource	source;
	GucSource	reset_source;
} HeldParameter;

/* prototypes of private functions */
static HeldParameter *hold_parameters(int *n);
static void release_parameters(HeldParameter *held, int n);
static void apply_settings(Oid database);

/*
 * Fix parameters that would stop this process, or change its behaviour.  Must
 * be called before it connects.
 */
void
glue_worker_settings_fix(void)
{
	for (int i = 0; i < lengthof(fixed_settings); i++)
	{
		/* "transaction_timeout" exists since 17 */
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

/* Keep the server from changing our parameters. */
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

		if (strncmp(parameter->name, "glue_conn.", strlen("glue_conn.")) != 0)
			continue;
		held[*n].parameter = parameter;
		held[*n].source = parameter->source;
		held[(*n)++].reset_source = parameter->reset_source;
		parameter->source = PGC_S_OVERRIDE;
		parameter->reset_source = PGC_S_OVERRIDE;
	}
	return held;
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
 * Apply the settings of a database, and those for all databases.
 *
 * The session user is fixed here, because that needs a name.
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

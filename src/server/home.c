/*-------------------------------------------------------------------------
 *
 * home.c
 *	  The home of a request: the identity of its database.
 *
 * A queue can be duplicated: CREATE DATABASE copies it with its template, a
 * publication FOR ALL TABLES copies it to every subscriber, and point-in-time
 * recovery restores requests that have been carried out since.  If both copies
 * were carried out, calls would be made twice.  Worse, a copy could undo calls
 * whose transactions it does not know.  So each request stores its home, and a
 * worker holds a request with another home.
 *
 * The home is a hash of
 *
 *	- the random identity that CREATE EXTENSION gives to the database.  It
 *	  is in the body of a function, because CREATE DATABASE and pg_upgrade
 *	  copy that, but no publication and no dump does
 *	- the OID of the database, which differs in a copy, and which pg_upgrade
 *	  keeps
 *	- the point of the last point-in-time recovery.  The history file of the
 *	  timeline has the reason of each timeline: a promotion has "no recovery
 *	  target specified", and does not change the home
 *
 * A copy of the whole data directory cannot be detected, because it is
 * identical.  The same is true of the old directory if it is started again
 * after pg_upgrade.
 *
 * Cluster-wide OIDs, for example of foreign servers, are changed by
 * pg_upgrade.  They are stored with the system identifier, which pg_upgrade
 * changes, too: OIDs of another cluster are ignored.
 *
 * IDENTIFICATION
 *	  src/server/home.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/evp.h>

#include "access/xlog.h"
#include "access/xlog_internal.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "port/pg_bswap.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/home.h"
#include "server/secret_memory.h"
#include "storage/fd.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* Reason of a timeline that begins with a promotion. */
#define PROMOTION	"no recovery target specified"

/* Buffer for a line of a timeline's history; longer lines are truncated. */
#define MAX_LINE	1024

/* Input of the hash. */
typedef struct HomeParts
{
	pg_uuid_t	database_id;
	Oid			database;
	char		restored[MAX_LINE];
} HomeParts;

/* prototypes of private functions */
static Oid	look_for_function(Oid schema);
static Oid	find_function(Oid schema);
static TimeLineID current_timeline(void);
static int64 make_home(Oid schema, TimeLineID timeline);
static void find_last_restore(TimeLineID timeline, char line[MAX_LINE]);
static bool is_restore(const char *line);

/*
 * The home of this database's requests.  schema is that of the extension; the
 * current transaction must have a snapshot.
 */
int64
glue_home(Oid schema)
{
	static Oid	known_function = InvalidOid;
	static TimeLineID known_timeline = 0;
	static int64 known_home;
	Oid			function = find_function(schema);
	TimeLineID	timeline = current_timeline();

	Assert(ActiveSnapshotSet());
	if (function != known_function || timeline != known_timeline)
	{
		known_function = InvalidOid;
		known_home = make_home(schema, timeline);
		known_function = function;
		known_timeline = timeline;
	}
	return known_home;
}

/* Can the home be determined?  Not while the extension is being dropped. */
bool
glue_home_is_known(Oid schema)
{
	return OidIsValid(look_for_function(schema));
}

/*
 * The system identifier, which differs between clusters, and after pg_upgrade.
 */
int64
glue_cluster(void)
{
	return (int64) GetSystemIdentifier();
}

/*
 * The identity of the database.
 *
 * A call of the function takes longer than most uses of its result, so the
 * result is cached.
 */
const pg_uuid_t *
glue_database_id(Oid schema)
{
	static Oid	known_function = InvalidOid;
	static pg_uuid_t known_id;
	Oid			function = find_function(schema);

	if (function != known_function)
	{
		if (get_func_rettype(function) != UUIDOID)
			elog(ERROR, "function glue_database_id() does not return a uuid");
		known_id = *DatumGetUUIDP(OidFunctionCall0(function));
		known_function = function;
	}
	return &known_id;
}

static Oid
look_for_function(Oid schema)
{
	oidvector  *no_arguments = buildoidvector(NULL, 0);
	Oid			function =
		GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid,
						CStringGetDatum("glue_database_id"),
						PointerGetDatum(no_arguments),
						ObjectIdGetDatum(schema));

	pfree(no_arguments);
	return function;
}

static Oid
find_function(Oid schema)
{
	Oid			function = look_for_function(schema);

	if (!OidIsValid(function))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function glue_database_id() of extension \"glue_conn\" does not exist"),
				 errhint("Drop the extension and create it again.")));
	return function;
}

static TimeLineID
current_timeline(void)
{
	TimeLineID	timeline;

	if (!RecoveryInProgress())
		return GetWALInsertionTimeLine();
	(void) GetXLogReplayRecPtr(&timeline);
	return timeline;
}

static int64
make_home(Oid schema, TimeLineID timeline)
{
	HomeParts	parts;
	unsigned char digest[EVP_MAX_MD_SIZE];
	int64		home = 0;

	memset(&parts, 0, sizeof(parts));
	parts.database_id = *glue_database_id(schema);
	parts.database = pg_hton32(MyDatabaseId);
	find_last_restore(timeline, parts.restored);
	if (!EVP_Digest(&parts, sizeof(parts), digest, NULL, EVP_sha256(), NULL))
		glue_raise_out_of_memory();
	for (int i = 0; i < sizeof(home); i++)
		home = (home << 8) | digest[i];
	return home;
}

/*
 * Find the last line of a point-in-time recovery in the history of a timeline;
 * line is empty if there was none.
 *
 * If the history file is missing, the result is a home of its own: to hold
 * earlier requests does less harm than to carry them out twice.
 */
static void
find_last_restore(TimeLineID timeline, char line[MAX_LINE])
{
	char		path[MAXPGPATH];
	char		next[MAX_LINE];
	FILE	   *file;

	/* timeline 1 has no history file */
	if (timeline == 1)
		return;
	TLHistoryFilePath(path, timeline);
	file = AllocateFile(path, "r");
	if (file == NULL)
	{
		if (errno != ENOENT)
			ereport(ERROR,
					(errcode_for_file_access(),
					 errmsg("could not open file \"%s\": %m", path)));
		snprintf(line, MAX_LINE, "unknown history of timeline %u", timeline);
		return;
	}
	while (fgets(next, sizeof(next), file) != NULL)
	{
		if (is_restore(next))
			strlcpy(line, next, MAX_LINE);
	}
	FreeFile(file);
}

/* The tab-separated fields: parent timeline, switchpoint, reason. */
static bool
is_restore(const char *line)
{
	const char *reason = strchr(line, '\t');

	if (line[0] == '#' || reason == NULL)
		return false;
	reason = strchr(reason + 1, '\t');
	return reason != NULL &&
		strncmp(reason + 1, PROMOTION, strlen(PROMOTION)) != 0;
}

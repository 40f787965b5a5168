/*-------------------------------------------------------------------------
 *
 * home.c
 *	  Whose requests are whose: the database that this is.
 *
 * A queue can come to be in two places: CREATE DATABASE copies it with its
 * template, a publication of all tables copies it to every subscriber, and a
 * restore to an earlier point in time brings back what was carried out since.
 * To carry its requests out in both would be to do things twice, and to undo
 * calls whose transactions one does not know would be worse.  So each request
 * says where its home is, and a worker that finds one from elsewhere holds it.
 *
 * The home is a hash of
 *
 *	- the random identity that CREATE EXTENSION gives to the database.  It is in
 *	  the body of a function, because that is copied with the database and by
 *	  pg_upgrade, but by no publication and no dump
 *	- the OID of the database, which a copy of it has not, and which pg_upgrade
 *	  keeps
 *	- where the server was restored to a point in time for the last time.  The
 *	  history of the timeline tells why each one began: a promotion says that no
 *	  recovery target was specified, and so changes nothing
 *
 * A copy of the whole data directory cannot be told from its original, for
 * nothing in it is different.  Nor can a directory that is started again after
 * pg_upgrade has copied it.
 *
 * Objects that belong to the cluster, such as foreign servers, are known by OIDs
 * that pg_upgrade changes.  With them goes the identity of the cluster, which it
 * changes, too: OIDs of another cluster mean nothing.
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

/* Why a timeline has begun that nothing was restored for. */
#define PROMOTION	"no recovery target specified"

/* A line of a timeline's history; what is longer is cut. */
#define MAX_LINE	1024

/* What the hash is of. */
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
 * The home of what this database asks for.  schema is that of the extension; the
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

/* Can it be found out?  Not while the extension is being dropped. */
bool
glue_home_is_known(Oid schema)
{
	return OidIsValid(look_for_function(schema));
}

/* What tells clusters apart, and from what pg_upgrade makes of them. */
int64
glue_cluster(void)
{
	return (int64) GetSystemIdentifier();
}

/*
 * The identity of the database.
 *
 * It takes longer to execute the function than to do most of what the identity
 * is needed for; so it is done once.
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
 * Find the last line in the history of a timeline that tells of a restore to a
 * point in time; line is empty if there was none.
 *
 * If the history is gone, this is not known.  To hold what was asked for
 * before does less harm then than to do it twice.
 */
static void
find_last_restore(TimeLineID timeline, char line[MAX_LINE])
{
	char		path[MAXPGPATH];
	char		next[MAX_LINE];
	FILE	   *file;

	/* the first one has no history */
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

/* A line has the timeline before, where that ended, and why, after tabs. */
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

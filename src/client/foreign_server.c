/*-------------------------------------------------------------------------
 *
 * foreign_server.c
 *	  Foreign servers of the wrapper glue_conn, and their user mappings.
 *
 * A foreign server stands for one account, region and catalog; a user mapping
 * holds the keys that a role has for it.  Every call reads both from
 * PostgreSQL's catalogs and caches nothing, so every backend sees a change at
 * its next call.
 *
 * Two checks limit the options of a server whose owner is not a superuser: the
 * validator, when options are set (see server_options.c), and this file, when
 * they are used.  The second one is needed because ownership can change later,
 * and superusers can become ordinary roles.
 *
 * IDENTIFICATION
 *	  src/client/foreign_server.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "client/foreign_server.h"
#include "foreign/foreign.h"
#include "glue/model.h"
#include "miscadmin.h"
#include "server/compat.h"
#include "server/foreign_code.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/syscache.h"

/* Number of servers that are compared for the hint about a misspelled name. */
#define MAX_NAMES	1000

/* prototypes of private functions */
static bool is_own_wrapper(Oid wrapper);
pg_noreturn static void raise_no_server(const char *name);
static HeapTuple find_mapping(Oid server);

/*
 * Find a foreign server by its name, and check that it is one of ours and
 * that the current user may use it.
 */
Oid
glue_foreign_server_find(const char *name)
{
	Oid			server;
	AclResult	permission;

	Assert(IsTransactionState());

	/*
	 * a transaction may not have seen another session's change yet
	 */
	AcceptInvalidationMessages();

	server = get_foreign_server_oid(name, true);
	if (!OidIsValid(server))
		raise_no_server(name);
	if (!is_own_wrapper(GetForeignServer(server)->fdwid))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("foreign server \"%s\" is not a server of glue_conn",
						name)));
	permission = glue_foreign_server_aclcheck(server, GetUserId(), ACL_USAGE);
	if (permission != ACLCHECK_OK)
		aclcheck_error(permission, OBJECT_FOREIGN_SERVER, name);
	return server;
}

/*
 * Find one of our servers by its name, without a privilege check; InvalidOid
 * if there is none.
 */
Oid
glue_foreign_server_by_name(const char *name)
{
	Oid			server;

	AcceptInvalidationMessages();
	server = get_foreign_server_oid(name, true);
	return OidIsValid(server) &&
		is_own_wrapper(GetForeignServer(server)->fdwid) ? server : InvalidOid;
}

/* Get the name and the owner of one of our servers; NULL if there is none. */
char *
glue_foreign_server_name(Oid server, Oid *owner)
{
	ForeignServer *found;

	AcceptInvalidationMessages();
	found = GetForeignServerExtended(server, FSV_MISSING_OK);
	if (found == NULL || !is_own_wrapper(found->fdwid))
		return NULL;
	*owner = found->owner;
	return found->servername;
}

/*
 * Read the options of a server, over the values that options already has.
 *
 * Returns whether the server may use the server process's own credentials: it
 * may if a superuser owns it.  Otherwise an option that only superusers may
 * set is an error.
 */
bool
glue_foreign_server_read(Oid server, GlueServerOptions *options)
{
	HeapTuple	tuple = SearchSysCache1(FOREIGNSERVEROID,
										ObjectIdGetDatum(server));
	Form_pg_foreign_server form;
	const char *reserved = NULL;
	bool		trusted;
	Datum		array;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for foreign server %u", server);
	form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	trusted = superuser_arg(form->srvowner);
	array = SysCacheGetAttr(FOREIGNSERVEROID, tuple,
							Anum_pg_foreign_server_srvoptions, &isnull);
	if (!isnull)
		reserved = glue_server_options_read(array, options);
	if (reserved != NULL && !trusted)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied to use option \"%s\" of foreign server \"%s\"",
						reserved, NameStr(form->srvname)),
				 errdetail("The owner of the server, \"%s\", is not a superuser.",
						   GetUserNameFromId(form->srvowner, false)),
				 errhint("Drop the option, or make a superuser the owner.")));
	ReleaseSysCache(tuple);
	return trusted;
}

/*
 * Read the options of the current user's mapping, or else of that for PUBLIC.
 *
 * Returns a description of that mapping, or NULL if there is neither; then
 * options and *is_own are unchanged.
 */
char *
glue_user_mapping_read(Oid server, GlueMappingOptions *options, bool *is_own)
{
	HeapTuple	tuple = find_mapping(server);
	Oid			user;
	Datum		array;
	bool		isnull;

	if (!HeapTupleIsValid(tuple))
		return NULL;
	user = ((Form_pg_user_mapping) GETSTRUCT(tuple))->umuser;
	*is_own = OidIsValid(user);
	array = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
							Anum_pg_user_mapping_umoptions, &isnull);
	if (!isnull)
		glue_mapping_options_read(array, options);
	ReleaseSysCache(tuple);
	return psprintf("user mapping for %s of foreign server \"%s\"",
					OidIsValid(user) ?
					psprintf("\"%s\"", GetUserNameFromId(user, false)) : "PUBLIC",
					GetForeignServer(server)->servername);
}

/*
 * A wrapper is ours if it belongs to our extension; its name can be changed.
 */
static bool
is_own_wrapper(Oid wrapper)
{
	return glue_extension_has(ForeignDataWrapperRelationId, wrapper);
}

/*
 * There is no server of this name: raise an error with a hint at a similar
 * one.
 */
static void
raise_no_server(const char *name)
{
	Relation	servers = table_open(ForeignServerRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(servers, InvalidOid, false, NULL, 0,
										  NULL);
	const char *names[MAX_NAMES];
	int			nnames = 0;
	HeapTuple	tuple;
	const char *nearest;

	while (nnames < MAX_NAMES && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);

		if (is_own_wrapper(form->srvfdw))
			names[nnames++] = pstrdup(NameStr(form->srvname));
	}
	systable_endscan(scan);
	table_close(servers, AccessShareLock);
	nearest = glue_model_nearest(name, names, nnames, sizeof(char *));
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("server \"%s\" does not exist", name),
			 nearest != NULL ?
			 errhint("Perhaps you meant the server \"%s\".", nearest) : 0));
}

static HeapTuple
find_mapping(Oid server)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
										ObjectIdGetDatum(GetUserId()),
										ObjectIdGetDatum(server));

	if (!HeapTupleIsValid(tuple))
		tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
								ObjectIdGetDatum(InvalidOid),
								ObjectIdGetDatum(server));
	return tuple;
}

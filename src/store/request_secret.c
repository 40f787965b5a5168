/*-------------------------------------------------------------------------
 *
 * request_secret.c
 *	  The table glue_request_secret, which has the sealed secrets of requests.
 *
 * A request that waits, and whose input holds secrets, has a row here, with the
 * whole input sealed.  The row is made with the request and erased when that
 * ends.  Everybody may look at requests, as far as they are theirs; nobody has any
 * rights on this table, and row security without a policy denies its rows even to
 * those who were granted all tables.
 *
 * IDENTIFICATION
 *	  src/store/request_secret.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "server/builtins.h"
#include "server/owner_spi.h"
#include "store/own_table.h"
#include "store/request_secret.h"
#include "store/sql_text.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

/*
 * Get ready to use the table.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction.
 */
void
glue_request_secrets_open(GlueRequestSecrets *secrets, Oid schema, int64 home)
{
	Relation	relation = glue_own_table_find("glue_request_secret", schema,
											   RowExclusiveLock,
											   GLUE_TABLE_PRIVATE);

	secrets->owner = relation->rd_rel->relowner;
	secrets->table = glue_own_table_name(relation);
	secrets->home = home;
	table_close(relation, NoLock);
}

/*
 * Keep the sealed secrets of a request that the current transaction makes, in
 * place of any that were left by one that somebody has removed from its table.
 */
void
glue_request_secret_insert(const GlueRequestSecrets *secrets, int64 request,
						   Oid role, bytea * sealed)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8OID, BYTEAOID, INT8OID, OIDOID};
	Datum		values[] = {
		Int64GetDatum(request), PointerGetDatum(sealed),
		Int64GetDatum(secrets->home), ObjectIdGetDatum(role)
	};
	GlueImpersonation saved;

	if (!glue_plan_is_kept(&kept, secrets->table))
		glue_keep_plan(&kept, secrets->owner, secrets->table,
					   psprintf("INSERT INTO %s (request, sealed, home, role)"
								" VALUES ($1, $2, $3, $4)"
								" ON CONFLICT ON CONSTRAINT glue_request_secret_pkey"
								" DO UPDATE SET sealed = EXCLUDED.sealed,"
								" role = EXCLUDED.role",
								secrets->table),
					   lengthof(types), types);
	glue_execute_as(&saved, secrets->owner,
					glue_ready_plan(&kept, secrets->owner), values, NULL);
	glue_execute_end(&saved);
}

/* Erase the secrets of requests, as far as they have any. */
void
glue_request_secrets_erase(const GlueRequestSecrets *secrets,
						   const int64 *requests, int nrequests)
{
	static GlueKeptPlan kept;
	static const Oid types[] = {INT8ARRAYOID, INT8OID};
	GlueImpersonation saved;
	Datum	   *ids = palloc(nrequests * sizeof(Datum));
	Datum		values[lengthof(types)];
	SPIPlanPtr	plan;

	for (int i = 0; i < nrequests; i++)
		ids[i] = Int64GetDatum(requests[i]);
	values[0] = glue_array_parameter(ids, NULL, nrequests, INT8OID);
	values[1] = Int64GetDatum(secrets->home);
	plan = glue_kept_plan(&kept, secrets->owner,
						  psprintf("DELETE FROM %s WHERE request" EQUALS "ANY ($1)"
								   " AND home" EQUALS "$2",
								   secrets->table),
						  lengthof(types), types);
	glue_execute_as(&saved, secrets->owner, plan, values, NULL);
	glue_execute_end(&saved);
}

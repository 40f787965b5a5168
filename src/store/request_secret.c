/*-------------------------------------------------------------------------
 *
 * request_secret.c
 *	  The table glue_request_secret, with the sealed secrets of requests.
 *
 * A waiting request whose input holds secrets has a row here, with the whole
 * input sealed.  The row is inserted with the request, and deleted when the
 * request ends.  Each role may read its own requests, but no role has a
 * privilege on this table, and row security without a policy hides its rows
 * even from roles that were granted all tables.
 *
 * IDENTIFICATION
 *	  src/store/request_secret.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "server/owner_spi.h"
#include "store/own_table.h"
#include "store/request_secret.h"
#include "store/sql_text.h"

static GlueStatement insert = {
	"INSERT INTO @glue_request_secret (request, sealed, home, role)"
	" VALUES ($1, $2, $3, $4)"
	" ON CONFLICT ON CONSTRAINT glue_request_secret_pkey"
	" DO UPDATE SET sealed = EXCLUDED.sealed, role = EXCLUDED.role",
	{INT8OID, BYTEAOID, INT8OID, OIDOID},
	.by_key = true
};

static GlueStatement find = {
	"SELECT sealed, role FROM @glue_request_secret"
	" WHERE request" EQUALS "$1 AND home" EQUALS "$2",
	{INT8OID, INT8OID}
};

static GlueStatement erase = {
	"DELETE FROM @glue_request_secret WHERE request" EQUALS "ANY ($1)"
	" AND home" EQUALS "$2",
	{INT8ARRAYOID, INT8OID}
};

/*
 * Open the table.
 *
 * schema is that of the extension.  The table is locked until the end of the
 * transaction.
 */
void
glue_request_secrets_open(GlueRequestSecrets *secrets, Oid schema)
{
	glue_own_table_open(secrets, "glue_request_secret", schema,
						RowExclusiveLock, GLUE_TABLE_PRIVATE, NULL, false);
}

/*
 * Insert the sealed secrets of a request that the current transaction makes,
 * in place of those that a deleted request may have left.
 */
void
glue_request_secret_insert(const GlueRequestSecrets *secrets, int64 request,
						   Oid role, bytea * sealed)
{
	Datum		values[] = {
		Int64GetDatum(request), PointerGetDatum(sealed),
		Int64GetDatum(secrets->home), ObjectIdGetDatum(role)
	};

	Assert(request > 0 && OidIsValid(role) && sealed != NULL);
	(void) glue_execute_alone(&insert, secrets, values, NULL);
}

/* Read the sealed secrets of a request. */
static void
read_sealed(const GlueRequestSecrets *secrets, GlueRequest *request)
{
	Datum		values[] = {
		Int64GetDatum(request->id), Int64GetDatum(request->home)
	};
	GlueResult	row;

	glue_execute(&row, &find, secrets, values, NULL);
	while (glue_result_next(&row))
	{
		MemoryContext spi_context = MemoryContextSwitchTo(request->context);
		bool		is_null;

		request->sealed =
			DatumGetByteaPCopy(glue_result_datum(&row, 1, &is_null));
		request->sealed_for = glue_result_oid(&row, 2);
		MemoryContextSwitchTo(spi_context);
	}
}

/*
 * Read the sealed secrets of requests whose rows are locked.
 *
 * The statement that has locked the rows must not read them.  It sees the
 * latest version of a locked row, but other tables as of its snapshot, and the
 * secrets of an older version cannot be opened.
 */
void
glue_request_secrets_read(const GlueRequestSecrets *secrets, List *requests)
{
	ListCell   *cell;

	foreach(cell, requests)
	{
		GlueRequest *request = lfirst(cell);

		if (request->has_secrets && request->undo == NULL)
			read_sealed(secrets, request);
	}
}

/* Delete the secrets of requests, if they have any. */
void
glue_request_secrets_erase(const GlueRequestSecrets *secrets,
						   const int64 *requests, int nrequests)
{
	Datum	   *ids = palloc(nrequests * sizeof(Datum));
	Datum		values[2];

	for (int i = 0; i < nrequests; i++)
		ids[i] = Int64GetDatum(requests[i]);
	values[0] = glue_array_parameter(ids, NULL, nrequests, INT8OID);
	values[1] = Int64GetDatum(secrets->home);
	(void) glue_execute_alone(&erase, secrets, values, NULL);
}

/*-------------------------------------------------------------------------
 *
 * digest_key.c
 *	  The key of the digests of secrets, stored in the database.
 *
 * The key is a row of a table.  CREATE EXTENSION fills the row with random
 * bytes, only the owner of the table may read it, and no dump contains it.  A
 * subscription can add the keys of other databases, so each row names its
 * database.  The key protects dumps of glue_connection against the guessing of
 * passwords; it does not protect the database against its superuser.
 *
 * Each transaction reads the key again, so that no session uses a key that was
 * replaced.
 *
 * IDENTIFICATION
 *	  src/store/digest_key.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "fmgr.h"
#include "glue/redact.h"
#include "server/builtins.h"
#include "server/compat.h"
#include "server/home.h"
#include "server/secret_memory.h"
#include "store/digest_key.h"
#include "store/own_table.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* The columns, counted from 1. */
#define KEY_BYTES		1
#define KEY_DATABASE	2

/* The key that the current transaction has read, and its table. */
static unsigned char known_key[GLUE_SECRET_KEY_LEN];
static Oid	key_table = InvalidOid;

/*
 * Make the digest of the secrets of a ConnectionInput, given its redacted copy.
 *
 * schema is that of the extension.  The result belongs to the current memory
 * context.
 */
const GlueSecretDigest *
glue_digest_secrets(Oid schema, json_object *input, json_object *redacted)
{
	GlueSecretDigest *digest = palloc(sizeof(GlueSecretDigest));

	Assert(input != redacted && !glue_redact_has_secret(redacted));
	(void) glue_digest_key_find(schema, false);
	if (!glue_secret_digest(input, redacted, known_key, digest))
		glue_raise_out_of_memory();
	return digest;
}

/*
 * The hint if there is no key: a statement that can be pasted into any client.
 */
char *
glue_secret_key_hint(Oid schema)
{
	const char *name = quote_identifier(get_namespace_name(schema));

	return psprintf("A superuser can make another one, with which secrets that were recorded before cannot be compared: INSERT INTO %s.glue_secret_key (key, database) SELECT pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) OPERATOR(pg_catalog.||) pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), %s.glue_database_id();",
					name, name);
}

/* A callback of a memory context. */
static void
forget_key(void *arg)
{
	key_table = InvalidOid;
	OPENSSL_cleanse(known_key, sizeof(known_key));
}

/* Keep the key until the end of the transaction. */
static void
keep_key(Oid table)
{
	MemoryContextCallback *callback =
		MemoryContextAllocZero(TopTransactionContext,
							   sizeof(MemoryContextCallback));

	callback->func = forget_key;
	MemoryContextRegisterResetCallback(TopTransactionContext, callback);
	key_table = table;
}

/* Read the key, with the privileges of the owner; false if there is none. */
static bool
read_key(Relation relation)
{
	Snapshot	snapshot = RegisterSnapshot(GetLatestSnapshot());
	const pg_uuid_t *database = glue_database_id(RelationGetNamespace(relation));
	TableScanDesc scan = glue_table_beginscan(relation, snapshot, 0, NULL);
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	bool		found = false;

	while (!found && table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		bool		is_null;
		Datum		value = slot_getattr(slot, KEY_DATABASE, &is_null);
		bytea	   *bytes;

		if (is_null || memcmp(DatumGetUUIDP(value), database, UUID_LEN) != 0)
			continue;
		value = slot_getattr(slot, KEY_BYTES, &is_null);
		bytes = is_null ? NULL : DatumGetByteaPP(value);
		found = bytes != NULL &&
			VARSIZE_ANY_EXHDR(bytes) == GLUE_SECRET_KEY_LEN;
		if (found)
			memcpy(known_key, VARDATA_ANY(bytes), GLUE_SECRET_KEY_LEN);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return found;
}

/*
 * Find the key, before a call that cannot be rolled back; false if there is
 * none, or an error unless missing_ok is set.
 */
bool
glue_digest_key_find(Oid schema, bool missing_ok)
{
	Relation	relation = glue_own_table_try("glue_secret_key", schema,
											  AccessShareLock,
											  GLUE_TABLE_PRIVATE);
	Oid			table = relation != NULL ? RelationGetRelid(relation) :
		InvalidOid;

	if (table != key_table)
	{
		key_table = InvalidOid;
		if (relation != NULL && read_key(relation))
			keep_key(table);
	}
	if (relation != NULL)
		table_close(relation, NoLock);
	if (!OidIsValid(key_table) && !missing_ok)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(GLUE_NO_DIGEST_KEY),
				 errdetail("Without the key, later changes of secrets could not be detected. Nothing was sent."),
				 errhint("%s", glue_secret_key_hint(schema))));
	return OidIsValid(key_table);
}

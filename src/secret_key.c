/*-------------------------------------------------------------------------
 *
 * secret_key.c
 *	  The key of the digests of secrets, which the database keeps.
 *
 * The key is a row of a table that CREATE EXTENSION fills with random bytes,
 * that nobody but its owner may read, and that no dump contains.  A publication
 * can bring the keys of other databases; each says whose it is.  It
 * protects dumps of the table of connections from those who would guess
 * passwords, and not the database from its superuser.
 *
 * It is read whenever it is used, so that all processes have the same one.
 *
 * IDENTIFICATION
 *	  src/secret_key.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "builtins.h"
#include "compat.h"
#include "fmgr.h"
#include "home.h"
#include "own_table.h"
#include "redact.h"
#include "secret_key.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* The columns, counted from 1. */
#define KEY_BYTES		1
#define KEY_DATABASE	2

/* prototypes of private functions */
static void find_key(Oid schema, unsigned char key[GLUE_SECRET_KEY_LEN]);
static bool look_for_key(Oid schema, unsigned char key[GLUE_SECRET_KEY_LEN]);
static bool read_key(Relation relation,
					 unsigned char key[GLUE_SECRET_KEY_LEN]);

/*
 * Make the digest of the secrets of a ConnectionInput; NULL if it has none.
 *
 * schema is that of the extension.  The result belongs to the current memory
 * context.
 */
const GlueSecretDigest *
glue_digest_secrets(Oid schema, json_object *input)
{
	unsigned char key[GLUE_SECRET_KEY_LEN];
	GlueSecretDigest *digest;
	bool		made;

	if (!glue_redact_has_secret(input))
		return NULL;
	digest = palloc(sizeof(GlueSecretDigest));
	find_key(schema, key);
	made = glue_secret_digest(input, key, digest);
	OPENSSL_cleanse(key, sizeof(key));
	if (!made)
		ereport(ERROR,
				(errcode(ERRCODE_OUT_OF_MEMORY),
				 errmsg("out of memory")));
	return digest;
}

/* Can the digest of a ConnectionInput be made, or is there no key? */
bool
glue_digest_possible(Oid schema, json_object *input)
{
	unsigned char key[GLUE_SECRET_KEY_LEN];
	bool		possible;

	if (!glue_redact_has_secret(input))
		return true;
	possible = look_for_key(schema, key);
	OPENSSL_cleanse(key, sizeof(key));
	return possible;
}

/*
 * Raise an error if the digest of a ConnectionInput cannot be made because
 * there is no key, before anything is done that could not be undone.
 */
void
glue_secret_key_require(Oid schema, json_object *input)
{
	unsigned char key[GLUE_SECRET_KEY_LEN];

	if (!glue_redact_has_secret(input))
		return;
	find_key(schema, key);
	OPENSSL_cleanse(key, sizeof(key));
}

/* What to do if there is no key: a statement that can be pasted anywhere. */
char *
glue_secret_key_hint(Oid schema)
{
	const char *name = quote_identifier(get_namespace_name(schema));

	return psprintf("A superuser can make another one, with which secrets that were recorded before cannot be compared: INSERT INTO %s.glue_secret_key (key, database) SELECT pg_catalog.sha256(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) OPERATOR(pg_catalog.||) pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), %s.glue_database_id();",
					name, name);
}

static void
find_key(Oid schema, unsigned char key[GLUE_SECRET_KEY_LEN])
{
	if (!look_for_key(schema, key))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(GLUE_NO_DIGEST_KEY),
				 errdetail("Without it, it could not be told later whether secrets have changed. Nothing was sent."),
				 errhint("%s", glue_secret_key_hint(schema))));
}

/* Find the key; false if there is none. */
static bool
look_for_key(Oid schema, unsigned char key[GLUE_SECRET_KEY_LEN])
{
	Relation	relation = glue_own_table_try("glue_secret_key", schema,
											  AccessShareLock,
											  GLUE_TABLE_PRIVATE);
	bool		found = relation != NULL && read_key(relation, key);

	if (relation != NULL)
		table_close(relation, NoLock);
	return found;
}

/* Read the key as it is, whoever we are; false if there is none. */
static bool
read_key(Relation relation, unsigned char key[GLUE_SECRET_KEY_LEN])
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
			memcpy(key, VARDATA_ANY(bytes), GLUE_SECRET_KEY_LEN);
	}
	ExecDropSingleTupleTableSlot(slot);
	table_endscan(scan);
	UnregisterSnapshot(snapshot);
	return found;
}

/*-------------------------------------------------------------------------
 *
 * bare_table.c
 *	  The cache of bare tables: tables without triggers, rules and the like.
 *
 * The check of all objects that depend on a table takes longer than the
 * insertion of a row.  So a table that was found bare is not checked again
 * until its definition changes, which a relcache invalidation announces.
 *
 * IDENTIFICATION
 *	  src/store/bare_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/bare_table.h"
#include "utils/inval.h"

/* The number of bare tables that are remembered. */
#define MAX_BARE_TABLES		8
static Oid	bare_tables[MAX_BARE_TABLES];

/*
 * The table that is being checked; invalid if its definition has changed
 * meanwhile.
 */
static Oid	looked_at = InvalidOid;

/* prototypes of private functions */
static void forget_table(Datum arg, Oid table);

/* Is a table known to be bare?  If not, the caller is about to check it. */
bool
glue_table_is_bare(Oid table)
{
	static bool registered = false;

	if (!registered)
		CacheRegisterRelcacheCallback(forget_table, (Datum) 0);
	registered = true;
	for (int i = 0; i < MAX_BARE_TABLES; i++)
	{
		if (bare_tables[i] == table)
			return true;
	}
	looked_at = table;
	return false;
}

/*
 * Remember that the table that was checked is bare.  The lock of a reader
 * allows concurrent DDL such as CREATE TRIGGER; then the table is not
 * remembered.
 *
 * There are so few tables that any of them may be replaced.
 */
void
glue_note_bare_table(Oid table)
{
	static int	next = 0;

	if (looked_at != table)
		return;
	bare_tables[next] = table;
	next = (next + 1) % MAX_BARE_TABLES;
}

/* A relcache callback: the definition of this table has changed, or of any. */
static void
forget_table(Datum arg, Oid table)
{
	for (int i = 0; i < MAX_BARE_TABLES; i++)
	{
		if (bare_tables[i] == table || !OidIsValid(table))
			bare_tables[i] = InvalidOid;
	}
	if (looked_at == table || !OidIsValid(table))
		looked_at = InvalidOid;
}

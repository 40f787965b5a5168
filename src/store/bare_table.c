/*-------------------------------------------------------------------------
 *
 * bare_table.c
 *	  Which of our tables nothing hangs on.
 *
 * To look through all that may hang on a table takes longer than to insert a row.
 * So a table on which nothing was found is not looked through again until its
 * definition changes; PostgreSQL tells when that is.
 *
 * IDENTIFICATION
 *	  src/store/bare_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/bare_table.h"
#include "utils/inval.h"

/* Tables that nothing hangs on, as far as is known. */
#define MAX_BARE_TABLES		8
static Oid	bare_tables[MAX_BARE_TABLES];

/* The one that is looked at, unless its definition has changed meanwhile. */
static Oid	looked_at = InvalidOid;

/* prototypes of private functions */
static void forget_table(Datum arg, Oid table);

/*
 * Is a table known to be bare?  If it is not, it is about to be looked at.
 */
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
 * Nothing was found on the table that was looked at.  A reader has a
 * lock that lets others put something there meanwhile; then it is not noted.
 *
 * There are so few tables that it does not matter which one is forgotten.
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

/* A relcache callback: the definition of a table, or of any, has changed. */
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

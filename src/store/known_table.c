/*-------------------------------------------------------------------------
 *
 * known_table.c
 *	  The cache of facts about our tables that hold until their definitions change.
 *
 * The check of all objects that depend on a table takes longer than the
 * insertion of a row.  So a fact about a table is not checked again until the
 * definition changes, which a relcache invalidation reports.
 *
 * IDENTIFICATION
 *	  src/store/known_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/known_table.h"
#include "utils/inval.h"

/* The number of tables that are remembered for a fact, and these. */
#define MAX_TABLES		8
static Oid	known[GLUE_NUM_TABLE_FACTS][MAX_TABLES];

/*
 * The table that is being checked; invalid if its definition has changed
 * meanwhile.
 */
static Oid	looked_at = InvalidOid;

/* A relcache callback: the definition of this table has changed, or of any. */
static void
forget_table(Datum arg, Oid table)
{
	for (int i = 0; i < GLUE_NUM_TABLE_FACTS * MAX_TABLES; i++)
	{
		Oid		   *place = &known[i / MAX_TABLES][i % MAX_TABLES];

		if (*place == table || !OidIsValid(table))
			*place = InvalidOid;
	}
	if (looked_at == table || !OidIsValid(table))
		looked_at = InvalidOid;
}

/* Is a fact known of a table?  If not, the caller is about to check it. */
bool
glue_table_is_known(Oid table, GlueTableFact fact)
{
	static bool registered = false;

	if (!registered)
		CacheRegisterRelcacheCallback(forget_table, (Datum) 0);
	registered = true;
	for (int i = 0; i < MAX_TABLES; i++)
	{
		if (known[fact][i] == table)
			return true;
	}
	looked_at = table;
	return false;
}

/*
 * Remember a fact about the table that was checked.  The lock of a reader allows
 * concurrent DDL such as CREATE TRIGGER; then the fact is not remembered.
 *
 * There are so few tables that any of them may be replaced.
 */
void
glue_note_table(Oid table, GlueTableFact fact)
{
	static int	next = 0;

	if (looked_at != table)
		return;
	known[fact][next] = table;
	next = (next + 1) % MAX_TABLES;
	looked_at = InvalidOid;
}

/*-------------------------------------------------------------------------
 *
 * known_table.c
 *	  What is known of our tables until their definitions change.
 *
 * To look through all that may hang on a table takes longer than to insert a row.
 * So what was found out about a table is not looked for again until its definition
 * changes; PostgreSQL tells when that is.
 *
 * IDENTIFICATION
 *	  src/store/known_table.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "store/known_table.h"
#include "utils/inval.h"

/* Tables of which a fact is known. */
#define MAX_TABLES		8
static Oid	known[GLUE_NUM_TABLE_FACTS][MAX_TABLES];

/* The one that is looked at, unless its definition has changed meanwhile. */
static Oid	looked_at = InvalidOid;

/* prototypes of private functions */
static void forget_table(Datum arg, Oid table);

/*
 * Is something known of a table?  If it is not, the table is about to be looked at.
 */
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
 * Something was found out about the table that was looked at.  Our lock may let
 * others change its definition meanwhile; then that is not noted.
 *
 * There are so few tables that it does not matter which one is forgotten.
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

/* A relcache callback: the definition of a table, or of any, has changed. */
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

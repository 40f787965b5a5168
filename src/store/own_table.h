/*-------------------------------------------------------------------------
 *
 * own_table.h
 *	  What may hang on the extension's own tables.
 *
 * IDENTIFICATION
 *	  src/store/own_table.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_OWN_TABLE_H
#define GLUE_STORE_OWN_TABLE_H

#include "storage/lockdefs.h"
#include "store/own_row.h"
#include "utils/relcache.h"

/* The roles that are meant to see a table. */
typedef enum GlueTableKind
{
	GLUE_TABLE_SHOWN,			/* everybody whom its owner lets: others may
								 * hang something on it */
	GLUE_TABLE_PRIVATE			/* nobody else's */
} GlueTableKind;

extern Relation glue_own_table_try(const char *name, Oid schema,
								   LOCKMODE lock, GlueTableKind kind);
extern char *glue_own_table_name(Relation table);
extern Oid	glue_own_sequence(Oid schema, const char *name);
extern bool glue_own_table_open(GlueOwnTable *table, const char *name,
								Oid schema, LOCKMODE lock,
								GlueTableKind kind, const GlueRowShape *shape,
								bool missing_ok);

#endif							/* GLUE_STORE_OWN_TABLE_H */

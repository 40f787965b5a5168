/*-------------------------------------------------------------------------
 *
 * own_table.h
 *	  The check of objects that depend on the extension's own tables.
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

/* The roles that may see a table. */
typedef enum GlueTableKind
{
	GLUE_TABLE_SHOWN,			/* roles that its owner has granted access:
								 * they may create objects on it */
	GLUE_TABLE_PRIVATE			/* the owner alone */
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

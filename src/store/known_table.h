/*-------------------------------------------------------------------------
 *
 * known_table.h
 *	  The cache of facts about our tables that hold until their definitions change.
 *
 * IDENTIFICATION
 *	  src/store/known_table.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_KNOWN_TABLE_H
#define GLUE_STORE_KNOWN_TABLE_H

typedef enum GlueTableFact
{
	GLUE_TABLE_BARE,			/* no object is on it: see own_table.c */
	GLUE_TABLE_PLAIN,			/* rows need no statement: see own_row.c */
	GLUE_NUM_TABLE_FACTS
} GlueTableFact;

extern bool glue_table_is_known(Oid table, GlueTableFact fact);
extern void glue_note_table(Oid table, GlueTableFact fact);

#endif							/* GLUE_STORE_KNOWN_TABLE_H */

/*-------------------------------------------------------------------------
 *
 * bare_table.h
 *	  The cache of bare tables: tables without triggers, rules and the like.
 *
 * IDENTIFICATION
 *	  src/store/bare_table.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_BARE_TABLE_H
#define GLUE_STORE_BARE_TABLE_H

extern bool glue_table_is_bare(Oid table);
extern void glue_note_bare_table(Oid table);

#endif							/* GLUE_STORE_BARE_TABLE_H */

/*-------------------------------------------------------------------------
 *
 * names.h
 *	  A list of names that may be larger than memory.
 *
 * IDENTIFICATION
 *	  src/store/names.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_NAMES_H
#define GLUE_STORE_NAMES_H

#include "utils/queryenvironment.h"

typedef struct GlueNameStore GlueNameStore;

extern GlueNameStore *glue_name_store_new(void);
extern void glue_name_store_add(GlueNameStore *store, const char *name);
extern void glue_name_store_add_datum(GlueNameStore *store, Datum name);
extern int64 glue_name_store_count(const GlueNameStore *store);
extern const char *glue_name_store_next(GlueNameStore *store);
extern EphemeralNamedRelation glue_name_store_relation(const GlueNameStore *store,
													   const char *name);

#endif							/* GLUE_STORE_NAMES_H */

/*-------------------------------------------------------------------------
 *
 * connections.h
 *	  The table glue_connection, which mirrors what is in AWS Glue.
 *
 * IDENTIFICATION
 *	  src/store/connections.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CONNECTIONS_H
#define GLUE_STORE_CONNECTIONS_H

#include "store/connection_row.h"
#include "store/names.h"
#include "store/provision.h"

/* What is to be done with the table. */
typedef enum GlueMirrorAccess
{
	GLUE_MIRROR_READ,
	GLUE_MIRROR_WRITE
} GlueMirrorAccess;

/* The table, ready to be used until the end of the transaction. */
typedef struct GlueMirror
{
	GlueOwnTable table;
	GlueProvisions provisions;	/* if it is written: what rows own of that */
} GlueMirror;

extern void glue_mirror_open(GlueMirror *mirror, Oid schema,
							 GlueMirrorAccess access);
extern GlueMirrorRow *glue_mirror_draft(const GlueMirrorEntry *entry);
extern void glue_mirror_record_draft(const GlueMirror *mirror,
									 GlueMirrorRow *draft,
									 const GlueMirrorEntry *entry);
extern void glue_mirror_record(const GlueMirror *mirror,
							   const GlueMirrorEntry *entry);
extern void glue_mirror_observe(const GlueMirror *mirror,
								const GlueMirrorEntry *entry);
extern bool glue_mirror_find(const GlueMirror *mirror,
							 const GlueTarget *target, const char *name,
							 GlueMirrorKnown *known);
extern bool glue_mirror_lock(const GlueMirror *mirror,
							 const GlueTarget *target, const char *name,
							 GlueMirrorKnown *known);
extern bool glue_mirror_forget(const GlueMirror *mirror,
							   const GlueTarget *target, const char *name);
extern bool glue_mirror_forget_older(const GlueMirror *mirror,
									 const GlueTarget *target,
									 const char *name, TimestampTz missed_at);

extern GlueNameStore *glue_mirror_unseen(const GlueMirror *mirror,
										 const GlueTarget *target,
										 const GlueNameStore *seen,
										 TimestampTz before);

#endif							/* GLUE_STORE_CONNECTIONS_H */

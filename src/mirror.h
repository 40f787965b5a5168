/*-------------------------------------------------------------------------
 *
 * mirror.h
 *	  The table glue_connection, which mirrors what is in AWS Glue.
 *
 * IDENTIFICATION
 *	  src/mirror.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_MIRROR_H
#define GLUE_MIRROR_H

#include <json-c/json.h>

#include "executor/spi.h"
#include "target.h"

/* The table, ready to be written. */
typedef struct GlueMirror
{
	Oid			owner;
	SPIPlanPtr	insert_plan;	/* kept for the life of the backend */
	SPIPlanPtr	upsert_plan;	/* likewise */
} GlueMirror;

/* One connection, as it is to be recorded. */
typedef struct GlueMirrorEntry
{
	const GlueTarget *target;
	const char *name;
	json_object *definition;	/* ConnectionInput, redacted */
	json_object *tags;			/* or NULL */
	json_object *observed;		/* what GetConnection returned, or NULL */
	const char *status;
	const char *status_reason;	/* or NULL */
	const char *request_id;		/* AWS's, or "" */
} GlueMirrorEntry;

extern void glue_mirror_open(GlueMirror *mirror, Oid schema);
extern void glue_mirror_record(const GlueMirror *mirror,
							   const GlueMirrorEntry *entry);

#endif							/* GLUE_MIRROR_H */

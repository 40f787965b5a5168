/*-------------------------------------------------------------------------
 *
 * connections.h
 *	  The table glue_connection, which mirrors the connections in AWS Glue.
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

/* The table, open until the end of the transaction. */
typedef struct GlueRecords
{
	GlueOwnTable table;
	GlueProvisions provisions;	/* if it is written: the ownership of rows */
} GlueRecords;

extern void glue_records_open(GlueRecords *records, Oid schema,
							  LOCKMODE lock);
extern GlueRow *glue_record_prepare(const GlueRecord *record);
extern void glue_record_write(const GlueRecords *records,
							  const GlueRecord *record, GlueRow *prepared);
extern bool glue_record_find(const GlueRecords *records,
							 const GlueTarget *target, const char *name,
							 GlueRecord *record);
extern bool glue_record_lock(const GlueRecords *records,
							 const GlueTarget *target, const char *name,
							 GlueRecord *record);
extern void glue_record_forget(const GlueRecords *records,
							   const GlueTarget *target, const char *name,
							   TimestampTz missed_at);
extern GlueNameStore *glue_record_unseen(const GlueRecords *records,
										 const GlueTarget *target,
										 const GlueNameStore *seen,
										 TimestampTz before);

#endif							/* GLUE_STORE_CONNECTIONS_H */

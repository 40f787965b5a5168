/*-------------------------------------------------------------------------
 *
 * connection_row.h
 *	  A row of the table glue_connection, between trees and datums.
 *
 * For store/connections.c alone, but for GlueNewRecord and GlueRecord.
 *
 * IDENTIFICATION
 *	  src/store/connection_row.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_CONNECTION_ROW_H
#define GLUE_STORE_CONNECTION_ROW_H

#include <json-c/json.h>

#include "access/htup.h"
#include "access/tupdesc.h"
#include "client/target.h"
#include "glue/digest.h"
#include "server/owner_spi.h"
#include "utils/timestamp.h"

/* The columns, in the order of the table. */
typedef enum GlueRecordColumn
{
	GLUE_COLUMN_ENDPOINT,
	GLUE_COLUMN_REGION,
	GLUE_COLUMN_CATALOG_ID,
	GLUE_COLUMN_NAME,
	GLUE_COLUMN_SERVER,
	GLUE_COLUMN_ARN,
	GLUE_COLUMN_CONNECTION_TYPE,
	GLUE_COLUMN_DESCRIPTION,
	GLUE_COLUMN_MATCH_CRITERIA,
	GLUE_COLUMN_CONNECTION_PROPERTIES,
	GLUE_COLUMN_SPARK_PROPERTIES,
	GLUE_COLUMN_ATHENA_PROPERTIES,
	GLUE_COLUMN_PYTHON_PROPERTIES,
	GLUE_COLUMN_PHYSICAL_CONNECTION_REQUIREMENTS,
	GLUE_COLUMN_AUTHENTICATION_CONFIGURATION,
	GLUE_COLUMN_VALIDATE_CREDENTIALS,
	GLUE_COLUMN_VALIDATE_FOR_COMPUTE_ENVIRONMENTS,
	GLUE_COLUMN_TAGS,
	GLUE_COLUMN_STATUS,
	GLUE_COLUMN_STATUS_REASON,
	GLUE_COLUMN_CONNECTION_SCHEMA_VERSION,
	GLUE_COLUMN_CREATION_TIME,
	GLUE_COLUMN_LAST_UPDATED_TIME,
	GLUE_COLUMN_LAST_UPDATED_BY,
	GLUE_COLUMN_LAST_CONNECTION_VALIDATION_TIME,
	GLUE_COLUMN_SECRET_DIGEST,
	GLUE_COLUMN_REQUEST_ID,
	GLUE_COLUMN_RECORDED_AT,
	GLUE_COLUMN_RECORDED_BY,
	GLUE_COLUMN_AWS_RECORDED_AT,
	GLUE_NUM_COLUMNS
} GlueRecordColumn;

/* One connection, as read from the table or to be recorded, without secrets. */
typedef struct GlueRecord
{
	json_object *definition;	/* ConnectionInput; to be recorded, a
								 * Connection will do */
	json_object *tags;			/* or NULL */
	json_object *observed;		/* members of a Connection that are not in a
								 * ConnectionInput: Status, CreationTime, ...;
								 * to be recorded, all of it, or NULL */
	const GlueSecretDigest *secret_digest;	/* or NULL: not known */
	const char *request_id;		/* AWS's, or NULL or "" */
	TimestampTz recorded_at;	/* when this was the state; to be recorded, 0:
								 * now */
	TimestampTz aws_recorded_at;	/* the same by AWS's clock; 0: not known */

	/* only for a connection that is to be recorded */
	const GlueTarget *target;
	const char *name;
	const char *status;			/* or NULL: as observed, or not known */
} GlueRecord;

extern const GlueColumn glue_record_columns[GLUE_NUM_COLUMNS];

extern void glue_record_row_key(GlueRow *row, const GlueTarget *target,
								const char *name);
extern void glue_record_row_define(GlueRow *row, const GlueRecord *record);
extern void glue_record_row_observe(GlueRow *row, const GlueRecord *record);
extern void glue_record_row_read(GlueRecord *record, HeapTuple tuple,
								 TupleDesc desc);

#endif							/* GLUE_STORE_CONNECTION_ROW_H */

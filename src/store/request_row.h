/*-------------------------------------------------------------------------
 *
 * request_row.h
 *	  A row of the table glue_request, as the values of its columns.
 *
 * IDENTIFICATION
 *	  src/store/request_row.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_ROW_H
#define GLUE_STORE_REQUEST_ROW_H

#include "nodes/pg_list.h"
#include "store/own_row.h"
#include "store/request.h"

/* The columns, in their order. */
typedef enum GlueRequestColumn
{
	GLUE_REQUEST_ID,
	GLUE_REQUEST_OPERATION,
	GLUE_REQUEST_CONNECTION_NAME,
	GLUE_REQUEST_SERVER,
	GLUE_REQUEST_REGION,
	GLUE_REQUEST_CATALOG_ID,
	GLUE_REQUEST_INPUT,
	GLUE_REQUEST_TAGS,
	GLUE_REQUEST_ON_CONFLICT,
	GLUE_REQUEST_ON_MISSING,
	GLUE_REQUEST_HAS_SECRETS,
	GLUE_REQUEST_STATE,
	GLUE_REQUEST_ATTEMPTS,
	GLUE_REQUEST_NEXT_ATTEMPT_AT,
	GLUE_REQUEST_LEASE_UNTIL,
	GLUE_REQUEST_CLAIMED_BY,
	GLUE_REQUEST_CALLER_XID,
	GLUE_REQUEST_CALLER_TOP_XID,
	GLUE_REQUEST_CALLER_SETTINGS,
	GLUE_REQUEST_ON_ROLLBACK,
	GLUE_REQUEST_REQUESTED_BY,
	GLUE_REQUEST_REQUESTED_AT,
	GLUE_REQUEST_STARTED_AT,
	GLUE_REQUEST_ANSWERED_AT,
	GLUE_REQUEST_UNDONE_AT,
	GLUE_REQUEST_FINISHED_AT,
	GLUE_REQUEST_STATUS,
	GLUE_REQUEST_ERROR_CODE,
	GLUE_REQUEST_ERROR_MESSAGE,
	GLUE_REQUEST_AWS_REQUEST_ID,
	GLUE_REQUEST_HOME,
	GLUE_REQUEST_CLUSTER,
	GLUE_REQUEST_SERVER_OID,
	GLUE_REQUEST_SERVER_OWNER,
	GLUE_REQUEST_TARGET_FINGERPRINT,
	GLUE_REQUEST_ANSWER,
	GLUE_REQUEST_ENDPOINT,
	GLUE_REQUEST_ACCOUNT_ID,
	GLUE_REQUEST_CALL_TIMEOUT,
	GLUE_REQUEST_AWS_SENT_AT,
	GLUE_REQUEST_AWS_ENDED_AT,
	GLUE_REQUEST_AWS_SETTLED_AT,
	GLUE_REQUEST_PROVISION_ID,
	GLUE_REQUEST_FAILED_AT,
	GLUE_NUM_REQUEST_COLUMNS
} GlueRequestColumn;

/* The table as we made it. */
extern const GlueRowShape glue_request_shape;

extern const GlueColumn glue_request_columns[GLUE_NUM_REQUEST_COLUMNS];

extern void glue_request_set_target(GlueRequest *request,
									const GlueTarget *target);
extern const unsigned char *glue_request_fingerprint(const GlueRequest *request,
													 const GlueTarget *target);
extern bool glue_request_is_for_others(const GlueRequest *request,
									   const GlueTarget *target);
extern void glue_request_row_fill(GlueRow *row,
								  const GlueRequest *request);

/*
 * The columns that a request is read from, of the row r.  claimed_by is the
 * process that had claimed it before.  The statement has the columns of the table.
 */
#define GLUE_READ_COLUMNS(claimed_by) "@r_columns, " claimed_by " IS NOT NULL"

extern List *glue_requests_read(GlueResult *row, bool undo,
								MemoryContext parent);

#endif							/* GLUE_STORE_REQUEST_ROW_H */

/*-------------------------------------------------------------------------
 *
 * request.h
 *	  A request that is carried out after commit, or at once.
 *
 * IDENTIFICATION
 *	  src/store/request.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_H
#define GLUE_STORE_REQUEST_H

#include <json-c/json.h>

#include "client/target.h"
#include "datatype/timestamp.h"

/*
 * The operation of a request that sends nothing: all earlier requests for an
 * entry of glue_provision have ended, and the entry is deleted.
 */
#define GLUE_REQUEST_RELEASE	"ReleaseConnection"

/*
 * The states of a request.  A request is queued, then running, then queued
 * again or ended: succeeded, failed, cancelled or, for a call that acted at
 * once, rolled back.  A request of another database is held.
 */
#define GLUE_STATE_QUEUED		"queued"
#define GLUE_STATE_RUNNING		"running"
#define GLUE_STATE_HELD			"held"
#define GLUE_STATE_SUCCEEDED	"succeeded"
#define GLUE_STATE_FAILED		"failed"
#define GLUE_STATE_CANCELLED	"cancelled"
#define GLUE_STATE_ROLLED_BACK	"rolled_back"

/*
 * A row of glue_request that is to be inserted.  Text is UTF-8, but for the
 * name of the server.
 */
typedef struct GlueRequest
{
	const char *operation;		/* "CreateConnection" */
	const char *name;			/* of the connection */

	/* the target, at the time of the request */
	const char *server;			/* foreign server, or NULL */
	Oid			server_oid;		/* InvalidOid without one */
	Oid			server_owner;	/* likewise */
	const char *endpoint;		/* "": AWS */
	const char *region;
	const char *catalog_id;		/* or NULL: that of the account */
	const char *account_id;		/* or NULL: not known yet */
	unsigned char fingerprint[GLUE_FINGERPRINT_LEN];	/* of the target */

	/* the origin of the request */
	int64		home;
	int64		cluster;		/* the cluster of the OIDs */
	Oid			role;

	json_object *input;			/* ConnectionInput, or NULL */
	json_object *shown;			/* the same without its secrets */
	Datum		given;			/* the same as input, as jsonb, or 0 */
	bool		has_secrets;
	json_object *tags;			/* or NULL */
	const char *on_conflict;	/* or NULL */
	const char *on_missing;		/* or NULL */
	int64		provision_id;	/* entry of its row in glue_provision; 0: none */

	/* for a call that acts at once */
	const char *on_rollback;	/* or NULL */
	int			call_timeout_ms;
	TimestampTz aws_sent_at;	/* by AWS's clock; 0: not known */
} GlueRequest;

#endif							/* GLUE_STORE_REQUEST_H */

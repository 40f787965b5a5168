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
#include "utils/jsonb.h"

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

/* A call that is to be undone. */
typedef struct GlueUndo
{
	int64		id;				/* of its request */
	bool		may_have_made;	/* it may have created the connection... */
	bool		keep;			/* ... and the connection is kept on rollback,
								 * or was */
	TimestampTz answered_at;	/* end of the call; 0: not known */
	long		late_limit_ms;	/* after its sender is gone, no message of it
								 * arrives later */

	/* by AWS's clock; 0: not known */
	TimestampTz aws_sent_at;	/* began not before... */
	TimestampTz aws_ended_at;	/* ... and ended not after */
	bool		committed;		/* the call failed, its transaction went on
								 * and has committed */
	bool		undone;			/* the undo is finished, and only to be
								 * recorded */

	/* see store/evidence.c */
	bool		taken_over;		/* another request relies on the connection */
	bool		deferred;		/* the result cannot be recorded yet */
	json_object **updates;		/* definitions of updates that may have been
								 * made */
	int			nupdates;
	TimestampTz aws_updated_at; /* not later; 0: not known */
	TimestampTz aws_deleted_at; /* older records are out of date; 0: not known */
	TimestampTz deleted_at;		/* the same by our clock; 0: no deletion */
} GlueUndo;

/*
 * A row of glue_request that is to be inserted or was read.  Text is UTF-8, but
 * for the name of the server.
 */
typedef struct GlueRequest
{
	int64		id;				/* 0: not known yet */
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

	json_object *input;			/* ConnectionInput, or NULL; redacted, of a
								 * row that was read */
	json_object *shown;			/* the same without its secrets */
	Datum		given;			/* the same as input, as jsonb, or 0 */
	bool		has_secrets;
	json_object *tags;			/* or NULL */
	const char *on_conflict;	/* or NULL */
	const char *on_missing;		/* or NULL */
	int64		provision_id;	/* entry of its row in glue_provision; 0: none */

	/* for a call that acts at once */
	const char *on_rollback;	/* or NULL */
	int			call_timeout_ms;	/* 0: not known */
	TimestampTz aws_sent_at;	/* by AWS's clock; 0: not known */

	/* for a row that was read */
	MemoryContext context;		/* of the request */
	bytea	   *sealed;			/* the whole input, or NULL */
	Oid			sealed_for;		/* the role it was sealed for; as role but for
								 * another cluster */
	const char *status;			/* IN_PROGRESS: wait until the connection is
								 * ready */
	int			attempts;		/* including this one */
	bool		uncertain;		/* AWS may have carried out an earlier attempt */
	Jsonb	   *settings;		/* of the caller's session, or NULL */
	const char *settings_text;	/* the same; "{}" for NULL */
	TimestampTz requested_at;
	TimestampTz started_at;		/* of the first attempt */
	TimestampTz aws_settled_at; /* see operation/late.c; 0: no late message is
								 * possible */
	const char *error_code;		/* of the last attempt, or of the call itself;
								 * of an undo, the code that it will end with */
	const char *error_message;
	json_object *answer;		/* result that is only to be recorded, or
								 * NULL; see queue/answer.c */
	GlueUndo   *undo;			/* NULL: carry it out, do not undo it */
} GlueRequest;

/*
 * The outcome of an attempt at a request, or of a call that acted at once.  Text
 * is UTF-8, or NULL.
 */
typedef struct GlueRequestOutcome
{
	const char *state;			/* "queued": there will be a retry, or an
								 * undo; NULL: not known, to be resolved later */
	const char *status;			/* of the connection */
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
	TimestampTz aws_ended_at;	/* time of the end, by AWS's clock; 0: not
								 * known */

	/* for an attempt */
	TimestampTz next_attempt_at;	/* of the retry; 0 otherwise */
	bool		free_attempt;	/* the attempt does not count */
	bool		uncertain;		/* AWS may have carried it out nevertheless */
	bool		undone;			/* the undo is only to be recorded */
	TimestampTz aws_settled_at; /* of an undo: see undo.c */
	json_object *answer;		/* result that could not be recorded, or NULL */
	bool		recorded;		/* this process still had the job */

	/* for a call whose transaction has ended without closing it */
	int64		id;				/* of its row */
	TimestampTz answered_at;	/* 0: not known */
	bool		not_made;		/* no connection was created */
} GlueRequestOutcome;

#endif							/* GLUE_STORE_REQUEST_H */

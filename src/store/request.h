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
 * The operation of a request that sends nothing: what was asked for before by an
 * entry of glue_provision is done, and the entry ends.
 */
#define GLUE_REQUEST_RELEASE	"ReleaseConnection"

/*
 * The states of a request.  It is queued, then running, then queued again or ended:
 * succeeded, failed, cancelled, or rolled back, of a call that acted at once.  One of
 * another database is held.
 */
#define GLUE_STATE_QUEUED		"queued"
#define GLUE_STATE_RUNNING		"running"
#define GLUE_STATE_HELD			"held"
#define GLUE_STATE_SUCCEEDED	"succeeded"
#define GLUE_STATE_FAILED		"failed"
#define GLUE_STATE_CANCELLED	"cancelled"
#define GLUE_STATE_ROLLED_BACK	"rolled_back"

/* What is known of a call that is to be undone. */
typedef struct GlueUndo
{
	int64		id;				/* of its request */
	bool		may_have_made;	/* it may have created the connection... */
	bool		keep;			/* ... which is to be kept then, or was */
	TimestampTz answered_at;	/* when the call had ended; 0: not known */
	long		late_limit_ms;	/* after its sender is gone, nothing of it
								 * arrives any more */

	/* by AWS's clock; 0: not known */
	TimestampTz aws_sent_at;	/* not before that... */
	TimestampTz aws_ended_at;	/* ... nor after that */
	bool		committed;		/* the transaction went on after the call had
								 * failed, and has committed */
	bool		undone;			/* there is nothing to be done any more, but
								 * to record what there is */

	/* see store/evidence.c */
	bool		taken_over;		/* others rely on the connection */
	bool		deferred;		/* what there is cannot be recorded yet */
	json_object **updates;		/* definitions that it may have been given */
	int			nupdates;
	TimestampTz aws_updated_at; /* not later; 0: not known */
	TimestampTz aws_deleted_at; /* what is recorded from before is out of
								 * date; 0: not known */
	TimestampTz deleted_at;		/* the same by our clock; 0: there is nothing
								 * like that */
} GlueUndo;

/*
 * One row of glue_request, which is to be made or was read.  Text is UTF-8, but for
 * the name of the server.
 */
typedef struct GlueRequest
{
	int64		id;				/* 0: not known yet */
	const char *operation;		/* "CreateConnection" */
	const char *name;			/* of the connection */

	/* where it goes, as it was when it was asked for */
	const char *server;			/* foreign server, or NULL */
	Oid			server_oid;		/* InvalidOid without one */
	Oid			server_owner;	/* likewise */
	const char *endpoint;		/* "": AWS */
	const char *region;
	const char *catalog_id;		/* or NULL: that of the account */
	const char *account_id;		/* or NULL: not known yet */
	unsigned char fingerprint[GLUE_FINGERPRINT_LEN];	/* of the target */

	/* whose it is */
	int64		home;
	int64		cluster;		/* that the OIDs are of */
	Oid			role;

	json_object *input;			/* ConnectionInput, or NULL; of a row that was
								 * read, the redacted one */
	json_object *shown;			/* the same without its secrets */
	Datum		given;			/* jsonb that says the same as input, or 0 */
	bool		has_secrets;
	json_object *tags;			/* or NULL */
	const char *on_conflict;	/* or NULL */
	const char *on_missing;		/* or NULL */
	int64		provision_id;	/* of the row that it is for; 0: none */

	/* of a call that acts at once */
	const char *on_rollback;	/* or NULL */
	int			call_timeout_ms;	/* 0: not known */
	TimestampTz aws_sent_at;	/* by AWS's clock; 0: not known */

	/* of a row that was read */
	MemoryContext context;		/* of the request */
	bytea	   *sealed;			/* the whole input, or NULL */
	Oid			sealed_for;		/* the role, where it was sealed */
	const char *status;			/* IN_PROGRESS: it is waited for that */
	int			attempts;		/* this one included */
	bool		uncertain;		/* an attempt before may have been carried
								 * out, and nobody knows */
	Jsonb	   *settings;		/* of the caller's session, or NULL */
	const char *settings_text;	/* the same; "{}" instead of NULL */
	TimestampTz requested_at;
	TimestampTz started_at;		/* of the first attempt */
	TimestampTz aws_settled_at; /* see operation/late.c; 0: nothing is late */
	const char *error_code;		/* of the last one, or of the call itself; of
								 * what is undone, how it will end */
	const char *error_message;
	json_object *answer;		/* what is only to be recorded, or NULL; see
								 * queue/answer.c */
	GlueUndo   *undo;			/* NULL: it is to be done, not undone */
} GlueRequest;

/*
 * How an attempt at a request has ended, or a call that acted at once.  Text is
 * UTF-8, or NULL.
 */
typedef struct GlueRequestOutcome
{
	const char *state;			/* "queued": there will be another attempt, or
								 * an undo; NULL: nobody knows, so others are
								 * to find out */
	const char *status;			/* of the connection */
	const char *error_code;
	const char *error_message;
	const char *aws_request_id;
	TimestampTz aws_ended_at;	/* by AWS's clock; 0: not known */

	/* of an attempt */
	TimestampTz next_attempt_at;	/* 0: there is none */
	bool		free_attempt;	/* it does not count */
	bool		uncertain;		/* it may have been carried out all the same */
	bool		undone;			/* it is only to be recorded */
	TimestampTz aws_settled_at; /* of an undo: see undo.c */
	json_object *answer;		/* what could not be recorded, or NULL */
	bool		recorded;		/* the request was still ours */

	/* of a call whose transaction has ended without it */
	int64		id;				/* of its row */
	TimestampTz answered_at;	/* 0: not known */
	bool		not_made;		/* it has created nothing */
} GlueRequestOutcome;

#endif							/* GLUE_STORE_REQUEST_H */

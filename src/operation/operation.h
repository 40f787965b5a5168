/*-------------------------------------------------------------------------
 *
 * operation.h
 *	  What a request asks for, as a sequence of calls.
 *
 * IDENTIFICATION
 *	  src/operation/operation.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_OPERATION_OPERATION_H
#define GLUE_OPERATION_OPERATION_H

#include "client/access.h"
#include "client/aws_clock.h"
#include "store/claims.h"
#include "store/connections.h"
#include "store/provision_owner.h"

/* Why a connection is left alone that others rely on. */
#define GLUE_UNDO_TAKEN_OVER \
	"It was left alone, because another request for it has succeeded since."

/* How one is left of which nobody knows whose it is. */
#define GLUE_UNDO_NOT_KNOWN	"NotKnown"

/* What is done about a connection that exists already. */
typedef enum GlueConflictAction
{
	GLUE_CONFLICT_ERROR,
	GLUE_CONFLICT_ADOPT,
	GLUE_CONFLICT_UPDATE
} GlueConflictAction;

typedef enum GlueOperationKind
{
	GLUE_OPERATION_CREATE,
	GLUE_OPERATION_UPDATE,
	GLUE_OPERATION_DELETE,
	GLUE_OPERATION_POLL,		/* see whether a connection is ready */
	GLUE_OPERATION_UNDO			/* see operation/undo.c */
} GlueOperationKind;

typedef enum GlueOperationStep
{
	GLUE_STEP_AWAIT_LATE,		/* what was sent before may yet arrive */
	GLUE_STEP_FIND_OURS,		/* did an attempt before this one do it? */
	GLUE_STEP_CREATE,
	GLUE_STEP_READ_TAKEN,		/* who has the name that was refused? */
	GLUE_STEP_READ_EXISTING,
	GLUE_STEP_COMPARE_TAGS,
	GLUE_STEP_ADD_TAGS,
	GLUE_STEP_UPDATE,
	GLUE_STEP_READ_UPDATED,
	GLUE_STEP_READ_TAGS,
	GLUE_STEP_DELETE,
	GLUE_STEP_POLL,
	GLUE_STEP_UNDO_READ,
	GLUE_STEP_UNDO_READ_TAGS,
	GLUE_STEP_UNDO_DELETE,
	GLUE_STEP_DONE
} GlueOperationStep;

/* An operation.  Everything lives in the memory context where it was begun. */
typedef struct GlueOperation
{
	/* what to do; all of it stays the caller's */
	GlueOperationKind kind;
	GlueAccess *access;
	const char *name;			/* UTF-8 */
	json_object *input;			/* ConnectionInput, secrets and all */
	json_object *shown;			/* the same without secrets: the input itself
								 * if it has none */
	json_object *tags;			/* or NULL */
	GlueConflictAction on_conflict;
	bool		redacted;		/* the input has its secrets no more */
	bool		create_missing; /* of an update: create what is not there */
	bool		ignore_missing; /* of a deletion */
	const GlueRecord *record;	/* what is recorded, or NULL */
	const GlueSecretDigest *digest; /* of the input's secrets, or NULL */
	const char *arn;			/* of the connection, if there are tags */
	bool		is_first;		/* there was no attempt before this one that
								 * nobody remembers */
	bool		uncertain;		/* it may have been carried out already... */
	TimestampTz began_at;		/* ... since then */
	TimestampTz requested_at;
	const GlueOwned *row;		/* what the row owns that it is for; NULL: it
								 * is for none */

	/* of an undo: what is known of the call */
	const char *made_by;		/* "CreateConnection" */
	const GlueUndo *undo;

	/* how far it has got */
	GlueOperationStep step;
	GlueCall	call;			/* to be made next */
	GlueRow    *prepared;		/* of the record of a create, or NULL */
	GlueFailure *refusal;		/* of the create, because the name is taken */
	const char *differences;	/* from what exists, a line each */
	json_object *recorded_tags; /* recorded of what exists, or NULL */
	json_object *existing;		/* of that, what tells one life from another */
	bool		tagged;			/* tags were added to it */
	TimestampTz sent_at;		/* when a create was about to be */

	/*
	 * How it ended: failure is set, or the connection is as it should be.
	 * observed is what was read of it, redacted, or NULL.
	 */
	GlueFailure *failure;
	TimestampTz ended_at;		/* if it is recorded later; 0: now */
	bool		gone;			/* the connection is not there any more */
	bool		missing;		/* nor was it when it was to be deleted */
	bool		created;		/* it was not there before... */
	bool		read_back;		/* ... and the answer was lost */
	bool		adopted;		/* it was there before, and not changed */
	json_object *observed;
	const char *status;			/* or NULL: not known */
	const char *request_id;		/* AWS's, or NULL */
	TimestampTz aws_time;		/* of the last answer that matters; 0: not
								 * known */
	GlueLife	life;			/* of what was created, adopted or updated */
	bool		other_life;		/* what the row owned is gone, and another
								 * connection has its name */
	const GlueSecretDigest *secrets;	/* those that it has, or NULL */
	json_object *read_tags;		/* or NULL: not read */

	/* what could not be read after it was updated, and why; or NULL */
	GlueFailure *not_read;
	GlueFailure *tags_not_read;

	bool		unresolved;		/* too early to tell: to be tried again... */
	TimestampTz not_before;		/* ... and when; also if it has failed */
	TimestampTz aws_settled_at; /* from when on nothing that was sent before
								 * arrives any more, by AWS's clock; 0: not
								 * known, or there is nothing; DT_NOEND: not
								 * known yet, as something was sent since */

	/* of an undo */
	TimestampTz asked_at;		/* before the connection was read */
	GlueAwsMoment aws_asked;	/* the same by AWS's clock */
	TimestampTz seen_at;		/* not before this that was so */
	bool		doubtful;		/* whose the connection is, is not known */
	int64		sender_gone_ms; /* for so long for certain, nobody sends
								 * anything of it any more: see sender_gone.c */
	const char *left;			/* what the call has left, and why; NULL if
								 * that is nothing */
	const char *left_why;
} GlueOperation;

extern const char *glue_conflict_action_name(GlueConflictAction action);
extern GlueCall *glue_operation_start(GlueOperation *operation);
extern GlueCall *glue_operation_next(GlueOperation *operation);
extern void glue_operation_digest(GlueOperation *operation);
extern void glue_operation_prepare_record(GlueOperation *operation);
extern void glue_operation_record(const GlueOperation *operation,
								  const GlueRecords *records);

/* for the files that have a kind of their own */
extern GlueCall *glue_operation_read(GlueOperation *operation,
									 GlueOperationStep step);
extern GlueCall *glue_operation_tags(GlueOperation *operation,
									 GlueOperationStep step,
									 const char *name);
extern GlueCall *glue_operation_delete(GlueOperation *operation,
									   GlueOperationStep step);
extern json_object *glue_operation_found(const GlueCall *call);
extern GlueFailure *glue_operation_not_found(const GlueCall *call);
extern void glue_operation_observe(GlueOperation *operation,
								   json_object *connection);
extern bool glue_operation_made(const GlueOperation *operation,
								json_object *connection);
extern GlueCall *glue_operation_finish_made(GlueOperation *operation,
											json_object *connection);
extern GlueCall *glue_operation_finish(GlueOperation *operation,
									   GlueFailure *failure);

/* in operation/existing.c, for operation.c and own.c alone */
extern GlueCall *glue_operation_after_read_existing(GlueOperation *operation);
extern GlueCall *glue_operation_after_compare_tags(GlueOperation *operation);
extern GlueCall *glue_operation_after_add_tags(GlueOperation *operation);
extern GlueCall *glue_operation_after_update(GlueOperation *operation);
extern GlueCall *glue_operation_after_read_updated(GlueOperation *operation);
extern GlueCall *glue_operation_after_read_tags(GlueOperation *operation);

/* in operation/late.c, for the same and undo.c */
extern GlueCall *glue_operation_look_again(GlueOperation *operation,
										   int64 pause_ms);
extern bool glue_operation_may_be_hit(const GlueOperation *operation);
extern bool glue_operation_after_await_late(GlueOperation *operation);
extern GlueCall *glue_operation_after_delete(GlueOperation *operation);
extern bool glue_operation_was_late(GlueOperation *operation);

/* in operation/own.c */
extern bool glue_operation_owns(const GlueOperation *operation);
extern GlueCall *glue_operation_after_read_own(GlueOperation *operation);
extern GlueFailure *glue_operation_find_rival(const GlueOperation *operation,
											  json_object *connection);
extern void glue_operation_note_life(GlueOperation *operation);

/* in operation/undo.c */
extern GlueCall *glue_operation_start_undo(GlueOperation *operation);
extern GlueCall *glue_operation_after_undo_read(GlueOperation *operation);
extern GlueCall *glue_operation_after_undo_read_tags(GlueOperation *operation);
extern GlueCall *glue_operation_after_undo_delete(GlueOperation *operation);
extern void glue_operation_record_undo(const GlueOperation *operation,
									   const GlueRecords *records);

#endif							/* GLUE_OPERATION_OPERATION_H */

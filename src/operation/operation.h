/*-------------------------------------------------------------------------
 *
 * operation.h
 *	  The operation of a request, as a sequence of calls.
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
#include "glue/ownership.h"
#include "store/jobs.h"
#include "store/connections.h"
#include "store/provision.h"

/* The reason if other requests rely on the connection. */
#define GLUE_UNDO_TAKEN_OVER \
	"It was not deleted, because another request for it has succeeded since."

/* The code if the owner of the connection is not known. */
#define GLUE_UNDO_NOT_KNOWN	"NotKnown"

/* The action if the connection exists already. */
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
	GLUE_OPERATION_POLL,		/* check whether a connection is ready */
	GLUE_OPERATION_UNDO			/* see operation/undo.c */
} GlueOperationKind;

typedef enum GlueOperationStep
{
	GLUE_STEP_AWAIT_LATE,		/* wait for earlier messages */
	GLUE_STEP_READ_LATE_TAGS,	/* have they changed its tags? */
	GLUE_STEP_FIND_OURS,		/* has an earlier attempt created it? */
	GLUE_STEP_CREATE,
	GLUE_STEP_READ_TAKEN,		/* whose is the existing connection? */
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

/* An operation.  All its memory is in the memory context where it began. */
typedef struct GlueOperation
{
	/* the arguments; all pointers stay the caller's */
	GlueOperationKind kind;
	GlueAccess *access;
	const char *name;			/* UTF-8 */
	json_object *input;			/* ConnectionInput with its secrets */
	json_object *shown;			/* the same without secrets: the input itself
								 * if it has none; NULL: not made yet */
	json_object *tags;			/* or NULL */
	GlueConflictAction on_conflict;
	bool		redacted;		/* the input does not have its secrets any
								 * more */
	bool		create_missing; /* for an update: create a missing connection */
	bool		ignore_missing; /* for a deletion */
	bool		was_update;		/* a create: an earlier attempt may have sent
								 * an update */
	const GlueRecord *record;	/* its record, or NULL */
	const GlueSecretDigest *digest; /* of the input's secrets, or NULL */
	const char *arn;			/* of the connection, for tags */
	bool		is_first;		/* no earlier attempt can be forgotten */
	bool		uncertain;		/* AWS may have carried out an earlier
								 * attempt... */
	TimestampTz began_at;		/* ... since then */
	TimestampTz requested_at;
	const GlueOwned *row;		/* ownership of the row of the request; NULL:
								 * the request is for no row */

	/* for an undo: the call */
	const char *made_by;		/* "CreateConnection" */
	const GlueUndo *undo;

	/* the state */
	GlueOperationStep step;
	GlueCall	call;			/* to be made next */
	GlueRow    *prepared;		/* record of a create, or NULL */
	GlueFailure *refusal;		/* of the create, because the name is taken */
	const char *differences;	/* from the existing connection, a line each */
	json_object *recorded_tags; /* recorded tags of the existing connection,
								 * or NULL */
	json_object *existing;		/* its members that identify its life */
	bool		tagged;			/* tags were added to it */
	TimestampTz sent_at;		/* before a create */

	/*
	 * The result: failure is set, or the connection is as requested. observed
	 * is the connection that was read, redacted, or NULL.
	 */
	GlueFailure *failure;
	TimestampTz ended_at;		/* time of the result, if it is recorded
								 * later; 0: now */
	bool		gone;			/* the connection does not exist any more */
	bool		missing;		/* it did not exist before its deletion */
	bool		created;		/* it did not exist before... */
	bool		read_back;		/* ... and the answer was lost, so it was read */
	bool		adopted;		/* it existed before, and was not changed */
	json_object *observed;
	const char *status;			/* or NULL: not known */
	const char *request_id;		/* AWS's, or NULL */
	TimestampTz aws_time;		/* of the last relevant answer; 0: not known */
	GlueLife	life;			/* of the connection that was created, adopted
								 * or updated */
	bool		other_life;		/* the row's connection is gone, and another
								 * one has its name */
	const GlueSecretDigest *secrets;	/* secrets of the connection, or NULL */
	json_object *read_tags;		/* or NULL: not read */

	/*
	 * the failure to read the connection, or its tags, after the update; or
	 * NULL
	 */
	GlueFailure *not_read;
	GlueFailure *tags_not_read;

	bool		unresolved;		/* too early: the request must be retried... */
	TimestampTz not_before;		/* ... not before this; also after a failure */
	TimestampTz aws_settled_at; /* time after which no earlier message arrives
								 * any more, by AWS's clock; 0: not known, or
								 * nothing was sent; DT_NOEND: not known yet,
								 * because a message was sent since */
	json_object *final_read;	/* the connection after that time, redacted,
								 * or NULL: not read... */
	bool		final_gone;		/* ... or it did not exist */
	json_object *final_tags;	/* its tags, or NULL: not asked for... */
	GlueFailure *final_tags_not_read;	/* ... or they could not be read */

	/* for an undo */
	TimestampTz asked_at;		/* before the connection was read */
	GlueAwsMoment aws_asked;	/* the same by AWS's clock */
	TimestampTz seen_at;		/* the connection was in that state then or
								 * later */
	bool		doubtful;		/* the owner of the connection is not known */
	int64		sender_gone_ms; /* time in which certainly no message of it
								 * was sent: see sender_gone.c */
	const char *left;			/* code of the state that the call has left,
								 * and the reason; or NULL */
	const char *left_why;
} GlueOperation;

extern const char *glue_conflict_action_name(GlueConflictAction action);
extern GlueCall *glue_operation_start(GlueOperation *operation);
extern GlueCall *glue_operation_next(GlueOperation *operation);
extern void glue_operation_digest(GlueOperation *operation);
extern void glue_operation_prepare_record(GlueOperation *operation);
extern void glue_operation_record(const GlueOperation *operation,
								  const GlueRecords *records);

/* for the files of other kinds */
extern GlueCall *glue_operation_read(GlueOperation *operation,
									 GlueOperationStep step);
extern GlueCall *glue_operation_tags(GlueOperation *operation,
									 GlueOperationStep step);
extern GlueCall *glue_operation_delete(GlueOperation *operation,
									   GlueOperationStep step);
extern json_object *glue_operation_found(const GlueCall *call);
extern GlueFailure *glue_operation_not_found(const GlueCall *call);
extern void glue_operation_observe(GlueOperation *operation,
								   json_object *connection);
extern GlueCall *glue_operation_prepare_first(GlueOperation *operation);
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

/* in operation/late.c, for the queue and for files of this folder */
extern GlueCall *glue_operation_look_again(GlueOperation *operation,
										   int64 pause_ms);
extern bool glue_operation_may_be_hit(const GlueOperation *operation);
extern bool glue_operation_take_final_read(GlueOperation *operation);
extern GlueCall *glue_operation_after_await_late(GlueOperation *operation);
extern GlueCall *glue_operation_after_late_tags(GlueOperation *operation);
extern bool glue_operation_was_hit(const GlueOperation *operation,
								   json_object *connection,
								   char findings[GLUE_FINDINGS_SIZE]);
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

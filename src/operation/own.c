/*-------------------------------------------------------------------------
 *
 * own.c
 *	  Operations for a row, on the connection that it owns.
 *
 * A connection that is deleted and created again has the same name, and may
 * have the same definition, but another CreationTime: it has another life.  A
 * row owns one life.  So the connection is read before it is updated or
 * deleted, and another life is not touched, unless the row may adopt or update
 * existing connections.
 *
 * AWS has no conditional change of a connection.  Changes by other clients
 * between the two calls cannot be detected.
 *
 * The answer to a create does not have the CreationTime; but the connection
 * was created during the call, by AWS's clock, which the Date of the answer
 * shows.
 *
 * IDENTIFICATION
 *	  src/operation/own.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <math.h>

#include "aws/exception_name.h"
#include "glue/same_value.h"
#include "operation/operation.h"

/* A Date has whole seconds, and AWS has more than one clock. */
#define CLOCK_TOLERANCE		(2 * USECS_PER_SEC)

/* A time that was read is as exact as a number of seconds. */
#define READ_TOLERANCE		1000

/* Does the row of an operation own the connection, as far as is known? */
bool
glue_operation_owns(const GlueOperation *operation)
{
	return operation->row != NULL && operation->row->owned &&
		!operation->row->elsewhere;
}

/* The CreationTime of a connection, by AWS's clock; 0 if it is not known. */
static TimestampTz
creation_time(json_object *connection)
{
	const double days = POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
	json_object *created = json_object_object_get(connection, "CreationTime");

	if (!json_object_is_type(created, json_type_double) &&
		!json_object_is_type(created, json_type_int))
		return 0;
	return rint((json_object_get_double(created) - days * SECS_PER_DAY) *
				USECS_PER_SEC);
}

/*
 * Was a connection, which was read, created in a life?  An unknown time is not
 * equal.
 */
static bool
is_life(const GlueLife *life, json_object *connection)
{
	TimestampTz created = creation_time(connection);

	if (life->until == DT_NOEND)
		return true;			/* the time is not known */
	return created != 0 && life->until != 0 &&
		created >= life->from - READ_TOLERANCE &&
		created <= life->until + READ_TOLERANCE;
}

/*
 * The connection of a row was read, or could not be: continue to update or
 * delete it, if the row owns it.
 */
GlueCall *
glue_operation_after_read_own(GlueOperation *operation)
{
	GlueCall   *call = &operation->call;
	json_object *existing = glue_operation_found(call);

	if (operation->kind == GLUE_OPERATION_DELETE &&
		glue_call_failed_with(call, GLUE_EXCEPTION_ENTITY_NOT_FOUND))
	{
		operation->gone = true;
		return glue_operation_finish(operation, NULL);
	}
	if (call->failure == NULL && existing != NULL &&
		!is_life(&operation->row->life, existing))
	{
		if (operation->kind == GLUE_OPERATION_UPDATE &&
			glue_operation_made(operation, existing))
			return glue_operation_finish_made(operation, existing);
		if (operation->kind == GLUE_OPERATION_DELETE ||
			operation->on_conflict == GLUE_CONFLICT_ERROR)
		{
			operation->other_life = true;
			return glue_operation_finish(operation,
										 glue_failure_not_ours(operation->name,
															   "The connection that the row owned is gone, and the one that has its name now was created at another time."));
		}
		operation->kind = GLUE_OPERATION_CREATE;
	}
	if (operation->kind == GLUE_OPERATION_DELETE && existing != NULL)
		return glue_operation_delete(operation, GLUE_STEP_DELETE);
	return glue_operation_after_read_existing(operation);
}

/* Is it certain that the connection has another life? */
static bool
is_other_life(const GlueLife *life, json_object *connection)
{
	return life->until != 0 && creation_time(connection) != 0 &&
		!is_life(life, connection);
}

/*
 * Does another row, which still holds the name at another server, own a
 * connection that is to be adopted or updated?  Then the failure names the
 * table of that row.
 */
GlueFailure *
glue_operation_find_rival(const GlueOperation *operation,
						  json_object *connection)
{
	const GlueOwned *row = operation->row;

	if (row == NULL || row->rival == NULL ||
		is_other_life(&row->rival_life, connection))
		return NULL;
	return glue_failure_not_ours(operation->name,
								 psprintf("A row of table %s %s it, by another foreign server.",
										  row->rival,
										  row->rival_life.until == DT_NOEND ||
										  row->rival_life.until == 0 ?
										  "may own" : "owns"));
}

/* Note the life of a connection that was created, adopted or updated. */
void
glue_operation_note_life(GlueOperation *operation)
{
	json_object *connection = operation->created ? operation->observed :
		operation->existing;
	TimestampTz created = creation_time(connection);

	operation->life.from = operation->life.until = created;
	if (created == 0 && operation->created && operation->aws_time != 0)
	{
		operation->life.from = operation->aws_time - CLOCK_TOLERANCE -
			Max(GetCurrentTimestamp() - operation->sent_at, 0);
		operation->life.until = operation->aws_time + CLOCK_TOLERANCE;
	}
}

/*-------------------------------------------------------------------------
 *
 * call.c
 *	  One call of AWS, as a value.
 *
 * It holds the operation, its input and its result.  call_state.c carries it
 * out.
 *
 * IDENTIFICATION
 *	  src/client/call.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "client/call.h"
#include "glue/model.h"
#include "glue/operation_name.h"
#include "server/jsonb_tree.h"

/*
 * Fill in a call of any service, with an empty request.
 *
 * The request belongs to the current memory context.
 */
void
glue_call_init(GlueCall *call, GlueService service, const char *operation,
			   const GlueTarget *target, const GlueCredentials *credentials)
{
	Assert(operation != NULL && target != NULL);
	memset(call, 0, sizeof(GlueCall));
	call->service = service;
	call->operation = operation;
	call->target = target;
	call->endpoint = service == GLUE_SERVICE_STS ?
		&target->sts_endpoint : &target->endpoint;
	call->credentials = credentials;
	call->rate_class = GLUE_RATE_IMMEDIATE;
	call->arguments = glue_tree_new_object();
}

/*
 * Fill in a call of AWS Glue.  Its request has the catalog as its only member
 * so far, if the operation has that member.
 *
 * connection_name is UTF-8, or NULL.  The request belongs to the current
 * memory context.
 */
void
glue_call_prepare(GlueCall *call, const char *operation,
				  const GlueTarget *target,
				  const GlueCredentials *credentials,
				  const char *connection_name)
{
	Assert(glue_model_operation(operation) != NULL);
	glue_call_init(call, GLUE_SERVICE_GLUE, operation, target, credentials);
	call->connection_name = connection_name;
	if (target->catalog_id != NULL &&
		glue_model_operation(operation)->has_catalog)
		glue_tree_add(call->arguments, "CatalogId",
					  json_object_new_string(target->catalog_id));
}

/* Fill in a call that reads a connection, without its passwords. */
void
glue_call_prepare_get(GlueCall *call, const GlueTarget *target,
					  const GlueCredentials *credentials, const char *name)
{
	glue_call_prepare(call, GLUE_GET_CONNECTION, target, credentials, name);
	glue_tree_add(call->arguments, "HidePassword", json_object_new_boolean(1));
	glue_tree_add(call->arguments, "Name", json_object_new_string(name));
}

/*
 * Fill in a call that only gets credentials: its own, if it succeeds.  The plan
 * must live as long as the call.
 */
void
glue_call_prepare_credentials(GlueCall *call, const GlueTarget *target,
							  const GlueCredentialPlan *plan)
{
	memset(call, 0, sizeof(GlueCall));
	call->target = target;
	call->plan = plan;
}

/* Has a call failed with an exception of this name? */
bool
glue_call_failed_with(const GlueCall *call, const char *code)
{
	return call->failure != NULL && strcmp(call->failure->code, code) == 0;
}

/*
 * Can a failure of this call leave its outcome unknown?  Not that of a create,
 * because it is read back.
 */
bool
glue_call_changes_something(const GlueCall *call)
{
	static const char *const operations[] = {
		GLUE_BATCH_DELETE_CONNECTION, GLUE_DELETE_CONNECTION, GLUE_TAG_RESOURCE,
		GLUE_UNTAG_RESOURCE, GLUE_UPDATE_CONNECTION
	};

	for (int i = 0; i < lengthof(operations); i++)
	{
		if (strcmp(call->operation, operations[i]) == 0)
			return true;
	}
	return false;
}

/* The time limit for an attempt at a call that changes something. */
int
glue_change_timeout_ms(const GlueTarget *target)
{
	return Min(target->request_timeout_ms, GLUE_LONGEST_CHANGE_MS);
}

/* The time limit for an attempt at this call. */
int
glue_call_timeout_ms(const GlueCall *call)
{
	if (glue_call_changes_something(call) ||
		strcmp(call->operation, GLUE_CREATE_CONNECTION) == 0)
		return glue_change_timeout_ms(call->target);
	return call->target->request_timeout_ms;
}

/*
 * The time of AWS's answer, by AWS's clock, in whole seconds; 0 if unknown.
 */
TimestampTz
glue_call_aws_time(const GlueCall *call)
{
	long long	seconds;

	return glue_reply_parse_date(call->date, &seconds) ?
		time_t_to_timestamptz(seconds) : 0;
}

/*
 * The end of that second, when the operation was certainly over; 0 if unknown.
 */
TimestampTz
glue_call_over_by(const GlueCall *call)
{
	TimestampTz time = glue_call_aws_time(call);

	return time == 0 ? 0 : time + USECS_PER_SEC;
}

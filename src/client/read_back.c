/*-------------------------------------------------------------------------
 *
 * read_back.c
 *	  The outcome of a create whose answer was lost.
 *
 * If the answer to a create does not arrive, or reports an internal error of
 * the service, the connection may exist or not.  The API has no idempotency
 * token, so a repeated create could fail for the connection that the first one
 * made.  So the connection is read back by name.  If it is the one that was
 * sent, and was created since the call began, the create has succeeded.  If
 * there is none, the create is retried.  If it is another one, the create has
 * failed.  If the read fails as well, or is inconclusive, the outcome is
 * unknown, and the caller gets a failure for that.
 *
 * IDENTIFICATION
 *	  src/client/read_back.c
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <json-c/json.h>

#include "aws/exception_name.h"
#include "client/aws_clock.h"
#include "client/call_failure.h"
#include "client/read_back.h"
#include "glue/ownership.h"

/* There is a connection: is it the one that was sent?  NULL if it is. */
static GlueFailure *
classify_connection(GlueCall *create, const GlueCall *reading,
					const GlueFailure *sent, int64 began_ms)
{
	json_object *input = json_object_object_get(create->arguments,
												"ConnectionInput");
	json_object *connection = json_object_object_get(reading->answer,
													 "Connection");
	GlueAwsMoment began = glue_aws_clock_at(create->endpoint->url, began_ms);
	GlueMadeConnection made = {
		.sent = input,
		.begun_ms = began.earliest != 0 ? glue_epoch_ms(began.earliest) : 0,
	};
	char		findings[GLUE_FINDINGS_SIZE];

	switch (glue_ownership(&made, connection, findings))
	{
		case GLUE_OURS:
			create->read_back = connection;
			strlcpy(create->date, reading->date, sizeof(create->date));
			return NULL;
		case GLUE_SOMEBODY_ELSES:
			return glue_failure_already_exists(create, findings);
		default:
			return glue_failure_unknown_outcome(create, sent, findings);
	}
}

/*
 * The read has ended; return false if the create was not carried out.
 *
 * sent is the failure of the last attempt at the create, and began_ms the
 * begin of the first one, by glue_boot_ms().  Sets the connection in the
 * create if the create has succeeded, or *failure if it has failed.
 */
bool
glue_read_back_answer(GlueCall *create, const GlueCall *reading,
					  const GlueFailure *sent, int64 began_ms,
					  GlueFailure **failure)
{
	*failure = NULL;
	if (reading->failure == NULL)
		*failure = classify_connection(create, reading, sent, began_ms);
	else if (strcmp(reading->failure->code,
					GLUE_EXCEPTION_ENTITY_NOT_FOUND) == 0 &&
			 strcmp(sent->code, GLUE_EXCEPTION_ALREADY_EXISTS) != 0)
		return false;
	else
		*failure = glue_failure_unknown_outcome(create, sent,
												reading->failure->detail);
	return true;
}

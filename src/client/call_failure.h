/*-------------------------------------------------------------------------
 *
 * call_failure.h
 *	  Failures of calls of AWS.
 *
 * IDENTIFICATION
 *	  src/client/call_failure.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_CLIENT_CALL_FAILURE_H
#define GLUE_CLIENT_CALL_FAILURE_H

#include "client/call.h"
#include "http/http.h"

/* The code of an answer that is larger than we accept. */
#define GLUE_CODE_TOO_LARGE "answer too large"

/* The code of a call that cannot be sent anywhere. */
#define GLUE_CODE_NO_ENDPOINT "no endpoint"

extern GlueFailure *glue_failure_from_reply(const GlueCall *call,
											const GlueReply *reply,
											const char *message,
											int http_status, bool throttled);
extern GlueFailure *glue_call_malformed_answer(const GlueCall *call,
											   const char *why);
extern GlueFailure *glue_failure_from_transfer(const GlueCall *call,
											   const GlueHttpTransfer *transfer);
extern GlueFailure *glue_failure_no_turn(const GlueCall *call);
extern GlueFailure *glue_failure_no_sts(const GlueTarget *target);
extern GlueFailure *glue_failure_unknown_outcome(const GlueCall *call,
												 const GlueFailure *sent,
												 const char *read_back);
extern GlueFailure *glue_failure_maybe_done(const GlueCall *call,
											const GlueFailure *last);
extern GlueFailure *glue_failure_already_exists(const GlueCall *call,
												const char *differences);
extern int	glue_failure_sqlstate_of(const char *code);

#endif							/* GLUE_CLIENT_CALL_FAILURE_H */

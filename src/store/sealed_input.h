/*-------------------------------------------------------------------------
 *
 * sealed_input.h
 *	  The input of a waiting request, including its secrets.
 *
 * IDENTIFICATION
 *	  src/store/sealed_input.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_SEALED_INPUT_H
#define GLUE_STORE_SEALED_INPUT_H

#include "client/failure.h"
#include "store/request.h"

/* The code of a failure because no usable key was found. */
#define GLUE_CODE_NO_SECRET_KEY "no secret key"

/* The error code if sealed secrets are damaged. */
#define GLUE_CODE_SEAL_BROKEN "sealed secrets broken"

typedef enum GlueUnsealOutcome
{
	GLUE_UNSEALED,
	GLUE_UNSEAL_LATER,			/* a key is missing: retry later */
	GLUE_UNSEAL_NEVER			/* no key will open it */
} GlueUnsealOutcome;

extern bytea * glue_request_seal(const GlueRequest *request);
extern GlueUnsealOutcome glue_request_unseal(const GlueRequest *request,
											 json_object **input,
											 GlueFailure **failure);

#endif							/* GLUE_STORE_SEALED_INPUT_H */

/*-------------------------------------------------------------------------
 *
 * request_seal.h
 *	  The secrets of a request, in the form that the queue may keep.
 *
 * IDENTIFICATION
 *	  src/store/request_seal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_STORE_REQUEST_SEAL_H
#define GLUE_STORE_REQUEST_SEAL_H

#include "store/request.h"
#include "store/sealed_input.h"

extern bytea * glue_request_seal(int64 id, const GlueRequest *request);

extern GlueUnsealOutcome glue_request_unseal(int64 id,
											 const GlueRequest *request,
											 const bytea * sealed,
											 json_object **input,
											 GlueFailure **failure);

#endif							/* GLUE_STORE_REQUEST_SEAL_H */

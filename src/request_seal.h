/*-------------------------------------------------------------------------
 *
 * request_seal.h
 *	  The secrets of a request, in the form that the queue may keep.
 *
 * IDENTIFICATION
 *	  src/request_seal.h
 *
 *-------------------------------------------------------------------------
 */
#ifndef GLUE_REQUEST_SEAL_H
#define GLUE_REQUEST_SEAL_H

#include "request.h"

extern bytea * glue_request_seal(int64 id, const GlueRequest *request);

#endif							/* GLUE_REQUEST_SEAL_H */
